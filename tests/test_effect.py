"""Thirty days after an action was done its ticket is asked once whether it works; a person's comment answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from pirsync.adapters.overlay_tracker import jira_instant
from pirsync.changes import EditComment, describe
from pirsync.decision import FindingKind
from pirsync.model import Deployment, Trail, Word
from pirsync.page.review import read_review
from pirsync.page.sections import read_sections
from pirsync.policy.calendar import Calendar
from pirsync.policy.effect import State, effects, is_unheard
from pirsync.policy.explain import explain
from pirsync.policy.review import Review
from pirsync.raw import words_on_effect
from pirsync.report import Report
from tests.policy_packs import PACKS

from .samples import HEADERS, body_of, done, row, ticket
from .stage import NEWS, Stage, stage, with_one_ticket, without_state
from .test_explain import BORN, CLOSED, TEAM
from .test_proof import attach, counting, issue_id, said, tracker, writes

FULL, GUIDE = PACKS["full-review"], PACKS["soc2-cc7-4-5"]
DONE_AT = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
DUE = datetime(2026, 4, 8, 23, 59, 59, 999999, tzinfo=UTC)
DOCUMENT = {"content": [{"type": "paragraph", "content": [{"type": "text", "text": "Effective: no"}]}]}
DUE_IN_VIENNA = DUE - timedelta(hours=2)
KINDS = (FindingKind.EFFECT_UNKNOWN, FindingKind.NOT_EFFECTIVE)


# ---------------------------------------------------------------- the value


def word(works: bool, at: datetime) -> Word:
    return Word(at=at, author="Bob Brown", works=works)


@pytest.mark.parametrize(
    ("words", "now", "state"),
    [
        ((), DUE, State.OPEN),
        ((), DUE + timedelta(seconds=1), State.OVERDUE),
        ((word(True, DONE_AT - timedelta(days=1)),), DUE, State.OPEN),
        ((word(True, DUE),), DUE, State.EFFECTIVE),
        ((word(True, DUE), word(False, DUE + timedelta(days=9))), DUE + timedelta(days=10), State.NOT_EFFECTIVE),
    ],
)
def test_a_check_is_open_until_it_is_due_and_then_overdue_unless_somebody_answered_since_it_was_done(
    words: tuple[Word, ...], now: datetime, state: State
) -> None:
    (found,) = effects((FULL, GUIDE), done(trail=Trail(files=("a.png",), words=words)), Calendar())
    assert (found.pack, found.due, found.state(now)) == ("full-review 1.0", DUE, state)


def test_only_what_is_done_with_the_proof_that_is_wanted_is_checked_and_only_where_a_pack_wants_it() -> None:
    proven, bare = Trail(files=("a.png",)), Trail()
    assert effects((FULL,), ticket(trail=proven), Calendar()) == ()
    assert effects((FULL,), done(trail=proven, resolution="Won't Do"), Calendar()) == ()
    assert effects((FULL, GUIDE), done(trail=bare), Calendar()) == ()
    assert len(effects((FULL,), done(trail=bare), Calendar())) == 1  # that pack only hints
    assert effects((GUIDE,), done(trail=proven), Calendar()) == ()
    assert is_unheard((FULL,), done(trail=Trail(is_whole=False)))
    assert not is_unheard((FULL,), done(trail=Trail()))
    assert not is_unheard((GUIDE,), done(trail=Trail(is_whole=False, files=("a.png",))))


@pytest.mark.parametrize(
    ("body", "works"),
    [
        ("Effective: yes", True),
        ("We looked again.\r\n*Effective:* no, it came back on Monday", False),
        ("effective : YES.", True),
        (DOCUMENT, False),
        ("It was effective: yes", None),
        ("Effective: perhaps", None),
        ("Effective: not yet", None),
        ("Is it *Effective: yes* or *Effective: no*?", None),
    ],
)  # fmt: skip
def test_a_line_that_begins_so_is_an_answer(body: Any, works: bool | None) -> None:
    comment = {"body": body, "created": "2026-04-01T08:00:00.000+0000", "author": {"displayName": "Bob Brown"}}
    found = words_on_effect([comment])
    assert [one.works for one in found] == ([] if works is None else [works])


def test_an_answer_that_was_edited_is_of_its_last_edit_and_by_whom() -> None:
    comment = {
        "body": "Effective: yes",
        "created": "2026-04-01T08:00:00.000+0000",
        "updated": "2026-04-09T08:00:00.000+0000",
        "author": {"displayName": "Bob Brown"},
        "updateAuthor": {"displayName": "Ana Ruiz"},
    }
    assert words_on_effect([comment]) == (Word(at=datetime(2026, 4, 9, 8, tzinfo=UTC), author="Ana Ruiz", works=True),)


# ---------------------------------------------------------------- passes over a world


@pytest.fixture(params=get_args(Deployment))
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param, packs=("full-review",))


def done_ticket(play: Stage) -> str:
    """One ticket that was done with a file to show for it; its key."""
    with_one_ticket(play)
    key = next(row.ticket for row in play.rows() if row.ticket)
    attach(play, key)
    play.move(key, "Done", "done")
    play.run_pass()
    return key


def days_later(play: Stage, days: int) -> Report:
    play.clock.forward(days * 86400)
    return play.run_pass()


def answer(play: Stage, key: str, body: str) -> None:
    """A person answers, a moment later."""
    play.clock.forward(60)
    id_ = issue_id(play, key)
    now = jira_instant(play.clock.now())
    comments = [*tracker(play).comments(id_)]
    told = {"id": "77", "body": body, "created": now, "author": {"displayName": "Bob Brown"}}
    everything = [*comments, told]
    block = {"comments": everything, "total": len(everything)}
    tracker(play).record(id_, {"comment": block}, {"created": now, "items": []})


def comments(report: Report) -> list[str]:
    """What was said on tickets; the page's line about the meeting goes on by itself."""
    return [change for change in writes(report) if "comment" in change]


def findings(report: Report) -> list[FindingKind]:
    return [f.kind for result in report.results for f in result.findings if f.kind in KINDS]


def test_nobody_is_asked_before_it_is_due_and_then_once(play: Stage) -> None:
    key = done_ticket(play)
    assert (comments(days_later(play, 29)), said(play, key)) == ([], [])
    play.clock.forward(2 * 86400)
    dry = [describe(change) for change in play.dry_run().changes]
    report = play.run_pass()
    assert [describe(change) for change in report.changes] == dry
    assert comments(report) == ["comment-ticket"]
    assert findings(report) == [FindingKind.EFFECT_UNKNOWN]
    assert said(play, key) == [
        "This was done on Mon 2 March 2026. Does it work? The review of OPS-1 wants to know 30 days later (full-review "
        "1.0). Whoever can tell answers in a comment on this issue that begins with *Effective: yes* or *Effective: "
        "no*; the reason may follow."
    ]
    again = days_later(play, 40)
    assert (comments(again), findings(again)) == ([], [FindingKind.EFFECT_UNKNOWN])


def test_the_daemon_wakes_by_itself_when_the_check_is_due(play: Stage) -> None:
    key = done_ticket(play)
    play.clock.instant = datetime(2026, 4, 1, 23, 59, tzinfo=UTC)
    assert comments(play.run_pass(NEWS)) == []
    play.clock.instant = datetime(2026, 4, 2, 0, 0, tzinfo=UTC)
    assert comments(play.run_pass(NEWS)) == ["comment-ticket"]
    assert len(said(play, key)) == 1


@pytest.mark.parametrize(
    ("body", "works", "told"),
    [("Effective: yes", "works", []), ("Effective: no", "does not work", [FindingKind.NOT_EFFECTIVE])],
)
def test_an_answer_is_followed_in_the_same_comment(play: Stage, body: str, works: str, told: list[FindingKind]) -> None:
    key = done_ticket(play)
    days_later(play, 31)
    answer(play, key, body)
    report = play.run_pass(NEWS)
    assert comments(report) == ["edit-comment"]
    assert any(isinstance(change, EditComment) for change in report.changes)
    assert findings(report) == told
    assert said(play, key) == [
        f"Bob Brown said on Thu 2 April 2026 that what was done here {works}. The review of OPS-1 shows it."
    ]
    assert comments(days_later(play, 90)) == []


def test_who_answers_before_it_is_due_is_never_asked(play: Stage) -> None:
    key = done_ticket(play)
    answer(play, key, "Effective: yes")
    days_later(play, 60)
    assert said(play, key) == []


def test_what_is_done_anew_is_asked_of_anew_in_the_same_comment(play: Stage) -> None:
    key = done_ticket(play)
    days_later(play, 31)
    answer(play, key, "Effective: no")
    play.run_pass()
    play.move(key, "In Progress", "indeterminate")
    play.run_pass()
    play.clock.forward(86400)
    play.move(key, "Done", "done")
    play.run_pass()
    days_later(play, 31)
    (comment,) = said(play, key)
    assert comment.startswith("This was done on Fri 3 April 2026. Does it work?")


def test_after_the_state_was_lost_nobody_is_asked_again(play: Stage) -> None:
    key = done_ticket(play)
    days_later(play, 31)
    before = said(play, key)
    lost = without_state(play)
    lost.run_pass()
    lost.clock.forward(61)
    lost.run_pass()
    assert (said(lost, key), writes(lost.run_pass())) == (before, [])
    answer(lost, key, "Effective: yes")
    lost.run_pass()
    assert said(lost, key)[0].startswith("Bob Brown said on ")


def test_only_a_pack_that_wants_it_asks_and_costs() -> None:
    play = stage(packs=("soc2-cc7",))
    key = done_ticket(play)
    counted, reads = counting(play)
    counted.clock.forward(400 * 86400)
    counted.run_pass()
    assert (said(play, key), "comments" in reads.asked) == ([], False)


# ---------------------------------------------------------------- explain


def test_explain_tells_each_check_and_that_the_chair_is_waited_for() -> None:
    proven = Trail(files=("a.png",))
    tickets = {
        "ACT-1": done(1, trail=proven),
        "ACT-2": done(2, trail=proven.model_copy(update={"words": (word(False, DUE),)})),
    }
    body = body_of([row(f"Act {n}", ticket=f"<p>ACT-{n}</p>") for n in (1, 2)])
    seen = Review(incident=CLOSED, page=read_review(body, HEADERS), sections=read_sections(body), tickets=tickets)
    found = explain(CLOSED, [BORN], seen, TEAM, DUE + timedelta(days=1))
    assert [(one.ticket, one.pack, one.due, one.state, one.by, one.at) for one in found.effects] == [
        ("ACT-1", "full-review 1.0", DUE_IN_VIENNA, State.OVERDUE, "", None),
        ("ACT-2", "full-review 1.0", DUE_IN_VIENNA, State.NOT_EFFECTIVE, "Bob Brown", DUE),
    ]
    asked = [one for one in found.waits if "Effective" in one.what]
    assert [(one.who, one.roles, one.what) for one in asked] == [
        ("Ana Ruiz", ("Incident Response Manager",), 'comment "Effective: yes" or "Effective: no" on ACT-1')
    ]
