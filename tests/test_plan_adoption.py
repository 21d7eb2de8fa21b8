"""The decision for pages that people made, and what is kept of every review for the view: from values alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from pirsync.changes import AdoptPage, CommentTicket, WriteMemory
from pirsync.decision import Candidate, Exemption, FindingKind, Journal, Observed, Plan, Terms, Wishes
from pirsync.index_plan import no_review
from pirsync.model import Incident
from pirsync.page_model import IndexRow, Lozenge, Memory, PageStatus
from pirsync.policy.escalation import Ladder
from tests.planning import decide, finding, kinds, settled_row, standing
from tests.samples import INCIDENT, JOURNAL, NOW, body_of, done, incident, memory, observed, page, terms, ticket, wanted

THEIRS = page("<p>What we learned</p>", id="9", title="The outage of March")
LATER = terms(closed_since=NOW)
"""Terms by which the sample's incident was closed too early."""


def asking(**wishes: Any) -> Journal:
    return JOURNAL.model_copy(update={"wishes": Wishes.model_validate(wishes)})


def offered(**changes: Any) -> Observed:
    return observed(None, candidate=Candidate(asked="9", page=THEIRS), **changes)


def adopted(body: str = "<p>ACT-1</p>", **changes: Any) -> Observed:
    found = page(body, id="9")
    told = observed(body, [ticket(1)], page=found, named=("ACT-1",), is_adopted=True, memory=None)
    return told.model_copy(update=changes)


# ---------------------------------------------------------------- asked for


@pytest.mark.parametrize("known", [terms(), LATER])
def test_a_page_that_people_want_adopted_is_whenever_the_incident_was_closed(known: Terms) -> None:
    decided = decide(offered(), known, asking(adopt="9"))
    assert decided.changes == (AdoptPage(incident_key="OPS-1", page_id="9", title="The outage of March"),)


def test_an_incident_of_no_team_gets_no_adopted_page_either() -> None:
    said = finding(decide(offered(), terms(projects=("INC",)), asking(adopt="9")), FindingKind.NOT_ADOPTED)
    assert said == "the incident gets no review: project OPS is not among INC"


def test_a_page_is_adopted_once_it_is_sure_that_there_is_none() -> None:
    young = asking(adopt="9").model_copy(update={"settled_from": NOW + timedelta(seconds=30)})
    decided = decide(offered(), terms(), young)
    assert (decided.changes, decided.wake) == ((), NOW + timedelta(seconds=30))


def test_a_page_that_is_adopted_is_not_again_and_what_is_usual_goes_on() -> None:
    decided = decide(adopted(), terms(), asking(adopt="9"))
    assert decided.findings == ()
    assert "adopt-page" not in kinds(decided)
    assert decided.index_row is not None


def test_a_page_that_pirsync_made_is_not_let_go() -> None:
    said = finding(decide(observed(body_of([])), terms(), asking(release=True)), FindingKind.NOT_ADOPTED)
    assert said.startswith('its page "OPS-1 Post-incident review" was not adopted')


def test_an_adopted_page_keeps_its_incident_in_scope() -> None:
    desired = wanted(adopted(), LATER)
    assert (desired.in_scope, desired.reason) == (True, "")
    assert not wanted(observed(body_of([])), LATER).in_scope


def test_the_line_of_an_incident_whose_page_was_let_go_says_so() -> None:
    assert no_review(INCIDENT, "Europe/Berlin") == IndexRow(
        key="OPS-1",
        incident_url=INCIDENT.url,
        severity=INCIDENT.severity,
        resolved="2026-03-02T12:30:00+01:00",
        closed="2026-03-02T13:30:00+01:00",
        page_title="",
        page_url="",
        status=Lozenge(text="NO REVIEW", colour="Grey"),
        done=0,
        total=0,
        overdue=0,
    )
    hidden = no_review(incident(is_restricted=True), "UTC")
    assert (hidden.incident_url, hidden.severity, hidden.closed) == ("", "", "")


# ---------------------------------------------------------------- an adopted page


def test_nothing_of_an_adopted_page_is_written_and_its_tickets_count() -> None:
    decided = decide(adopted())
    assert {"link-ticket", "label-ticket", "label-page", "link-page", "write-memory"} >= set(kinds(decided))
    assert "write-memory" in kinds(decided)  # and no "update-page" is among them
    assert decided.index_row is not None
    assert (decided.index_row.total, decided.index_row.page_title) == (1, "OPS-1 Post-incident review")
    assert [action.ticket for action in standing(decided).actions] == ["ACT-1"]


def test_an_issue_that_is_gone_is_told_and_a_page_that_is_put_away_too() -> None:
    gone = decide(adopted(tickets={}))
    assert finding(gone, FindingKind.TICKET_GONE).startswith("its page names ACT-1, which is")
    assert [(row.text, row.why) for row in standing(gone).untracked] == [("ACT-1", "TICKET GONE")]
    away = decide(adopted(page=page("<p>ACT-1</p>", id="9", status=PageStatus.ARCHIVED)))
    assert [found.kind for found in away.findings] == [FindingKind.PAGE_GONE]
    assert [action.ticket for action in standing(away).actions] == ["ACT-1"]


def test_an_adopted_review_is_not_complete_by_a_ticket_that_is_gone() -> None:
    both = adopted("<p>ACT-1, ACT-2</p>", named=("ACT-1", "ACT-2"), tickets={"2": done(2)})
    line = decide(both).index_row
    assert line is not None
    assert (line.status.text, line.done, line.total) == ("IN REVIEW", 1, 2)


LINKED = adopted(memory=memory(adopted=("20001", "20002")), tickets={"20001": done(1)})
"""ACT-1 is named and done; issue 20002 was only linked, and cannot be read any more."""


def test_a_ticket_that_was_only_linked_and_is_gone_with_its_link_is_told_and_counts_until_it_is_forgotten() -> None:
    decided = decide(LINKED.model_copy(update={"lost": {"20002": "ACT-2"}}))
    said = finding(decided, FindingKind.TICKET_GONE)
    assert said == "ACT-2, an action item of this review, is deleted or cannot be seen by our account"
    assert decided.index_row is not None
    assert (decided.index_row.status.text, decided.index_row.done, decided.index_row.total) == ("IN REVIEW", 1, 2)
    assert [(row.text, row.why) for row in standing(decided).untracked] == [("ACT-2", "TICKET GONE")]
    assert "write-memory" not in kinds(decided)
    after = decide(LINKED.model_copy(update={"lost": {"20002": "ACT-2"}}), journal=asking(forget=("ACT-2",)))
    assert [found.kind for found in after.findings] == []
    assert (remembered(after).adopted, remembered(after).forgotten) == (("20001",), ("ACT-2",))


def test_a_ticket_whose_key_nobody_knows_any_more_is_told_by_its_id() -> None:
    decided = decide(LINKED.model_copy(update={"lost": {"20002": ""}}))
    assert finding(decided, FindingKind.TICKET_GONE).startswith("20002, an action item of this review, is")
    after = decide(LINKED.model_copy(update={"lost": {"20002": ""}}), journal=asking(forget=("20002",)))
    assert [found.kind for found in after.findings] == []


@pytest.mark.parametrize("key", ["ACT-1", ""])
def test_a_ticket_that_is_named_and_gone_counts_once_whatever_is_known_of_its_key(key: str) -> None:
    decided = decide(adopted(memory=memory(adopted=("20001",)), tickets={}, lost={"20001": key}))
    assert finding(decided, FindingKind.TICKET_GONE).startswith("its page names ACT-1, which is")
    assert decided.index_row is not None
    assert decided.index_row.total == 1


def test_of_tickets_without_a_key_as_many_are_told_as_are_not_named() -> None:
    seen = adopted(memory=memory(adopted=("20001", "20002")), tickets={}, lost={"20001": "", "20002": ""})
    line = decide(seen).index_row
    assert line is not None
    assert line.total == 2


def test_a_forgotten_key_that_nobody_knows_takes_one_ticket_without_a_key_with_it_for_good() -> None:
    seen = adopted(memory=memory(adopted=("20001", "20002")), tickets={}, lost={"20001": "", "20002": ""})
    decided = decide(seen, journal=asking(forget=("ACT-1",)))
    line, held = decided.index_row, remembered(decided)
    assert line is not None
    assert (line.total, held.adopted, held.forgotten) == (1, ("20002",), ("20001", "ACT-1"))
    # In the next round of that pass the wish is still there, in the next pass it is not.
    for said in (asking(forget=("ACT-1",)), JOURNAL):
        after = decide(seen.model_copy(update={"memory": held, "lost": {"20002": ""}}), journal=said)
        assert after.index_row is not None
        assert after.index_row.total == 1
        assert "write-memory" not in kinds(after)


def test_a_key_that_was_forgotten_long_ago_hides_no_ticket_that_is_lost_now() -> None:
    held = memory(adopted=("20001", "20002"), forgotten=("ACT-7",))
    decided = decide(LINKED.model_copy(update={"memory": held, "lost": {"20002": ""}}))
    assert decided.index_row is not None
    assert (decided.index_row.done, decided.index_row.total) == (1, 2)


def test_a_ticket_that_is_no_longer_linked_is_no_action_item_any_more() -> None:
    decided = decide(LINKED.model_copy(update={"tickets": {"20001": done(1), "20002": ticket(2)}}))
    assert decided.index_row is not None
    assert (decided.index_row.done, decided.index_row.total, decided.findings) == (1, 1, ())
    assert remembered(decided).adopted == ("20001",)


def remembered(decided: Plan) -> Memory:
    (write,) = [change for change in decided.changes if isinstance(change, WriteMemory)]
    return write.memory


def late(**changes: Any) -> Observed:
    found = observed(body_of([settled_row()]), [ticket(1, due=date(2026, 3, 3))])
    return found.model_copy(update=changes)


def test_people_are_told_of_late_actions_but_not_of_those_of_last_year_s_pages() -> None:
    told = terms(ladder=Ladder(on=True))
    said = [change.issue_key for change in decide(late(), told).changes if isinstance(change, CommentTicket)]
    assert said == ["ACT-1"]
    assert "comment-ticket" not in kinds(decide(late(is_adopted=True, named=("ACT-1",)), told))
    assert finding(decide(late(), told), FindingKind.OVERDUE).startswith("ACT-1 ")


# ---------------------------------------------------------------- what is kept for the view

GONE = observed(None, gone="its page is deleted")
EVERY = {
    "a review": observed(body_of([settled_row()]), [ticket(1)]),
    "an archived one": observed(
        body_of([settled_row()]), [ticket(1)], page=page(body_of([settled_row()]), status=PageStatus.ARCHIVED)
    ),
    "an adopted one": adopted(),
    "one that is gone": GONE,
    "one to be born": observed(None),
}


@pytest.mark.parametrize("seen", EVERY.values(), ids=EVERY.keys())
def test_what_a_review_owes_is_kept_and_concluded_once(seen: Observed) -> None:
    first = standing(decide(seen))
    assert (first.key, first.team, first.exempt) == ("OPS-1", terms().team, "")
    again = decide(seen, journal=JOURNAL.model_copy(update={"standing": first}))
    assert again.standing is first
    other = first.model_copy(update={"inputs": "of something else"})
    assert standing(decide(seen, journal=JOURNAL.model_copy(update={"standing": other}))) == first


def test_an_exempt_incident_is_kept_with_its_reason() -> None:
    told = Exemption(key="OPS-1", reason="A drill", approver="Hanna Weiss", date=date(2026, 3, 3))
    found = standing(decide(observed(None), terms(exemptions=(told,))))
    assert (found.key, found.exempt) == ("OPS-1", "A drill (Hanna Weiss, 2026-03-03)")


def test_a_restricted_incident_is_not_kept() -> None:
    hidden: Incident = incident(is_restricted=True)
    assert decide(observed(None, incident=hidden)).standing is None
