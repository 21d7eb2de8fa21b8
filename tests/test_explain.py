"""How an incident stands before four procedures at once, told in sentences from history alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import get_args

import pytest

from pirsync.model import Deployment, Incident, Trail
from pirsync.page.review import read_review
from pirsync.page.sections import read_sections
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, PageHead, Region
from pirsync.policy.calendar import Calendar
from pirsync.policy.deadlines import Standing
from pirsync.policy.explain import Explanation, Following, Snapshot, explain
from pirsync.policy.packs import Duty, Milestone
from pirsync.policy.people import People
from pirsync.policy.procedures import Procedures
from pirsync.policy.review import Review
from pirsync.policy.scope import Answer
from pirsync.sandbox import wiki
from tests.policy_packs import PACKS

from .command import Desk, desk
from .policy_cases import VIENNA, at, incident, reopened
from .samples import HEADERS, body_of, done, page, row, ticket
from .test_checks import SIGNED, items, record, times

FOUR = tuple(PACKS.values())
CLOSED = incident(resolved="2026-03-02 12:00", closed="2026-03-02 12:30")
PROCEDURES = Procedures(
    packs=FOUR,
    calendar=Calendar(zone=VIENNA),
    people=People(approver=("boss",)),
    severities=("P1", "P2", "P3", "P4", "P5"),
)
TEAM = Following(procedures=PROCEDURES, mentioned={Duty.APPROVER: ("boss",)})
POST_MORTEM = (
    times("2026-03-02 09:30 UTC")
    + "<h2>Root cause</h2><p>The pool was too small</p><h2>Contributing factors</h2>"
    + items("No timeout", "No alarm")
)


def snapshot(number: int, when: str, author: str, text: str = "", **told: str) -> Snapshot:
    """One version of the page: people's unless pirsync is its author."""
    body = text + "<h2>Action items</h2>" + body_of([row()]) + "<h2>Review record</h2>" + record(**told)
    head = PageHead.model_validate(page("", version=number, at=at(when), author=author).model_dump(exclude={"body"}))
    seen = Review(incident=CLOSED, page=read_review(body, HEADERS), sections=read_sections(body))
    return Snapshot(head=head, review=seen, is_ours=author == "pirsync")


BORN = snapshot(1, "2026-03-02 12:40", "pirsync")
WROTE = snapshot(2, "2026-03-04 09:00", "ana", POST_MORTEM, **{"Meeting date": "2026-03-05"})
APPROVED = snapshot(
    3, "2026-03-06 09:00", "boss", POST_MORTEM, **{"Meeting date": "2026-03-05", "Decision": "APPROVED"}
)


def told(*history: Snapshot, now: str, found: Incident = CLOSED, team: Following = TEAM) -> Explanation:
    review = history[-1].review if history else None
    return explain(found, history, review, team, at(now))


def stands(found: Explanation) -> dict[str, tuple[Standing, datetime | None]]:
    return {f"{d.deadline.pack.split()[0]} {d.deadline.clause}": (d.standing, d.met) for d in found.dues}


# ---------------------------------------------------------------- the value


def test_a_p1_is_in_scope_of_three_and_of_the_fourth_nobody_knows_yet() -> None:
    found = told(BORN, now="2026-03-02 13:00")
    assert {one.pack.split()[0]: one.answer for one in found.scopes} == {
        "full-review": Answer.YES,
        "major-review": Answer.CANNOT_TELL,
        "soc2-cc7": Answer.YES,
        "soc2-cc7-4-5": Answer.YES,
    }
    major = told(snapshot(2, "2026-03-02 13:00", "ana", **{"Major incident": SIGNED}), now="2026-03-02 14:00")
    assert [one.answer for one in major.scopes] == [Answer.YES] * 4
    assert "major-review schedule" in stands(major)


def test_day_by_day_each_deadline_stands_as_history_says() -> None:
    at_birth = told(BORN, now="2026-03-02 13:00")
    assert {standing for standing, _ in stands(at_birth).values()} == {Standing.OPEN}
    done = told(BORN, WROTE, APPROVED, now="2026-03-20 09:00")
    assert stands(done) == {
        "full-review schedule": (Standing.MET, WROTE.head.at),
        "soc2-cc7 write": (Standing.MET, WROTE.head.at),
        "soc2-cc7-4-5 schedule": (Standing.MET, WROTE.head.at),
        "soc2-cc7-4-5 approve": (Standing.MET, APPROVED.head.at),
    }
    late = told(BORN, now="2026-03-20 09:00")
    assert {standing for standing, _ in stands(late).values()} == {Standing.OVERDUE}


def test_one_deadline_of_a_kind_binds_and_the_others_are_kept() -> None:
    found = told(BORN, now="2026-03-02 13:00")
    assert [(d.deadline.must, d.deadline.pack.split()[0], d.binds) for d in found.dues] == [
        (Milestone.SCHEDULED, "full-review", True),
        (Milestone.WRITTEN, "soc2-cc7", True),
        (Milestone.SCHEDULED, "soc2-cc7-4-5", False),
        (Milestone.APPROVED, "soc2-cc7-4-5", True),
    ]


def test_who_is_waited_for_is_named_with_the_documents_names_for_the_duty() -> None:
    found = told(BORN, now="2026-03-02 13:00")
    assert [(one.who, one.duty, one.roles) for one in found.waits] == [
        ("Ana Ruiz", Duty.CHAIR, ("Incident Response Manager", "Team", "Security Lead")),
        (
            "nobody is named who compiles what happened and writes the review (team.people.scribe)",
            Duty.SCRIBE,
            ("Documentation Lead", "Security Analyst"),
        ),
        ("boss", Duty.APPROVER, ("CISO",)),
    ]
    assert found.waits[0].what == "set the meeting date in the review record, by Thu 5 March 2026 13:30:00 +01:00"
    assert told(BORN, WROTE, APPROVED, now="2026-03-06 10:00").waits == ()


def test_what_is_missing_is_told_for_each_pack_and_what_is_right_is_not() -> None:
    found = told(BORN, WROTE, now="2026-03-04 10:00")
    missing = {one.pack.split()[0]: {check.check.value for check in one.checks} for one in found.missing}
    assert "soc2-cc7" not in missing
    assert {"failed-controls", "response-confirmed", "action-classes"} <= missing["soc2-cc7-4-5"]
    assert {"root-cause-method", "lessons", "emergency-change"} <= missing["full-review"]


def test_every_action_is_due_on_its_own_date_by_the_clauses_that_say_so() -> None:
    rows = [row(f"Act {n}", ticket=f"<p>ACT-{n}</p>") for n in (1, 2, 3)]
    body = body_of(rows)
    tickets = {
        "ACT-1": ticket(1),
        "ACT-2": done(2, due=date(2026, 3, 8)),
        "ACT-3": done(3, resolution="Won't Do"),
    }
    seen = Review(incident=CLOSED, page=read_review(body, HEADERS), sections=read_sections(body), tickets=tickets)
    found = explain(CLOSED, [BORN], seen, TEAM, at("2026-04-02 09:00")).actions
    assert [(one.ticket, one.owner, one.standing) for one in found] == [
        ("ACT-1", "Ana Ruiz", Standing.OVERDUE),
        ("ACT-2", "Ana Ruiz", Standing.LATE),
    ]
    assert found[0].due == PROCEDURES.calendar.day_end(date(2026, 4, 1))
    assert found[0].clauses == (
        "full-review 1.0 complete (§4 step 12)",
        "soc2-cc7 1.0 complete (Implementation guidance)",
        "soc2-cc7-4-5 1.0 complete (Track remediation to completion)",
    )


def test_an_action_that_is_done_without_evidence_is_not_done_and_it_is_told_what_would_count() -> None:
    rows = [row(f"Act {n}", ticket=f"<p>ACT-{n}</p>") for n in (1, 2)]
    tickets = {
        "ACT-1": done(1, due=date(2026, 3, 8), trail=Trail()),
        "ACT-2": done(2, due=date(2026, 3, 8), trail=Trail(files=("after.png",))),
    }
    body = body_of(rows)
    seen = Review(incident=CLOSED, page=read_review(body, HEADERS), sections=read_sections(body), tickets=tickets)
    found = explain(CLOSED, [BORN], seen, TEAM, at("2026-04-02 09:00"))
    assert [(one.ticket, one.standing, one.done is None) for one in found.actions] == [
        ("ACT-1", Standing.OVERDUE, True),
        ("ACT-2", Standing.LATE, False),
    ]
    assert [(one.ticket, one.pack, one.wants.split(", or ")[0], one.is_hint) for one in found.unproven] == [
        ("ACT-1", "soc2-cc7 1.0", "a comment with a link", False),
        ("ACT-1", "soc2-cc7-4-5 1.0", "a comment with a link", False),
        ("ACT-1", "full-review 1.0", "a comment with a link", True),
    ]


def test_a_pack_that_only_hints_tells_what_lacks_proof_and_counts_it_as_done() -> None:
    body = body_of([row("Act", ticket="<p>ACT-1</p>")])
    tickets = {"ACT-1": done(1, due=date(2026, 3, 10), trail=Trail())}
    seen = Review(incident=CLOSED, page=read_review(body, HEADERS), sections=read_sections(body), tickets=tickets)
    team = TEAM.model_copy(update={"procedures": PROCEDURES.model_copy(update={"packs": (PACKS["full-review"],)})})
    found = explain(CLOSED, [BORN], seen, team, at("2026-04-02 09:00"))
    assert [(one.standing, one.done is None) for one in found.actions] == [(Standing.MET, False)]
    assert [(one.ticket, one.is_hint) for one in found.unproven] == [("ACT-1", True)]
    proven = {"ACT-1": done(1, trail=Trail(files=("after.png",)))}
    assert (
        explain(CLOSED, [BORN], seen.model_copy(update={"tickets": proven}), team, at("2026-04-02 09:00")).unproven
        == ()
    )


def test_how_many_checks_a_review_passes_is_told_for_each_pack() -> None:
    found = {
        one.pack.split()[0]: (one.passed, one.hints, one.total) for one in told(BORN, now="2026-03-02 13:00").scores
    }
    missing = {one.pack.split()[0]: len(one.checks) for one in told(BORN, now="2026-03-02 13:00").missing}
    assert {pack: total - passed for pack, (passed, _, total) in found.items()} == missing
    assert found["soc2-cc7"] == (4, 0, 8)
    written = told(BORN, WROTE, now="2026-03-04 10:00").scores
    assert next((one.passed, one.total) for one in written if one.pack.startswith("soc2-cc7 ")) == (8, 8)


def test_an_approval_and_what_becomes_of_it_are_remarked() -> None:
    assert told(BORN, WROTE, APPROVED, now="2026-03-06 10:00").remarks == ("approved in version 3 by boss",)
    edited = snapshot(4, "2026-03-07 09:00", "ana", POST_MORTEM + "<p>more</p>", Decision="APPROVED")
    assert told(BORN, WROTE, APPROVED, edited, now="2026-03-07 10:00").remarks == (
        "approved in version 3 by boss",
        "changed since the approval, in version 4",
    )
    alone = TEAM.model_copy(update={"mentioned": {Duty.APPROVER: ("chief",)}})
    assert told(BORN, WROTE, APPROVED, now="2026-03-06 10:00", team=alone).remarks == (
        "the approval does not count: version 3 says APPROVED, but boss is not among those who may approve",
    )


def test_what_a_re_opened_incident_owed_before_is_kept_beside_what_it_owes_now() -> None:
    before = snapshot(2, "2026-03-02 14:00", "ana", POST_MORTEM, **{"Meeting date": "2026-03-02"})
    found = told(BORN, before, now="2026-03-11 09:00", found=reopened())
    assert {standing for standing, _ in stands(found).values()} == {Standing.OPEN}
    earlier = {f"{d.deadline.pack.split()[0]} {d.deadline.clause}": d.standing for d in found.earlier}
    assert earlier == {
        "full-review schedule": Standing.MET,
        "soc2-cc7 write": Standing.MET,
        "soc2-cc7-4-5 schedule": Standing.MET,
        "soc2-cc7-4-5 approve": Standing.OVERDUE,
    }


def test_the_same_history_gives_the_same_explanation_whenever_it_is_read() -> None:
    whole = told(BORN, WROTE, APPROVED, now="2026-03-06 10:00")
    assert told(BORN, WROTE, APPROVED, now="2026-03-06 10:00") == whole
    later = told(BORN, WROTE, APPROVED, now="2027-03-06 10:00")
    assert stands(later) == stands(whole)


def test_without_a_page_it_is_told_what_is_due() -> None:
    found = told(now="2026-03-02 13:00")
    assert (len(found.dues), found.missing) == (4, ())
    assert told(now="2026-03-02 13:00", team=Following(procedures=Procedures())).scopes == ()


# ---------------------------------------------------------------- the command, on a site


@pytest.fixture(scope="module", params=get_args(Deployment))
def place(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with desk(request.param) as found:
        text = found.config.read_text(encoding="utf-8")
        packs = f"packs = {list(PACKS)}\n"
        found.config.write_text(text.replace("[run]", f"{packs}\n[run]", 1).replace("'", '"'), encoding="utf-8")
        assert found.do("reconcile", "OPS-1").code == 0
        yield found


def test_explain_tells_what_is_due_what_is_missing_and_who_is_waited_for(place: Desk) -> None:
    before = place.writes()
    said = place.do("explain", "ops-1")
    assert said.code == 0, said.err
    headings = [line for line in said.out.splitlines() if line and not line.startswith(" ")]
    assert headings[0].startswith("OPS-1  ")
    assert headings[1:3] == ["In scope", "Due"]
    assert headings[-1] == "Waits for"
    assert "by full-review 1.0 schedule (§4 step 1): scheduled within 72 hours of the closure at" in said.out
    assert place.writes() == before


def test_explain_gives_programs_the_same(place: Desk) -> None:
    told_ = json.loads(place.do("explain", "OPS-1", "--json").out)
    assert told_["incident"] == "OPS-1"
    assert {one["pack"].split()[0] for one in told_["scopes"]} == set(PACKS)
    for due in told_["dues"]:
        assert datetime.fromisoformat(due["deadline"]["due"]) > datetime.fromisoformat(
            due["deadline"]["started"]
        ) - timedelta(seconds=1)


def fill(place: Desk, who: str, label: str, storage: str) -> None:
    """A person fills a cell of the first review's record, on the site."""
    person = place.sandbox.people.find(who)
    found = next(one for one in place.sandbox.wiki.pages.values() if one.current.title.startswith("OPS-1 "))
    cell = read_review(found.current.body, HEADERS).record[label.casefold()]
    edit = CellEdit(region=Region.RECORD, label=label, start=cell.start, end=cell.end, storage=storage, text="")
    assert person is not None
    body = splice(found.current.body, [edit])
    wiki.update_page(place.sandbox, person, found, found.current.title, body, found.current.number + 1, "")


def test_what_people_record_on_the_site_is_found_in_the_pages_history(place: Desk) -> None:
    """In both products: the meeting was set by one person, and approved by another who may; then changed."""
    boss = place.sandbox.people.find("hweiss")
    assert boss is not None
    account = boss.account_id if place.sandbox.deployment == "cloud" else boss.name
    place.replace("packs = ", f'people = {{ approver = "{account}" }}\npacks = ')
    fill(place, "aruiz", "Meeting date", '<p><time datetime="2031-03-05" /></p>')
    fill(place, "hweiss", "Decision", "<p>APPROVED</p>")
    told_ = json.loads(place.do("explain", "OPS-1", "--json").out)
    met = {one["deadline"]["must"]: one["met"] for one in told_["dues"]}
    assert (met["scheduled"] is not None, met["approved"] is not None, met["written"]) == (True, True, None)
    (remark,) = told_["remarks"]
    assert remark.startswith("approved in version ")
    fill(place, "aruiz", "Decision", "<p>CHANGES NEEDED</p>")
    fill(place, "aruiz", "Decision", "<p>APPROVED</p>")
    (refused,) = json.loads(place.do("explain", "OPS-1", "--json").out)["remarks"]
    assert "is not among those who may approve" in refused


def test_an_incident_without_a_review_is_told_why_and_one_that_is_not_there_is_an_error(place: Desk) -> None:
    open_one = place.do("explain", "OPS-4")
    assert (open_one.code, open_one.out.splitlines()[1]) == (0, "it gets no review: it is not closed (Investigating)")
    assert place.do("explain", "OPS-9999").code == 1
