"""Tasks in wiki pages: read from the bodies of the versions, which alone hold them, and ticked by a new version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User
from pirsync.sandbox.text.markup import Element, escaped, parse, walk, write

from .changes import update_page
from .nouns import Page, Version

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

State = Literal["complete", "incomplete"]
_UUID = re.compile(r"<ac:task-uuid>([0-9a-fA-F-]{12,})</ac:task-uuid>")


@dataclass(frozen=True)
class InlineTask:
    """One task of a page's newest version; `made` and `changed` are the versions that brought it and last changed it.

    `ticked` is the version that completed it, None while it is open; `body` is the storage text of its words.
    """

    uuid: str
    local_id: str
    page: Page
    state: State
    body: str
    made: Version
    changed: Version
    ticked: Version | None

    @property
    def id(self) -> int:
        """The number that the API names it by; the same task has it for ever."""
        return int(self.uuid.replace("-", "")[:12], 16)

    @property
    def assignee(self) -> str | None:
        """The account id of the first person whom its words mention."""
        found = re.search(r'ri:account-id="([^"]+)"', self.body)
        return found[1] if found else None

    @property
    def due(self) -> datetime | None:
        """The first date in its words, at midnight."""
        found = re.search(r'<time[^>]*\bdatetime="(\d{4}-\d\d-\d\d)"', self.body)
        try:
            return datetime.fromisoformat(f"{found[1]}T00:00:00+00:00") if found else None
        except ValueError:
            return None


def tasks_of(page: Page) -> Iterator[InlineTask]:
    """The tasks of a page's newest version, in their order."""
    if "<ac:task>" not in page.current.body:
        return
    for element in _elements(page.current):
        uuid = _text(element, "ac:task-uuid")
        if not _UUID.fullmatch(f"<ac:task-uuid>{uuid}</ac:task-uuid>"):
            continue
        history = [(version, found) for version in page.versions if (found := _named(version, uuid)) is not None]
        changes = [
            version
            for place, (version, found) in enumerate(history)
            if place == 0 or write(found) != write(history[place - 1][1])
        ]
        ticks = [
            version
            for place, (version, found) in enumerate(history)
            if _state(found) == "complete" and (place == 0 or _state(history[place - 1][1]) == "incomplete")
        ]
        state = _state(element)
        body = "".join(write(Element("", {}, each.children)) for each in element.elements("ac:task-body"))
        local_id = _text(element, "ac:task-id")
        yield InlineTask(
            uuid, local_id, page, state, body, history[0][0], changes[-1], ticks[-1] if state == "complete" else None
        )


def find_task(world: World, number: str) -> InlineTask | None:
    """The task of that number in whatever page."""
    for page in world.wiki.pages.values():
        if "<ac:task>" in page.current.body:
            for task in tasks_of(page):
                if str(task.id) == number:
                    return task
    return None


def tick(world: World, actor: User, task: InlineTask, state: State) -> InlineTask:
    """Set a task's state in a new minor version of its page; one that has it already stays."""
    if task.state == state:
        return task
    root = parse(task.page.current.body)
    _set(root, task.uuid, state)
    page = task.page
    update_page(world, actor, page, page.title, write(root), page.current.number + 1, "", minor=True)
    return next(each for each in tasks_of(page) if each.uuid == task.uuid)


def _set(root: Element, uuid: str, state: State) -> None:
    def visit(element: Element) -> None:
        if element.name == "ac:task" and _text(element, "ac:task-uuid") == uuid:
            for status in element.elements("ac:task-status"):
                status.children = [escaped(state)]

    walk(root, visit)


def _elements(version: Version) -> list[Element]:
    found: list[Element] = []
    walk(parse(version.body), lambda element: found.append(element) if element.name == "ac:task" else None)
    return found


def _named(version: Version, uuid: str) -> Element | None:
    if uuid not in version.body:
        return None
    return next((each for each in _elements(version) if _text(each, "ac:task-uuid") == uuid), None)


def _state(task: Element) -> State:
    return "complete" if _text(task, "ac:task-status") == "complete" else "incomplete"


def _text(element: Element, name: str) -> str:
    return next((each.text.strip() for each in element.elements(name)), "")
