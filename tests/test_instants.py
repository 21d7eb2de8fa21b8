"""When things happened follows from history alone: whoever replays it finds what one found who watched."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pirsync.page.review import read_review
from pirsync.page.sections import read_sections
from pirsync.page_model import PageHead
from pirsync.policy.calendar import Calendar
from pirsync.policy.clocks import Rules, binding_run, runs
from pirsync.policy.instants import Followed, Terms, Version, follow, followed, held, met, version_of, within
from pirsync.policy.packs import Milestone
from pirsync.policy.review import Review

from .policy_cases import VIENNA, at, event, incident, reopened
from .samples import HEADERS, body_of, page, row

CALENDAR = Calendar(zone=VIENNA)
TERMS = Terms(approvers=("boss",), calendar=CALENDAR, rules=Rules())
MEETING = date(2026, 3, 5)


def version(number: int, when: str, author: str = "ana", **changes: Any) -> Version:
    """One version of a page; people's unless "pirsync" wrote it."""
    told = Version(
        number=number,
        at=at(when),
        author=author,
        is_ours=author == "pirsync",
        meeting=None,
        meeting_time=None,
        attendance=(),
        decision="",
        passed=(),
        substance="born",
    )
    return told.model_copy(update=changes)


BIRTH = version(1, "2026-03-02 12:10", "pirsync")


def known(*versions: Version, terms: Terms = TERMS) -> Followed:
    return followed(incident(), (BIRTH, *versions), terms)


# ---------------------------------------------------------------- scheduled and held


def test_a_meeting_is_scheduled_when_its_date_was_first_set_also_if_it_moves() -> None:
    moved = known(
        version(2, "2026-03-02 15:00", meeting=MEETING),
        version(3, "2026-03-04 09:00", meeting=date(2026, 3, 9)),
    )
    assert met(Milestone.SCHEDULED, "any", moved, TERMS) == at("2026-03-02 15:00")


def test_a_meeting_that_was_called_off_is_not_scheduled() -> None:
    set_once = version(2, "2026-03-02 15:00", meeting=MEETING)
    off = version(3, "2026-03-03 09:00")
    assert met(Milestone.SCHEDULED, "any", known(set_once, off), TERMS) is None
    again = version(4, "2026-03-04 09:00", meeting=MEETING)
    assert met(Milestone.SCHEDULED, "any", known(set_once, off, again), TERMS) == at("2026-03-04 09:00")


def test_the_field_in_jira_counts_where_it_was_set_first() -> None:
    found = incident(
        event("2026-03-02 13:00", "meeting", "", "2026-03-05"),
        event("2026-03-03 13:00", "meeting", "2026-03-05", "2026-03-06"),
    )
    both = followed(found, (BIRTH, version(2, "2026-03-02 15:00", meeting=MEETING)), TERMS)
    assert met(Milestone.SCHEDULED, "any", both, TERMS) == at("2026-03-02 13:00")
    gone = found.model_copy(update={"events": (*found.events, event("2026-03-04 08:00", "meeting", "2026-03-06", ""))})
    assert met(Milestone.SCHEDULED, "any", followed(gone, (BIRTH,), TERMS), TERMS) is None


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        # Nobody is recorded as present.
        ([version(2, "2026-03-06 09:00", meeting=MEETING)], None),
        # Recorded the same afternoon; the next morning; in advance, and confirmed by any later version.
        ([version(2, "2026-03-05 15:00", meeting=MEETING, attendance=("ana",))], at("2026-03-05 15:00")),
        ([version(2, "2026-03-06 09:00", meeting=MEETING, attendance=("ana",))], CALENDAR.day_end(MEETING)),
        ([version(2, "2026-03-04 09:00", meeting=MEETING, attendance=("ana",))], None),
        (
            [
                version(2, "2026-03-04 09:00", meeting=MEETING, attendance=("ana",)),
                version(3, "2026-03-05 16:00", meeting=MEETING, attendance=("ana",)),
            ],
            at("2026-03-05 16:00"),
        ),
        # The time was typed.
        (
            [version(2, "2026-03-06 09:00", meeting=MEETING, meeting_time=time(14, 30), attendance=("ana",))],
            at("2026-03-05 14:30", VIENNA),
        ),
        (
            [version(2, "2026-03-05 10:00", meeting=MEETING, meeting_time=time(14, 30), attendance=("ana",))],
            None,
        ),
    ],
)
def test_a_meeting_was_held_when_that_can_first_be_shown(versions: list[Version], expected: datetime | None) -> None:
    assert held(known(*versions), CALENDAR) == expected


def test_a_team_may_want_the_meeting_held_not_only_scheduled() -> None:
    strict = TERMS.model_copy(update={"rules": Rules(scheduled="held")})
    planned = known(version(2, "2026-03-02 15:00", meeting=MEETING))
    was = known(version(2, "2026-03-05 15:00", meeting=MEETING, attendance=("ana",)))
    assert met(Milestone.SCHEDULED, "any", planned, strict) is None
    assert met(Milestone.SCHEDULED, "any", was, strict) == at("2026-03-05 15:00")


# ---------------------------------------------------------------- written and approved


def test_a_review_was_written_by_its_first_version_that_passed_for_each_pack_on_its_own() -> None:
    found = known(
        version(2, "2026-03-03 09:00", passed=("soc2-cc7",), substance="a"),
        version(3, "2026-03-04 09:00", passed=("full-review", "soc2-cc7"), substance="b"),
        version(4, "2026-03-05 09:00", passed=(), substance="c"),
    )
    written = {pack: met(Milestone.WRITTEN, pack, found, TERMS) for pack in ("soc2-cc7", "full-review", "major-review")}
    assert written == {
        "soc2-cc7": at("2026-03-03 09:00"),
        "full-review": at("2026-03-04 09:00"),
        "major-review": None,
    }


WROTE = version(2, "2026-03-03 09:00", substance="a")


def test_an_approval_is_the_version_in_which_an_approver_made_the_decision() -> None:
    found = known(
        WROTE,
        version(3, "2026-03-04 09:00", "boss", decision="APPROVED", substance="a"),
        version(4, "2026-03-05 09:00", "pirsync", decision="APPROVED", substance="a"),
    )
    assert found.approval is not None
    assert (found.approval.version, found.approval.at, found.approval.by) == (3, at("2026-03-04 09:00"), "boss")
    assert (found.refused, found.changed) == ("", 0)
    assert met(Milestone.APPROVED, "any", found, TERMS) == at("2026-03-04 09:00")


@pytest.mark.parametrize(
    ("author", "before", "approvers", "why"),
    [
        ("ana", "ana", ("boss",), "version 3 says APPROVED, but ana is not among those who may approve"),
        ("boss", "boss", ("boss",), "version 3 says APPROVED, but boss wrote on the review: somebody else must"),
        ("pirsync", "ana", ("pirsync",), "version 3 says APPROVED, but pirsync is not among those who may approve"),
        ("boss", "ana", (), "nobody is named who may approve (team.people.approver)"),
    ],
)
def test_an_approval_that_does_not_count_says_why(
    author: str, before: str, approvers: tuple[str, ...], why: str
) -> None:
    found = known(
        version(2, "2026-03-03 09:00", before, substance="a"),
        version(3, "2026-03-04 09:00", author, decision="APPROVED", substance="a"),
        terms=TERMS.model_copy(update={"approvers": approvers}),
    )
    assert (found.approval, found.refused) == (None, why)


def test_who_approves_and_rewrites_in_one_edit_has_written_on_the_review() -> None:
    found = known(WROTE, version(3, "2026-03-04 09:00", "boss", decision="APPROVED", substance="b"))
    assert found.approval is None


def test_an_approval_ends_with_the_decision_and_what_changed_after_it_is_told() -> None:
    approved = version(3, "2026-03-04 09:00", "boss", decision="APPROVED", substance="a")
    edited = version(4, "2026-03-05 09:00", decision="APPROVED", substance="b")
    later = version(5, "2026-03-06 09:00", decision="APPROVED", substance="c")
    assert known(WROTE, approved, edited, later).changed == 4
    withdrawn = version(6, "2026-03-06 10:00", decision="CHANGES NEEDED", substance="c")
    assert known(WROTE, approved, edited, withdrawn).approval is None
    again = version(7, "2026-03-07 10:00", "boss", decision="APPROVED", substance="c")
    found = known(WROTE, approved, edited, withdrawn, again)
    assert (found.approval and found.approval.version, found.changed) == (7, 0)


# ---------------------------------------------------------------- re-opened


def test_after_a_re_opening_only_what_was_done_since_counts() -> None:
    """Closed on 2 March, reviewed at once; re-opened on the 3rd, closed again on the 10th."""
    early = (
        BIRTH,
        version(2, "2026-03-02 14:00", meeting=date(2026, 3, 2), passed=("soc2-cc7",), substance="a"),
        version(3, "2026-03-02 15:00", "boss", meeting=date(2026, 3, 2), decision="APPROVED", substance="a"),
    )
    first, second = runs(reopened(), Rules())
    before = followed(reopened(), within(early, first), TERMS)
    now = TERMS.model_copy(update={"since": second.begun})
    after = followed(reopened(), early, now)
    wanted = (Milestone.SCHEDULED, Milestone.WRITTEN, Milestone.APPROVED)
    assert [met(must, "soc2-cc7", before, TERMS) for must in wanted] == [
        at("2026-03-02 14:00"),
        at("2026-03-02 14:00"),
        at("2026-03-02 15:00"),
    ]
    assert [met(must, "soc2-cc7", after, now) for must in wanted] == [None, None, None]
    late = (
        *early,
        version(4, "2026-03-10 17:00", meeting=date(2026, 3, 12), substance="b", passed=("soc2-cc7",)),
        version(5, "2026-03-12 17:00", "boss", meeting=date(2026, 3, 12), substance="b", decision="APPROVED"),
    )
    again = followed(reopened(), late, now)
    assert [met(must, "soc2-cc7", again, now) for must in wanted] == [
        at("2026-03-10 17:00"),
        at("2026-03-10 17:00"),
        at("2026-03-12 17:00"),
    ]
    assert within(late, first) == list(early)
    assert binding_run((first, second), Rules()) == second


# ---------------------------------------------------------------- replayed


@st.composite
def histories(draw: st.DrawFn) -> list[Version]:
    found, when = [BIRTH], BIRTH.at
    for number in range(2, draw(st.integers(2, 12))):
        when += timedelta(minutes=draw(st.integers(1, 3000)))
        author = draw(st.sampled_from(["ana", "boss", "pirsync"]))
        changes = {
            "at": when,
            "meeting": draw(st.sampled_from([None, MEETING, date(2026, 3, 3), date(2026, 3, 20)])),
            "meeting_time": draw(st.sampled_from([None, time(9, 0)])),
            "attendance": draw(st.sampled_from([(), ("ana",)])),
            "decision": draw(st.sampled_from(["", "APPROVED", "CHANGES NEEDED"])),
            "passed": draw(st.sampled_from([(), ("soc2-cc7",)])),
            "substance": found[-1].substance if author == "pirsync" else draw(st.sampled_from("abc")),
        }
        found.append(version(number, "2026-03-02 12:00", author, **changes))
    return found


@settings(max_examples=50, deadline=None)
@given(histories(), st.lists(st.integers(0, 12), max_size=4), st.sampled_from([None, at("2026-03-03 09:00")]))
def test_who_replays_a_history_finds_what_one_found_who_watched(
    history: list[Version], looks: list[int], since: datetime | None
) -> None:
    terms = TERMS.model_copy(update={"since": since})
    watched, seen = followed(incident(), (), terms), 0
    for look in sorted({*looks, len(history)}):
        watched = reduce(lambda so_far, one: follow(so_far, one, terms), history[seen:look], watched)
        seen = max(seen, min(look, len(history)))
    assert watched == followed(incident(), history, terms)


@settings(max_examples=50, deadline=None)
@given(histories())
def test_nothing_happened_before_the_review_was_born_or_after_its_last_version(history: list[Version]) -> None:
    found = followed(incident(), history, TERMS)
    wanted = [
        met(must, "soc2-cc7", found, TERMS) for must in (Milestone.SCHEDULED, Milestone.WRITTEN, Milestone.APPROVED)
    ]
    assert all(BIRTH.at <= instant <= history[-1].at for instant in wanted if instant is not None)
    was = held(found, CALENDAR)
    assert was is None or was <= history[-1].at


# ---------------------------------------------------------------- read from a page


def review(text: str, **record: str) -> Review:
    rows = "".join(f"<tr><th>{label}</th><td>{cell}</td></tr>" for label, cell in record.items())
    region = (
        '<ac:structured-macro ac:name="details"><ac:parameter ac:name="id">pirsync-record</ac:parameter>'
        f"<ac:rich-text-body><table><tbody>{rows}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )
    body = f"<h2>Lessons</h2><p>{text}</p>" + body_of([row()], ("Severity", "P1")) + region
    return Review(incident=incident(), page=read_review(body, HEADERS), sections=read_sections(body))


def read(text: str, author: str = "ana", **record: str) -> Version:
    head = PageHead.model_validate(page("", author=author).model_dump(exclude={"body"}))
    return version_of(head, review(text, **record), lambda head: head.author == "pirsync", ("b", "a"))


def test_a_version_holds_what_its_record_says() -> None:
    ana = '<ac:link><ri:user ri:account-id="acc-ana" /></ac:link>'
    found = read(
        "x",
        **{
            "Meeting date": '<p><time datetime="2026-03-05" /> 14:30</p>',
            "Attendance": f"<p>{ana}{ana}</p>",
            "Decision": "<p>approved, 2026-03-06</p>",
        },
    )
    assert (found.meeting, found.meeting_time) == (MEETING, time(14, 30))
    assert (found.attendance, found.decision, found.passed) == (("acc-ana",), "APPROVED", ("a", "b"))
    assert (found.number, found.author, found.is_ours) == (3, "ana", False)
    unsaid = read("x", Decision="<p>Changes needed</p>")
    assert (unsaid.meeting, unsaid.meeting_time, unsaid.decision) == (None, None, "CHANGES NEEDED")


def test_what_people_wrote_is_the_substance_and_the_record_is_not() -> None:
    one = read("x")
    assert read("x", Decision="<p>APPROVED</p>").substance == one.substance
    assert read("y").substance != one.substance
