"""Whatever a site answers, an incident and a ticket come out of it: known facts right, unknown ones empty."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.errors import ConfigError
from pirsync.mapping import (
    Context,
    Resolved,
    TeamMapping,
    incident,
    lacks_comments,
    load_mapping,
    ticket,
    want_incident,
    want_ticket,
    with_comments,
)
from pirsync.model import Column, Deployment, Incident, Mark, Person, StatusCategory

HERE = Path(__file__).parent
ISSUES = HERE / "fixtures" / "issues"
RECORDED = HERE.parent.parent / "shared" / "recorded" / "jira-issues"

CLOUD_FIELDS = {
    "summary": "Summary",
    "priority": "Priority",
    "resolutiondate": "Resolved",
    "components": "Components",
    "customfield_10040": "severity",
    "customfield_10041": "Incident start",
    "customfield_10042": "Incident commander",
    "customfield_10043": "Affected services",
}
CLOUD = Context(
    site_url="https://example.atlassian.net/",
    deployment="cloud",
    closed_statuses=frozenset({"Closed", "Resolved", "Done"}),
)
CENTER = Context(site_url="https://jira.example.com", deployment="datacenter", closed_statuses=frozenset({"Closed"}))


def raw_issue(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ISSUES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def mapping(folder: Path, text: str = "") -> TeamMapping:
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    return load_mapping("ours.toml", folder)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        mapping(folder, text)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


@pytest.fixture(scope="module")
def default() -> Resolved:
    return load_mapping("default", HERE).resolve(CLOUD_FIELDS)


@pytest.fixture
def cloud(default: Resolved) -> Incident:
    return incident(raw_issue("cloud_incident"), default, CLOUD)


# ---------------------------------------------------------------- the file


def test_one_s_own_mapping_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    own = mapping(
        tmp_path, '[headers]\naction = "Maßnahme"\n[severity]\n"highest" = "SEV1"\n[fields]\nstarted = "Began"'
    )
    shipped = load_mapping("default", tmp_path)
    assert own.headers == shipped.headers | {Column.ACTION: ("Maßnahme",)}
    resolved = own.resolve({"customfield_1": "began", "customfield_2": "Severity"})
    assert resolved.severity("Highest") == "SEV1"
    assert resolved.severity("High") == "P2"
    assert resolved.field("started", "OPS") == "customfield_1"
    assert resolved.field("severity", "OPS") == "customfield_2"


def test_every_problem_of_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    text = """\
[fields]
severty = ["Severity"]
[headers]
onwer = ["Owner"]
due = []
[status]
Monitored = "open"
[[default_items]]
text = "Update the runbook"
due_days = "14"
[ticket_fields]
labels = ["x"]
"""
    assert problems(tmp_path, text) == [
        "ours.toml:2: fields.severty: unknown key; did you mean severity?",
        "ours.toml:4: headers.onwer: unknown key; did you mean owner?",
        "ours.toml:5: headers.due: must not be empty",
        "ours.toml:7: status.Monitored: input should be 'new', 'indeterminate' or 'done'",
        "ours.toml:10: default_items.due_days: input should be a valid integer",
        "ours.toml:11: ticket_fields: pirsync itself fills labels",
    ]


def test_a_word_stands_over_one_column_only(tmp_path: Path) -> None:
    expected = 'ours.toml:1: headers: "status" stands for both owner and status'
    assert problems(tmp_path, '[headers]\nstatus = ["status"]\nowner = ["Status"]') == [expected]


def test_an_unknown_mapping_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'no mapping comes with the name "defualt"; did you mean default\?'):
        load_mapping("defualt", tmp_path)
    with pytest.raises(ConfigError, match=r"gone\.toml: there is no such file"):
        load_mapping("gone.toml", tmp_path)


def test_default_items_and_ticket_fields_are_read(tmp_path: Path) -> None:
    text = '[[default_items]]\ntext = "Tell"\ndue_days = 3\n[ticket_fields]\ncustomfield_1 = { value = "A" }\n'
    own = mapping(tmp_path, text)
    assert [item.model_dump() for item in own.default_items] == [
        {"text": "Tell", "criteria": "", "due_days": 3, "owner": ""}
    ]
    assert own.ticket_fields == {"customfield_1": {"value": "A"}}


# ---------------------------------------------------------------- names on a site


def test_the_first_candidate_that_the_site_has_is_used(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nstarted = ["Nowhere", "customfield_7", "created"]\nclosed = ["Nowhere"]')
    resolved = own.resolve({"customfield_7": "Begin", "created": "Created"})
    assert resolved.field("started", "OPS") == "customfield_7"
    assert resolved.field("closed", "OPS") == ""


def test_a_project_may_have_fields_of_its_own(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[projects.PAY.fields]\nstarted = "Pay start"\nresolved = []')
    fields = {"customfield_1": "Incident start", "customfield_2": "Pay start", "resolutiondate": "Resolved"}
    resolved = own.resolve(fields)
    roles = ("started", "resolved")
    assert [resolved.field(role, "OPS") for role in roles] == ["customfield_1", "resolutiondate"]
    assert [resolved.field(role, "PAY") for role in roles] == ["customfield_2", ""]
    assert {"customfield_1", "customfield_2"} <= set(want_incident(resolved).fields)
    assert "customfield_1" not in want_incident(resolved, "PAY").fields


def test_what_is_in_doubt_on_a_site_is_told_at_once(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nstarted = "customfield_78"\n[projects.PAY.fields]\nseverity = "Impact"')
    fields = {"customfield_1": "Impact", "customfield_2": "impact", "customfield_77": "Start"}
    with pytest.raises(ConfigError) as caught:
        own.resolve(fields)
    assert list(caught.value.problems) == [
        "ours.toml: fields.started: Jira has no field customfield_78; did you mean customfield_77?",
        'ours.toml: projects.PAY.fields.severity: several fields are called "Impact"; '
        "give the id of one: customfield_1, customfield_2",
    ]


def test_a_custom_field_hides_a_system_field_of_its_name(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nresolved = "Resolved"')
    fields = {"resolutiondate": "Resolved", "customfield_3": "Resolved"}
    assert own.resolve(fields).field("resolved", "OPS") == "customfield_3"


def test_what_is_read(default: Resolved) -> None:
    want = want_incident(default)
    expected = {"summary", "security", "comment", "issuelinks", "customfield_10040", "customfield_10043"}
    assert expected <= set(want.fields)
    assert len(set(want.fields)) == len(want.fields)
    assert set(want.expand) == {"renderedFields", "changelog"}
    assert want_ticket().properties == ("pirsync.action",)


# ---------------------------------------------------------------- an incident


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_cloud_incident(cloud: Incident) -> None:
    assert (cloud.id, cloud.key, cloud.project) == ("10501", "OPS-7", "OPS")
    assert cloud.url == "https://example.atlassian.net/browse/OPS-7"
    assert cloud.type == "[System] Incident"
    assert cloud.summary == "Cards declined in Lyon (פריז)"
    assert (cloud.status, cloud.category, cloud.is_closed) == ("Closed", StatusCategory.DONE, True)
    assert (cloud.severity, cloud.priority, cloud.resolution) == ("P1", "Highest", "Done")
    assert cloud.created == at("2026-03-02T09:00:00.123+0100")
    assert cloud.started == at("2026-03-02T08:55:00+0100")
    assert cloud.resolved == at("2026-03-03T12:30:00.512+0100")
    assert cloud.detected is None
    assert cloud.reporter == Person(account="5b10ac:bo", name="Bo Lindqvist", active=False)
    assert cloud.assignee == Person(account="5b10ac:ann", name="Ann Ogawa")
    assert cloud.commander == Person(account="5b10ac:cho", name="Cho Park")
    assert cloud.services == ("Card gateway", "Ledger")
    assert cloud.labels == ("outage", "payments")
    assert cloud.description_html == "<p>Cards were <b>declined</b>.</p>"
    assert not cloud.is_restricted


def test_closed_at_the_last_step_from_open_to_closed(cloud: Incident) -> None:
    assert cloud.closed == at("2026-03-03T12:30:00.500+0100")
    assert cloud.closed_statuses == ("Closed", "Done", "Resolved")


def test_events_are_in_order_and_lead_to_their_source(cloud: Incident) -> None:
    shown = [(event.field, event.before, event.after, event.author) for event in cloud.events]
    assert shown == [
        ("status", "Open", "Closed", "Bo Lindqvist"),
        ("status", "Closed", "In Progress", ""),
        ("severity", "P2", "P1", "Bo Lindqvist"),
        ("resolution", "", "Done", "Ann Ogawa"),
        ("status", "In Progress", "Resolved", "Ann Ogawa"),
        ("status", "Resolved", "Closed", "Ann Ogawa"),
    ]
    assert {event.url.partition("?")[0] for event in cloud.events} == {cloud.url}
    assert cloud.events_complete


def test_notes_are_in_order_rendered_and_told_apart(cloud: Incident) -> None:
    assert [(note.id, note.internal, note.html) for note in cloud.notes] == [
        ("301", False, "<p>Rolled back.</p>"),
        ("302", True, "<p>Customer list attached.</p>"),
        ("303", False, "<p>a &lt; b</p><p>second<br/>line</p>"),
    ]
    assert cloud.notes[0].url == "https://example.atlassian.net/browse/OPS-7?focusedCommentId=301"


def test_links_are_seen_from_the_incident(cloud: Incident) -> None:
    assert [(link.direction, link.other_key, link.type_id) for link in cloud.links] == [
        ("outward", "ACT-3", "10100"),
        ("inward", "OPS-2", "10000"),
    ]
    assert [link.other_id for link in cloud.linked("10100", "outward")] == ["10777"]


def test_a_data_center_incident(tmp_path: Path) -> None:
    fields = {"customfield_12001": "Incident severity", "components": "Component/s"}
    found = incident(raw_issue("dc_incident"), load_mapping("default", tmp_path).resolve(fields), CENTER)
    assert found.reporter == Person(account="blindqvist", name="Bo Lindqvist", active=False)
    assert (found.assignee, found.commander) == (None, None)
    assert (found.severity, found.priority) == ("Catastrophe", "High")
    assert [(e.field, e.before, e.after) for e in found.events] == [
        ("status", "Open", "Closed"),
        ("severity", "P2", "Catastrophe"),
    ]
    assert found.is_restricted
    assert found.services == ("Batch",)
    assert found.closed == datetime(2026, 3, 3, 12, 30, tzinfo=UTC)
    assert found.description_html == "<p>h2. What</p><p>It stopped &amp; stood.<br/>Twice.</p>"
    assert [note.internal for note in found.notes] == [True, True, False]


def changed(name: str, **fields: object) -> dict[str, Any]:
    raw = raw_issue(name)
    return {**raw, "fields": {**raw["fields"], **fields}}


def test_severity_falls_back_to_priority(default: Resolved) -> None:
    assert incident(changed("cloud_incident", customfield_10040=None), default, CLOUD).severity == "P1"
    assert (
        incident(changed("cloud_incident", customfield_10040={"value": "Purple"}), default, CLOUD).severity == "Purple"
    )


def test_without_a_severity_field_changes_of_priority_are_changes_of_severity(tmp_path: Path) -> None:
    raw = raw_issue("cloud_incident")
    step = {"field": "priority", "fieldId": "priority", "fromString": "Low", "toString": "Highest"}
    raw["changelog"]["histories"][0]["items"].append(step)
    found = incident(raw, load_mapping("default", tmp_path).resolve({"priority": "Priority"}), CLOUD)
    assert [(e.before, e.after) for e in found.events if e.field == "severity"] == [("P4", "P1")]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ({}, "2026-03-03T12:30:00.700+0100"),
        ({"statuscategorychangedate": None}, "2026-03-03T12:30:00.512+0100"),
        ({"statuscategorychangedate": None, "resolutiondate": "soon"}, "2026-03-05T09:00:00+0100"),
    ],
)
def test_without_a_changelog_the_nearest_instant_is_taken(
    default: Resolved, left: dict[str, object], expected: str
) -> None:
    raw = changed("cloud_incident", **left)
    del raw["changelog"]
    found = incident(raw, default, CLOUD)
    assert found.closed == at(expected)
    assert (found.events, found.events_complete) == ((), False)


def test_a_closure_that_the_site_keeps_in_a_field_wins(tmp_path: Path) -> None:
    resolved = mapping(tmp_path, '[fields]\nclosed = "customfield_10041"').resolve(CLOUD_FIELDS)
    assert incident(raw_issue("cloud_incident"), resolved, CLOUD).closed == at("2026-03-02T08:55:00+0100")


def test_a_cut_changelog_is_not_complete(default: Resolved) -> None:
    raw = raw_issue("cloud_incident")
    raw["changelog"]["total"] = 6
    assert not incident(raw, default, CLOUD).events_complete


def test_a_reopened_incident_is_open_and_knows_when_it_was_closed(default: Resolved) -> None:
    raw = changed("cloud_incident", status={"name": "Open", "statusCategory": {"key": "new"}}, resolutiondate=None)
    found = incident(raw, default, CLOUD)
    assert not found.is_closed
    assert found.closed == at("2026-03-03T12:30:00.500+0100")
    del raw["changelog"]
    assert incident(raw, default, CLOUD).closed is None


def test_a_status_may_mean_something_else_than_its_category(tmp_path: Path) -> None:
    resolved = mapping(tmp_path, '[status]\nResolved = "indeterminate"').resolve(CLOUD_FIELDS)
    found = incident(raw_issue("cloud_incident"), resolved, CLOUD)
    assert found.closed == at("2026-03-04T10:00:00+0100")
    assert found.closed_statuses == ("Closed", "Done")
    raw = changed("cloud_incident", status={"name": "Resolved", "statusCategory": {"key": "done"}})
    assert not incident(raw, resolved, CLOUD).is_closed


def test_an_answer_without_categories_is_closed_by_its_resolution_date(default: Resolved) -> None:
    raw = changed("cloud_incident", status={"name": "Shut"})
    found = incident(raw, default, CLOUD)
    assert (found.category, found.is_closed) == (StatusCategory.UNKNOWN, True)
    assert not incident({**raw, "fields": {**raw["fields"], "resolutiondate": None}}, default, CLOUD).is_closed


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-01-02T03:04:05.678+0100", datetime(2026, 1, 2, 2, 4, 5, 678000, tzinfo=UTC)),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        (1767323045678, datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)),
        ("1767323045678", datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+1400", None),
        ("9999-12-31T23:59:59-1400", None),
        (10**30, None),
        (float("nan"), None),
        (True, None),
        ({"iso": "2026-01-02"}, None),
    ],
)
def test_instants(default: Resolved, told: object, expected: datetime | None) -> None:
    assert incident(changed("cloud_incident", customfield_10041=told), default, CLOUD).started == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Card gateway", ("Card gateway",)),
        ({"value": "Cards", "child": {"value": "Gateway"}}, ("Cards / Gateway",)),
        (["A", {"name": "B"}, {"label": "C"}, None, 7, [], "A", {}], ("A", "B", "C", "7")),
        (None, ()),
    ],
)
def test_services(default: Resolved, told: object, expected: tuple[str, ...]) -> None:
    assert incident(changed("cloud_incident", customfield_10043=told), default, CLOUD).services == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"accountId": "a", "displayName": "A", "active": False}, Person(account="a", name="A", active=False)),
        ([{"displayName": "Ghost"}, {"accountId": "a"}], Person(account="a", name="a")),
        ({"displayName": "Ghost"}, None),
        ("Ann Ogawa", None),
        ([], None),
    ],
)
def test_the_commander(default: Resolved, told: object, expected: Person | None) -> None:
    assert incident(changed("cloud_incident", customfield_10042=told), default, CLOUD).commander == expected


@pytest.mark.parametrize(
    "comment",
    [
        {"jsdPublic": False},
        {"jsdPublic": "false"},
        {"visibility": {"type": "group", "value": "staff"}},
        {"properties": [{"key": "sd.public.comment", "value": {"internal": "true"}}]},
    ],
)
def test_a_comment_that_not_everybody_may_read_is_internal(default: Resolved, comment: dict[str, object]) -> None:
    whole = {"id": "1", "created": "2026-01-01T00:00:00Z", "body": "x", **comment}
    raw = with_comments(raw_issue("cloud_incident"), [whole])
    assert [note.internal for note in incident(raw, default, CLOUD).notes] == [True]


def test_comments_that_an_answer_lacks_can_be_added(default: Resolved) -> None:
    raw = raw_issue("dc_incident")
    assert lacks_comments(raw)
    assert lacks_comments({"fields": {}})
    whole = with_comments(raw, [{"id": "9", "created": "2026-01-01T00:00:00Z", "renderedBody": "<p>All</p>"}])
    assert not lacks_comments(whole)
    assert [note.html for note in incident(whole, default, CENTER).notes] == ["<p>All</p>"]


def test_a_document_becomes_paragraphs(default: Resolved) -> None:
    listed = {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]}
    document = {
        "type": "doc",
        "content": [
            {
                "type": "paragraph",
                "content": [
                    {"type": "text", "text": "a < b "},
                    {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}},
                    {"type": "hardBreak"},
                    {"type": "text", "text": "end"},
                ],
            },
            {"type": "bulletList", "content": [listed, listed]},
        ],
    }
    raw = changed("cloud_incident", description=document) | {"renderedFields": None}
    expected = "<p>a &lt; b @Ann<br/>end</p><p>one<br/>one</p>"
    assert incident(raw, default, CLOUD).description_html == expected


def test_a_very_deep_document_is_no_error(default: Resolved) -> None:
    node: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(5000):
        node = {"type": "panel", "content": [node]}
    raw = changed("cloud_incident", description=node) | {"renderedFields": None}
    assert incident(raw, default, CLOUD).description_html == ""


def test_half_characters_are_replaced(default: Resolved) -> None:
    found = incident(changed("cloud_incident", summary="a\ud800b", labels=["\udfff"]), default, CLOUD)
    assert (found.summary, found.labels) == ("a?b", ("?",))


# ---------------------------------------------------------------- a ticket


def test_a_ticket() -> None:
    found = ticket(raw_issue("cloud_ticket"), CLOUD)
    assert (found.id, found.key, found.project, found.summary) == ("10777", "ACT-3", "ACT", "Cap retries")
    assert found.url == "https://example.atlassian.net/browse/ACT-3"
    assert (found.status, found.is_done, found.resolution) == ("Done", True, "Won't Do")
    assert found.due == date(2026, 3, 31)
    assert (found.done_at, found.done_by) == (datetime(2026, 3, 20, 9, tzinfo=UTC), "Ann Ogawa")
    assert found.assignee == Person(account="5b10ac:cho", name="Cho Park", active=False)
    assert found.mark == Mark(value="0123456789abcdef", owner="owner-0001", incident="10501")
    assert [(link.direction, link.other_id) for link in found.links] == [("inward", "10501")]


def test_a_done_ticket_without_a_changelog_is_done_when_it_was_resolved() -> None:
    raw = raw_issue("cloud_ticket")
    del raw["changelog"]
    found = ticket(raw, CLOUD)
    assert (found.done_at, found.done_by) == (datetime(2026, 3, 20, 9, 0, 0, 100000, tzinfo=UTC), "")


def test_a_ticket_that_is_not_done_was_never_done() -> None:
    found = ticket(changed("cloud_ticket", status={"name": "To Do", "statusCategory": {"key": "new"}}), CLOUD)
    assert (found.is_done, found.done_at, found.done_by) == (False, None, "")


def test_a_ticket_s_status_may_mean_something_else() -> None:
    context = CLOUD.model_copy(update={"categories": {"Done": StatusCategory.ACTIVE}})
    assert not ticket(raw_issue("cloud_ticket"), context).is_done


@pytest.mark.parametrize(
    "properties",
    [None, {}, {"pirsync.action": "x"}, {"pirsync.action": {"mark": "m", "owner": "o"}}, ["pirsync.action"]],
)
def test_a_mark_that_is_not_whole_is_none(properties: object) -> None:
    assert ticket(raw_issue("cloud_ticket") | {"properties": properties}, CLOUD).mark is None


# ---------------------------------------------------------------- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("2026-01-01"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "key", "name", "value", "created", "items", "comments", "histories", "type", "content", "child"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
PATHS = [
    ("id",), ("key",), ("fields",), ("renderedFields",), ("renderedFields", "comment"), ("changelog",),
    ("changelog", "histories"), ("changelog", "total"), ("changelog", "histories", 0, "items"), ("properties",),
    ("changelog", "histories", 0, "created"), ("changelog", "histories", 0, "items", 0, "toString"),
    ("fields", "status"), ("fields", "status", "statusCategory"), ("fields", "comment"), ("fields", "comment", "comments"),
    ("fields", "comment", "comments", 0, "properties"), ("fields", "issuelinks"), ("fields", "issuelinks", 0, "type"),
    ("fields", "assignee"), ("fields", "labels"), ("fields", "description"), ("fields", "security"), ("fields", "project"),
    ("fields", "customfield_10040"), ("fields", "customfield_10042"), ("fields", "customfield_10043"),
    ("fields", "duedate"), ("fields", "summary"),
]  # fmt: skip


@given(path=st.sampled_from(PATHS), value=JSON)
def test_no_answer_is_an_error(default: Resolved, path: tuple[str | int, ...], value: object) -> None:
    raw = raw_issue("cloud_incident")
    place: Any = raw
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    for context in (CLOUD, CENTER):
        assert isinstance(incident(raw, default, context).is_closed, bool)
        assert isinstance(ticket(raw, context).is_done, bool)


def recorded() -> Iterator[tuple[Deployment, dict[str, Any]]]:
    for path in sorted(RECORDED.glob("*.json.gz")):
        deployment: Deployment = "cloud" if path.name.startswith("cloud") else "datacenter"
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for raw in json.load(stream)["issues"]:
                yield deployment, raw


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers of real sites are not beside this checkout")
def test_real_answers_of_real_sites(tmp_path: Path) -> None:
    names = {"priority": "Priority", "resolutiondate": "Resolved", "components": "Components"}
    resolved = load_mapping("default", tmp_path).resolve(names)
    found = []
    for deployment, raw in recorded():
        context = Context(site_url="https://jira.example.com", deployment=deployment, closed_statuses=frozenset())
        issue, action = incident(raw, resolved, context), ticket(raw, context)
        assert (raw["id"], raw["key"]) == (issue.id, issue.key)
        assert (issue.is_closed, issue.id, issue.links) == (action.is_done, action.id, action.links)
        assert (issue.closed is not None) or not issue.is_closed
        assert issue.summary and issue.status and issue.created and issue.project
        found.append(issue)
    assert len(found) == 468
    closed = [issue for issue in found if issue.is_closed]
    by_category = [issue for issue in closed if issue.category is StatusCategory.DONE]
    assert (len(by_category), [issue.key for issue in closed if issue not in by_category]) == (335, ["TST-8"])
