"""Lists by page as both dialects answer them: `values`, how many there are, and where the next page is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer

from .call import Call
from .nouns_json import JSON

Thing = TypeVar("Thing")


def address(call: Call, **changed: Any) -> str:
    """The address of the call, with these query parameters in place of its own."""
    below = call.request.url.path.partition(f"/rest/api/{call.view.version}")[2]
    kept = [(name, text) for name, text in parse_qsl(call.request.url.query) if name not in changed]
    query = urlencode([*kept, *changed.items()])
    return f"{call.view.rest}{below}" + (f"?{query}" if query else "")


def place(call: Call, usual: int, most: int) -> tuple[int, int]:
    """Where the page begins and how many it may hold: `usual` unless asked, never more than `most`."""
    return call.number("startAt", 0), min(call.number("maxResults", usual), most)


def paged(call: Call, every: Sequence[Thing], shown: Callable[[Thing], Any], usual: int = 50) -> Response:
    """One page of everything that was found."""
    start, size = place(call, usual, max(usual, 100))
    end, total = start + size, len(every)
    value: JSON = {"self": address(call), "maxResults": size, "startAt": start, "total": total, "isLast": end >= total}
    if end < total:
        value["nextPage"] = address(call, startAt=end, maxResults=size)
    return answer({**value, "values": [shown(one) for one in every[start:end]]})
