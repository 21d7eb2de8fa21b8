"""Pages that were born before a row existed get it once: in its place, in the one write, and never again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.decision import FindingKind
from pirsync.names import PAGE_PROPERTY
from pirsync.page.scan import encode, scan
from pirsync.page_model import Memory, Region
from pirsync.report import Report
from tests.stage import ALL, NEWS, Stage, stage, without_state
from tests.test_crashes import SMALL, Crash, Fault, with_fault

PACKS = ("full-review", "soc2-cc7-4-5")
RECORDED = ["review criterion", "emergency change", "containment", "eradication", "recovery"]


@pytest.fixture(params=["cloud", "datacenter"])
def old(request: pytest.FixtureRequest) -> Stage:
    """A page that was born without procedures, at rest, of a team that has just switched some on."""
    play = stage(request.param)
    play.template = SMALL
    play.run_pass()
    assert play.run_pass().changes == ()
    return switched_on(play)


def switched_on(play: Stage, *packs: str) -> Stage:
    return replace(play, team={**play.team, "packs": packs or PACKS})


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes]


def given(play: Stage) -> list[str]:
    found = play.world.wiki.property(play.page().id, PAGE_PROPERTY)
    assert found is not None
    return sorted(Memory.model_validate(found.value).given)


def delete_row(play: Stage, region: Region, label: str) -> None:
    """A person deletes one row of the summary or the record."""
    page, review = play.page(), play.review()
    cell = (review.summary if region is Region.SUMMARY else review.record)[label]
    raw = encode(page.body)
    row = next(e for e in scan(raw).within("tr") if e.start < cell.start < e.end)
    person_edits(play.world, page.id, (raw[: row.start] + raw[row.end :]).decode())
    play.quiet()


def test_an_old_page_gets_the_rows_that_it_lacks_each_in_its_place(old: Stage) -> None:
    before, summary, record = old.page(), list(old.review().summary), list(old.review().record)
    report = old.run_pass()
    assert writes(report).count("update-page") == 1
    assert old.page().version == before.version + 1
    fresh = [label for label in old.review().summary if label not in summary]
    assert list(old.review().summary) == ["review status", *fresh, *summary[1:]]
    assert list(old.review().record) == [*record, *RECORDED]
    assert old.review().summary["due"].text.startswith("scheduled by Thu 5 March 2026")
    names = [*(f"pirsync-summary {label}" for label in fresh), *(f"pirsync-record {label}" for label in RECORDED)]
    assert given(old) == sorted(names)
    assert old.run_pass().changes == ()


def test_all_that_was_on_the_page_stays_byte_for_byte(old: Stage) -> None:
    mine = old.page()
    person_edits(old.world, mine.id, f"<p>caf\u00e9 &mdash; mine</p>\r\n{mine.body}<p>after</p>")
    old.quiet()
    before, known = old.page().body, old.review()
    old.run_pass()
    raw, review = encode(old.page().body), old.review()
    fresh = [cell for label, cell in review.summary.items() if label not in known.summary]
    fresh += [cell for label, cell in review.record.items() if label not in known.record]
    rows = [e for e in scan(raw).within("tr") if any(e.start < cell.start < e.end for cell in fresh)]
    assert len(rows) > len(RECORDED)
    for row in sorted(rows, key=lambda row: row.start, reverse=True):
        raw = raw[: row.start] + raw[row.end :]
    assert before == raw.decode()


def test_the_plan_says_in_plain_words_what_it_would_add(old: Stage) -> None:
    (said,) = [change.cells for change in old.dry_run().changes if change.change == "update-page"]
    assert said[0].startswith('a new row "Due" = "scheduled by Thu 5 March 2026')
    assert 'a new row "Review criterion" for people to fill in' in said
    assert 'a new row "Emergency change" for people to fill in' in said
    assert "due" not in old.review().summary


def test_it_goes_with_the_other_cells_in_one_write(old: Stage) -> None:
    old.move("OPS-1", "Resolved", "done")
    (said,) = [change.cells for change in old.run_pass().changes if change.change == "update-page"]
    assert said[0] == 'Incident status = "Resolved"'
    assert 'a new row "Recovery" for people to fill in' in said


def test_a_row_that_people_delete_stays_deleted(old: Stage) -> None:
    old.run_pass()
    delete_row(old, Region.SUMMARY, "due")
    delete_row(old, Region.RECORD, "recovery")
    assert old.run_pass().changes == ()
    old.move("OPS-1", "Resolved", "done")
    assert writes(old.run_pass()).count("update-page") == 1
    assert ("due" in old.review().summary, "recovery" in old.review().record) == (False, False)
    assert old.run_pass().changes == without_state(old).run_pass().changes == ()


def test_a_row_that_people_deleted_from_a_page_that_was_born_with_it_stays_deleted(old: Stage) -> None:
    born = switched_on(stage(old.world.wiki.deployment))
    born.run_pass()
    delete_row(born, Region.SUMMARY, "due")
    delete_row(born, Region.SUMMARY, "severity")
    assert born.run_pass().changes == ()
    assert not {"due", "severity"} & set(born.review().summary)


def test_losing_the_state_adds_nothing_twice(old: Stage) -> None:
    old.run_pass()
    assert without_state(old).run_pass().changes == ()


def test_without_memory_what_our_newest_version_shows_was_given(old: Stage) -> None:
    """A page of an earlier pirsync: born with the row, which people deleted; nothing remembers that it was given."""
    old.run_pass()
    page = old.page()
    found = old.world.wiki.property(page.id, PAGE_PROPERTY)
    assert found is not None
    forgetful = {name: value for name, value in found.value.items() if name != "given"}
    old.world.wiki_writes.set_property(page.id, PAGE_PROPERTY, forgetful, found)
    delete_row(old, Region.SUMMARY, "due")
    play = without_state(old)
    play.quiet()
    assert writes(play.run_pass()) == ["write-memory"]
    assert ("due" in play.review().summary, "pirsync-summary due" in given(play)) == (False, True)
    assert play.run_pass().changes == ()


def test_a_pack_that_is_switched_on_later_brings_its_rows_and_no_others(old: Stage) -> None:
    old.run_pass()
    delete_row(old, Region.RECORD, "recovery")
    more = switched_on(old, *PACKS, "major-review")
    more.run_pass()
    assert list(more.review().record)[-2:] == ["eradication", "major incident"]
    fewer = switched_on(more, "soc2-cc7")
    fewer.run_pass()
    assert "major incident" in fewer.review().record


def test_a_summary_row_that_has_nothing_to_say_is_not_worth_a_version(old: Stage) -> None:
    play = switched_on(old, "major-review")
    play.run_pass()
    assert ("due" in play.review().summary, "major incident" in play.review().record) == (False, True)
    assert play.run_pass().changes == ()


def test_a_merged_table_is_left_alone_with_a_finding(old: Stage) -> None:
    page = old.page()
    merged = page.body.replace("<tr><th><p>Title</p></th>", '<tr><th colspan="1" rowspan="2"><p>Title</p></th>', 1)
    person_edits(old.world, page.id, merged)
    old.quiet()
    report = old.run_pass()
    found = [f.message for r in report.results for f in r.findings if f.kind is FindingKind.ROW_UNREADABLE]
    assert found[0].startswith('there is no room for the row "Due" in pirsync-summary: its table has merged cells')
    assert "due" not in old.review().summary
    assert "recovery" in old.review().record
    assert old.run_pass().changes == ()


def test_a_region_that_people_took_away_gets_nothing(old: Stage) -> None:
    page = old.page()
    person_edits(old.world, page.id, page.body.replace("pirsync-record", "theirs"))
    old.quiet()
    old.run_pass()
    assert ("due" in old.review().summary, old.review().record) == (True, {})


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("kind", ["crash before", "crash after", "reply lost"])
def test_whatever_crashes_no_row_comes_twice(old: Stage, kind: str, at: int) -> None:
    fault = Fault(kind, at)
    play = replace(old, world=with_fault(old.world, fault))
    for loses_state in (True, False):
        try:
            play.run_pass(NEWS if loses_state else ALL)
        except Crash:
            play = without_state(play) if loses_state else play
        play.clock.forward(301)
    play.run_pass()
    assert play.run_pass().changes == ()
    assert (play.page().body.count("<p>Due</p>"), play.page().body.count("<p>Recovery</p>")) == (1, 1)


def test_a_row_deleted_between_the_page_and_what_was_to_be_remembered_stays_deleted(old: Stage) -> None:
    """The crash comes after the page was written; then a person deletes the new row before anybody remembers it."""
    with pytest.raises(Crash):
        replace(old, world=with_fault(old.world, crash_after_the_page(old))).run_pass()
    assert "due" in old.review().summary
    delete_row(old, Region.SUMMARY, "due")
    old.run_pass()
    assert ("due" in old.review().summary, "pirsync-summary due" in given(old)) == (False, True)
    assert without_state(old).run_pass().changes == ()


def crash_after_the_page(play: Stage) -> Fault:
    """On Data Center the property is written first, to say which version will be ours."""
    return Fault("crash after", 2 if play.world.wiki.deployment == "datacenter" else 1)
