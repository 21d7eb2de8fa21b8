"""A parsed query as Cloud's `jql/parse` shows it."""

from __future__ import annotations

import re
from typing import Any

from .refusals import RESERVED
from .syntax import And, Call, Clause, Empty, Many, Name, Node, Not, Operand, Or, Property, Query, Value

JSON = dict[str, Any]

_BARE = re.compile(r"[\w.-]+")
_OWN_WORDS = frozenset({"empty", "null"})


def query_json(query: Query) -> JSON:
    """The query's structure; an empty query has none of its parts."""
    value: JSON = {}
    if query.where is not None:
        value["where"] = _node(query.where)
    if query.order:
        fields: list[JSON] = []
        for sort in query.order:
            direction: JSON = {"direction": "asc" if sort.direction == 1 else "desc"} if sort.direction else {}
            fields.append({"field": _field(sort.field), **direction})
        value["orderBy"] = {"fields": fields}
    return value


def _node(node: Node) -> JSON:
    match node:
        case And(parts):
            return {"clauses": [_node(part) for part in parts], "operator": "and"}
        case Or(parts):
            return {"clauses": [_node(part) for part in parts], "operator": "or"}
        case Not(part):
            return {"clauses": [_node(part)], "operator": "not"}
    return _clause(node)


def _clause(clause: Clause) -> JSON:
    value: JSON = {"field": _field(clause.field), "operator": clause.operator.lower()}
    if clause.operand is not None:
        value["operand"] = _operand(clause.operand)
    if clause.operator == "CHANGED" or clause.operator.startswith("WAS"):
        value["predicates"] = [
            {"operator": one.name.lower(), "operand": _operand(one.operand)} for one in clause.predicates
        ]
    return value


def _field(name: Name) -> JSON:
    if isinstance(name, Property):
        path = f".{name.path}" if name.path else ""
        held = {"entity": name.entity.partition(".")[0], "key": name.key, "path": name.path}
        return {"name": str(name), "encodedName": f"{name.entity}[{_encoded(name.key)}]{path}", "property": [held]}
    return {"name": name, "encodedName": name if name.startswith("cf[") else _encoded(name)}


def _operand(operand: Operand) -> JSON:
    match operand:
        case Value(text, _):
            return {"value": text, "encodedValue": _encoded(text)}
        case Call(name, arguments):
            return {"function": name, "arguments": list(arguments), "encodedOperand": _text(operand)}
        case Many(parts):
            return {"values": [_operand(part) for part in parts], "encodedOperand": _text(operand)}
    return {"keyword": "empty", "encodedOperand": "empty"}


def _text(operand: Operand) -> str:
    match operand:
        case Value(text, _):
            return _encoded(text)
        case Call(name, arguments):
            return f"{_encoded(name)}({', '.join(_encoded(one) for one in arguments)})"
        case Many(parts):
            return f"({', '.join(_text(part) for part in parts)})"
        case Empty():
            return "empty"


def _encoded(text: str) -> str:
    """The text as it may stand in a query: bare where it is a plain word, else in quotation marks."""
    if _BARE.fullmatch(text) and text.lower() not in RESERVED | _OWN_WORDS:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
