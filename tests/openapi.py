"""A request and its answer held against a vendor's OpenAPI 3.0 document: what it does not allow is a problem.

OpenAPI 3.0 schemas are of JSON Schema's fourth draft, but for `nullable`, names that are read-only or write-only, and
`oneOf` over alternatives that overlap in these documents; those, and no more, are translated.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft4Validator, FormatChecker

from tests.cassettes.player import Answered, Interaction, Sent

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMATS = FormatChecker(formats=())
# Jira spells the offset of an instant without a colon, and its documents call that a date-time.
_FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or bool(_INSTANT.fullmatch(value)))
_FORMATS.checks("date")(lambda value: not isinstance(value, str) or bool(_DAY.fullmatch(value)))


@dataclass(frozen=True, order=True)
class Problem:
    """What an operation does not allow: `where` is `request` or `response` with a pointer, numbers left out."""

    operation: str
    where: str
    message: str


@dataclass(frozen=True)
class Operation:
    """One operation of a document."""

    name: str
    path: re.Pattern[str]
    told: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass
class Document:
    """One OpenAPI document; `base` stands before its paths. `lists` names operations of which it describes one
    element, where they answer a list of them.
    """

    file: Path
    base: str
    lists: frozenset[str] = frozenset()
    _validators: dict[str, Draft4Validator] = field(default_factory=dict)

    @cached_property
    def _told(self) -> dict[str, Any]:
        raw = self.file.read_bytes()
        told: dict[str, Any] = json.loads(gzip.decompress(raw) if self.file.suffix == ".gz" else raw)
        return told

    @cached_property
    def _operations(self) -> list[Operation]:
        return [
            self._operation(method, path, item)
            for path, item in self._told["paths"].items()
            for method in ("get", "put", "post", "delete")
            if method in item
        ]

    @cached_property
    def _by_length(self) -> dict[tuple[str, int], list[Operation]]:
        """Operations by method and the number of slashes, which no parameter of a path takes."""
        found: dict[tuple[str, int], list[Operation]] = {}
        for one in self._operations:
            key = (one.name.partition(" ")[0], one.path.pattern.replace("([^/]+)", "").count("/"))
            found.setdefault(key, []).append(one)
        return found

    def _operation(self, method: str, path: str, item: Mapping[str, Any]) -> Operation:
        listed = [self._at(one) for one in (*item.get("parameters", ()), *item[method].get("parameters", ()))]
        pattern = "([^/]+)".join(re.escape(text) for text in re.split(r"\{[^}]+\}", self.base + path))
        return Operation(
            name=f"{method.upper()} {path}",
            path=re.compile(pattern),
            told=item[method],
            parameters={(one["in"], one["name"]): one for one in listed},
        )

    def _at(self, node: Any) -> Any:
        """What a reference refers to; anything else is itself."""
        while "$ref" in node:
            found: Any = self._told
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operation(self, request: Sent) -> Operation | None:
        """The operation of a request; one whose path is spelled out goes before one with parameters."""
        alike = self._by_length.get((request.method, request.path.count("/")), ())
        fitting = [one for one in alike if one.path.fullmatch(request.path)]
        return min(fitting, key=lambda one: one.name.count("{"), default=None)

    def problems(self, operation: Operation, interaction: Interaction) -> Iterator[Problem]:
        """Everything about an interaction that its operation does not allow."""
        for where, message in (
            *self._of_query(operation, interaction.request.query),
            *self._of_path(operation, interaction.request.path),
            *self._of_body(operation, interaction.request.body),
            *self._of_response(operation, interaction.response),
        ):
            yield Problem(operation.name, where, message)

    def pruned(self, operations: Mapping[str, Iterable[Sent]]) -> dict[str, Any]:
        """The document of these operations alone, open to anybody.

        What requests have sent to an operation stands in each of its schemas beside what the document allows there;
        in a path, where hardly anything else finds something, it stands alone.
        """
        paths: dict[str, Any] = {}
        for name, requests in operations.items():
            method, _, path = name.partition(" ")
            paths.setdefault(self.base + path, {})[method.lower()] = self._told_with(name, list(requests))
        components: dict[str, dict[str, Any]] = {}
        self._gather(paths, components)
        return {"openapi": self._told["openapi"], "info": self._told["info"], "paths": paths, "components": components}

    def _told_with(self, name: str, requests: list[Sent]) -> dict[str, Any]:
        operation = next(one for one in self._operations if one.name == name)
        told = {key: value for key, value in operation.told.items() if key not in ("security", "callbacks")}
        told["parameters"] = [
            {**known, "schema": {"enum": self._sent_in_path(operation, known, requests)}}
            if known["in"] == "path"
            else {**known, "schema": _or_sent(known["schema"], self._sent_in_query(known, requests))}
            for known in operation.parameters.values()
            if known["in"] != "path" or f"{{{known['name']}}}" in name
        ]
        body = self._at(told.get("requestBody", {}))
        media = _json(body.get("content", {}))
        if media:
            sent = [one.body for one in requests if one.body is not None]
            told["requestBody"] = {
                **body,
                "content": {"application/json": {"schema": _or_sent(media.get("schema", {}), sent)}},
            }
        return told

    def _sent_in_query(self, known: Mapping[str, Any], requests: list[Sent]) -> list[Any]:
        schema, name = self._at(known["schema"]), known["name"]
        return [_parameter(schema, one.query[name]) for one in requests if name in one.query]

    def _sent_in_path(self, operation: Operation, known: Mapping[str, Any], requests: list[Sent]) -> list[Any]:
        place = re.findall(r"\{([^}]+)\}", operation.name).index(known["name"])
        found = [operation.path.fullmatch(one.path) for one in requests]
        return [_parameter(self._at(known["schema"]), [unquote(one.groups()[place])]) for one in found if one]

    def _gather(self, node: Any, components: dict[str, dict[str, Any]]) -> None:
        """Copy every component that a node refers to, however far."""
        if isinstance(node, list):
            for one in node:
                self._gather(one, components)
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                _, _, kind, name = reference.split("/")
                if name not in components.setdefault(kind, {}):
                    components[kind][name] = self._told["components"][kind][name]
                    self._gather(components[kind][name], components)
            for one in node.values():
                self._gather(one, components)

    # ------------------------------------------------------------ the request

    def _of_path(self, operation: Operation, path: str) -> Iterator[tuple[str, str]]:
        found = operation.path.fullmatch(path)
        names = re.findall(r"\{([^}]+)\}", operation.name)
        for name, text in zip(names, found.groups() if found else (), strict=True):
            known = operation.parameters[("path", name)]
            yield from self._of_parameter(f"request {{{name}}}", known, [unquote(text)])

    def _of_query(self, operation: Operation, query: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
        for (kind, name), known in operation.parameters.items():
            if kind == "query" and known.get("required") and name not in query:
                yield f"request ?{name}", "is missing"
        for name, texts in query.items():
            parameter = operation.parameters.get(("query", name))
            if parameter is None:
                yield f"request ?{name}", "is not in the document"
            else:
                yield from self._of_parameter(f"request ?{name}", parameter, texts)

    def _of_parameter(self, where: str, known: Mapping[str, Any], texts: list[str]) -> Iterator[tuple[str, str]]:
        schema = known.get("schema", {})
        value = _parameter(self._at(schema), texts)
        yield from ((where, message) for _, message in self._broken(schema, "writeOnly", value))

    def _of_body(self, operation: Operation, body: Any) -> Iterator[tuple[str, str]]:
        told = self._at(operation.told.get("requestBody", {}))
        if body is None:
            if told.get("required"):
                yield "request", "needs a body"
        elif not told:
            yield "request", "has a body that the document does not know"
        else:
            schema = _json(told["content"]).get("schema", {})
            yield from (("request" + at, message) for at, message in self._broken(schema, "readOnly", body))

    # ------------------------------------------------------------ the answer

    def _of_response(self, operation: Operation, answer: Answered) -> Iterator[tuple[str, str]]:
        answers = operation.told["responses"]
        told = answers.get(str(answer.status), answers.get("default"))
        if told is None:
            yield "response", f"has status {answer.status}, which is not in the document"
            return
        content = self._at(told).get("content", {})
        schema = _json(content).get("schema", {})
        if answer.body is None:
            # Where there is no body, some documents say so with a schema that says nothing.
            if self._at(schema).keys() & {"type", "properties", "items", "allOf", "oneOf", "anyOf"}:
                yield "response", "has no body"
        else:
            if operation.name in self.lists and isinstance(answer.body, list):
                schema = {"type": "array", "items": schema}
            yield from (("response" + at, message) for at, message in self._broken(schema, "writeOnly", answer.body))

    # ------------------------------------------------------------ schemas

    def _broken(self, schema: Mapping[str, Any], unsent: str, value: Any) -> Iterator[tuple[str, str]]:
        """Pointer (list positions left out) and message of everything that the schema does not allow."""
        for error in self._validator(unsent).evolve(schema=_translated(schema, unsent)).iter_errors(value):
            steps = (str(step) for step in error.absolute_path if isinstance(step, str))
            yield "".join(f"/{step}" for step in steps), error.message

    def _validator(self, unsent: str) -> Draft4Validator:
        """A validator that resolves references in this document, translated for one direction."""
        if unsent not in self._validators:
            schemas = _translated(self._told["components"]["schemas"], unsent)
            root = {"components": {"schemas": schemas}}
            self._validators[unsent] = Draft4Validator(root, format_checker=_FORMATS)
        return self._validators[unsent]


def _json(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON form of a body, among its media types."""
    return next((told for kind, told in content.items() if "json" in kind or kind == "*/*"), {})


def _or_sent(schema: Mapping[str, Any], values: list[Any]) -> dict[str, Any]:
    """A schema that names, beside what it allows, these values."""
    return {"anyOf": [{"enum": values}, schema]} if values else dict(schema)


def _parameter(schema: Mapping[str, Any], texts: list[str]) -> Any:
    """The value that a parameter's texts stand for; lists are repeated or have commas."""
    kind = schema.get("type")
    if kind == "array":
        return [_parameter(schema["items"], [one]) for text in texts for one in text.split(",")]
    text = texts[-1]
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _translated(node: Any, unsent: str) -> Any:
    """A schema in the fourth draft's terms; names marked `unsent` (`readOnly`, `writeOnly`) are not required."""
    if isinstance(node, list):
        return [_translated(one, unsent) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _translated(value, unsent) for name, value in node.items()}
    if isinstance(node.get("oneOf"), list):
        made["anyOf"] = made.pop("oneOf")
    if isinstance(node.get("required"), list):
        known = node.get("properties", {})
        made["required"] = [name for name in node["required"] if not known.get(name, {}).get(unsent)]
        if not made["required"]:
            del made["required"]
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made
