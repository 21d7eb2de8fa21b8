"""A `multipart/form-data` body (RFC 7578) as its parts, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from starlette.requests import Request

from .http import BadBody


@dataclass(frozen=True)
class Part:
    """One field of a form; `filename` is None for a plain value, `media_type` empty where none was sent."""

    name: str
    filename: str | None
    media_type: str
    data: bytes

    @property
    def text(self) -> str:
        """The value as text."""
        return self.data.decode("utf-8", "replace")


def parts(request: Request) -> list[Part]:
    """The parts of the body in order; `BadBody` when it is no form of several parts."""
    sent = Message()
    sent["Content-Type"] = request.headers.get("content-type", "")
    boundary = sent.get_boundary()
    if sent.get_content_type() != "multipart/form-data" or not boundary:
        raise BadBody("the request doesn't contain a multipart/form-data or multipart/mixed stream")
    return list(_read(request.state.body, b"--" + boundary.encode("latin-1", "replace")))


def _read(body: bytes, delimiter: bytes) -> Iterator[Part]:
    # The first delimiter may stand at the very start; every other one follows a line's end that belongs to it.
    pieces = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadBody("Stream ended unexpectedly")
    for piece in pieces[1:-1]:
        head, blank, data = piece.partition(b"\r\n\r\n")
        if not blank:
            raise BadBody("Unexpected end of the headers of a part")
        headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip("\r\n"))
        name = headers.get_param("name", header="content-disposition")
        if isinstance(name, str):
            yield Part(name, headers.get_filename(), headers.get("content-type", ""), data)
