"""What real sites answered to the calls that the cassettes have, and which of their keys an answer of ours lacks.

Custom fields are left aside, and so are fields that we did not ask for; below a null nothing can be compared.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pirsync.model import Deployment
from tests.cassettes.player import Flow, Sent, read_cassette


class Call(Enum):
    """A call, by method and the path below Jira's version or Confluence's API; an id or key is a star."""

    FIELDS = "GET field"
    TYPES = "GET issuetype"
    MYSELF = "GET myself"
    ISSUE = "GET issue/*"
    SEARCH = "POST search"
    SCREEN = "GET issue/createmeta/*/issuetypes/*"
    CREATE = "POST issue"
    REMOTE_LINK = "POST issue/*/remotelink"
    CONTENT = "GET content/search"


@dataclass(frozen=True)
class Told:
    """An answer's body, and the fields that were asked for; None where nothing says."""

    body: Any
    fields: frozenset[str] | None = None


SEARCHED: Mapping[str, Deployment] = {
    "cloud-devlake.json.gz": "cloud",
    "cloud-grimoirelab.json.gz": "cloud",
    "dc-apache-kafka.json.gz": "datacenter",
    "dc-appcelerator.json.gz": "datacenter",
}
"""The archived searches that are of this API's version and were kept as answered."""


def call_of(method: str, path: str) -> Call | None:
    """The call of a request; reading a search by GET or POST is the same call, and so are Cloud's two searches."""
    below = re.sub(r"^.*/rest/(api/(2|latest)/|api/)", "", path)
    below = re.sub(r"^issue/([A-Z]+-)?\d+", "issue/*", below).removesuffix("/jql")
    below = re.sub(r"^issue/createmeta/\w+/issuetypes/\d+$", "issue/createmeta/*/issuetypes/*", below)
    method = "POST" if below == "search" else method
    return next((call for call in Call if call.value == f"{method} {below}"), None)


def recorded_calls(folder: Path) -> dict[Deployment, dict[Call, list[Any]]]:
    """The bodies of what real sites answered to these calls, by dialect. The one page that was recorded is Cloud's,
    but of the first API, which only Data Center's cassettes read pages by.
    """
    found: dict[Deployment, dict[Call, list[Any]]] = {"cloud": defaultdict(list), "datacenter": defaultdict(list)}
    for path in sorted(folder.glob("jira-*/*.json")):
        pair = json.loads(path.read_text(encoding="utf-8"))
        call = call_of(pair["request"]["method"], urlsplit(pair["request"]["uri"]).path)
        deployment: Deployment = "cloud" if path.parent.name == "jira-cloud" else "datacenter"
        if call is not None and pair["response"]["status"]["code"] < 300:
            found[deployment][call].append(pair["response"]["body"])
    for name, deployment in SEARCHED.items():
        issues = json.loads(gzip.decompress((folder / "jira-issues" / name).read_bytes()))["issues"]
        found[deployment][Call.SEARCH].append({"issues": issues})
    page = json.loads((folder / "confluence-cloud" / "v1-content-page.json").read_text(encoding="utf-8"))
    page.pop("_about")
    found["datacenter"][Call.CONTENT].append({"results": [page]})
    return found


def calls_of_cassettes(deployment: Deployment) -> dict[Call, list[Told]]:
    """What the cassettes hold of these calls."""
    found: dict[Call, list[Told]] = defaultdict(list)
    for flow in Flow:
        for one in read_cassette(flow, deployment):
            call = call_of(one.request.method, one.request.path)
            if call is not None:
                found[call].append(Told(one.response.body, _fields(one.request)))
    return found


def _fields(request: Sent) -> frozenset[str] | None:
    named = request.body.get("fields") if isinstance(request.body, dict) else None
    if isinstance(named, list):
        return frozenset(named)
    return frozenset(",".join(request.query["fields"]).split(",")) if "fields" in request.query else None


def missing_keys(told: list[Told], recorded: list[Any]) -> set[str]:
    """The keys, as paths without list positions, that a recorded answer has and none of ours."""
    ours: dict[str, list[Any]] = defaultdict(list)
    asked: set[str] = set()
    for one in told:
        ours[""].append(one.body)
        asked |= one.fields or set()
        for path, value in _keys(one.body, ""):
            ours[path].append(value)
    missing = {path for body in recorded for path, _ in _keys(body, "") if path not in ours}
    return {path for path in missing if _is_comparable(path, ours, asked)}


def _is_comparable(path: str, ours: Mapping[str, list[Any]], asked: set[str]) -> bool:
    above, _, name = path.rpartition("/")
    if above.endswith(("fields", "renderedFields")) and "issuelinks" not in above and asked and name not in asked:
        return False
    return any(isinstance(value, (dict, list)) and value for value in ours.get(above, ()))


def _keys(value: Any, above: str) -> Iterator[tuple[str, Any]]:
    """Every key below a value, as a path, with what it holds; custom fields are left aside wherever they stand."""
    if isinstance(value, list):
        for one in value:
            yield from _keys(one, above)
    elif isinstance(value, dict) and not _is_custom(value):
        for name, held in value.items():
            if not name.startswith("customfield_"):
                path = f"{above}/{name}" if above else name
                yield path, held
                yield from _keys(held, path)


def _is_custom(value: Mapping[str, Any]) -> bool:
    """Whether an object describes a custom field, in a list of fields or on a screen."""
    return value.get("custom") is True or "customId" in (value.get("schema") or {})
