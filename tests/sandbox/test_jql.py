"""JQL of the sandbox: what it reads, what it refuses in Jira's words, and what it finds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from pirsync.sandbox.jql import And, BadQuery, Call, Clause, Empty, Not, Or, Query, Sort, Value, parse
from pirsync.sandbox.jql_search import Search, search
from pirsync.sandbox.people import SERVICE, User
from pirsync.sandbox.seed_setup import TASK, set_up
from pirsync.sandbox.tracker import Issue, add_comment, create_issue, edit_fields, transition
from pirsync.sandbox.world import World

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def word(text: str) -> Value:
    return Value(text, quoted=False)


def equals(field: str, text: str) -> Clause:
    return Clause(field, "=", (word(text),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query(None, ())),
        ("order by key desc, updated", Query(None, (Sort("key", -1), Sort("updated", None)))),
        ("a = 1 OR b = 2 and c = 3", Query(
            Or((equals("a", "1"), And((equals("b", "2"), equals("c", "3"))))), ()
        )),
        ("not (a != x)", Query(Not(Clause("a", "!=", (word("x"),))), ())),
        ("a not in (x, 'y z', now())", Query(
            Clause("a", "NOT IN", (word("x"), Value("y z", quoted=True), Call("now", ()))), ()
        )),
        ("cf[10040] is not empty", Query(Clause("cf[10040]", "IS NOT", (Empty(),)), ())),
        (r'"My field" ~ "say \"hi\" \u0041\\"', Query(
            Clause("My field", "~", (Value('say "hi" A\\', quoted=True),)), ()
        )),
        ("updated>=-15m", Query(Clause("updated", ">=", (word("-15m"),)), ())),
        ("inbox = 1 && notes!=orphan", Query(
            And((equals("inbox", "1"), Clause("notes", "!=", (word("orphan"),)))), ()
        )),
    ],
)  # fmt: skip
def test_a_query_is_read(text: str, expected: Query) -> None:
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "project = INT",
            "Error in the JQL Query: 'INT' is a reserved JQL word. You must surround it in quotation marks "
            "to use it as a field or value. (line 1, character 11)",
        ),
        ("a = b c", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'c'. (line 1, character 7)"),
        (
            'summary ~ "abc',
            "Error in the JQL Query: The quoted string 'abc' has not been completed. (line 1, character 11)",
        ),
        ("a =", "Error in the JQL Query: Expecting either a value, list or function at the end of the query."),
    ],
)
def test_a_query_that_cannot_be_read_is_refused_in_jiras_words(text: str, expected: str) -> None:
    with pytest.raises(BadQuery) as refusal:
        parse(text)
    assert (expected,) == refusal.value.messages


class Desk:
    """A small tracker at noon of a fixed day."""

    def __init__(self) -> None:
        self.world = World("cloud")
        set_up(self.world)
        self.world.clock.set(NOON)

    def add(self, summary: str, **values: object) -> Issue:
        project = self.world.tracker.project("ACT")
        assert project is not None
        return create_issue(self.world, SERVICE, project, TASK, {"summary": summary, **values})

    def find(self, jql: str, viewer: User = SERVICE) -> list[str]:
        run = Search(self.world, viewer)
        found = search(run, parse(jql))
        assert run.problems == []
        return [issue.summary for issue in found]

    def problems(self, jql: str) -> list[str]:
        run = Search(self.world, SERVICE)
        search(run, parse(jql))
        return run.problems

    def person(self, name: str) -> User:
        found = self.world.people.find(name)
        assert found is not None
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_values_are_compared_as_their_fields_are(desk: Desk) -> None:
    desk.add("one", labels=["Blue", "red"], assignee=desk.person("aruiz"), priority="1", customfield_10040="P1")
    desk.add("two", labels=["red"], priority="3")
    desk.add("three")
    by_query = {
        "labels = BLUE": ["one"],
        "labels != blue": ["two"],
        "labels is empty": ["three"],
        "labels not in (green)": ["two", "one"],
        "assignee is not empty": ["one"],
        "priority in (Highest, 3)": ["two", "one"],
        "priority != Highest": ["two"],
        "Severity = p1": ["one"],
        "cf[10040] is empty": ["three", "two"],
        "key >= ACT-2": ["three", "two"],
        "issuekey in (ACT-1, act-3)": ["three", "one"],
        "not labels = red": ["three"],
        "resolution = Unresolved and type = task": ["three", "two", "one"],
        "project = 'Reliability actions' and status != Done": ["three", "two", "one"],
        "project = BARE": [],
        "reporter = currentUser() order by summary": ["one", "three", "two"],
        "labels = red order by priority desc": ["two", "one"],
        "project = ACT order by key": ["one", "two", "three"],
    }
    assert by_query == {jql: desk.find(jql) for jql in by_query}


def test_a_category_follows_the_workflow(desk: Desk) -> None:
    done, _ = desk.add("done"), desk.add("open")
    transition(desk.world, SERVICE, done, "41")
    expected = [["done"], ["open"], ["done"], ["done"]]
    queries = ("statusCategory = Done", "statusCategory != 3", "resolved >= -1h", "resolution = Done")
    assert expected == [desk.find(jql) for jql in queries]


def test_text_is_found_by_whole_words_prefixes_and_phrases(desk: Desk) -> None:
    issue = desk.add("The pool is full", description="of connections")
    add_comment(desk.world, SERVICE, issue, "rolled back to 4.30")
    desk.add("Full of pools")
    by_query = {
        "summary ~ pool": ["The pool is full"],
        "summary ~ 'pool*'": ["Full of pools", "The pool is full"],
        "summary !~ pool": ["Full of pools"],
        r'text ~ "\"back to 4\""': ["The pool is full"],
        r'text ~ "\"to back\""': [],
        "text ~ 'connections pool'": ["The pool is full"],
    }
    assert by_query == {jql: desk.find(jql) for jql in by_query}


def test_a_date_literal_is_meant_in_the_zone_of_who_searches(desk: Desk) -> None:
    desk.add("noon in Greenwich")
    berlin, new_york = desk.person("hweiss"), desk.person("emorgan")
    jql = 'created >= "2026-03-10 12:30"'
    assert (desk.find(jql), desk.find(jql, berlin), desk.find(jql, new_york)) == ([], ["noon in Greenwich"], [])
    assert desk.find('created <= "2026-03-10 08:01"', new_york) == ["noon in Greenwich"]


def test_milliseconds_and_periods_need_no_zone(desk: Desk) -> None:
    desk.add("old")
    desk.world.clock.advance(3600)
    edge = int(desk.world.clock.now().timestamp() * 1000) - 60_000
    desk.add("new")
    by_query = {
        f"updated >= {edge}": ["new"],
        f"updated < {edge}": ["old"],
        "updated >= -15m": ["new"],
        'created < "-30m"': ["old"],
        "created >= startOfDay() and created <= now()": ["new", "old"],
        'created >= startOfDay("1d")': [],
        "created < startOfDay()": [],
    }
    assert by_query == {jql: desk.find(jql) for jql in by_query}


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("status = Foo", "The value 'Foo' does not exist for the field 'status'."),
        ("project = GONE", "The value 'GONE' does not exist for the field 'project'."),
        ("key in (ACT-1, GONE-2)", "An issue with key 'GONE-2' does not exist for field 'key'."),
        ("id = 99", "A value with ID '99' does not exist for the field 'id'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("status > Open", "The operator '>' is not supported by the 'status' field."),
        ("assignee = membersOf()", "Unable to find JQL function 'membersOf()'."),
        ("project = ACT order by colour", "Not able to sort using field 'colour'."),
    ],
)
def test_what_does_not_exist_is_a_problem_and_not_an_empty_result(desk: Desk, jql: str, expected: str) -> None:
    desk.add("one")
    assert [expected] == desk.problems(jql)


def test_a_date_that_is_none_is_refused(desk: Desk) -> None:
    (problem,) = desk.problems('updated >= "1769904000000"')
    assert problem.startswith("Date value '1769904000000' for field 'updated' is invalid.")


def test_a_lagging_index_hides_the_new_and_finds_the_changed_by_what_it_was(desk: Desk) -> None:
    old = desk.add("old", labels=["old"])
    desk.world.clock.advance(600)
    desk.world.faults.lag = 60
    edit_fields(desk.world, SERVICE, old, {"labels": ["young"]})
    desk.add("new")
    seen_early = (desk.find("labels = old"), desk.find("labels = young"), desk.find("summary ~ new"))
    desk.world.clock.advance(61)
    seen_late = (desk.find("labels = old"), desk.find("labels = young"), desk.find("summary ~ new"))
    assert seen_early == (["old"], [], [])
    assert seen_late == ([], ["old"], ["new"])


def test_a_restricted_issue_exists_only_for_its_members(desk: Desk) -> None:
    operations = desk.world.tracker.project("OPS")
    assert operations is not None
    level = operations.security_levels[0].id
    values = {"summary": "secret", "security": level}
    create_issue(desk.world, SERVICE, operations, operations.type_ids[0], values)
    assert desk.find("project = OPS") == ["secret"]
    assert desk.find("project = OPS", desk.person("hweiss")) == ["secret"]
    assert desk.find("project = OPS", desk.person("aruiz")) == []
    run = Search(desk.world, desk.person("aruiz"))
    search(run, parse("key = OPS-1"))
    assert run.problems == ["An issue with key 'OPS-1' does not exist for field 'key'."]


def test_five_thousand_issues_are_searched_quickly(desk: Desk) -> None:
    for number in range(5000):
        desk.add(f"issue {number}")
    edge = int((NOON - timedelta(days=1)).timestamp() * 1000)
    query = parse(f"project = ACT and updated >= {edge} order by updated")
    times = []
    for _ in range(5):
        started = time.perf_counter()
        found = search(Search(desk.world, SERVICE), query)
        times.append(time.perf_counter() - started)
    assert len(found) == 5000
    assert min(times) < 0.1
