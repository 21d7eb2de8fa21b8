"""A ticket that is done counts once there is proof of it: told once on the ticket, followed, and never asked twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest

from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay_tracker import OverlayTracker, jira_instant
from pirsync.changes import EditComment, describe, is_local
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, UnsafePlan
from pirsync.model import COMMENT_PROPERTY, TICKET_PROPERTY, RemoteLink
from pirsync.ports import TrackerReads, TrackerWrites
from pirsync.report import Report
from tests.stage import NEWS, Stage, stage, with_one_ticket

CHANGE = RemoteLink(global_id="", url="https://github.com/o/r/pull/12", title="Fix the queue")


@pytest.fixture(params=["cloud", "datacenter"])
def play(request: pytest.FixtureRequest) -> Stage:
    return stage(request.param, packs=("soc2-cc7",))


class Counting:
    """Reads of a Jira that count what is asked of single issues, and not what might be."""

    def __init__(self, real: TrackerReads) -> None:
        self._real, self.asked = real, list[str]()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        return partial(self._ask, name, real) if name in ("comments", "remote_links") else real

    def _ask(self, name: str, real: Callable[..., Any], *told: Any) -> Any:
        self.asked.append(name)
        return real(*told)


def counting(play: Stage) -> tuple[Stage, Counting]:
    reads = Counting(play.world.tracker)
    return replace(play, world=replace(play.world, tracker=cast(TrackerReads, reads))), reads


def done(play: Stage) -> str:
    """One ticket that somebody closed without a word; its key."""
    key = with_one_ticket(play)
    play.move(key, "Done", "done")
    return key


def tracker(play: Stage) -> OverlayTracker:
    assert isinstance(play.world.tracker, OverlayTracker)
    return play.world.tracker


def issue_id(play: Stage, key: str) -> str:
    return next(str(raw["id"]) for raw in tracker(play).issues([key], play.practice(play.world).want_ticket))


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def told(report: Report) -> list[str]:
    kinds = [(f.kind, f.message) for result in report.results for f in result.findings]
    return [message for kind, message in kinds if kind is FindingKind.DONE_WITHOUT_EVIDENCE]


def said(play: Stage, key: str) -> list[str]:
    """What we said on the ticket."""
    comments = tracker(play).comments(issue_id(play, key))
    ours = [c for c in comments if any(p["key"] == COMMENT_PROPERTY and p["value"] for p in c["properties"])]
    return [comment["body"] for comment in ours]


def attach(play: Stage, key: str) -> None:
    now = jira_instant(play.clock.now())
    tracker(play).record(
        issue_id(play, key), {"attachment": [{"filename": "after.png"}]}, {"created": now, "items": []}
    )


def states(play: Stage) -> tuple[str, str, str]:
    """The row's status, the review's, and its actions."""
    summary = play.review().summary
    return play.status(), summary["review status"].text, summary["actions"].text


def test_done_without_proof_is_told_once_and_counts_as_not_done(play: Stage) -> None:
    key = done(play)
    report = play.run_pass(NEWS)
    assert writes(report).count("comment-ticket") == 1
    assert states(play) == ("DONE, NO EVIDENCE", "EVIDENCE MISSING", "0 of 1 done, 1 done without evidence")
    assert told(report) == [
        f"{key} is Done, but nothing in it shows that it was done: it wants a comment with a link, or an attachment, "
        "or a linked pull or merge request, or a link to the new version of a page, or the resolution Risk accepted "
        "(soc2-cc7 1.0)"
    ]
    assert said(play, key) == [
        "This is Done, but nothing here shows that it was done, so the review of OPS-1 does not count it as done yet. "
        "What would show it:\n\n* a comment with a link, or an attachment, or a linked pull or merge request, or a "
        "link to the new version of a page, or the resolution Risk accepted (soc2-cc7 1.0)"
    ]
    for selection in (NEWS, NEWS):
        assert writes(play.run_pass(selection)) == []
    again = play.run_pass()
    assert (writes(again), told(again)) == ([], told(report))


def test_what_we_say_holds_no_address_and_so_never_proves_itself(play: Stage) -> None:
    key = done(play)
    play.run_pass()
    assert "://" not in "".join(said(play, key))
    play.run_pass()
    assert play.status() == "DONE, NO EVIDENCE"


@pytest.mark.parametrize("proof", ["file", "comment", "change"])
def test_once_there_is_proof_it_is_done_and_the_comment_says_so(play: Stage, proof: str) -> None:
    key = done(play)
    play.run_pass(NEWS)
    play.clock.forward(3600)
    match proof:
        case "file":
            attach(play, key)
        case "comment":
            tracker(play).add_comment(issue_id(play, key), "merged: https://git.example.com/c/1", {})
        case _:
            play.world.tracker_writes.put_remote_link(issue_id(play, key), CHANGE)
    report = play.run_pass(NEWS)
    assert [change.change for change in report.changes if isinstance(change, EditComment)] == ["edit-comment"]
    assert (states(play), told(report)) == (("DONE", "ACTIONS COMPLETE", "1 of 1 done"), [])
    there = "There is evidence now of what was done here, so the review of OPS-1 counts this action as done."
    assert said(play, key) == [there]
    assert (writes(play.run_pass(NEWS)), writes(play.run_pass())) == ([], [])


def test_what_was_proven_when_it_was_closed_gets_no_comment(play: Stage) -> None:
    key = with_one_ticket(play)
    attach(play, key)
    play.move(key, "Done", "done")
    report = play.run_pass(NEWS)
    assert (states(play)[0], told(report), said(play, key)) == ("DONE", [], [])


def test_open_again_it_is_as_any_other_and_what_was_said_stays(play: Stage) -> None:
    key = done(play)
    play.run_pass(NEWS)
    before = said(play, key)
    play.move(key, "In Progress", "indeterminate")
    report = play.run_pass(NEWS)
    assert (states(play)[0], states(play)[2], told(report)) == ("IN PROGRESS", "0 of 1 done, 1 open", [])
    play.move(key, "Done", "done")
    assert "comment-ticket" not in writes(play.run_pass(NEWS))
    assert (states(play)[0], said(play, key)) == ("DONE, NO EVIDENCE", before)


def test_after_the_state_was_lost_nobody_is_told_again(play: Stage) -> None:
    key = done(play)
    play.run_pass()
    before = said(play, key)
    lost = replace(play, world=replace(play.world, state=MemoryState(play.clock.now(), born_with_owner=False)))
    lost.run_pass()
    lost.clock.forward(61)
    lost.run_pass()
    assert (said(lost, key), states(lost)[0], writes(lost.run_pass())) == (before, "DONE, NO EVIDENCE", [])


def test_without_packs_or_with_one_that_only_hints_done_is_done_and_nothing_more_is_asked() -> None:
    for packs in ((), ("full-review",)):
        play = stage(packs=packs)
        with_one_ticket(play)
        index, key = next((at, row.ticket) for at, row in enumerate(play.rows()) if row.ticket)
        assert key is not None
        play.move(key, "Done", "done")
        counted, reads = counting(play)
        counted.run_pass(NEWS)
        assert (play.status(index), said(play, key)) == ("DONE", [])
        assert {"comments", "remote_links"} & set(reads.asked) == set()


def test_an_incident_that_is_in_no_packs_scope_asks_for_no_proof() -> None:
    play = stage(packs=("soc2-cc7",))
    key = done(play)
    practice = play.practice(play.world)
    assert practice.terms.procedures.reads_trails
    incident = next(iter(tracker(play).issues(["OPS-1"], practice.want_ticket)))
    tracker(play).record(
        str(incident["id"]), {"priority": {"name": "Low"}}, {"created": jira_instant(play.clock.now()), "items": []}
    )
    play.run_pass()
    assert (play.status(), said(play, key)) == ("DONE", [])


def test_proof_costs_one_request_of_a_done_ticket_that_has_none_and_then_no_more(play: Stage) -> None:
    key = with_one_ticket(play)
    tracker(play).record(
        issue_id(play, key),
        {"comment": {"comments": [], "total": 0}},
        {"created": jira_instant(play.clock.now()), "items": []},
    )
    play.move(key, "Done", "done")
    counted, reads = counting(play)
    counted.run_pass(NEWS)
    assert (reads.asked.count("remote_links"), reads.asked.count("comments")) == (1, 1)  # the second looks for our own
    play.clock.forward(3600)
    reads.asked.clear()
    counted.run_pass(NEWS)
    counted.run_pass(NEWS)
    assert reads.asked.count("remote_links") <= 1


def test_switching_a_procedure_on_cannot_flood_people_with_comments() -> None:
    plain = stage()
    keys = [done(plain)]
    plain.run_pass()
    asking = replace(plain, team={"packs": ("soc2-cc7",)})
    with pytest.raises(UnsafePlan, match="would create 1 pages, tickets and comments on tickets"):
        asking.run_pass(max_creates=0)
    assert said(asking, keys[0]) == []
    asking.run_pass(max_creates=1)
    assert len(said(asking, keys[0])) == 1


class Losing:
    """Writes of a Jira in which the reply to the first comment is lost, after it arrived or before."""

    def __init__(self, real: TrackerWrites, arrives: bool) -> None:
        self._real, self._arrives, self.tries = real, arrives, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def add_comment(self, *told: Any) -> str:
        self.tries += 1
        if self.tries > 1:
            return self._real.add_comment(*told)
        if self._arrives:
            self._real.add_comment(*told)
        raise Ambiguous("no answer")


@pytest.mark.parametrize("arrives", [True, False])
def test_where_the_reply_to_the_comment_is_lost_it_is_said_once_and_the_row_is_right_at_once(
    play: Stage, arrives: bool
) -> None:
    key = done(play)
    writes_of = Losing(play.world.tracker_writes, arrives)
    doubtful = replace(play, world=replace(play.world, tracker_writes=cast(TrackerWrites, writes_of)))
    first = doubtful.run_pass(NEWS)
    assert (doubtful.status(), first.failed) == ("DONE, NO EVIDENCE", ())
    doubtful.run_pass(NEWS)
    assert writes_of.tries == 1
    doubtful.clock.forward(61)
    doubtful.run_pass(NEWS)
    assert (len(said(play, key)), writes_of.tries) == (1, 1 if arrives else 2)
    assert writes(doubtful.run_pass()) == []


def test_a_dry_run_tells_the_comment_and_sends_none(play: Stage) -> None:
    key = done(play)
    dry = play.dry_run()
    assert said(play, key) == []
    assert [describe(c) for c in play.run_pass().changes] == [describe(c) for c in dry.changes]
    assert f"comment on {key}: it is done without evidence" in [describe(change) for change in dry.changes]


def test_a_ticket_of_another_installation_is_counted_and_not_spoken_to(play: Stage) -> None:
    key = done(play)
    theirs = {"mark": "0123456789abcdef", "owner": "another-owner", "incident": "10001"}
    play.world.tracker_writes.set_property(issue_id(play, key), TICKET_PROPERTY, theirs)
    play.run_pass()
    assert said(play, key) == []
