"""Queries as JQL: bounded, quoted, and not to be broken out of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pirsync.adapters.jql import milliseconds, quote, render
from pirsync.ports import Query

SINCE = datetime(2026, 1, 2, 3, 4, 59, 999_000, tzinfo=UTC)
ORDER = " ORDER BY created ASC, key ASC"


def test_the_whole_query() -> None:
    query = Query(
        projects=("INC", "DO"),
        issue_types=("Incident", "[System] Incident"),
        extra_jql="priority = High or cf[10050] = 1",
        labels=("pirsync",),
        updated_since=SINCE,
    )
    expected = (
        '((project in ("INC", "DO") AND issuetype in ("Incident", "[System] Incident")'
        ' AND (priority = High or cf[10050] = 1)) OR labels in ("pirsync")) AND updated >= 1767323040000'
    )
    assert expected + ORDER == render(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(projects=("INC",)), '(project in ("INC"))'),
        (Query(projects=("INC",), issue_types=("*",)), '(project in ("INC"))'),
        (Query(labels=("a", "b")), 'labels in ("a", "b")'),
        (Query(labels=("a",), issue_types=("*",)), 'labels in ("a")'),
        (Query(projects=("INC",), extra_jql="  "), '(project in ("INC"))'),
        (Query(projects=("A",), labels=("x",)), '((project in ("A")) OR labels in ("x"))'),
    ],
)
def test_empty_parts_restrict_nothing(query: Query, expected: str) -> None:
    assert expected + ORDER == render(query)


@pytest.mark.parametrize(
    "query", [Query(), Query(issue_types=("*",)), Query(updated_since=SINCE), Query(extra_jql=" ")]
)
def test_a_query_that_names_nothing_is_refused(query: Query) -> None:
    with pytest.raises(ValueError, match="must name"):
        render(query)


@pytest.mark.parametrize(
    "extra", ["a = 1) OR (b = 2", "(a = 1", 'a = "x', "a = 1 ORDER BY key", "a = 1 order  by key", ")("]
)
def test_extra_jql_cannot_leave_its_parentheses(extra: str) -> None:
    with pytest.raises(ValueError, match="extra JQL"):
        render(Query(projects=("INC",), extra_jql=extra))


@pytest.mark.parametrize(
    "extra", ['summary ~ "a) OR (b"', 'text = "order by"', r'summary ~ "say \"hi)\""', "a in (1, 2)"]
)
def test_quoted_text_in_extra_jql_is_left_alone(extra: str) -> None:
    assert f'(project in ("INC") AND ({extra})){ORDER}' == render(Query(projects=("INC",), extra_jql=extra))


def test_values_are_quoted() -> None:
    assert quote('a"b\\c\nd') == '"a\\"b\\\\cd"'
    assert 'labels in ("x\\") OR project in (\\"SECRET")' in render(Query(labels=('x") OR project in ("SECRET',)))


def test_instants_are_floored_to_the_minute_in_any_zone() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert milliseconds(SINCE) == milliseconds(SINCE.astimezone(east)) == 1767323040000


def test_a_search_continues_from_an_instant_of_creation() -> None:
    assert f'labels in ("x") AND created >= 60000{ORDER}' == render(Query(labels=("x",)), created_from=60_000)
