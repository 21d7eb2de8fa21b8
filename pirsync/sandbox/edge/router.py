"""Finds a request's route among hundreds by its path's parts; where several match, the first of the table wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.routing import Match, Route
from starlette.types import Scope

_WHOLE_REST = ":path}"


@dataclass
class _Node:
    """One part of paths: what comes after it by its words, after it by anything, and the routes that end here."""

    words: dict[str, _Node] = field(default_factory=dict)
    anything: _Node | None = None
    ending: list[int] = field(default_factory=list)
    open_ended: list[int] = field(default_factory=list)


class Router:
    """A table of routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = list(routes)
        self._root = _Node()
        for place, route in enumerate(self._routes):
            self._add(place, route.path)

    def find(self, scope: Scope) -> tuple[Route | None, set[str]]:
        """The route that takes the request, its path's parameters put into the scope.

        None where there is none, and then the methods that the path would take; an empty set for an unknown path.
        """
        allowed: set[str] = set()
        for place in sorted(self._candidates(scope["path"].split("/"))):
            route = self._routes[place]
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update(found)
                return route, set()
            if match is Match.PARTIAL:
                allowed |= route.methods or set()
        return None, allowed

    def _add(self, place: int, path: str) -> None:
        node = self._root
        for part in path.split("/"):
            if _WHOLE_REST in part:
                node.open_ended.append(place)
                return
            if "{" in part:
                node.anything = node.anything or _Node()
                node = node.anything
            else:
                node = node.words.setdefault(part, _Node())
        node.ending.append(place)

    def _candidates(self, parts: list[str]) -> list[int]:
        found: list[int] = []
        nodes = [self._root]
        for part in parts:
            found += [place for node in nodes for place in node.open_ended]
            following = [node.words[part] for node in nodes if part in node.words]
            nodes = following + [node.anything for node in nodes if node.anything is not None]
        return found + [place for node in nodes for place in node.ending + node.open_ended]
