"""The decision for the evidence index: pure values in, a plan out (rules 1 and 4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pirsync import draft
from pirsync.changes import CreateIndex, LabelPage, UpdateIndex, describe
from pirsync.decision import Finding, FindingKind, Journal, ObservedIndex, Plan
from pirsync.index_plan import moved_row, plan_index
from pirsync.names import INDEX_LABEL, STAMP
from pirsync.page.index import new_index, read_index, write_index
from pirsync.page_model import IndexRow, Lozenge, PageHead, PageStatus
from pirsync.ports import PageDraft
from tests.samples import JOURNAL, NOW, OWNER_ID, incident, intent, page, terms

TERMS = terms(parent="77")
MARK = draft.digest(["index", OWNER_ID, "OPS", "Index"])


def line(number: int, **changes: Any) -> IndexRow:
    told = IndexRow(
        key=f"OPS-{number}",
        incident_url=f"https://jira.example.com/browse/OPS-{number}",
        severity="P1",
        resolved="2026-03-02T10:00:00+00:00",
        closed="2026-03-02T11:00:00+00:00",
        page_title=f"OPS-{number} Post-incident review",
        page_url=f"https://wiki.example.com/pages/{500 + number}",
        status=Lozenge(text="ACTIONS OPEN", colour="Blue"),
        done=1,
        total=2,
        overdue=0,
    )
    return told.model_copy(update=changes)


def seen(body: str | None, **changes: Any) -> ObservedIndex:
    found = page(body, title="Index", **changes) if body is not None else None
    return ObservedIndex(page=found, index=read_index(body) if body is not None else None, holder=None, labelled=True)


def decide(rows: tuple[IndexRow, ...], there: ObservedIndex, journal: Journal = JOURNAL, now: Any = NOW) -> Plan:
    first = plan_index(rows, there, TERMS, journal, now)
    assert plan_index(rows, there, TERMS, journal, now) == first  # rule 1
    return first


def told(kind: FindingKind, message: str) -> Plan:
    return Plan(findings=(Finding(kind=kind, incident="Index", message=message),))


def test_the_index_is_born_with_the_rows_of_the_pass_where_the_terms_say() -> None:
    (birth,) = decide((line(2), line(1)), seen(None)).changes
    assert isinstance(birth, CreateIndex)
    assert birth.draft == PageDraft(space="OPS", parent="77", title="Index", body=new_index((line(1), line(2))))
    assert (birth.mark, birth.digest) == (MARK, draft.digest(["OPS", "77", "Index"]))


def test_absence_of_the_index_has_to_settle() -> None:
    sent = JOURNAL.model_copy(update={"intents": {MARK: intent(MARK, "sending", kind="page", sent_at=NOW)}})
    settled = NOW + TERMS.settle
    early = decide((line(1),), seen(None), sent, settled - timedelta(seconds=1))
    assert early == Plan(wake=settled, waiting="to be sure that no index page was made before")
    assert len(decide((line(1),), seen(None), sent, settled).changes) == 1


def test_a_refused_index_is_told_until_its_title_or_place_changes() -> None:
    refused = intent(MARK, "rejected", kind="page", digest=draft.digest(["OPS", "77", "Index"]), reason="no permission")
    journal = JOURNAL.model_copy(update={"intents": {MARK: refused}})
    said = "Confluence would not create the index page: no permission"
    assert decide((line(1),), seen(None), journal) == told(FindingKind.REJECTED, said)
    elsewhere = plan_index((line(1),), seen(None), terms(parent="78"), journal, NOW)
    assert len(elsewhere.changes) == 1


def test_an_index_that_was_made_and_cannot_be_read_any_more_is_told_and_not_made_anew() -> None:
    said = 'the index page "Index" is deleted, or our account may not see it any more'
    done = JOURNAL.model_copy(update={"intents": {MARK: intent(MARK, "done", kind="page")}})
    assert decide((line(1),), seen(None), done) == told(FindingKind.PAGE_GONE, said)
    assert decide((line(1),), seen(None).model_copy(update={"is_gone": True})) == told(FindingKind.PAGE_GONE, said)


def test_somebody_elses_page_with_the_indexs_title_is_left_alone() -> None:
    theirs = PageHead.model_validate(page("", author="someone").model_dump(exclude={"body"}))
    said = f'the title "Index" belongs to another page ({theirs.url}): rename that page, or the index'
    there = ObservedIndex(page=None, index=None, holder=theirs, labelled=True)
    assert decide((line(1),), there) == told(FindingKind.TITLE_TAKEN, said)


def test_an_index_that_is_not_current_is_never_written() -> None:
    said = 'the index page "Index" is trashed: restore it'
    there = seen(new_index(()), status=PageStatus.TRASHED)
    assert decide((line(1),), there) == told(FindingKind.PAGE_GONE, said)


def test_an_index_whose_region_is_gone_or_that_cannot_be_read_is_left_alone() -> None:
    said = 'the index page "Index" is left alone: {}; restore it from its history'
    removed = said.format("the region pirsync-index is missing")
    assert decide((line(1),), seen("<p>mine</p>")) == told(FindingKind.REGION_REMOVED, removed)
    malformed = ObservedIndex(page=page("<p>", title="Index"), index=None, holder=None, labelled=True)
    broken = said.format("it is not well formed")
    assert decide((line(1),), malformed) == told(FindingKind.REGION_REMOVED, broken)


def test_the_index_is_written_only_when_a_reader_would_see_a_difference() -> None:
    there = seen(new_index((line(1), line(2))))
    assert decide((line(2),), there) == Plan()
    assert decide((line(2, severity=" P1\n"),), there) == Plan()


def test_an_update_names_the_rows_that_differ_and_keeps_the_others() -> None:
    there = seen("<p>mine</p>" + new_index((line(1), line(2))))
    assert there.page is not None
    (one,) = decide((line(2, severity="P2"),), there).changes
    assert isinstance(one, UpdateIndex)
    assert (one.rows, one.message) == (("OPS-2",), f"{STAMP} 1 row from Jira")
    assert one.page == PageHead.model_validate(there.page.model_dump(exclude={"body"}))
    assert one.body == write_index(there.page.body, (line(1), line(2, severity="P2")))
    (two,) = decide((line(3), line(2, done=2)), there).changes
    assert isinstance(two, UpdateIndex)
    assert (two.rows, two.message) == (("OPS-2", "OPS-3"), f"{STAMP} 2 rows from Jira")


LABEL = LabelPage(page_id="500", title="Index", labels=(INDEX_LABEL,))


def test_an_index_without_its_label_gets_it_before_its_rows_and_also_when_no_row_differs() -> None:
    there = seen(new_index((line(1),))).model_copy(update={"labelled": False})
    assert decide((line(1),), there) == Plan(changes=(LABEL,))
    label, update = decide((line(2),), there).changes
    assert (label, update.change) == (LABEL, "update-index")


def test_a_label_that_was_refused_is_told_and_the_rows_are_written() -> None:
    there = seen(new_index((line(1),))).model_copy(update={"labelled": False})
    refused = JOURNAL.model_copy(update={"refused": {describe(LABEL): "no permission"}})
    said = f"{describe(LABEL)}: no permission; without it the index is not found once it has another title"
    assert decide((line(1),), there, refused) == told(FindingKind.REFUSED, said)
    decided = decide((line(2),), there, refused)
    assert [change.change for change in decided.changes] == ["update-index"]
    assert decided.findings == told(FindingKind.REFUSED, said).findings


@pytest.mark.parametrize(("is_restricted", "title"), [(False, "moved to NET-3, in the index of network"), (True, "")])
def test_the_line_of_an_incident_that_moved_stays_says_where_to_and_counts_nothing(
    is_restricted: bool, title: str
) -> None:
    there = incident(key="NET-3", is_restricted=is_restricted)
    moved = Lozenge(text="MOVED", colour="Grey")
    expected = line(1, page_title=title, status=moved, done=0, total=0, overdue=0)
    assert expected == moved_row(line(1, done=1, total=2, overdue=1), there, "network")
