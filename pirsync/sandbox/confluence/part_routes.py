"""The calls for what hangs on pages and what stands around them, gathered for the route tables of both dialects."""

from __future__ import annotations

from collections.abc import Iterable

from . import attachments, comments, labels, people, properties, spaces, tasks
from . import parts_as_content as content
from .parts import Call

NEW: tuple[Call, ...] = (
    *comments.calls(),
    *attachments.NEW,
    *labels.NEW,
    *properties.NEW,
    *spaces.NEW,
    *tasks.NEW,
    *people.NEW,
)
"""Paths below Cloud's `/api/v2`."""

_BOTH: tuple[Call, ...] = (*attachments.OLD, *labels.OLD, *spaces.OLD)
CLOUD: tuple[Call, ...] = (*_BOTH, *attachments.OLD_CLOUD, *labels.OLD_CLOUD, *people.OLD_CLOUD)
DEPRECATED: tuple[Call, ...] = (*content.BELOW, *properties.OLD, *spaces.OLD_READING)
DATACENTER: tuple[Call, ...] = (
    *_BOTH,
    *DEPRECATED,
    *attachments.OLD_DC,
    *labels.OLD_DC,
    *people.OLD_DC,
    *spaces.OLD_DC,
)
"""Paths below `/rest/api`; Cloud has deprecated some of Data Center's."""

_PARTS = {
    ("GET", "/content/{id}"): content.read,
    ("PUT", "/content/{id}"): content.update,
    ("DELETE", "/content/{id}"): content.delete,
    ("GET", "/content/{id}/history"): content.history,
}


def reaching(of_pages: Iterable[Call]) -> list[Call]:
    """The calls for pages by `/content/{id}`, made to reach comments and attachments by their ids, too."""
    found: list[Call] = []
    for method, path, handler in of_pages:
        if (method, path) == ("POST", "/content"):
            found.append((method, path, content.or_comment(handler)))
        elif (method, path) in _PARTS:
            found.append((method, path, content.or_part(handler, _PARTS[method, path])))
        else:
            found.append((method, path, handler))
    return found
