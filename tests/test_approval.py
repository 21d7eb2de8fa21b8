"""An approval is a version of the page: read once, kept as a digest, shown in words, and told if it does not count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from pirsync.adapters.memory import SOMEBODY, memory_world, person_edits
from pirsync.model import Person
from pirsync.names import PAGE_PROPERTY
from pirsync.page.splice import splice
from pirsync.page_model import Approved, CellEdit, Column, Memory, Region
from pirsync.ports import WikiReads
from pirsync.report import Report
from tests.stage import ANA, BOB, SCREEN, Hands, Stage, raw_incident, stage, without_state
from tests.test_crashes import SMALL
from tests.test_people_at_work import region

CISO = Person(account="ciso", name="Chris Ito")
NEW = Person(account="new", name="Nora New")


class Reading:
    """Reads of a Confluence that count how often a page's versions are asked for."""

    def __init__(self, real: WikiReads) -> None:
        self._real, self.histories = real, 0

    def __getattr__(self, name: str) -> Any:
        self.histories += name == "versions"
        return getattr(self._real, name)


def on_stage(deployment: Any, approver: str | tuple[str, ...], **groups: tuple[str, ...]) -> tuple[Stage, Reading]:
    """A review at rest of a team whose procedures want an approval; and who counts the reading of its history."""
    clock = Hands()
    world = memory_world(deployment, [raw_incident(1)], [SCREEN], [ANA, BOB, CISO, NEW], clock, groups)
    reads = Reading(world.wiki)
    world = replace(world, wiki=cast(WikiReads, reads))
    team = {"packs": ("soc2-cc7-4-5",), "people": {"approver": approver}}
    play = Stage(world, clock, team, template=SMALL)
    play.run_pass()
    assert play.run_pass().changes == ()
    assert (reads.histories, approval(play)) == (0, "")
    return play, reads


@pytest.fixture(params=["cloud", "datacenter"])
def deployment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def decides(play: Stage, word: str, who: Person = CISO) -> None:
    """A person writes a decision into the record."""
    page, cell = play.page(), play.review().record["decision"]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=f"<p>{word}</p>", text="")
    writes_page(play, splice(page.body, [edit]), who)


def writes(play: Stage, words: str, who: Person = SOMEBODY) -> None:
    """A person writes on the review itself."""
    writes_page(play, play.page().body + f"<p>{words}</p>", who)


def writes_page(play: Stage, body: str, who: Person) -> None:
    edited = replace(play.world, wiki=cast(Any, play.world.wiki)._real)
    person_edits(edited, play.page().id, body, who)
    play.quiet()


def approval(play: Stage) -> str:
    return play.review().summary["approval"].text


def kept(play: Stage) -> Approved | None:
    found = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    return Memory.model_validate(found.value).approval if found is not None else None


def changes(report: Report) -> list[str]:
    return [change.change for change in report.changes]


def test_who_approved_which_version_when_is_read_once_and_shown(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED, well done")
    version, at = play.page().version, play.page().at.isoformat()
    play.run_pass()
    assert approval(play) == f"approved by Chris Ito in version {version}, {at}"
    assert reads.histories == 1
    found = kept(play)
    assert found is not None
    assert (found.version, found.at, found.refused, found.changed) == (version, at, "", 0)
    assert play.run_pass().changes == ()
    assert without_state(play).run_pass().changes == ()
    assert reads.histories == 1


def test_what_nobody_wrote_on_the_review_changes_no_approval_and_reads_nothing(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    said = approval(play)
    play.move("OPS-1", "Resolved", "done")
    play.run_pass()
    cell = play.review().record["facilitator"]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage="<p>Ana</p>", text="")
    writes_page(play, splice(play.page().body, [edit]), SOMEBODY)
    play.run_pass()
    assert (approval(play), reads.histories) == (said, 1)


def test_a_later_change_is_told_with_its_version_and_the_way_to_what_changed(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    approved = play.page().version
    play.run_pass()
    writes(play, "one more cause")
    changed = play.page().version
    play.run_pass()
    assert approval(play).endswith(f" changed since the approval, in version {changed}")
    (address,) = play.review().summary["approval"].links
    assert address.endswith(
        f"/pages/diffpagesbyversion.action?pageId={play.page().id}"
        f"&selectedPageVersions={approved}&selectedPageVersions={changed}"
    )
    assert reads.histories == 2
    writes(play, "and another")
    play.run_pass()
    assert play.run_pass().changes == ()
    assert (approval(play).endswith(f"in version {changed}"), reads.histories) == (True, 2)


def test_a_decision_that_is_taken_back_approves_nothing_and_a_new_one_counts_anew(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    decides(play, "CHANGES NEEDED")
    play.run_pass()
    assert (approval(play), kept(play), reads.histories) == ("", None, 1)
    writes(play, "what was needed")
    decides(play, "APPROVED")
    version = play.page().version
    play.run_pass()
    assert approval(play).startswith(f"approved by Chris Ito in version {version}, ")
    assert reads.histories == 2


@pytest.mark.parametrize("times", [0, 2])
def test_a_record_that_people_delete_or_double_approves_nothing_until_it_is_there_once_again(times: int) -> None:
    play, _ = on_stage("datacenter", "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    assert approval(play).startswith("approved by Chris Ito")
    record = region(play.page().body, "pirsync-record")
    writes_page(play, play.page().body.replace(record, record * times), SOMEBODY)
    play.run_pass()
    assert (approval(play), kept(play)) == ("", None)
    assert play.run_pass().changes == ()
    body = play.page().body
    writes_page(play, body.replace(record, "", 1) if times else body + record, CISO)
    play.run_pass()
    assert approval(play) != ""


def test_a_change_is_approved_anew_within_one_pass(deployment: str) -> None:
    play, _ = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    writes(play, "one more cause")
    play.run_pass()
    decides(play, "CHANGES NEEDED")
    decides(play, "APPROVED")
    play.run_pass()
    assert approval(play).startswith(f"approved by Chris Ito in version {play.page().version - 1}, ")
    assert "changed" not in approval(play)


@pytest.mark.parametrize(
    ("who", "approver", "why"),
    [
        (SOMEBODY, "ciso", f"says APPROVED, but {SOMEBODY.name} is not among those who may approve"),
        (CISO, (), "nobody is named who may approve"),
    ],
)
def test_why_an_approval_does_not_count_is_told_once_read(
    deployment: str, who: Person, approver: Any, why: str
) -> None:
    play, reads = on_stage(deployment, approver)
    decides(play, "APPROVED", who)
    play.run_pass()
    assert approval(play).startswith("does not count: ")
    assert why in approval(play)
    writes(play, "more")
    play.run_pass()
    assert play.run_pass().changes == ()
    assert reads.histories == 1


def test_nobody_approves_what_they_wrote(deployment: str) -> None:
    play, _ = on_stage(deployment, "ciso")
    writes(play, "my own words", CISO)
    decides(play, "APPROVED")
    play.run_pass()
    assert approval(play).endswith("says APPROVED, but Chris Ito wrote on the review: somebody else must")


def test_a_decision_that_did_not_count_is_judged_anew_when_others_may_approve(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED", BOB)
    play.run_pass()
    assert approval(play).startswith("does not count")
    more = replace(play, team={**play.team, "people": {"approver": ("ciso", "bob")}})
    more.run_pass()
    assert approval(more).startswith("approved by Bob Brown in version ")
    assert more.run_pass().changes == ()
    assert reads.histories == 2


def test_an_approval_outlives_its_approver_being_named(deployment: str) -> None:
    play, _ = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    later = replace(play, team={**play.team, "people": {"approver": "bob"}})
    writes(later, "one more cause")
    later.run_pass()
    assert approval(later).startswith("approved by Chris Ito in version ")
    assert "changed since the approval" in approval(later)


def test_a_re_opening_asks_for_another_approval(deployment: str) -> None:
    play, _ = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.run_pass()
    play.move("OPS-1", "Open", "new")
    play.clock.forward(3600)
    play.move("OPS-1", "Closed", "done")
    play.run_pass()
    assert approval(play).endswith("take the decision back, and approve it again")
    decides(play, "")
    decides(play, "APPROVED")
    play.run_pass()
    assert approval(play).startswith(f"approved by Chris Ito in version {play.page().version - 1}, ")
    assert "re-opened" not in approval(play)


def test_while_people_edit_the_versions_are_read_once(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    decides(play, "APPROVED")
    play.clock.forward(-200)
    report = play.run_pass()
    assert (changes(report), approval(play)) == (["write-memory"], "")
    assert play.run_pass().changes == ()
    play.quiet()
    play.run_pass()
    assert (approval(play).startswith("approved by"), reads.histories) == (True, 1)


def test_an_old_page_gets_the_row_with_its_first_approval(deployment: str) -> None:
    play, _ = on_stage(deployment, "ciso")
    old = stage(play.world.tracker.deployment, people={"approver": "bob"})
    old.template = SMALL
    old.run_pass()
    old.team |= {"packs": ("soc2-cc7-4-5",)}
    old.run_pass()
    assert "approval" not in old.review().summary
    cell = old.review().record["decision"]
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage="<p>Approved</p>", text="")
    person_edits(old.world, old.page().id, splice(old.page().body, [edit]), BOB)
    old.quiet()
    old.run_pass()
    assert approval(old).startswith("approved by Bob Brown")
    assert old.run_pass().changes == ()


def test_without_procedures_nothing_is_read_and_nothing_shown(deployment: str) -> None:
    play, reads = on_stage(deployment, "ciso")
    bare = replace(play, team={"people": {"approver": "ciso"}})
    decides(bare, "APPROVED")
    bare.run_pass()
    assert (approval(bare), kept(bare), reads.histories) == ("", None, 0)


# ---------------------------------------------------------------- groups


def test_members_of_a_group_may_approve_as_those_who_are_named(deployment: str) -> None:
    play, _ = on_stage(deployment, ("bob", "group:cisos"), cisos=("ciso", "new"))
    decides(play, "APPROVED", NEW)
    play.run_pass()
    assert approval(play).startswith("approved by Nora New in version ")
    assert play.rows() == [] or Column.OWNER in play.rows()[0].cells


def test_a_group_that_cannot_be_read_is_told_and_never_guessed(deployment: str) -> None:
    play, reads = on_stage(deployment, ("bob", "group:cisos"))
    decides(play, "APPROVED", NEW)
    play.run_pass()
    assert "says APPROVED, but whether Nora New may approve cannot be told: " in approval(play)
    assert 'the members of the group "cisos" cannot be read' in approval(play)
    assert play.run_pass().changes == ()
    assert reads.histories == 1
    decides(play, "")
    decides(play, "APPROVED", BOB)
    play.run_pass()
    assert approval(play).startswith("approved by Bob Brown")


def test_a_group_that_can_be_read_later_lets_the_decision_count(deployment: str) -> None:
    play, reads = on_stage(deployment, "group:cisos")
    decides(play, "APPROVED", NEW)
    play.run_pass()
    facts = cast(Any, play.world.tracker)._base._facts
    cast(Any, play.world.tracker)._base._facts = replace(facts, groups={"cisos": ("new",)})
    assert play.run_pass().changes == ()  # what the site said of the group is believed for a day
    play.clock.forward(86_401)
    play.run_pass()
    assert approval(play).startswith("approved by Nora New")
    assert reads.histories == 2
