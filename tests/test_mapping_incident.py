"""Whatever a site answers, an incident comes out of it: known facts right, unknown ones empty."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pirsync.mapping import Resolved, incident, lacks_comments, load_mapping, with_comments
from pirsync.model import Incident, Person, StatusCategory
from tests.raw_issues import CENTER, CLOUD, CLOUD_FIELDS, changed, default_mapping, mapping, raw_issue


@pytest.fixture(scope="module")
def default() -> Resolved:
    return default_mapping()


@pytest.fixture
def cloud(default: Resolved) -> Incident:
    return incident(raw_issue("cloud_incident"), default, CLOUD)


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
        ({"statuscategorychangedate": None, "resolutiondate": "soon"}, None),
    ],
)
def test_without_a_changelog_the_nearest_instant_is_taken(
    default: Resolved, left: dict[str, object], expected: str | None
) -> None:
    raw = changed("cloud_incident", **left)
    del raw["changelog"]
    found = incident(raw, default, CLOUD)
    assert found.closed == (at(expected) if expected else None)
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
