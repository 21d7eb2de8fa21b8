"""A review is born with what its procedures want recorded, and with their first actions where they are for it."""

from __future__ import annotations

from pirsync.adapters.memory import person_edits
from pirsync.model import CellEdit, Region
from pirsync.page.birth import RECORD
from pirsync.page.splice import splice

from .stage import Stage, raw_incident, stage

USUAL = [label.casefold() for label, _ in RECORD]


def born(severity: str, *packs: str) -> Stage:
    play = stage(
        incidents=[raw_incident(1, priority={"name": severity})],
        packs=packs,
        people={"knowledge": "bob"},
    )
    play.run_pass()
    return play


def test_without_packs_nothing_is_added() -> None:
    review = born("Highest").review()
    assert (list(review.record), [row.action for row in review.rows if row.action]) == (USUAL, [])


def test_the_record_asks_for_what_the_packs_want_recorded() -> None:
    found = born("Highest", "full-review", "soc2-cc7-4-5", "major-review").review()
    assert list(found.record) == [
        *USUAL,
        *("review criterion", "emergency change", "containment", "eradication", "recovery", "major incident"),
    ]
    assert {cell.text for cell in found.record.values()} == {""}
    assert found.problems == ()


def test_the_first_actions_of_a_pack_are_those_of_incidents_in_its_scope() -> None:
    play = born("Highest", "full-review", "major-review")
    rows = play.rows()
    assert [row.action for row in rows] == [
        "Update the incident response procedures from the lessons of this review",
        "Update knowledge base and training materials from the lessons of this review",
    ]
    assert {row.criteria for row in rows} == {
        "The procedure's page has a version made after the review",
        "Both name this incident's lessons",
    }
    # Who has the duty is known of one of them, so that one becomes a ticket.
    play.quiet()
    play.run_pass()
    assert [bool(row.ticket) for row in play.rows()] == [False, True]
    assert [row.action for row in born("Low", "full-review").rows()] == []


def due(play: Stage) -> str:
    return play.review().summary["due"].text


def test_the_first_lines_of_a_review_say_what_is_due_by_which_clause() -> None:
    play = born("Highest", "full-review", "soc2-cc7-4-5")
    assert list(play.review().summary)[:2] == ["review status", "due"]
    said = (
        "scheduled by Thu 5 March 2026 08:00:00 +00:00, full-review 1.0 schedule (§4 step 1)",
        "scheduled by the end of Mon 9 March 2026 (UTC), soc2-cc7-4-5 1.0 schedule (Schedule post-incident review), "
        "which does not bind",
        "approved by the end of Mon 9 March 2026 (UTC), soc2-cc7-4-5 1.0 approve (Evidence your auditor expects)",
    )
    assert due(play) == " ".join(said)
    assert "".join(f"<p>{line}</p>" for line in said) in play.page().body
    assert play.run_pass().changes == ()
    assert "due" not in born("Highest").review().summary


def test_what_is_due_follows_the_incident_and_what_people_record() -> None:
    play = born("Low", "full-review", "major-review")
    assert due(play) == ""
    page, cell = play.page(), play.review().record["major incident"]
    signed = '<p>yes <ac:link><ri:user ri:account-id="ana" /></ac:link></p>'
    edit = CellEdit(region=Region.RECORD, label="", start=cell.start, end=cell.end, storage=signed, text="")
    person_edits(play.world, page.id, splice(page.body, [edit]))
    play.quiet()
    play.run_pass()
    assert due(play) == "scheduled by the end of Mon 16 March 2026 (UTC), major-review 1.0 schedule (§4 step 1)"
    play.move("OPS-1", "Open", "new")
    play.run_pass()
    assert due(play) == ""


def test_the_page_names_the_procedures_that_are_for_its_incident_with_their_versions() -> None:
    play = born("Highest", "full-review", "major-review", "soc2-cc7")
    assert play.review().summary["procedures"].text == "full-review 1.0, soc2-cc7 1.0"
    assert play.run_pass().changes == ()
    assert "procedures" not in born("Highest").review().summary
