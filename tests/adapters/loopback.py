"""A server of a few lines on loopback that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. Of a form `body` tells the fields, of a file its name, type and text."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    raw: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What to send back. With `dropped`, the connection is closed without a byte, as if the answer was lost."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json;charset=UTF-8"
    dropped: bool = False


DROPPED = Answer(dropped=True)


def form(kind: str, raw: bytes) -> dict[str, Any]:
    """The fields of a form, without the boundary that each request draws anew."""
    message = BytesParser(policy=policy.HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + raw)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        text = bytes(part.get_payload(decode=True)).decode()
        name, filename = part.get_param("name", header="content-disposition"), part.get_filename()
        file = {"filename": filename, "type": part.get_content_type(), "text": text}
        found[str(name)] = file if filename else text
    return found


class Loopback(ThreadingHTTPServer):
    """Answers by `script`; `asked` holds all requests in order."""

    daemon_threads = True

    def __init__(self, script: Callable[[Asked], Answer]) -> None:
        self.script = script
        self.asked: list[Asked] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        """Its address, without a trailing slash."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Loopback

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.title(): value for name, value in self.headers.items()}
        kind = headers.get("Content-Type", "")
        body = form(kind, raw) if kind.startswith("multipart/") else json.loads(raw) if raw else None
        asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body, raw)
        self.server.asked.append(asked)
        answer = self.server.script(asked)
        if answer.dropped:
            self.close_connection = True
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        content = b"" if answer.body is None else content
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.kind, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = _serve  # noqa: N815  # the standard library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's name
        """Tests read `asked` instead of a log."""


@contextmanager
def serving(script: Callable[[Asked], Answer]) -> Iterator[Loopback]:
    """A running server; stopped in the end."""
    server = Loopback(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def in_turn(*answers: Answer) -> Callable[[Asked], Answer]:
    """A script that gives these answers one after another, and the last one for ever."""
    left = list(answers)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]
