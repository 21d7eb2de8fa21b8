"""The invitation: attached when the record has a date, refreshed when what it says changes, and never else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.changes import AttachInvitation, describe
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, Rejected
from pirsync.model import Deployment
from pirsync.page_model import Attached
from pirsync.ports import Upload
from pirsync.report import Report

from .stage import Stage, parse_once, raw_incident, stage, with_one_ticket, without_state
from .test_meeting import mentioned, written

NAME = "OPS-1-review.ics"
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


def play_of(deployment: Deployment = "cloud", told: dict[str, Any] | None = None, **team: Any) -> Stage:
    fields = {"priority": {"name": "Highest"}} | (told or {})
    usual: dict[str, Any] = {"packs": ("full-review",), "time_zone": "Europe/Vienna", "people": {"chair": "ana"}}
    return stage(deployment, [raw_incident(1, **fields)], **(usual | team))


def dated(play: Stage, storage: str = "<p><time datetime='2026-03-30' /> 14:00</p>") -> Report:
    """The review is born, a person gives it a date, and a pass follows when it is quiet."""
    if not play.world.wiki.find("OPS", "OPS-1 Post-incident review"):
        play.run_pass()
    written(play, "meeting date", storage)
    play.quiet()
    return play.run_pass()


def file(play: Stage) -> str:
    assert isinstance(play.world.wiki, OverlayWiki)
    return play.world.wiki.content(play.page().id, NAME)


def event(play: Stage) -> Any:
    """The one event of the file, as a calendar reads it."""
    calendar = Calendar.from_ical(file(play))
    assert str(calendar["METHOD"]) == "PUBLISH"
    (found,) = calendar.walk("VEVENT")
    return found


def uploads(report: Report) -> list[int]:
    return [change.invited.sequence for change in report.changes if isinstance(change, AttachInvitation)]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_date_in_the_record_becomes_a_file_that_calendars_read(deployment: Deployment) -> None:
    play = play_of(deployment)
    play.run_pass()
    assert play.world.wiki.attachment(play.page().id, NAME) is None
    assert uploads(dated(play)) == [0]
    found = event(play)
    assert (found.start, found.end) == (
        datetime(2026, 3, 30, 12, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 13, 0, tzinfo=UTC),
    )
    assert str(found["SUMMARY"]) == "OPS-1 post-incident review: Outage 1"
    assert (str(found["URL"]), int(found["SEQUENCE"])) == (play.page().url, 0)
    lines = str(found["DESCRIPTION"]).split("\n")
    assert lines[:5] == [
        "Review of incident OPS-1: Outage 1",
        "Mon 30 March 2026 14:00 (Europe/Vienna)",
        "",
        f"Page: {play.page().url}",
        f"Incident: {play.practice(play.world).context.browse('OPS-1')}",
    ]
    who = lines.index("Who is to be there:")
    assert lines[who + 1 : who + 3] == ["- Incident Response Manager (chair)", "- Documentation Lead (scribe)"]
    agenda = lines.index("Agenda:")
    assert lines[agenda + 1 : agenda + 4] == ["1. Summary", "2. Impact", "3. Timeline"]
    assert "9. Decide whether an emergency change is needed" in lines
    assert lines[lines.index("Timeline (Europe/Vienna):") + 1 :] == [
        "2026-03-01T09:00+01:00 OPS-1 created",
        "2026-03-02T09:00+01:00 Status: Open → Closed",
    ]
    assert "ATTENDEE" not in found
    assert play.run_pass().changes == ()
    lost = without_state(play)
    lost.clock.forward(61)
    assert lost.run_pass().changes == ()


def test_names_stand_beside_the_duties_of_those_whom_jira_tells() -> None:
    ana = {"accountId": "ana", "displayName": "Ana Ruiz", "active": True}
    play = play_of(told={"assignee": ana}, people={})
    dated(play)
    assert "- Incident Response Manager (chair): Ana Ruiz" in str(event(play)["DESCRIPTION"]).split("\n")
    assert str(event(play)["CONTACT"]) == "Ana Ruiz"


def test_a_day_alone_is_a_whole_day_and_another_length_another_end() -> None:
    play = play_of(meeting={"minutes": 90})
    dated(play, "<p><time datetime='2026-03-30' /></p>")
    assert (event(play).start, event(play).end) == (date(2026, 3, 30), date(2026, 3, 31))
    dated(play)
    assert event(play).end - event(play).start == timedelta(minutes=90)


def test_a_meeting_that_moves_is_the_same_event_one_change_later_in_the_same_file() -> None:
    play = play_of()
    dated(play)
    first, born = event(play), play.world.wiki.attachment(play.page().id, NAME)
    assert uploads(dated(play, "<p><time datetime='2026-04-01' /> 9:30</p>")) == [1]
    second, now = event(play), play.world.wiki.attachment(play.page().id, NAME)
    assert born is not None
    assert now is not None
    assert (now.id, now.version) == (born.id, 2)
    assert (second["UID"], int(second["SEQUENCE"])) == (first["UID"], 1)
    assert second["DTSTAMP"].dt > first["DTSTAMP"].dt
    assert second.start == datetime(2026, 4, 1, 7, 30, tzinfo=UTC)


def test_what_the_invitation_does_not_say_changes_nothing() -> None:
    play = play_of()
    key = with_one_ticket(play)
    dated(play)
    before = file(play)
    play.move(key, "In Progress", "indeterminate")
    written(play, "attendance", mentioned(play, "ana", "bob"))
    play.quiet()
    report = play.run_pass()
    assert (uploads(report), file(play)) == ([], before)
    assert any(change.change == "update-page" for change in report.changes)


def test_a_date_that_is_taken_out_cancels_the_event_once_and_one_that_returns_confirms_it() -> None:
    play = play_of()
    dated(play)
    assert uploads(dated(play, "<p><br /></p>")) == [1]
    assert (str(event(play)["STATUS"]), event(play).start) == ("CANCELLED", datetime(2026, 3, 30, 12, 0, tzinfo=UTC))
    assert play.run_pass().changes == ()
    assert uploads(dated(play)) == [2]
    assert str(event(play)["STATUS"]) == "CONFIRMED"


def test_after_the_meeting_the_file_stays_as_it_was_sent() -> None:
    play = play_of()
    dated(play)
    before = file(play)
    play.clock.instant = datetime(2026, 3, 30, 13, 0, 1, tzinfo=UTC)
    play.run_pass()
    assert uploads(dated(play, "<p><time datetime='2026-03-27' /></p>")) == []
    assert uploads(dated(play, "<p><br /></p>")) == []
    assert before == file(play)
    late = play_of()
    assert uploads(dated(late, "<p><time datetime='2026-03-01' /></p>")) == []


@pytest.mark.parametrize(
    "team", [{"meeting": {"invitation": False}}, {"packs": ()}, {"packs": ("major-review",)}], ids=str
)
def test_where_it_is_not_wanted_there_is_none(team: dict[str, Any]) -> None:
    play = play_of(**team)
    dated(play)
    assert play.world.wiki.attachment(play.page().id, NAME) is None


def test_a_restricted_incident_invites_nobody() -> None:
    play = play_of()
    play.run_pass()
    written(play, "meeting date", "<p><time datetime='2026-03-30' /></p>")
    play.quiet()
    restricted = play_of(told={"security": {"name": "Secret"}})
    play.world.tracker._base._facts = restricted.world.tracker._base._facts  # type: ignore[attr-defined]  # Jira's side alone
    report = play.run_pass()
    assert [finding.kind for finding in report.results[0].findings] == [FindingKind.RESTRICTED]
    assert play.world.wiki.attachment(play.page().id, NAME) is None


def test_words_of_jira_add_no_line_to_the_file() -> None:
    evil = "Down\r\nATTENDEE:mailto:a@example.com\r\nEND:VEVENT\nX-EVIL;A=b:c\\n, “quoted”; \u2028 \x0b"
    play = play_of(told={"summary": evil, "status": {"name": evil, "statusCategory": {"key": "done"}}})
    dated(play)
    told = event(play)
    assert {name for name, _ in told.property_items()} - {"BEGIN", "END"} == {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "STATUS"),
    }
    raw = file(play).split("\r\n")
    assert [line for line in raw if line.startswith(("ATTENDEE", "X-", "END:VEVENT"))] == ["END:VEVENT"]
    assert all(len(line.encode()) <= 75 for line in raw)
    assert "ATTENDEE:mailto:a@example.com END:VEVENT X-EVIL;A=b:c\\n, “quoted”;" in str(told["SUMMARY"])


# ---------------------------------------------------------------- what goes wrong


class Refusing:
    """The wiki's writes, but for attaching."""

    def __init__(self, inner: Any, attach: Callable[[str, Upload, Attached | None], Attached]) -> None:
        self._inner = inner
        self.attach = attach

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def with_attach(play: Stage, attach: Callable[[str, Upload, Attached | None], Attached]) -> Stage:
    return replace(play, world=replace(play.world, wiki_writes=Refusing(play.world.wiki_writes, attach)))


def test_a_lost_reply_is_looked_up_and_nothing_is_sent_twice() -> None:
    play, sent = play_of(), list[str]()
    play.run_pass()

    def lose(page_id: str, upload: Upload, current: Attached | None) -> Attached:
        sent.append(upload.comment)
        play.world.wiki_writes.attach(page_id, upload, current)
        raise Ambiguous("no answer came")

    report = dated(with_attach(play, lose))
    assert (len(sent), report.failed) == (1, ())
    found = play.world.wiki.attachment(play.page().id, NAME)
    assert found is not None
    assert found.version == 1
    assert play.run_pass().changes == ()


def test_a_memory_that_is_lost_finds_the_file_by_its_name() -> None:
    play = play_of()
    dated(play)
    dated(play, "<p><time datetime='2026-04-01' /></p>")
    page, before = play.page(), file(play)
    held = play.world.wiki.property(page.id, "pirsync.review")
    assert held is not None
    forgotten = {name: value for name, value in held.value.items() if name != "invitation"}
    play.world.wiki_writes.set_property(page.id, "pirsync.review", forgotten, held)
    lost = without_state(play)
    lost.clock.forward(61)
    lost.run_pass()
    assert file(lost) == before
    assert lost.run_pass().changes == ()
    again = play.world.wiki.property(page.id, "pirsync.review")
    assert again is not None
    assert again.value["invitation"] == held.value["invitation"]
    play.world.wiki_writes.set_property(page.id, "pirsync.review", forgotten, again)
    lost = without_state(play)
    lost.clock.forward(61)
    written(lost, "meeting date", "<p><time datetime='2026-04-02' /></p>")
    lost.quiet()
    lost.run_pass()
    assert int(event(lost)["SEQUENCE"]) == 2


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_site_that_takes_no_files_is_told_and_everything_else_is_written(deployment: Deployment) -> None:
    play = play_of(deployment)
    play.run_pass()

    def refuse(*_: object) -> Attached:
        raise Rejected("attachments are off")

    closed = with_attach(play, refuse)
    report = dated(closed)
    told = [finding.message for result in report.results for finding in result.findings]
    assert f'attach {NAME} to page "OPS-1 Post-incident review": attachments are off' in told
    assert play.review().summary["meeting"].text.startswith("scheduled for Mon 30 March 2026 14:00")
    assert closed.run_pass().changes == ()


def test_a_file_of_that_name_that_somebody_else_attached_stays_theirs() -> None:
    play = play_of()
    play.run_pass()
    theirs = Upload(name=NAME, media_type="text/calendar", content="theirs", comment="")
    play.world.wiki_writes.attach(play.page().id, theirs, None)
    report = dated(play)
    findings = [finding for result in report.results for finding in result.findings]
    (told,) = [finding for finding in findings if finding.kind is not FindingKind.NEEDS_OWNER]
    assert (told.kind, "somebody else attached" in told.message, file(play)) == (FindingKind.REFUSED, True, "theirs")


def test_a_dry_run_tells_of_it_and_attaches_nothing() -> None:
    play = play_of()
    play.run_pass()
    written(play, "meeting date", "<p><time datetime='2026-03-30' /></p>")
    play.quiet()
    dry = play.dry_run()
    assert [describe(change) for change in dry.changes if isinstance(change, AttachInvitation)] == [
        f'attach {NAME} to page "OPS-1 Post-incident review"'
    ]
    assert play.world.wiki.attachment(play.page().id, NAME) is None
    assert [describe(change) for change in play.run_pass().changes] == [describe(change) for change in dry.changes]


@pytest.mark.parametrize("loses_state", [False, True], ids=["state kept", "state lost"])
@pytest.mark.parametrize("sent", [False, True], ids=["before it is sent", "after it is sent"])
def test_a_crash_around_the_upload_leaves_one_version_of_one_file(sent: bool, loses_state: bool) -> None:
    play = play_of()
    play.run_pass()

    def crash(page_id: str, upload: Upload, current: Attached | None) -> Attached:
        if sent:
            play.world.wiki_writes.attach(page_id, upload, current)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dated(with_attach(play, crash))
    after = without_state(play) if loses_state else play
    after.clock.forward(3600)
    after.run_pass()
    found = after.world.wiki.attachment(after.page().id, NAME)
    assert found is not None
    assert (found.version, int(event(after)["SEQUENCE"])) == (1, 0)
    assert after.run_pass().changes == ()
