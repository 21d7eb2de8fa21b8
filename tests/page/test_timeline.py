"""The timeline tells what happened, in order, once, and nothing internal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pirsync.model import Event, Incident, Note, Person, StatusCategory
from pirsync.page.lint import lint
from pirsync.page.markdown import to_markdown
from pirsync.page.timeline import LONGEST_NOTE, MOST, render, timeline

SITE = "https://jira.example.com"
URL = f"{SITE}/browse/INC-1"
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ZONE = "Europe/Madrid"


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def event(minutes: float, field: str, before: str = "", after: str = "") -> Event:
    return Event(at=at(minutes), author="Ana Ruiz", field=field, before=before, after=after, url=f"{URL}?h")


def note(minutes: float, html: str, internal: bool = False) -> Note:
    return Note(id="1", at=at(minutes), author="Bo", html=html, internal=internal, url=f"{URL}?c")


def incident(**changes: Any) -> Incident:
    told: dict[str, Any] = {
        "id": "1", "key": "INC-1", "url": URL, "project": "INC", "type": "Incident", "summary": "S", "status": "Closed",
        "category": StatusCategory.DONE, "is_closed": True, "is_restricted": False, "severity": "P1",
        "priority": "High", "resolution": "Done", "created": None, "started": None, "detected": None, "resolved": None,
        "closed": None, "updated": None, "reporter": Person(account="r", name="Rosa"), "assignee": None,
        "commander": None, "services": (), "labels": (), "description_html": "", "events": (), "events_complete": True,
        "notes": (),
        "links": (), "closed_statuses": ("Closed",),
    }  # fmt: skip
    return Incident(**(told | changes))


def told(subject: Incident) -> list[tuple[str, str]]:
    """Minutes since the start, and what is said."""
    entries = timeline(subject, ZONE, SITE)
    return [(f"{(entry.at - START).total_seconds() / 60:g}", to_markdown(entry.text, {})) for entry in entries]


def test_all_kinds_stand_in_the_order_of_time() -> None:
    subject = incident(
        started=at(0), detected=at(5), created=at(7), resolved=at(50), closed=at(60.5),
        events=(event(60, "resolution", "", "Done"), event(10, "status", "Open", "Investigating")),
        notes=(note(30, "<p>Found <b>it</b></p>"), note(20, '<a class="user-hover">Cy</a>')),
    )  # fmt: skip
    assert told(subject) == [
        ("0", "Incident started"),
        ("5", "Incident detected"),
        ("7", "INC-1 created"),
        ("10", "Status: Open → Investigating"),
        ("20", "@Cy"),
        ("30", "Found **it**"),
        ("50", "Incident resolved"),
        ("60", "Resolution: none → Done"),
        ("60.5", "Incident closed"),
    ]


def test_an_instant_that_the_history_tells_is_not_told_twice() -> None:
    events = (event(50, "resolution", "", "Done"), event(60, "status", "Open", "Closed"))
    subject = incident(events=events, resolved=at(50) + timedelta(milliseconds=300), closed=at(60))
    assert told(subject) == [("50", "Resolution: none → Done"), ("60", "Status: Open → Closed")]


def test_a_change_of_another_meaning_hides_no_instant() -> None:
    subject = incident(events=(event(60, "status", "Closed", "Open"), event(60, "priority", "1", "2")), closed=at(60))
    assert told(subject)[-1] == ("60", "Incident closed")


def test_changes_are_sentences_and_noise_is_left_out() -> None:
    events = (
        event(1, "assignee", "", "Ana"), event(2, "severity", "P2", "P1"), event(3, "description", "secret", "x"),
        event(4, "Comment", "an internal one", ""), event(5, "Rank", "", "higher"),
        event(6, "customfield_10010", "", "3"), event(7, "Fix Version", "", "<1.2>"),
        event(8, "issuelinks", "", "This issue blocks A-1"),
    )  # fmt: skip
    assert [words for _, words in told(incident(events=events))] == [
        "Assignee: none → Ana",
        "Severity: P2 → P1",
        "Description edited",
        "Fix versions: none → \\<1.2>",
        "Link: none → This issue blocks A-1",
    ]


def test_internal_comments_are_never_told() -> None:
    page = render(timeline(incident(notes=(note(1, "<p>open</p>"), note(2, "<p>hidden</p>", True))), ZONE, SITE))
    assert ("open" in page, "hidden" in page) == (True, False)


def test_what_happens_at_one_instant_keeps_its_order() -> None:
    events = tuple(event(5, "labels", "", str(number)) for number in range(20))
    subject = incident(events=events, created=at(5), closed=at(5))
    words = [words for _, words in told(subject)]
    assert words == ["INC-1 created", *(f"Labels: none → {number}" for number in range(20)), "Incident closed"]


def test_the_page_shows_time_with_zone_who_and_source() -> None:
    page = render(timeline(incident(events=(event(0, "status", "Open", "Closed"),)), ZONE, SITE))
    assert lint(page) == ()
    assert to_markdown(page, {}).splitlines() == [
        "| Time | What happened | Who | Source |",
        "| --- | --- | --- | --- |",
        f"| 2026-03-01T10:00:00+01:00 | Status: Open → Closed | Ana Ruiz | [History]({URL}?h) |",
    ]


def test_no_history_is_said() -> None:
    assert render(timeline(incident(), ZONE, SITE)) == "<p>Jira holds no history.</p>"


def test_a_long_history_keeps_status_changes_and_says_what_is_missing() -> None:
    changes = [event(number, "status", "A", "B") for number in range(MOST - 1)]
    notes = [note(number + 0.5, f"<p>n{number};</p>") for number in range(3)]
    entries = timeline(incident(events=tuple(changes), notes=tuple(notes)), ZONE, SITE)
    assert [entry.kind for entry in entries].count("status") == MOST - 1
    assert [entry.text for entry in entries if entry.kind == "note"] == ["<p>n0;</p>"]
    assert entries[-1].text == f'<p>2 more entries left out. All of it: <a href="{URL}">INC-1</a></p>'
    assert render(entries).endswith("</table>" + entries[-1].text)


def test_a_partial_history_is_said() -> None:
    entries = timeline(incident(events=(event(0, "status", "A", "B"),), events_complete=False), ZONE, SITE)
    assert "Jira gave only a part of the history." in entries[-1].text


def test_a_long_comment_is_cut_between_tags() -> None:
    html = "<p>" + "word " * (LONGEST_NOTE // 5 - 2) + '<a href="https://e.com/long">link</a></p>'
    (entry,) = timeline(incident(notes=(note(1, html),)), ZONE, SITE)
    assert entry.text.endswith("word</p><p>… (the rest is in Jira)</p>")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["status", "Rank", "summary"]), st.text(max_size=8))),
    st.lists(st.tuples(st.integers(0, 30), st.text(max_size=20), st.booleans())),
)
def test_every_timeline_is_clean_and_chronological(
    changes: list[tuple[int, str, str]], notes: list[tuple[int, str, bool]]
) -> None:
    subject = incident(
        events=tuple(event(minutes, field, "a", after) for minutes, field, after in changes),
        notes=tuple(note(minutes, html, internal) for minutes, html, internal in notes),
        closed=at(10),
    )
    entries = timeline(subject, ZONE, SITE)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert sum(1 for entry in entries if entry.kind == "note") == sum(1 for *_, internal in notes if not internal)
    assert lint(render(entries)) == ()
