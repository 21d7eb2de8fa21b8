"""The decision for a page whose team follows procedures: what counts as done, and what its first lines say of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pirsync.changes import AttachInvitation, UpdatePage, WriteMemory, describe
from pirsync.decision import FindingKind, Observed, Plan, Terms
from pirsync.model import Trail
from pirsync.page import cells
from pirsync.page.summary import summary
from pirsync.page_model import Approved, Lozenge, Mention
from pirsync.policy import meeting, status
from pirsync.policy.packs import Pack
from pirsync.policy.people import People
from pirsync.policy.procedures import Procedures
from pirsync.summary_plan import meeting_line, summary_cells
from tests.planning import decide, finding, key_cell, kinds
from tests.policy_packs import PACKS
from tests.samples import JOURNAL, NOW, body_of, done, incident, memory, observed, row, terms
from tests.test_checks import SIGNED, record
from tests.test_evidence import wanting

PROVEN, UNPROVEN = Trail(files=("proof.png",)), Trail()
NOVEL = PACKS["full-review"].model_copy(update={"evidence": wanting("attachment").evidence})
"""A pack for P1 and P2 incidents, and for a P3 once somebody recorded a criterion, that wants proof."""


def following(*packs: Pack) -> Terms:
    return terms(procedures=Procedures(packs=packs, severities=("P1", "P2", "P3", "P4")))


def seen(trail: Trail, recorded: str = "", severity: str = "P1") -> Observed:
    """A page with one done ticket in its only row."""
    body = body_of([row(ticket=key_cell())]) + recorded
    return observed(body, [done(trail=trail)], incident=incident(severity=severity))


def counted(decided: Plan) -> tuple[int, int, str]:
    assert decided.index_row is not None
    return decided.index_row.done, decided.index_row.total, decided.index_row.status.text


@pytest.mark.parametrize(
    ("found", "packs", "expected"),
    [
        (seen(UNPROVEN), (wanting("attachment"),), (0, 1, "EVIDENCE MISSING")),
        (seen(PROVEN), (wanting("attachment"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN), (), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN), (wanting("attachment", missing="hint"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, severity="P4"), (wanting("attachment"),), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, severity="P3"), (NOVEL,), (1, 1, "ACTIONS COMPLETE")),
        (seen(UNPROVEN, record(**{"Review criterion": SIGNED.replace("yes", "novel-attack")}), "P3"), (NOVEL,),
         (0, 1, "EVIDENCE MISSING")),
    ],
)  # fmt: skip
def test_what_is_done_counts_once_it_is_proven_to_the_packs_that_are_for_the_incident(
    found: Observed, packs: tuple[Pack, ...], expected: tuple[int, int, str]
) -> None:
    assert counted(decide(found, following(*packs))) == expected


# ---------------------------------------------------------------- the first lines

GUIDE, FULL = PACKS["soc2-cc7-4-5"], PACKS["full-review"]
BOTH = following(GUIDE, FULL)
P1 = incident(severity="P1")
ALSO_P3 = incident(severity="P3")
NOVEL_SAID = record(**{"Review criterion": SIGNED.replace("yes", "novel-attack")})
DAY = "<time datetime='2026-03-12' />"
DUE = (
    "scheduled by Thu 5 March 2026 12:30:00 +00:00, full-review 1.0 schedule (§4 step 1)",
    "scheduled by the end of Mon 9 March 2026 (UTC), soc2-cc7-4-5 1.0 schedule (Schedule post-incident review), "
    "which does not bind",
    "approved by the end of Mon 9 March 2026 (UTC), soc2-cc7-4-5 1.0 approve (Evidence your auditor expects)",
)


def page_of(recorded: str = "", known: Terms = BOTH, *more: tuple[str, str], **changes: Any) -> Observed:
    """A page of a P1 that was born before there were procedures, with these rows of its summary besides."""
    said = (("Review status", cells.lozenge(Lozenge(text="IN REVIEW", colour="Blue"))), *more)
    return observed(body_of([], *said) + recorded, incident=P1, **changes)


def cell_texts(found: Observed, known: Terms = BOTH) -> dict[str, str]:
    counts = status.count((), 0, NOW, "UTC")
    told = meeting.Line(said=("not scheduled",))
    return {cell.label: cell.text for cell in summary_cells(found.incident, counts, known, found.review, told)}


def the_update(decided: Plan) -> UpdatePage:
    (write,) = [change for change in decided.changes if isinstance(change, UpdatePage)]
    return write


def kept(decided: Plan) -> WriteMemory:
    (write,) = [change for change in decided.changes if isinstance(change, WriteMemory)]
    return write


def test_what_procedures_make_of_a_review_stands_behind_its_status() -> None:
    told = cell_texts(page_of())
    plain = [cell.label for cell in summary(P1, Lozenge(text="", colour="Grey"), "", "UTC")]
    assert list(told) == [plain[0], "Due", "Meeting", "Approval", "Procedures", *plain[1:]]
    assert told["Due"] == " ".join(DUE)
    assert told["Procedures"] == "soc2-cc7-4-5 1.0, full-review 1.0"
    assert list(cell_texts(page_of(), terms())) == [plain[0], "Meeting", *plain[1:]]


def test_the_line_in_the_index_names_the_procedures() -> None:
    line = decide(page_of(), BOTH).index_row
    assert line is not None
    assert line.procedures == "soc2-cc7-4-5 1.0, full-review 1.0"
    called = decide(observed(body_of([]) + NOVEL_SAID, incident=ALSO_P3), following(NOVEL)).index_row
    assert called is not None
    assert called.procedures == "full-review 1.0"


def test_what_the_record_says_decides_what_is_due_and_which_procedures_are_followed() -> None:
    only = following(NOVEL)
    before = cell_texts(observed(body_of([]), incident=ALSO_P3), only)
    assert (before["Due"], before["Procedures"]) == ("", "")
    after = cell_texts(observed(body_of([]) + NOVEL_SAID, incident=ALSO_P3), only)
    assert after["Due"].endswith("full-review 1.0 schedule-p3 (§4 step 1)")
    assert after["Procedures"] == "full-review 1.0"


def test_whom_the_record_names_is_not_missing_in_the_meeting() -> None:
    known = terms(procedures=Procedures(packs=(GUIDE,), severities=("P1",), people=People(scribe=("zoe",))))
    mentions = {"zoe": Mention(ref="acc-zoe")}
    dated = page_of(
        record(**{"Meeting date": DAY, "Attendance": "<ac:link><ri:user ri:account-id='acc-zoe' /></ac:link>"})
    )
    line = meeting_line(P1, known, dated.review, mentions, NOW)
    assert line is not None
    assert line.said[0] == "scheduled for Thu 12 March 2026 (UTC)"
    assert "(scribe)" not in line.said[1]
    nobody = meeting_line(P1, known, dated.review, {}, NOW)
    assert nobody is not None
    assert line.said != nobody.said


def test_the_page_is_looked_at_again_when_its_line_about_the_meeting_changes() -> None:
    dated = record(**{"Meeting date": DAY})
    shown = page_of(dated, BOTH, ("Meeting", "<p>?</p>"))
    assert decide(shown, BOTH).wake == datetime(2026, 3, 13, tzinfo=UTC)
    assert 'Meeting = "scheduled for Thu 12 March 2026 (UTC) still missing:' in " ".join(
        the_update(decide(shown, BOTH)).cells
    )
    assert decide(page_of(dated, BOTH, memory=memory(given=("pirsync-summary meeting",))), BOTH).wake is None
    over = page_of(record(**{"Meeting date": "<time datetime='2026-03-05' />"}), BOTH, ("Meeting", "<p>?</p>"))
    assert decide(over, BOTH).wake is None
    assert decide(observed("<p>x</p>", review=None, base=None, incident=P1), BOTH).changes == ()


# ---------------------------------------------------------------- rows that a page was born without

RECORDED = ("Containment", "Eradication", "Recovery", "Review criterion", "Emergency change")
NEW_SUMMARY = [
    f'a new row "Due" = "{" ".join(DUE)}"',
    'a new row "Meeting" = "not scheduled; it was due by Thu 5 March 2026 12:30:00 +00:00, full-review 1.0 schedule '
    '(§4 step 1)"',
    'a new row "Procedures" = "soc2-cc7-4-5 1.0, full-review 1.0"',
]


GIVEN = tuple(f"pirsync-summary {name}" for name in ("due", "meeting", "procedures"))


def test_a_page_gets_the_rows_that_it_was_born_without_and_is_told_so() -> None:
    decided = decide(page_of(record(**{"Meeting date": ""})), BOTH)
    said = [word for word in the_update(decided).cells if word.startswith("a new row")]
    assert said == [*NEW_SUMMARY, *(f'a new row "{label}" for people to fill in' for label in RECORDED)]
    assert decided.findings == ()


def test_what_a_page_has_or_had_is_not_given_again() -> None:
    assert kinds(decide(page_of(memory=memory(given=GIVEN)), BOTH)) == []
    shown = [("Due", f"<p>{' '.join(DUE)}</p>"), ("Procedures", "<p>soc2-cc7-4-5 1.0, full-review 1.0</p>")]
    late = "not scheduled; it was due by Thu 5 March 2026 12:30:00 +00:00, full-review 1.0 schedule (§4 step 1)"
    there = page_of("", BOTH, *shown, ("Meeting", f"<p>{late}</p>"))
    assert set(kept(decide(there, BOTH)).memory.given) == set(GIVEN)
    assert kinds(decide(there, BOTH)) == ["write-memory"]
    deleted = page_of(base=there.review)
    assert kinds(decide(deleted, BOTH)) == ["write-memory"]
    assert set(kept(decide(deleted, BOTH)).memory.given) == set(GIVEN)


def test_a_table_that_cannot_get_a_row_is_told_and_left() -> None:
    odd = record(Decision="").replace("<td>", '<td colspan="2">')
    decided = decide(page_of(odd, memory=memory(given=GIVEN)), BOTH)
    said = [found.message for found in decided.findings if found.kind is FindingKind.ROW_UNREADABLE]
    why = "its table has merged cells, or rows that are no label with a value"
    assert said == [f'there is no room for the row "{label}" in pirsync-record: {why}' for label in RECORDED]
    assert "update-page" not in kinds(decided)


# ---------------------------------------------------------------- approval, and the invitation


def test_an_approval_that_is_remembered_is_shown_and_kept() -> None:
    approval = Approved(version=2, at="2026-03-06T09:00:00+00:00", by="boss", name="Bea Boss", seen=3)
    decision = record(Decision="APPROVED")
    found = page_of(decision, BOTH, ("Approval", "<p></p>"), memory=memory(given=GIVEN, approval=approval))
    write = the_update(decide(found, BOTH))
    assert 'Approval = "approved by Bea Boss in version 2, 2026-03-06T09:00:00+00:00"' in write.cells
    plain = page_of(record(Decision="no"), BOTH, memory=memory(given=GIVEN, approval=approval))
    asked = [change for change in decide(plain, BOTH).changes if isinstance(change, WriteMemory)]
    assert asked[-1].memory.approval is None


def test_an_invitation_that_was_refused_is_told_and_not_sent_again() -> None:
    found = page_of(record(**{"Meeting date": DAY}))
    (sent,) = [change for change in decide(found, BOTH).changes if isinstance(change, AttachInvitation)]
    refused = JOURNAL.model_copy(update={"refused": {describe(sent): "no files here"}})
    again = decide(found, BOTH, refused)
    assert "attach-invitation" not in kinds(again)
    assert finding(again, FindingKind.REFUSED).endswith(": no files here")


def test_an_approval_stays_remembered_when_something_else_is_written_down() -> None:
    approval = Approved(version=2, at="2026-03-06T09:00:00+00:00", by="boss", name="Bea Boss", seen=3)
    said = "approved by Bea Boss in version 2, 2026-03-06T09:00:00+00:00"
    found = page_of(record(Decision="APPROVED"), BOTH, ("Approval", f"<p>{said}</p>"), memory=memory(approval=approval))
    assert kept(decide(found, BOTH)).memory.approval == approval


def test_a_row_of_the_record_that_people_deleted_stays_deleted() -> None:
    asked = dict.fromkeys(RECORDED, "")
    there, left = record(**asked), record(**{label: "" for label in RECORDED if label != "Recovery"})
    found = page_of(left, memory=memory(given=GIVEN), base=page_of(there).review)
    assert kinds(decide(found, BOTH)) == ["write-memory"]
    assert "pirsync-record recovery" in kept(decide(found, BOTH)).memory.given


def test_the_page_follows_what_its_record_makes_due() -> None:
    body = body_of([], ("Due", "<p>?</p>")) + NOVEL_SAID
    decided = decide(observed(body, incident=ALSO_P3), following(NOVEL))
    (due,) = [said for said in the_update(decided).cells if said.startswith("Due = ")]
    assert due.endswith('full-review 1.0 schedule-p3 (§4 step 1)"')
