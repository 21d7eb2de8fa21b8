"""Jira search answers as a world: each issue's fields are answered as they were recorded until they are changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pirsync.sandbox.text import adf
from pirsync.sandbox.text.adf_to_wiki import wiki
from pirsync.sandbox.tracker import find_issue
from pirsync.sandbox.tracker.nouns import Comment, History, Issue, Item, Project, Transition
from pirsync.sandbox.tracker.setup import set_up_actions

from . import wiki_seed
from .load_parts import JSON, Gatherer, day, entries, entry, instant, plain, text

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_GZIP = b"\x1f\x8b"


class BadFile(Exception):
    """The file holds no Jira issues."""


def load(world: World, files: Iterable[Path]) -> None:
    """Add the issues of these files (search answers, lists of issues, one issue; plain or gzip) to the world.

    An issue whose key is already there is replaced when the file's was updated later. The project for action items
    and the wiki's spaces are added where there are none. Raises `BadFile` for a file without issues, OSError.
    """
    gatherer = Gatherer(world)
    touched: dict[str, Project] = {}
    for path in files:
        names, issues = _read(path)
        for sent in issues:
            issue = _issue(gatherer, sent, names)
            project = world.tracker.projects[issue.project_id]
            touched[project.id] = project
            _keep(world, issue)
    for project in touched.values():
        _workflow(world, project)
    set_up_actions(world)
    if not world.wiki.spaces:
        wiki_seed.seed(world)


def _read(path: Path) -> tuple[JSON, list[JSON]]:
    raw = path.read_bytes()
    try:
        value = json.loads(gzip.decompress(raw) if raw.startswith(_GZIP) else raw)
    except (ValueError, gzip.BadGzipFile, EOFError) as error:
        raise BadFile(f"{path}: not JSON: {error}") from error
    whole = entry(value)
    listed = whole.get("issues") if "issues" in whole else value if isinstance(value, list) else [value]
    issues = [one for one in entries(listed) if isinstance(one.get("key"), str)]
    if not issues:
        raise BadFile(f"{path}: no Jira issues in it")
    return entry(whole.get("names")), issues


def _keep(world: World, issue: Issue) -> None:
    known = find_issue(world, issue.key)
    if known is not None and known.updated > issue.updated:
        return
    if known is not None:
        issue.id = known.id
    elif issue.id in world.tracker.issues:
        issue.id = world.tracker.next_id()
    world.tracker.add(issue)


def _issue(gatherer: Gatherer, sent: JSON, names: JSON) -> Issue:
    world, fields, key = gatherer.world, entry(sent.get("fields")), str(sent["key"])
    names = {**names, **entry(sent.get("names"))}
    project, status = gatherer.project(fields.get("project"), key), gatherer.status(fields.get("status"))
    kind, priority = gatherer.type(fields.get("issuetype")), gatherer.priority(fields.get("priority"))
    resolution = gatherer.resolution(fields.get("resolution"))
    if kind is not None:
        gatherer.belongs(project, kind)
    number = key.rpartition("-")[2]
    project.counter = max(project.counter, int(number) if number.isdigit() else 0)
    created = instant(fields.get("created")) or instant(fields.get("updated")) or world.clock.now()
    updated = instant(fields.get("updated")) or created
    for link in entries(fields.get("issuelinks")):
        gatherer.link_type(link.get("type"))
    given = str(sent.get("id") or "")
    return Issue(
        id=int(given) if given.isdigit() else world.tracker.next_id(),
        key=key,
        project_id=project.id,
        type_id=kind.id if kind else None,
        status_id=status.id,
        summary=text(fields.get("summary")),
        created=created,
        updated=updated,
        indexed_at=updated,
        description=_rich(fields.get("description")),
        priority_id=priority.id if priority else None,
        resolution_id=resolution.id if resolution else None,
        assignee=gatherer.person(fields.get("assignee")),
        reporter=gatherer.person(fields.get("reporter")),
        creator=gatherer.person(fields.get("creator")),
        resolved=instant(fields.get("resolutiondate")),
        status_since=instant(fields.get("statuscategorychangedate")),
        due=day(fields.get("duedate")),
        labels=_labels(fields.get("labels")),
        security=gatherer.security(project, fields.get("security")),
        custom=_custom(gatherer, fields, names),
        comments=[_comment(gatherer, one, updated) for one in _comments(fields.get("comment"))],
        histories=_histories(gatherer, sent, created),
        properties=dict(entry(sent.get("properties"))),
        raw=fields,
        rendered=entry(sent.get("renderedFields")) or None,
    )


def _rich(value: Any) -> str | None:
    found = plain(value)
    return adf.Rich(wiki(found), found) if adf.is_document(found) else text(found) or None


def _labels(value: Any) -> list[str]:
    found = plain(value)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _custom(gatherer: Gatherer, fields: JSON, names: JSON) -> JSON:
    values = {}
    for field_id, value in fields.items():
        if field_id.startswith("customfield_"):
            values[field_id] = gatherer.custom(field_id, text(names.get(field_id)) or field_id, value)
    return values


def _comments(value: Any) -> list[JSON]:
    found = plain(value)
    return entries(found.get("comments")) if isinstance(found, dict) else entries(found)


def _comment(gatherer: Gatherer, sent: JSON, fallback: Any) -> Comment:
    properties = {str(one.get("key")): one.get("value") for one in entries(sent.get("properties"))}
    service_desk = entry(properties.get("sd.public.comment"))
    return Comment(
        id=str(sent.get("id") or gatherer.world.tracker.next_id()),
        author=gatherer.person(sent.get("author")),
        body=_rich(sent.get("body")) or "",
        created=instant(sent.get("created")) or fallback,
        internal=sent.get("jsdPublic") is False or service_desk.get("internal") is True,
        updated=instant(sent.get("updated")),
        update_author=gatherer.person(sent.get("updateAuthor")),
        properties=properties,
        raw=sent,
    )


def _histories(gatherer: Gatherer, sent: JSON, fallback: Any) -> list[History]:
    found = []
    for one in entries(entry(sent.get("changelog")).get("histories")):
        at = instant(one.get("created")) or fallback
        items = tuple(_item(item) for item in entries(one.get("items")))
        number = str(one.get("id") or gatherer.world.tracker.next_id())
        found.append(History(number, gatherer.person(one.get("author")), at, items, one))
    return sorted(found, key=lambda one: one.created)


def _item(sent: JSON) -> Item:
    name = text(sent.get("field"))
    ends = [None if sent.get(end) is None else str(sent[end]) for end in ("from", "fromString", "to", "toString")]
    return Item(name, text(sent.get("fieldId")) or name, *ends)


def _workflow(world: World, project: Project) -> None:
    """Give the project the statuses that its issues have, each reachable from every other."""
    tracker = world.tracker
    seen = dict.fromkeys(one.status_id for one in tracker.issues.values() if one.project_id == project.id)
    project.workflow = [
        Transition(str(10 * place + 1), tracker.statuses[number].name, number) for place, number in enumerate(seen, 1)
    ]
    fresh = [number for number in seen if tracker.statuses[number].category == "new"]
    project.first_status_id = (fresh or list(seen))[0]
