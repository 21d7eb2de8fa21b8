"""What real sites answered, and the same requests put to a sandbox that was brought to the same situation.

The situation is one project, person and issue that have what the recorded ones had; each recorded request names its
own, and is put with ours in their place.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pirsync.sandbox.tracker.nouns import Component, Version
from pirsync.sandbox.world import Deployment, World
from tests.sandbox.conformance.walker import File, Step


@dataclass(frozen=True)
class Recording:
    """One recorded request below Jira's `/rest/` or Confluence's `/rest/api/`, and its answer."""

    name: str
    deployment: Deployment
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    sent: Any
    status: int
    body: Any

    @property
    def is_of_jira(self) -> bool:
        """Whether it is Jira that answered."""
        return not self.path.startswith("content")

    @property
    def call(self) -> str:
        """The call by method and path; ids, keys and names of projects are stars, and versions are left out."""
        below = re.sub(r"^api/(2|3|latest)/", "", self.path)
        below = re.sub(r"(?<=/)(\d+|[A-Z]+-\d+)(?=/|$)", "*", below)
        return f"{self.method} " + re.sub(r"(?<=^project/)\w+|(?<=createmeta/)\w+", "*", below)


FOLDERS: Mapping[str, Deployment] = {"jira-cloud": "cloud", "jira-dc": "datacenter"}
ARCHIVES: Mapping[str, Deployment] = {
    "cloud-devlake.json.gz": "cloud",
    "cloud-grimoirelab.json.gz": "cloud",
    "dc-apache-kafka.json.gz": "datacenter",
    "dc-appcelerator.json.gz": "datacenter",
}
"""The archived searches that are of this API's version and were kept as answered."""


EXPANSIONS = ("changelog", "renderedFields", "transitions")


def recordings(folder: Path) -> Iterator[Recording]:
    """Everything that was recorded, the archives as answers to a search for all fields and changes."""
    for name, deployment in FOLDERS.items():
        for path in sorted((folder / name).glob("*.json")):
            yield _recording(path, deployment)
    for name, deployment in ARCHIVES.items():
        issues = json.loads(gzip.decompress((folder / "jira-issues" / name).read_bytes()))["issues"]
        expanded = ",".join(name for name in EXPANSIONS if any(name in one for one in issues))
        query = (("jql", "project in (ACT, OPS)"), ("maxResults", "100"), ("fields", "*all"), ("expand", expanded))
        below = "api/2/search/jql" if deployment == "cloud" else "api/2/search"
        yield Recording(name, deployment, "GET", below, query, None, 200, {"issues": issues})
    page = json.loads((folder / "confluence-cloud" / "v1-content-page.json").read_text(encoding="utf-8"))
    asked = re.search(r"expand=(\S+)", page.pop("_about"))
    assert asked is not None
    of_page = (("spaceKey", "OPS"), ("expand", asked[1]))
    yield Recording("v1-content-page.json", "cloud", "GET", "content", of_page, None, 200, {"results": [page]})


def _recording(path: Path, deployment: Deployment) -> Recording:
    pair = json.loads(path.read_text(encoding="utf-8"))
    request, answer = pair["request"], pair["response"]
    url = urlsplit(request["uri"])
    below = url.path.partition("/rest/")[2]
    query = tuple(parse_qsl(url.query))
    status = answer["status"]["code"]
    return Recording(path.name, deployment, request["method"], below, query, request["body"], status, answer["body"])


# ------------------------------------------------------------ the situation

MEMBER = "hweiss"
"""Somebody who sees restricted issues."""

NAMES = {"OSIM": "ACT", "ENTESB": "ACT", "NTEST": "ACT", "TEST": "ACT", "Story": "Task", "Vulnerability": "Task"}
"""Projects and types of the recorded sites, and ours in their place."""

LABELS = (
    "SecurityTracking",
    "CVE-2016-5002",
    "pscomponent:xmlrpc-common",
    "flawuuid:4823d62a-a59f-49f4-8d79-be9f7d792dfa",
    "flawuuid:9d9b3b14-0c44-4030-883c-8610f7e2879b",
)
_PARTS = {"components": [{"name": "Checkout"}], "fixVersions": [{"name": "2.0"}], "versions": [{"name": "1.0"}]}
_TASK = {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}, "summary": "Raise the alarm earlier"}
_FOUND = {**_PARTS, "labels": list(LABELS), "assignee": "{ana}", "priority": {"name": "High"}}
_BUG = {"project": {"key": "ACT"}, "issuetype": {"name": "Bug"}, "summary": "A wrong alarm"}
_OUTAGE = {"project": {"key": "OPS"}, "issuetype": {"name": "Incident"}, "summary": "An outage"}
_WHOLE = {**_FOUND, "description": "Hm", "security": {"name": "Security team only"}}
_PART = {"project": {"key": "OPS"}, "issuetype": {"name": "Sub-task"}, "parent": {"key": "{full[key]}"}}
_RESOLVED = {"transition": {"id": "21"}, "fields": {"resolution": {"name": "Done"}}}


def _link(source: str, destination: str) -> Step:
    ends = {"inwardIssue": {"key": source}, "outwardIssue": {"key": destination}}
    return Step("POST /issueLink", {"type": {"name": "Relates"}, **ends}, by=MEMBER)


SITUATION = (
    Step("POST /issue", {"fields": {**_TASK, **_FOUND}}, keep="issue"),
    Step("POST /issue", {"fields": {**_BUG, **_FOUND}}, keep="bug"),
    Step("POST /issue", {"fields": _TASK}, keep="open"),
    Step("POST /issue/{issue[key]}/comment", {"body": "Hm"}, keep="comment"),
    Step("POST /issue/{bug[key]}/attachments", File("log.txt")),
    Step("POST /issue", {"fields": {**_OUTAGE, **_WHOLE}}, keep="full", by=MEMBER),
    Step("POST /issue", {"fields": {**_PART, "summary": "Ask"}}, keep="part", by=MEMBER),
    Step("POST /issue/{full[key]}/comment", {"body": "Hm"}, by=MEMBER),
    Step("POST /issue/{full[key]}/transitions", _RESOLVED, by=MEMBER),
    *(
        step
        for key in ("{issue[key]}", "{bug[key]}", "{full[key]}")
        for step in (_link("OPS-1", key), _link(key, "OPS-2"))
    ),
    *(Step(f"POST /issue/{key}/transitions", {"transition": {"id": "41"}}) for key in ("{issue[key]}", "{bug[key]}")),
)
"""Issues with everything that the recorded ones had: `full`, with its sub-task, and those that searches find."""


def prepare(world: World) -> None:
    """Give the projects what their API does not: a component and versions, and screens to set them on."""
    for key in ("ACT", "OPS"):
        project = world.tracker.project(key)
        assert project is not None
        project.components.append(Component(f"{key}-1", "Checkout", "What buyers see."))
        project.versions += [
            Version(f"{key}-2", "1.0", "The first.", released=True, release=date(2026, 1, 31)),
            Version(f"{key}-3", "2.0", "The next.", release=date(2026, 12, 31)),
        ]
        for screen in project.screens.values():
            screen.update(dict.fromkeys(_PARTS, False))


PATHS = {
    "GET field": "/field",
    "GET issue/*": "/issue/{full[key]}",
    "GET issue/*/comment/*": "/issue/{issue[key]}/comment/{comment[id]}",
    "GET issue/createmeta": "/issue/createmeta",
    "GET issue/createmeta/*/issuetypes/*": "/issue/createmeta/ACT/issuetypes/{type[id]}",
    "GET issuetype": "/issuetype",
    "GET issuetype/*": "/issuetype/{type[id]}",
    "GET mypermissions": "/mypermissions",
    "GET myself": "/myself",
    "GET project/*": "/project/ACT",
    "GET search": "/search",
    "GET search/jql": "/search/jql",
    "GET serverInfo": "/serverInfo",
    "GET user": "/user",
    "GET user/search": "/user/search",
    "GET content": "/content",
    "POST issue": "/issue",
    "POST issue/*/comment": "/issue/{issue[key]}/comment",
    "POST issue/*/remotelink": "/issue/{issue[key]}/remotelink",
    "POST issue/*/transitions": "/issue/{open[key]}/transitions",
    "POST issue/bulk": "/issue/bulk",
    "PUT issue/*": "/issue/{issue[key]}",
    "PUT issue/*/assignee": "/issue/{issue[key]}/assignee",
    "PUT issue/*/comment/*": "/issue/{issue[key]}/comment/{comment[id]}",
}
"""Where each recorded call is put; `{...}` is filled from the answers to `SITUATION`."""


def step_of(recorded: Recording) -> Step:
    """The same request to the sandbox, with our names in place of theirs."""
    path = PATHS[recorded.call] if recorded.status < 400 or "*" not in recorded.call else "/issue/ACT-9999"
    query = urlencode([(name, _ours(name, value)) for name, value in recorded.query if value])
    if recorded.call == "GET issue/*" and "parent" in (recorded.body.get("fields") or {}):
        path = "/issue/{part[key]}"
    by = "" if recorded.status == 401 else MEMBER
    return Step(f"{recorded.method} {path}?{query}", _our_body(recorded), status=recorded.status, by=by)


def _ours(name: str, value: str) -> str:
    if name in ("username", "accountId"):
        return "aruiz"
    value = re.sub(r'assignee="[^"]+"', 'assignee = "aruiz"', value)
    # The issue that is to be found was made now, not in the days of the recording.
    value = re.sub(r"(updated <= \"|updated <= ')\d{4}", r"\g<1>2099", value)
    if name == "startAt":
        return "0"
    return re.sub(r"[A-Z]\w+", lambda word: NAMES.get(word[0], word[0]), value)


def _our_body(recorded: Recording) -> Any:
    sent = recorded.sent
    if not isinstance(sent, dict):
        return sent
    if "issueUpdates" in sent:
        return {"issueUpdates": [{"fields": _our_fields(one["fields"])} for one in sent["issueUpdates"]]}
    if "project" in sent.get("fields", {}):
        return {**sent, "fields": _our_fields(sent["fields"])}
    if "transition" in sent:
        known = {"71": "21", 41: 41}
        return {**sent, "transition": {"id": known[sent["transition"]["id"]]}}
    return "{ana}" if recorded.call.endswith("/assignee") else sent


def _our_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if not name.startswith("customfield_")}
    kept |= {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}}
    if "priority" in kept:
        kept["priority"] = {"name": "High"}
    return kept


# ------------------------------------------------------------ keys


def missing_keys(recorded: Any, ours: Any) -> set[str]:
    """The keys, as paths without list positions, that a real answer has and ours lacks, custom fields aside."""
    return set(_keys(recorded, "")) - set(_keys(ours, ""))


def _keys(value: Any, above: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _keys(one, above)
    elif isinstance(value, dict) and not _is_custom(value):
        for name, held in value.items():
            if "customfield_" not in name:
                path = f"{above}/{name}" if above else name
                yield path
                yield from _keys(held, path)


def _is_custom(value: Mapping[str, Any]) -> bool:
    """Whether an object describes a custom field, in a list of fields or on a screen."""
    return value.get("custom") is True or "customId" in (value.get("schema") or {})
