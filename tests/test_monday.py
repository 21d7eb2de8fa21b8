"""The Monday-morning view as a table: what stands under which topic, when, and in which order."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from pirsync.policy.calendar import WEEKDAYS, Calendar
from pirsync.policy.clocks import Rules
from pirsync.policy.deadlines import Deadline
from pirsync.policy.meeting import Appointment
from pirsync.policy.monday import Line, Topic, View, monday, week_end
from pirsync.policy.packs import Clock, Duty, Milestone
from pirsync.policy.standing import ActionStanding, Owed, ReviewStanding, Untracked
from pirsync.policy.status import Outcome

from .policy_cases import VIENNA, at

MONDAY = at("2026-03-02 08:00", VIENNA)
CALENDAR = Calendar(zone=VIENNA)
VIEWS = {"ops": View(calendar=CALENDAR)}
PEOPLE: dict[Duty, tuple[str, ...]] = {Duty.CHAIR: ("ana",), Duty.APPROVER: ("boss",)}


def owed(must: Milestone, due: datetime, met: bool = False, pack: str = "full-review 1.0", **more: Any) -> Owed:
    duty = {Milestone.APPROVED: Duty.APPROVER, Milestone.WRITTEN: Duty.SCRIBE}.get(must, Duty.CHAIR)
    deadline = Deadline(
        pack=pack,
        clause=must.value,
        where="§1",
        must=must,
        clock=Clock.CLOSURE,
        started=MONDAY - timedelta(days=30),
        due=due,
        explanation="",
        **more,
    )
    return Owed(deadline=deadline, met=met, duty=duty, roles=("Lead",), todo=f"have it {must}")


def action(number: int = 1, due: str = "2026-04-01", owner: str = "Bob Brown", **changes: Any) -> ActionStanding:
    told: dict[str, Any] = {"ticket": f"ACT-{number}", "url": f"https://jira/ACT-{number}", "text": f"Act {number}"}
    told |= {"owner": owner, "owned": bool(owner), "due": due or None, "outcome": Outcome.OPEN}
    return ActionStanding.model_validate(told | changes)


def review(number: int = 1, **changes: Any) -> ReviewStanding:
    told: dict[str, Any] = {"key": f"OPS-{number}", "url": f"https://jira/OPS-{number}", "team": "ops"}
    told |= {"severity": "P2", "page_title": "Review", "page_url": f"https://wiki/{number}"}
    told |= {"duties": PEOPLE, "names": {"ana": "Ana Ruiz"}}
    return ReviewStanding.model_validate(told | changes)


def lines(*reviews: ReviewStanding, now: datetime = MONDAY, views: dict[str, View] = VIEWS) -> list[Line]:
    return list(monday(reviews, views, now).lines)


def topics(*reviews: ReviewStanding, **more: Any) -> list[str]:
    return [line.topic.value for line in lines(*reviews, **more)]


SUNDAY = CALENDAR.day_end(date(2026, 3, 8))
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("due", "told"),
    [
        (MONDAY - INSTANT, ["overdue"]),
        (MONDAY, ["due"]),
        (SUNDAY, ["due"]),
        (SUNDAY + INSTANT, []),
    ],
)
def test_a_deadline_is_overdue_when_it_has_passed_and_due_until_the_weeks_end(due: datetime, told: list[str]) -> None:
    assert topics(review(owed=(owed(Milestone.SCHEDULED, due),))) == told
    assert topics(review(owed=(owed(Milestone.SCHEDULED, due, met=True),))) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"due": "2026-03-01"}, ["overdue"]),
        ({"due": "2026-03-02"}, ["due"]),
        ({"due": "2026-03-08"}, ["due"]),
        ({"due": "2026-03-09"}, []),
        ({"due": ""}, ["incomplete"]),
        ({"due": "2026-03-01", "owner": ""}, ["overdue", "unowned"]),
        ({"due": "2026-04-01", "owned": False}, ["unowned"]),
        ({"due": "2026-03-01", "outcome": Outcome.UNPROVEN, "wants": "a file"}, ["done without evidence"]),
        ({"due": "2026-03-01", "outcome": Outcome.DONE}, []),
        ({"due": "", "owner": "", "outcome": Outcome.DROPPED}, []),
    ],
)
def test_an_action_stands_where_something_is_to_be_done_about_it(changes: dict[str, Any], told: list[str]) -> None:
    assert topics(review(actions=(action(**changes),))) == told


@pytest.mark.parametrize(
    ("why", "topic"),
    [
        ("NEEDS OWNER", Topic.UNOWNED),
        ("OWNER UNKNOWN", Topic.UNOWNED),
        ("NEEDS DUE DATE", Topic.INCOMPLETE),
        ("REJECTED: no", Topic.INCOMPLETE),
    ],
)
def test_a_row_without_a_ticket_says_why_and_the_chair_is_waited_for(why: str, topic: Topic) -> None:
    (line,) = lines(review(untracked=(Untracked(text="Fix it", why=why),)))
    assert (line.topic, line.what, line.waits_for, line.link) == (topic, f"Fix it: {why}", "Ana Ruiz", "https://wiki/1")


def test_of_several_deadlines_for_one_thing_the_first_that_is_not_met_is_told() -> None:
    first, second = MONDAY - timedelta(days=2), MONDAY - timedelta(days=1)
    both = (owed(Milestone.WRITTEN, first), owed(Milestone.WRITTEN, second, pack="soc2-cc7 1.0"))
    assert [line.clause for line in lines(review(owed=both))] == ["full-review 1.0 written (§1)"]
    met = (owed(Milestone.WRITTEN, first, met=True), both[1])
    assert [line.clause for line in lines(review(owed=met))] == ["soc2-cc7 1.0 written (§1)"]


def test_what_came_into_scope_too_late_says_so_unless_the_team_calls_it_late() -> None:
    late = review(owed=(owed(Milestone.SCHEDULED, MONDAY - timedelta(days=1), since=MONDAY),))
    assert lines(late)[0].what == "have it scheduled; overdue on reclassification"
    strict = {"ops": View(calendar=CALENDAR, rules=Rules(reclassified="late"))}
    assert lines(late, views=strict)[0].what == "have it scheduled"


def test_missing_roles_are_told_before_the_meeting_and_after_it_while_anything_is_open() -> None:
    meeting = Appointment(day=date(2026, 3, 3), time=time(14), length=timedelta(hours=1))
    held = review(meeting=meeting, absent=("Scribe (scribe)",))
    (before,) = lines(held)
    assert (before.what, before.when, before.waits_for) == (
        "not expected at the meeting: Scribe (scribe)",
        "Tue 3 March 2026 14:00",
        "Ana Ruiz",
    )
    later = at("2026-03-03 15:01", VIENNA)
    assert lines(held, now=later) == []
    open_one = held.model_copy(update={"actions": (action(),)})
    assert [line.what for line in lines(open_one, now=later)] == ["not recorded as present: Scribe (scribe)"]


def test_a_review_awaits_approval_once_it_is_complete() -> None:
    due = MONDAY + timedelta(days=30)
    whole = review(owed=(owed(Milestone.APPROVED, due),), approval="open")
    (line,) = lines(whole)
    assert (line.topic, line.waits_for, line.due) == (Topic.APPROVAL, "boss", due)
    assert lines(whole.model_copy(update={"incomplete": {"full-review 1.0": ("lessons",)}})) == []
    assert lines(whole.model_copy(update={"approval": "given"})) == []


def test_an_incomplete_review_says_how_many_checks_are_open_and_what_comes_first() -> None:
    checks = ("sections", "timeline", "lessons", "actions")
    due = (owed(Milestone.WRITTEN, MONDAY), owed(Milestone.APPROVED, MONDAY))
    told = lines(review(owed=due, approval="open", incomplete={"full-review 1.0": checks}))
    assert [(line.what, line.waits_for) for line in told] == [
        ("have it written; 4 checks open: sections, timeline, lessons, …", "nobody (team.people.scribe)"),
        ("have it approved, once it is complete", "boss"),
    ]


def test_the_worst_comes_first() -> None:
    old, older = (MONDAY - timedelta(days=days) for days in (1, 3))
    found = lines(
        review(9, owed=(owed(Milestone.SCHEDULED, MONDAY + timedelta(hours=1)),)),
        review(10, owed=(owed(Milestone.SCHEDULED, old),)),
        review(2, owed=(owed(Milestone.SCHEDULED, old),)),
        review(3, severity="P1", owed=(owed(Milestone.SCHEDULED, old),)),
        review(4, severity="", owed=(owed(Milestone.SCHEDULED, older),)),
    )
    assert [(line.review, line.topic.value, line.days) for line in found] == [
        ("OPS-4", "overdue", -3),
        ("OPS-3", "overdue", -1),
        ("OPS-2", "overdue", -1),
        ("OPS-10", "overdue", -1),
        ("OPS-9", "due", 0),
    ]


def test_exempt_incidents_are_counted_and_not_shown_and_other_teams_are_neither() -> None:
    late = {"owed": (owed(Milestone.SCHEDULED, MONDAY - timedelta(days=1)),)}
    found = monday(
        [review(1, exempt="a drill", **late), review(2, team="gone", **late), review(3, unsure=("x",))], VIEWS, MONDAY
    )
    assert (found.reviews, found.exempt, found.unsure, found.lines) == (1, 1, 1, ())
    assert set(found.counts.values()) == {0}


def test_each_team_has_its_own_week() -> None:
    views = {"ops": View(calendar=CALENDAR), "cairo": View(calendar=Calendar(zone="Africa/Cairo", weekend=("Friday",)))}
    due = {"actions": (action(due="2026-03-07"),)}
    found = monday([review(1, **due), review(2, team="cairo", **due)], views, MONDAY)
    assert [line.review for line in found.of(Topic.DUE)] == ["OPS-1"]
    assert found.until == {"ops": date(2026, 3, 8), "cairo": date(2026, 3, 6)}
    wide = {team: view.model_copy(update={"days": 5}) for team, view in views.items()}
    assert monday([review(1, **due), review(2, team="cairo", **due)], wide, MONDAY).counts[Topic.DUE] == 2


@pytest.mark.parametrize(
    "weekend", [("Saturday", "Sunday"), ("Friday", "Saturday"), ("Friday",), ("Wednesday", "Sunday")]
)
def test_a_week_ends_with_its_weekend_and_always_holds_a_day_of_work(weekend: tuple[Any, ...]) -> None:
    calendar = Calendar(weekend=weekend)
    for number in range(14):
        day = date(2026, 3, 2) + timedelta(days=number)
        end = week_end(day, calendar)
        days = [day + timedelta(days=n) for n in range((end - day).days + 1)]
        off = [WEEKDAYS[each.weekday()] in weekend for each in days]
        assert off[-1]
        assert WEEKDAYS[(end + timedelta(days=1)).weekday()] not in weekend
        assert not all(off)
        assert len(days) <= 9


def test_a_team_without_a_weekend_has_weeks_that_end_on_sunday() -> None:
    assert week_end(date(2026, 3, 4), Calendar(weekend=())) == date(2026, 3, 8)


def test_an_action_with_more_time_stays_overdue_and_says_until_when() -> None:
    late = review(actions=(action(due="2026-03-01", extended=date(2026, 3, 10)),))
    assert [(line.topic, line.what) for line in lines(late)] == [
        (Topic.OVERDUE, "Act 1; has more time until Tue 10 March 2026")
    ]
    assert [line.what for line in lines(late, now=at("2026-03-11 00:00", VIENNA))] == ["Act 1"]
