"""The contract of comments on issues: carried by a mark, found by it, edited in place; held by every tracker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pytest

from pirsync.adapters.overlay import overlay
from pirsync.comments import comments_marked
from pirsync.errors import Ambiguous, Rejected
from pirsync.model import Deployment, Mark
from pirsync.ports import TrackerReads, TrackerWrites, World
from pirsync.sandbox import tracker as store
from pirsync.sandbox.faults import Rule

from .sites import Site, served
from .worlds import Hands, world_of

OWNER = "owner-0001"
TRACKERS = [(kind, deployment) for kind in ("real", "memory", "overlay") for deployment in ("cloud", "datacenter")]


@dataclass
class Talk:
    """An issue to comment on, by its id, and the tracker that it is in."""

    reads: TrackerReads
    writes: TrackerWrites
    issue: str

    def said(self, mark: Mark) -> list[tuple[str, str]]:
        return comments_marked(self.reads.comments(self.issue), mark)

    def bodies(self) -> list[str]:
        return [str(comment["body"]) for comment in self.reads.comments(self.issue)]


@pytest.fixture(scope="module", params=TRACKERS, ids="-".join)
def talk(request: pytest.FixtureRequest) -> Iterator[Talk]:
    kind, deployment = request.param
    if kind == "real":
        with served(deployment) as site:
            yield talk_on(site)
        return
    world: World = world_of(cast(Deployment, deployment), Hands())
    world = overlay(world) if kind == "overlay" else world
    yield Talk(world.tracker, world.tracker_writes, "10001")


def talk_on(site: Site) -> Talk:
    issue = next(i for i in site.world.tracker.issues.values() if not store.is_read_only(site.world, i))
    return Talk(site.tracker, site.tracker, str(issue.id))


def marked(value: str, said: str, incident: str = "10001") -> tuple[Mark, dict[str, str]]:
    carried = {"mark": value, "owner": OWNER, "incident": incident, "said": said}
    return Mark(value=value, owner=OWNER, incident=incident), carried


def test_a_comment_is_found_by_its_mark_and_by_no_other(talk: Talk) -> None:
    mark, carried = marked("a1", "words")
    other, _ = marked("a2", "words")
    before = len(talk.bodies())
    number = talk.writes.add_comment(talk.issue, "It is *overdue*.", carried)
    assert talk.said(mark) == [(number, "words")]
    assert talk.said(other) == []
    assert talk.said(mark.model_copy(update={"owner": "somebody else"})) == []
    assert talk.bodies()[before:] == ["It is *overdue*."]
    assert "overdue" in talk.reads.comments(talk.issue)[-1]["renderedBody"]


def test_a_comment_is_edited_in_its_place(talk: Talk) -> None:
    (mark, first), (_, second) = marked("b1", "one"), marked("b1", "two")
    number = talk.writes.add_comment(talk.issue, "Level one.", first)
    talk.writes.add_comment(talk.issue, "Somebody else's.", marked("b2", "one")[1])
    before = talk.bodies()
    talk.writes.edit_comment(talk.issue, number, "Level two.", second)
    assert talk.said(mark) == [(number, "two")]
    assert talk.bodies() == [*before[:-2], "Level two.", "Somebody else's."]
    talk.writes.edit_comment(talk.issue, number, "Level two.", second)
    assert talk.said(mark) == [(number, "two")]


def test_of_several_comments_with_one_mark_the_oldest_comes_first(talk: Talk) -> None:
    mark, carried = marked("c1", "words")
    numbers = [talk.writes.add_comment(talk.issue, f"{n}", carried) for n in range(2)]
    assert [number for number, _ in talk.said(mark)] == numbers


def test_what_is_not_there_is_rejected_and_nothing_is_said(talk: Talk) -> None:
    _, carried = marked("d1", "words")
    before = talk.bodies()
    with pytest.raises(Rejected):
        talk.writes.add_comment("99999999", "Hello?", carried)
    with pytest.raises(Rejected):
        talk.writes.edit_comment(talk.issue, "99999999", "Hello?", carried)
    assert talk.bodies() == before


def test_a_lost_reply_is_doubt_and_the_comment_is_found_by_its_mark(site: Site) -> None:
    talk, (mark, carried) = talk_on(site), marked("e1", "words")
    site.world.faults.add(Rule("drop-after", method="POST"))
    with pytest.raises(Ambiguous):
        talk.writes.add_comment(talk.issue, "Once.", carried)
    assert [said for _, said in talk.said(mark)] == ["words"]
    site.world.faults.log.clear()
    site.world.faults.add(Rule("drop-before", method="POST"))
    with pytest.raises(Ambiguous):
        talk.writes.add_comment(talk.issue, "Never.", marked("e2", "words")[1])
    assert [method for method, _, _ in site.world.faults.log].count("POST") == 1
