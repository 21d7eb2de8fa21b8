"""A ticket comes out of whatever a site answers, and no answer of any site is an error."""

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

from pirsync.mapping import Context, Resolved, incident, load_mapping, ticket
from pirsync.model import Deployment, Mark, Person, StatusCategory
from tests.raw_issues import CENTER, CLOUD, changed, default_mapping, raw_issue
from tests.shared import shared


@pytest.fixture(scope="module")
def default() -> Resolved:
    return default_mapping()


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
PLACES = """
    id key fields renderedFields renderedFields.comment changelog changelog.histories changelog.total
    changelog.histories.0.items properties changelog.histories.0.created changelog.histories.0.items.0.toString
    fields.status fields.status.statusCategory fields.comment fields.comment.comments
    fields.comment.comments.0.properties fields.issuelinks fields.issuelinks.0.type fields.assignee
    fields.labels fields.description fields.security fields.project fields.customfield_10040
    fields.customfield_10042 fields.customfield_10043 fields.duedate fields.summary
"""


@given(place=st.sampled_from(PLACES.split()), value=JSON)
def test_no_answer_is_an_error(default: Resolved, place: str, value: object) -> None:
    raw = raw_issue("cloud_incident")
    *parents, last = place.split(".")
    table: Any = raw
    for part in parents:
        table = table[int(part) if part.isdigit() else part]
    table[last] = value
    for context in (CLOUD, CENTER):
        assert isinstance(incident(raw, default, context).is_closed, bool)
        assert isinstance(ticket(raw, context).is_done, bool)


def recorded() -> Iterator[tuple[Deployment, dict[str, Any]]]:
    for path in sorted(shared("recorded/jira-issues").glob("*.json.gz")):
        deployment: Deployment = "cloud" if path.name.startswith("cloud") else "datacenter"
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for raw in json.load(stream)["issues"]:
                yield deployment, raw


def test_real_answers_of_real_sites(tmp_path: Path) -> None:
    names = {"priority": "Priority", "resolutiondate": "Resolved", "components": "Components"}
    resolved = load_mapping("default", tmp_path).resolve(names)
    found = []
    for deployment, raw in recorded():
        context = Context(site_url="https://jira.example.com", deployment=deployment, closed_statuses=frozenset())
        issue, action = incident(raw, resolved, context), ticket(raw, context)
        assert (raw.get("id", ""), raw["key"]) == (issue.id, issue.key)
        assert (issue.is_closed, issue.id, issue.links) == (action.is_done, action.id, action.links)
        # Nothing but `updated` tells when these were closed, and that moves with every link that is made.
        told = raw.get("changelog") or raw["fields"].get("resolutiondate")
        assert issue.closed is not None or not issue.is_closed or not told
        assert issue.summary and issue.status and issue.created and issue.project
        found.append(issue)
    assert len(found) == 468
    closed = [issue for issue in found if issue.is_closed]
    by_category = [issue for issue in closed if issue.category is StatusCategory.DONE]
    assert (len(by_category), [issue.key for issue in closed if issue not in by_category]) == (335, ["TST-8"])
