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


def test_an_entry_names_who_did_it_and_where_jira_shows_it() -> None:
    events = (event(2, "status", "", "Open"), event(4, "priority", "1", "2"))
    subject = incident(
        started=at(0), created=at(1), resolved=at(5), closed=at(6), events=events, notes=(note(3, "<p>n</p>"),)
    )
    entries = timeline(subject, "UTC", SITE)
    assert [(entry.kind, entry.who, entry.source) for entry in entries] == [
        ("milestone", "", URL),
        ("milestone", "Rosa", URL),
        ("status", "Ana Ruiz", f"{URL}?h"),
        ("note", "Bo", f"{URL}?c"),
        ("change", "Ana Ruiz", f"{URL}?h"),
        ("milestone", "", URL),
        ("milestone", "", URL),
    ]
    sources = [line.split("|")[-2].strip() for line in to_markdown(render(entries), {}).splitlines()[2:]]
    assert sources == [
        *[f"[Incident]({URL})"] * 2,
        *[f"[History]({URL}?h)", f"[Comment]({URL}?c)", f"[History]({URL}?h)"],
        *[f"[Incident]({URL})"] * 2,
    ]
    unnamed = timeline(incident(created=at(1), reporter=None), "UTC", SITE)
    assert [entry.who for entry in unnamed] == [""]


def test_data_centers_names_of_fields_are_known_too() -> None:
    events = (event(1, "Resolution", "", "Done"), event(2, "Description", "a", "b"), event(3, "Fix Version", "1", ""))
    subject = incident(events=events, resolved=at(1))
    assert [words for _, words in told(subject)] == [
        "Resolution: none → Done",
        "Description edited",
        "Fix versions: 1 → none",
    ]


def test_a_resolution_that_was_taken_away_hides_no_instant() -> None:
    subject = incident(events=(event(1, "resolution", "Done", ""),), resolved=at(1), closed=at(1))
    assert [words for _, words in told(subject)] == [
        "Resolution: Done → none",
        "Incident resolved",
        "Incident closed",
    ]


def test_a_resolution_in_the_history_hides_no_closure() -> None:
    subject = incident(events=(event(1, "resolution", "", "Done"),), resolved=at(1), closed=at(1))
    assert [words for _, words in told(subject)] == ["Resolution: none → Done", "Incident closed"]


def test_addresses_in_a_comment_are_of_jiras_site() -> None:
    (entry,) = timeline(incident(notes=(note(1, '<a href="/x">x</a>'),)), ZONE, SITE)
    assert f'href="{SITE}/x"' in entry.text


def test_as_many_entries_as_fit_leave_nothing_out() -> None:
    many = tuple(event(number, "labels", "", str(number)) for number in range(MOST + 1))
    assert len(timeline(incident(events=many[:MOST]), ZONE, SITE)) == MOST
    one_out = timeline(incident(events=many), ZONE, SITE)
    assert one_out[-1].text == f'<p>1 more entry left out. All of it: <a href="{URL}">INC-1</a></p>'
    assert [entry.text for entry in one_out[:2]] == ["<p>Labels: none → 0</p>", "<p>Labels: none → 1</p>"]
    assert (one_out[-1].at, one_out[-1].who, one_out[-1].source) == (at(MOST - 1), "", URL)


def test_comments_give_way_before_changes_and_changes_before_instants() -> None:
    events = [event(number, "labels", "", "x") for number in range(MOST)]
    entries = timeline(incident(events=tuple(events), notes=(note(-1, "<p>n</p>"),), closed=at(MOST)), ZONE, SITE)
    assert [entry.kind for entry in entries].count("note") == 0
    assert entries[-2].kind == "milestone"
    assert entries[-1].text.startswith("<p>2 more entries left out.")


def test_what_is_missing_is_said_in_one_line_without_an_address_that_is_not_safe() -> None:
    many = tuple(event(number, "labels") for number in range(MOST + 2))
    entries = timeline(incident(events=many, events_complete=False, url="javascript:x", key="<K>"), ZONE, SITE)
    assert entries[-1].text == (
        "<p>2 more entries left out. Jira gave only a part of the history. All of it: &lt;K&gt;</p>"
    )
    assert timeline(incident(events_complete=False), ZONE, SITE) == ()


def test_a_comment_of_the_greatest_length_is_whole() -> None:
    (whole,) = timeline(incident(notes=(note(1, "x" * (LONGEST_NOTE - 2) + "<3"),)), ZONE, SITE)
    assert whole.text == f"<p>{'x' * (LONGEST_NOTE - 2)}&lt;3</p>"
    (cut,) = timeline(incident(notes=(note(1, "x" * LONGEST_NOTE + "y"),)), ZONE, SITE)
    assert cut.text == f"<p>{'x' * LONGEST_NOTE}</p><p>… (the rest is in Jira)</p>"


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
