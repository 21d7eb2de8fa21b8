"""JQL of the sandbox: what it reads, what it refuses in Jira's words, and what it finds."""

from __future__ import annotations

import pytest

from pirsync.sandbox.jql.search import Search, search
from pirsync.sandbox.jql.syntax import And, BadQuery, Call, Clause, Empty, Many, Not, Or, Query, Sort, Value, parse
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.tracker import add_comment, create_issue, edit_fields, transition
from pirsync.sandbox.tracker.attachments import attach
from tests.sandbox.desk import Desk


def word(text: str) -> Value:
    return Value(text, quoted=False)


def equals(field: str, text: str) -> Clause:
    return Clause(field, "=", word(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query(None, ())),
        ("order by key desc, updated", Query(None, (Sort("key", -1), Sort("updated", None)))),
        ("a = 1 OR b = 2 and c = 3", Query(
            Or((equals("a", "1"), And((equals("b", "2"), equals("c", "3"))))), ()
        )),
        ("not (a != x)", Query(Not(Clause("a", "!=", word("x"))), ())),
        ("a not in (x, 'y z', now())", Query(
            Clause("a", "NOT IN", Many((word("x"), Value("y z", quoted=True), Call("now", ())))), ()
        )),
        ("cf[10040] is not empty", Query(Clause("cf[10040]", "IS NOT", Empty()), ())),
        (r'"My field" ~ "say \"hi\" \u0041\\"', Query(
            Clause("My field", "~", Value('say "hi" A\\', quoted=True)), ()
        )),
        ("updated>=-15m", Query(Clause("updated", ">=", word("-15m")), ())),
        ("inbox = 1 && notes!=orphan", Query(
            And((equals("inbox", "1"), Clause("notes", "!=", word("orphan")))), ()
        )),
    ],
)  # fmt: skip
def test_a_query_is_read(text: str, expected: Query) -> None:
    assert expected == parse(text)


OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
ESCAPES = r"The valid escape sequences are \', \", \t, \n, \r, \\, '\ ' and \uXXXX."
QUOTE = "You must surround '{0}' in quotation marks to use it as a"

REFUSED = {
    "project = INT": "'INT' is a reserved JQL word. You must surround it in quotation marks to use it as a field or "
    "value. (line 1, character 11)",
    "pri notin (x)": "'notin' is a reserved JQL word. You must surround it in quotation marks to use it as a field or "
    "value. (line 1, character 5)",
    "comment ~ 'test\n": "The quoted string 'test ' has not been completed. (line 1, character 11)",
    "comment ~ '": "The quoted string has not been completed. (line 1, character 11)",
    r"comme\unt ~ 'test": rf"'\un' is an illegal JQL escape sequence. {ESCAPES} (line 1, character 6)",
    r"summary \!= x": rf"'\!' is an illegal JQL escape sequence. {ESCAPES} (line 1, character 9)",
    "mine{www = q": "The character '{' is a reserved JQL character. You must enclose it in a string or use the escape "
    "'\\u007b' instead. (line 1, character 5)",
    "a =\u007fq": "The character 'U+007F' on line 1 at position 4 must be escaped. Use the escape '\\u007f' instead. "
    "(line 1, character 4)",
    "a = -9223372036854775809": "'-9223372036854775809' is not a valid number. Numbers must be between "
    "-9,223,372,036,854,775,808 and 9,223,372,036,854,775,807. (line 1, character 5)",
    "a =b order": "Expecting 'by' before the end of the query.",
    "a =b order summary": "Expecting 'by' but got 'summary'. (line 1, character 12)",
    "a =b order by": "Expecting a field name at the end of the query.",
    "a =b order by asc": f"Expecting a field name but got 'asc'. {QUOTE.format('asc')} field name. "
    "(line 1, character 15)",
    "a =b order by c blah": "Expecting either 'ASC' or 'DESC' but got 'blah'. (line 1, character 17)",
    "order by a desc d": "Expecting ',' but got 'd'. (line 1, character 17)",
    "'' = c": "A field name cannot be empty. (line 1, character 1)",
    "a = ''()": "A function name cannot be empty. (line 1, character 5)",
    "a": f"Expecting operator before the end of the query. The valid operators are {OPERATORS}.",
    "a blah >": f"Expecting operator but got 'blah'. The valid operators are {OPERATORS}. (line 1, character 3)",
    "j not is empty": "Expecting 'IN' but got 'is'. (line 1, character 7)",
    "j is ! empty": "Expecting 'NOT' but got '!'. (line 1, character 6)",
    "cf": "Expecting '[' before the end of the query.",
    "cf[": "Expecting a custom field id (a positive number) before the end of the query.",
    "cf[29829k] = 1": "Expecting a custom field id (a positive number) but got '29829k'. (line 1, character 4)",
    "cf[29829 = world": "Expecting ']' but got '='. (line 1, character 10)",
    "a = func(": "Expecting ')' before the end of the query.",
    "a = func(, b)": "Expecting ')' but got ','. (line 1, character 10)",
    "bas=func(bad,)": "Function argument must be specified. (line 1, character 14)",
    "k = func(!": f"Expecting a function argument but got '!'. {QUOTE.format('!')}n argument. (line 1, character 10)",
    "(a=b and c = d": "Expecting ')' before the end of the query.",
    "abc IN ((foo) abc = a": "Expecting ')' but got 'abc'. (line 1, character 15)",
    "a=": "Expecting either a value, list or function before the end of the query.",
    "a=!": f"Expecting either a value, list or function but got '!'. {QUOTE.format('!')} value. (line 1, character 3)",
    "a=b c=d": "Expecting either 'OR' or 'AND' but got 'c'. (line 1, character 5)",
    "[brenden] = a": "Expecting a field name but got '['. Did you mean 'cf['? (line 1, character 1)",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_query_that_cannot_be_read_is_refused_in_jiras_words(text: str) -> None:
    with pytest.raises(BadQuery) as refusal:
        parse(text)
    assert (f"Error in the JQL Query: {REFUSED[text]}",) == refusal.value.messages


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
        "not labels = red": [],
        "not (labels = red and priority = 3)": ["one"],
        "priority > Medium": ["one"],
        "key > ACT-1 and key < ACT-3": ["two"],
        "'Severity[Dropdown]' = P1": ["one"],
        "resolution = Unresolved and type = task": ["three", "two", "one"],
        "project = 'Reliability actions' and status != Done": ["three", "two", "one"],
        "project = BARE": [],
        "reporter = currentUser() order by summary": ["one", "three", "two"],
        "labels = red order by priority desc": ["one", "two"],
        "project = ACT order by key": ["one", "two", "three"],
    }
    assert by_query == {jql: desk.find(jql) for jql in by_query}


def test_people_beside_an_issue_and_its_files_are_found(desk: Desk) -> None:
    watched, voted = desk.add("watched"), desk.add("voted")
    desk.add("alone").watchers.clear()
    hana = desk.person("hweiss")
    watched.watchers += [hana.name]
    voted.voters += [hana.name, "aruiz"]
    desk.world.clock.advance(100)
    attach(desk.world, hana, voted, "log.txt", "text/plain", b"x")
    by_query = {
        f"watcher = {hana.account_id}": ["watched"],
        "watcher is empty": ["alone"],
        "watcher = currentUser() order by id asc": ["watched", "voted"],
        f"voter in ({hana.account_id})": ["voted"],
        "votes > 1": ["voted"],
        "watchers = 2": ["watched"],
        "votes = 0 order by watchers desc": ["watched", "alone"],
        "attachments is not empty": ["voted"],
        "attachments is empty order by id asc": ["watched", "alone"],
    }
    assert by_query == {query: desk.find(query) for query in by_query}
    desk.world.faults.lag = 60
    assert sorted(desk.find("attachments is empty")) == ["alone", "voted", "watched"]


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
        "text ~ 'connections pool'": [],
        "text ~ 'pool full' or text ~ connections": ["The pool is full"],
        "summary ~ 'pool -is'": [],
        "summary ~ 'pool OR full'": ["Full of pools", "The pool is full"],
        "summary ~ 'p?ol'": ["The pool is full"],
        "description is empty": ["Full of pools"],
        "not comment ~ nothing": ["The pool is full"],
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


PROBLEMS = {
    "status = Foo": "The value 'Foo' does not exist for the field 'status'.",
    "status = 99": "A value with ID '99' does not exist for the field 'status'.",
    "project = GONE": "The value 'GONE' does not exist for the field 'project'.",
    "key in (ACT-1, GONE-2)": "An issue with key 'GONE-2' does not exist for field 'key'.",
    "id = 99": "A value with ID '99' does not exist for the field 'id'.",
    "Severity = P9": "The option 'P9' for field 'Severity' does not exist.",
    "colour = red": "Field 'colour' does not exist or you do not have permission to view it.",
    "filter = mine": "Field 'filter' does not exist or you do not have permission to view it.",
    "issue.property[a].b = 1": "Field 'issue.property[a].b' does not exist or you do not have permission to view it.",
    "summary = x": "The operator '=' is not supported by the 'summary' field.",
    "status ~ x": "The operator '~' is not supported by the 'status' field.",
    "status > Open": "The operator '>' is not supported by the 'status' field.",
    "text !~ x": "The operator '!~' is not supported by the 'text' field.",
    "votes is empty": "The operator 'is' is not supported by the 'votes' field.",
    "attachments = x": "The operator '=' is not supported by the 'attachments' field.",
    "order by attachments": "Not able to sort using field 'attachments'.",
    "key is empty": "The operator 'is' is not supported by the 'key' field.",
    "comment is empty": "The field 'comment' does not support searching for EMPTY values.",
    "key in (ACT-1, empty)": "The field 'key' does not support searching for EMPTY values.",
    "summary ~ ''": "The field 'summary' does not support searching for an empty string.",
    "text ~ 'AND'": "Unable to parse the text 'AND' for field 'text'.",
    "labels in red": "Operator 'in' does not support the non-list value '\"red\"' for field 'labels'.",
    "labels = (red)": "Operator '=' does not support the list value '(\"red\")' for field 'labels'.",
    "labels is red": "Operator 'is' does not support searching for non-empty values for field 'labels'.",
    "due > empty": "Operator '>' does not support the empty value representation 'EMPTY' for field 'due'.",
    "assignee = f()": "Unable to find JQL function 'f()'.",
    "status = currentUser()": "A value provided by the function 'currentUser' is invalid for the field 'status'.",
    "created > now(1d)": "Function 'now' expected '0' arguments but received '1'.",
    "created > startOfDay(x)": "Duration for function 'startOfDay' should have the format (+/-)n(yMwdm), "
    "e.g -1M for 1 month earlier.",
    "assignee in membersOf(x)": "Function 'membersOf' can not generate a list of usernames for group 'x'; "
    "the group does not exist.",
    "issue in linkedIssues()": "Incorrect number of arguments for function 'linkedIssues'. "
    "Usage: 'linkedIssues ( issuekey [, linkDescription ]* )'.",
    "issue in linkedIssues(GONE-1)": "Issue 'GONE-1' could not be found in function 'linkedIssues'.",
    "issue in linkedIssues(ACT-1, fred)": "Issue link type 'fred' could not be found in function 'linkedIssues'.",
    "status = Open by admin": 'The EQUALS operator does not support the use of the by "admin" predicate.',
    "summary was x": "History searches do not support the 'summary' field.",
    "status was fred": "The value 'fred' does not exist for the field 'status'.",
    "status changed from fred": "The value 'fred' does not exist for the field 'status'.",
    "assignee was bogus()": "Unable to find JQL function 'bogus()'.",
    "status changed after '20/12/10'": "Date value '20/12/10' for predicate 'after' is invalid. Valid formats include: "
    "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
    "status changed after currentUser()": "A date for the predicate 'after' provided by the function 'currentUser' "
    "is not valid.",
    "status changed before (11, 12)": "The BEFORE predicate must be supplied with only 1 date value.",
    "status changed during 11": "The DURING predicate must be supplied with exactly 2 date values.",
    "project = ACT order by colour": "Not able to sort using field 'colour'.",
}


def test_what_does_not_exist_or_does_not_fit_is_a_problem_in_jiras_words(desk: Desk) -> None:
    desk.add("one")
    assert {jql: [words] for jql, words in PROBLEMS.items()} == {jql: desk.problems(jql) for jql in PROBLEMS}


def test_a_person_that_does_not_exist_is_only_warned_of(desk: Desk) -> None:
    desk.add("one", assignee=desk.person("aruiz"))
    run = Search(desk.world, SERVICE)
    assert search(run, parse("assignee = nobody")) == []
    assert (run.problems, run.warnings) == ([], ["The value 'nobody' does not exist for the field 'assignee'."])


def test_accounts_are_named_as_the_dialect_names_them(desk: Desk) -> None:
    ana = desk.person("aruiz")
    desk.add("hers", assignee=ana)
    by_name = [f"assignee = '{name}'" for name in (ana.account_id, ana.name, ana.key, ana.email, ana.display_name)]
    assert [len(desk.find(jql)) for jql in by_name] == [1, 0, 0, 1, 1]
    desk.world.deployment = "datacenter"
    assert [len(desk.find(jql)) for jql in by_name] == [0, 1, 1, 1, 1]


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
