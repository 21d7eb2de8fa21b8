"""What saving does to a body: ids are added, markup is tidied, text stays; its own output passes unchanged."""

from __future__ import annotations

import re
from collections.abc import Callable

from .markup import Element, Refused, escaped, parse, tidy_attribute, tidy_text, walk, write

__all__ = ["NewId", "Refused", "UserAttribute", "normalise"]

NewId = Callable[[], str]
UserAttribute = Callable[[str], tuple[str, str] | None]
"""From a user reference of any kind to the attribute of this product, or None for a person it does not know."""

_RENAMED = {"b": "strong", "i": "em", "strike": "del"}
_DROPPED = frozenset({"script", "style"})
_MACROS = frozenset({"ac:structured-macro", "ac:macro"})
_HEX_COLOUR = re.compile(r"(?<![&\w])#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")
_USER_ATTRIBUTES = ("ri:account-id", "ri:userkey", "ri:username")


def normalise(body: str, deployment: str, new_id: NewId, user_attribute: UserAttribute) -> str:
    """The body as it will be read back; `Refused` with the position when it is not well formed.

    `deployment` is "cloud" or "datacenter": only Cloud adds local ids, table layouts and `ri:version-at-save`.
    """
    root = parse(body)
    _tidy(root)
    _Save(deployment == "cloud", new_id, user_attribute).run(root)
    return write(root)


class _Save:
    """One save: remembers the macro ids already met, since an id that occurs twice is given anew."""

    def __init__(self, is_cloud: bool, new_id: NewId, user_attribute: UserAttribute) -> None:
        self._is_cloud = is_cloud
        self._new_id = new_id
        self._user_attribute = user_attribute
        self._macro_ids: set[str] = set()

    def run(self, root: Element) -> None:
        """Add what the server adds, everywhere below `root`."""
        walk(root, self._visit)

    def _visit(self, element: Element) -> None:
        if element.name in _MACROS:
            self._macro(element)
        elif element.name == "table":
            self._table(element)
        elif element.name == "ac:task-list":
            self._tasks(element)
        elif element.name == "ri:user":
            self._user(element)
        elif element.name == "ri:page" and self._is_cloud:
            element.attributes.setdefault("ri:version-at-save", "1")

    def _macro(self, macro: Element) -> None:
        macro.attributes.setdefault("ac:schema-version", "1")
        if self._is_cloud and macro.elements("ac:rich-text-body"):
            macro.attributes.setdefault("ac:local-id", self._new_id())
        macro_id = macro.attributes.get("ac:macro-id") or self._new_id()
        if macro_id in self._macro_ids:
            macro_id = self._new_id()
        self._macro_ids.add(macro_id)
        macro.attributes["ac:macro-id"] = macro_id
        _sort_parameters(macro)

    def _table(self, table: Element) -> None:
        if self._is_cloud:
            table.attributes.setdefault("data-layout", "default")
            table.attributes.setdefault("ac:local-id", self._new_id())
        _gather_rows(table)

    def _tasks(self, tasks: Element) -> None:
        for number, task in enumerate(tasks.elements("ac:task"), start=1):
            if not task.elements("ac:task-id"):
                task.children.insert(0, Element("ac:task-id", {}, [str(number)]))
            if not task.elements("ac:task-uuid"):
                place = task.children.index(task.elements("ac:task-id")[0]) + 1
                task.children.insert(place, Element("ac:task-uuid", {}, [self._new_id()]))

    def _user(self, user: Element) -> None:
        for name in _USER_ATTRIBUTES:
            known = self._user_attribute(user.attributes[name]) if name in user.attributes else None
            if known:
                del user.attributes[name]
                attribute, value = known
                user.attributes = {attribute: escaped(value), **user.attributes}
                return


def _tidy(element: Element) -> None:
    kept: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            kept.append(tidy_text(child))
        elif child.name.lower() not in _DROPPED:
            child.name = _RENAMED.get(child.name, child.name)
            child.attributes = {
                name: _coloured(tidy_attribute(value)) if name == "style" else tidy_attribute(value)
                for name, value in child.attributes.items()
                if not name.startswith("on")
            }
            _tidy(child)
            kept.append(child)
    element.children = [child for child in kept if child != ""]


def _coloured(style: str) -> str:
    def decimal(colour: re.Match[str]) -> str:
        digits = colour[1] if len(colour[1]) > len("rgb") else "".join(digit * 2 for digit in colour[1])
        return f"rgb({int(digits[0:2], 16)},{int(digits[2:4], 16)},{int(digits[4:6], 16)})"

    return _HEX_COLOUR.sub(decimal, style)


def _sort_parameters(macro: Element) -> None:
    places = [
        place
        for place, child in enumerate(macro.children)
        if isinstance(child, Element) and child.name == "ac:parameter"
    ]
    ordered = sorted(macro.elements("ac:parameter"), key=lambda child: child.attributes.get("ac:name", ""))
    for place, parameter in zip(places, ordered, strict=True):
        macro.children[place] = parameter


def _gather_rows(table: Element) -> None:
    gathered: list[Element | str] = []
    body: Element | None = None
    for child in table.children:
        if isinstance(child, Element) and child.name == "tr":
            if body is None:
                body = Element("tbody")
                gathered.append(body)
            body.children.append(child)
        elif isinstance(child, str) and body is not None and not child.strip():
            body.children.append(child)
        else:
            body = None
            gathered.append(child)
    table.children = gathered
