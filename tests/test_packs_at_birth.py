"""A review is born with what its procedures want recorded, and with their first actions where they are for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from pirsync.adapters.memory import person_edits
from pirsync.model import RemoteLink
from pirsync.page.birth import RECORD
from pirsync.page.sections import read_sections
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Region

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


def packet(play: Stage) -> list[tuple[str, ...]]:
    """The lines of the packet that the page was born with."""
    sections = read_sections(play.page().body)
    (found,) = [section for section in sections if section.heading == "Review packet"]
    return list(found.tables[0][1:]) if found.tables else [found.lines]


def test_a_procedure_that_asks_for_a_packet_gets_one_at_birth_and_what_comes_later_is_people_s() -> None:
    link = {
        "id": "1",
        "type": {"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"},
        "outwardIssue": {"id": "20", "key": "OPS-20"},
    }
    file = {"filename": "graph.png", "created": "2026-03-01T08:30:00.000+0000", "content": "https://site.example.com/1"}
    raw = raw_incident(1, priority={"name": "Highest"}, issuelinks=[link], attachment=[file])
    play = stage(incidents=[raw], packs=("full-review",))
    play.world.tracker_writes.put_remote_link(
        "10001", RemoteLink(global_id="g", url="https://log.example.com", title="Log")
    )
    play.run_pass()
    assert packet(play) == [
        ("2026-03-01T08:30:00+00:00", "graph.png", "File", ""),
        ("not told", "OPS-20", "Issue, Relates", ""),
        ("not told", "Log", "Address", ""),
    ]
    play.world.tracker_writes.put_remote_link(
        "10001", RemoteLink(global_id="h", url="https://x.example.com", title="X")
    )
    play.quiet()
    play.run_pass()
    assert len(packet(play)) == 3
    assert packet(born("Highest", "soc2-cc7-4-5")) == [
        (
            "What hangs on the incident in Jira, as of the birth of this page. "
            "Add alerts, log extracts and what Jira does not know.",
            "As of the birth of this page, Jira has no link, file or address for this incident.",
        )
    ]


class Counting:
    """The tracker's reads of single issues, counted where they are made."""

    def __init__(self, inner: Any, calls: list[str]) -> None:
        self._inner, self._calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        return partial(self._call, name, real) if name in ("remote_links", "issue") else real

    def _call(self, name: str, real: Callable[..., Any], *told: Any) -> Any:
        self._calls.append(name)
        return real(*told)


@pytest.mark.parametrize(("packs", "expected"), [(("full-review",), 1), (("major-review",), 0), ((), 0)], ids=str)
def test_a_packet_costs_two_reads_at_birth_and_nothing_where_none_is_asked_for(
    packs: tuple[str, ...], expected: int
) -> None:
    play, calls = stage(incidents=[raw_incident(1, priority={"name": "Highest"})], packs=packs), list[str]()
    counted = replace(play, world=replace(play.world, tracker=Counting(play.world.tracker, calls)))
    counted.run_pass()
    # One more, for it was closed an hour ago: its own links, which a state that was put back might not know.
    assert (calls.count("remote_links"), calls.count("issue")) == (expected + 1, expected)
    calls.clear()
    counted.run_pass()
    assert (calls.count("remote_links"), calls.count("issue")) == (0, 0)
