"""Rule 5 in memory: a crash, a lost request or a lost reply at every write, with and without the state.

Every run must end in the same world as the run without a fault: nothing twice, nothing lost, nobody accused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, cast

import pytest

from pirsync.adapters.memory import memory_world
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, Unavailable
from pirsync.model import Deployment
from pirsync.page.index import read_index
from pirsync.page.review import read_review
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import Column
from pirsync.ports import IssueRef, Query, TicketDraft, Want
from pirsync.selection import Mode, Selection
from tests.stage import ANA, BOB, SCREEN, Hands, Stage, parse_once, raw_incident, without_state

BARE = SCREEN.model_copy(
    update={"fields": {"summary": "Summary", "description": "Description", "assignee": "Assignee"}}
)
TURNS: tuple[tuple[Deployment, Any], ...] = tuple(product(("cloud", "datacenter"), (SCREEN, BARE)))
ACCUSING = {FindingKind.ROW_EDITED, FindingKind.PAGE_GONE, FindingKind.REGION_REMOVED, FindingKind.DUPLICATE}
MOST_PASSES = 12
SMALL = ReviewTemplate("small", {"small": "{{ summary_region }}{{ actions_region }}{{ record_region }}"})
"""The regions alone: what stands around them costs time, and other tests look at it."""


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


class Crash(BaseException):
    """The process is gone: nothing in it may catch this."""


class Faulty:
    """A write half whose n-th call goes wrong in one way; calls are counted over both halves."""

    def __init__(self, real: object, fault: Fault) -> None:
        self._real = real
        self._fault = fault

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._real, name)

        def call(*arguments: Any) -> Any:
            return self._fault.around(method, arguments)

        return call


class Fault:
    """One way to go wrong, at one call; `at` 0 never does."""

    def __init__(self, kind: str, at: int) -> None:
        self.kind = kind
        self.at = at
        self.calls = 0

    def around(self, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self.calls += 1
        if self.calls != self.at:
            return method(*arguments)
        match self.kind:
            case "crash before":
                raise Crash
            case "crash after":
                method(*arguments)
                raise Crash
            case "request lost":
                raise Ambiguous("no answer")
            case "reply lost":
                method(*arguments)
                raise Ambiguous("no answer")
            case "unavailable":
                raise Unavailable("503")
        raise AssertionError(self.kind)


KINDS = ("crash before", "crash after", "request lost", "reply lost", "unavailable")


def begin(deployment: Deployment, screen: Any, fault: Fault) -> Stage:
    clock = Hands()
    incidents = [raw_incident(1), raw_incident(2)]
    world = memory_world(deployment, incidents, [screen], [ANA, BOB], clock)
    return Stage(with_fault(world, fault), clock, template=SMALL)


def with_fault(world: Any, fault: Fault) -> Any:
    return replace(
        world,
        tracker_writes=Faulty(world.tracker_writes, fault),
        wiki_writes=Faulty(world.wiki_writes, fault),
    )


def settle(play: Stage, loses_state: bool) -> Stage:
    """Run passes, after a crash with a new process, until nothing is left to do; time goes on between them."""
    for number in range(MOST_PASSES):
        try:
            report = play.run_pass(Selection(Mode.ALL if number % 2 == 0 else Mode.NEWS))
        except Crash:
            if loses_state:
                play = without_state(play)
            play.clock.forward(61)
            continue
        found = {f.kind for result in report.results for f in result.findings}
        assert found & ACCUSING == set()
        if number % 2 == 0 and not (report.changes or report.waiting or report.failed):
            return play
        play.clock.forward(301)
    raise AssertionError("it did not come to rest")


def story(deployment: Deployment, screen: Any, fault: Fault, loses_state: bool) -> dict[str, Any]:
    """Birth, three rows, one ticket done and another moved; then everything that can be seen of the world."""
    play = settle(begin(deployment, screen, fault), loses_state)
    play.type_row("Fix the queue", owner="ana")
    play.type_row("Fix the queue", owner="bob")
    play.type_row("Tell the customers", owner="bob", due="2026-05-01", key="OPS-2")
    play = settle(play, loses_state)
    play.move(play.rows()[0].ticket or "", "Done", "done")
    play.move(play.rows("OPS-2")[0].ticket or "", "In Progress", "indeterminate")
    play = settle(play, loses_state)
    return picture(play)


def picture(play: Stage) -> dict[str, Any]:
    """The world without what servers number: keys, ids, versions, instants."""
    reads, wiki = play.world.tracker, play.world.wiki
    want = Want(fields=("*all",), properties=("pirsync.action",))
    tickets = {str(raw["key"]): raw for raw in reads.search(Query(projects=("ACT",)), want)}
    index = wiki.find("OPS", "Post-incident review index")
    assert index is not None
    pages = {head.id for head in wiki.labelled("OPS", "pirsync-review", None)}
    return {
        "tickets": sorted(_ticket(raw) for raw in tickets.values()),
        "rows": {key: [_row(row, tickets) for row in play.rows(key)] for key in ("OPS-1", "OPS-2")},
        "summaries": {key: {k: c.text for k, c in play.review(key).summary.items()} for key in ("OPS-1", "OPS-2")},
        "remote": [[link.global_id for link in reads.remote_links(i)] == [f"pirsync:page:{play.page(k).id}"]
                   for i, k in (("10001", "OPS-1"), ("10002", "OPS-2"))],
        "labelled": pages == {play.page("OPS-1").id, play.page("OPS-2").id},
        "index labelled": [head.id for head in wiki.labelled("OPS", "pirsync-index", None)] == [index.id],
        "index": [row.model_dump(exclude={"page_url"}) for row in read_index(index.body).rows],
    }  # fmt: skip


def _ticket(raw: Any) -> str:
    fields = raw["fields"]
    marks = [label for label in fields["labels"] if label.startswith("pirsync-")]
    links = [str(link.get("inwardIssue", link.get("outwardIssue", {})).get("key")) for link in fields["issuelinks"]]
    status = fields["status"]["name"]
    return f"{fields['summary']} | {fields.get('duedate')} | {status} | {sorted(marks)} | {links}"


def _row(row: Any, tickets: dict[str, Any]) -> tuple[str, str, str, str]:
    summary = tickets[row.ticket]["fields"]["summary"] if row.ticket else ""
    return row.action, summary, row.cells[Column.STATUS].text, row.cells[Column.DUE].text


@cache
def calm(turn: int) -> tuple[dict[str, Any], int]:
    """The world after the story without a fault, and how many writes it takes."""
    deployment, screen = TURNS[turn]
    fault = Fault(KINDS[0], 0)
    return story(deployment, screen, fault, loses_state=False), fault.calls


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_every_write_leads_to_the_same_world(kind: str, turn: int) -> None:
    """Each kind strikes at every write; the two products and the two kinds of screen take turns at it."""
    deployment, screen = TURNS[turn]
    expected, calls = calm(turn)
    assert len(expected["tickets"]) == 3
    assert calls > 15
    for loses_state in (False, True) if kind.startswith("crash") else (False,):
        for at in range(1 + turn, calls + 1, len(TURNS)):
            actual = story(deployment, screen, Fault(kind, at), loses_state)
            assert actual == expected, f"{kind} at write {at} of {calls}, state lost: {loses_state}"


class Unmarked:
    """Writes by which a ticket is made without its property."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def create_issue(self, draft: TicketDraft) -> IssueRef:
        made: IssueRef = self._real.create_issue(draft.model_copy(update={"property_key": ""}))
        return made


def marked_later(fault: Fault) -> tuple[list[str], dict[str, Any]]:
    """The names of the writes by which a row becomes a ticket whose birth took no property, and the ticket's then."""
    clock, names = Hands(), list[str]()
    world = memory_world("cloud", [raw_incident(1)], [SCREEN], [ANA, BOB], clock)
    play = Stage(replace(world, tracker_writes=cast(Any, Unmarked(world.tracker_writes))), clock, template=SMALL)
    play = settle(play, loses_state=False)
    play.type_row("Fix the queue", owner="ana")
    play.world = replace(play.world, tracker_writes=cast(Any, Noting(play.world.tracker_writes, fault, names)))
    play = settle(play, loses_state=False)
    (raw,) = play.world.tracker.search(
        Query(projects=("ACT",)), Want(fields=("labels",), properties=("pirsync.action",))
    )
    return names, dict(raw["properties"])


class Noting(Faulty):
    """The same, and the names of its calls are noted."""

    def __init__(self, real: object, fault: Fault, names: list[str]) -> None:
        super().__init__(real, fault)
        self._names = names

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self._names.append(name)
        return super().__getattr__(name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mark_that_a_birth_did_not_take_is_written_whatever_befalls_it(kind: str) -> None:
    """Neither sandbox has a project whose creates leave the property out."""
    names, expected = marked_later(Fault(kind, 0))
    assert list(expected) == ["pirsync.action"]
    names, actual = marked_later(Fault(kind, names.index("set_property") + 1))
    assert (names.count("create_issue"), actual) == (1, expected)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_a_page_that_a_person_wrote_on_before_it_was_bound_is_still_ours(deployment: Deployment) -> None:
    play = begin(deployment, SCREEN, Fault("crash after", 1))
    with pytest.raises(Crash):
        play.run_pass()
    play.type_row("Fix the queue")
    play = without_state(play)
    play.clock.forward(601)
    report = play.run_pass()
    assert [found.kind for result in report.results for found in result.findings] == []
    assert [row.ticket is not None for row in play.rows()] == [True]


def test_two_reads_of_a_page_agree() -> None:
    """The picture itself can tell worlds apart: a second ticket or a changed cell shows in it."""
    play = settle(begin("cloud", SCREEN, Fault("crash before", 0)), loses_state=False)
    before = picture(play)
    play.type_row("Something else", owner="")
    assert picture(play) != before
    assert read_review(play.page().body, play.headers).rows != ()


@pytest.mark.parametrize("read", ["remote_links", "find"])
def test_a_look_that_failed_is_no_proof_of_absence(read: str) -> None:
    """The bulk read fails; the incident's own read after it must look again, not create."""
    play = without_state(settle(begin("cloud", SCREEN, Fault("crash before", 0)), loses_state=False))
    play.clock.forward(120)
    half = "tracker" if read == "remote_links" else "wiki"
    real = getattr(play.world, half)

    class Fails:
        def __getattr__(self, name: str) -> Any:
            return self.fail if name == read else getattr(real, name)

        def fail(self, *_: Any) -> Any:
            raise Unavailable("503")

    report = play.run_on(replace(play.world, **{half: cast(Any, Fails())}))
    assert [result.failure for result in report.failed] == ["503", "503"] if read == "remote_links" else True
    assert [change.change for change in report.changes if change.change == "create-page"] == []
