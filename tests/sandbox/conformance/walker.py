"""A walk is a table of steps: each is one request, filled with what earlier answers told, and one answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from pirsync.sandbox.world import World
from tests.cassettes.player import Answered, Interaction, Sent

_NAME = re.compile(r"\{(\w+)((?:\[[^\]]+\])*)\}")
SERVICE = "svc-pirsync"


@dataclass(frozen=True)
class File:
    """A body that is uploaded as the form field `file`, with whatever else the form has."""

    name: str
    content: bytes = b"12:04 all consumers stopped\n"
    form: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """One request: `call` is `METHOD path?query`, relative to the API's root.

    In the path and in the body's texts, `{name[key][0]}` stands for a part of the answer that was kept as `name`.
    `status` is the answer's; 0 is any that is no error. `by` is who asks ("": nobody).
    """

    call: str
    body: Any = None
    keep: str = ""
    status: int = 0
    by: str = SERVICE


@dataclass(frozen=True)
class Walked:
    """A step as it went."""

    step: Step
    interaction: Interaction

    @property
    def went_as_expected(self) -> bool:
        """Whether the answer has the step's status."""
        status = self.interaction.response.status
        return status == self.step.status if self.step.status else status < 400

    @property
    def is_success(self) -> bool:
        """Whether it was answered with what was asked for."""
        return self.interaction.response.status < 400


def walk(world: World, root: str, steps: Iterable[Step], names: Mapping[str, Any]) -> list[Walked]:
    """Take the steps in turn against the served world; `root` is the API's address, `names` what is known before."""
    known = dict(names)
    walked = []
    with requests.Session() as session:
        for step in steps:
            answer = _ask(session, root, step, known)
            walked.append(Walked(step, interaction_of(world, answer, filled(step.body, known))))
            if step.keep:
                known[step.keep] = answer.json()
    return walked


def filled(value: Any, known: Mapping[str, Any]) -> Any:
    """A value whose texts have what the names stand for; a text that is one name becomes what it stands for."""
    if isinstance(value, dict):
        return {filled(name, known): filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if not isinstance(value, str):
        return value
    whole = _NAME.fullmatch(value)
    if whole and whole[1] in known:
        return _looked_up(whole, known)
    return _NAME.sub(lambda found: str(_looked_up(found, known)) if found[1] in known else found[0], value)


def _looked_up(found: re.Match[str], known: Mapping[str, Any]) -> Any:
    value = known[found[1]]
    for key in re.findall(r"\[([^\]]+)\]", found[2]):
        value = value[int(key) if isinstance(value, list) else key]
    return value


def _ask(session: requests.Session, root: str, step: Step, known: Mapping[str, Any]) -> requests.Response:
    method, _, path = filled(step.call, known).partition(" ")
    body = filled(step.body, known)
    sent: dict[str, Any] = {"json": body}
    if isinstance(body, File):
        sent = {"files": {"file": (body.name, body.content, "text/plain")}, "data": dict(body.form or {})}
    headers = {"X-Atlassian-Token": "no-check"}
    auth = (step.by, "token") if step.by else None
    return session.request(method, root + path, headers=headers, auth=auth, timeout=60, allow_redirects=False, **sent)


def interaction_of(world: World, answer: requests.Response, body: Any) -> Interaction:
    """What a cassette would hold of it."""
    url = urlsplit(str(answer.request.url).removeprefix(world.base_url))
    form = {"file": body.name, **(body.form or {})} if isinstance(body, File) else body
    query = parse_qs(url.query, keep_blank_values=True)
    return Interaction(
        Sent(str(answer.request.method), url.path, query, form),
        Answered(answer.status_code, {"content-type": answer.headers.get("content-type", "")}, _told(answer)),
    )


def _told(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
