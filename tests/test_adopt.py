"""Pages that people made become reviews, and not a word of them is written; what stands against it is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from pirsync.adapters.memory import page_becomes, person_edits
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.changes import is_local
from pirsync.decision import Exemption, FindingKind, Wishes
from pirsync.known import wish
from pirsync.names import LINK_PREFIX, PAGE_LABEL, PAGE_PROPERTY
from pirsync.page.index import read_index
from pirsync.page_model import IndexRow, Memory, Page, PageStatus
from pirsync.ports import Query, Want
from pirsync.report import Report
from pirsync.selection import Mode, Selection
from tests.planning import key_cell
from tests.samples import body_of, row
from tests.stage import NEWS, START, Stage, parse_once, raw_incident, stage, without_state
from tests.test_crashes import Crash, Fault, Faulty

OLD = "2025-06-02T08:00:00.000+0000"
"""When last year's incidents were closed: long before the team's `closed_since`."""
OPS_1 = Selection(Mode.NAMED, ("OPS-1",))
SITE = "https://site.example.com"
JIRA = {"cloud": SITE, "datacenter": f"{SITE}/jira"}
WORDS = (
    "<h2>Root cause</h2><p>The pool was too small, and nobody knew.</p><h2>Actions</h2><ul>"
    '<li><a href="{jira}/browse/ACT-1" data-card-appearance="inline">{jira}/browse/ACT-1</a></li>'
    '<li><ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">ACT-2</ac:parameter></ac:structured-macro>'
    "</li>"
    '<li>as in <a href="{jira}/browse/OPS-2">the last outage</a> and <a href="{jira}/browse/OPS-1">this one</a>, '
    "not ACT-3, which is merely typed, nor "
    '<a href="https://elsewhere.example.com/browse/ACT-3">another site’s</a></li></ul>'
)
WANT = Want(fields=("labels", "issuelinks"))


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


def old_incident(number: int, **fields: Any) -> dict[str, Any]:
    raw = raw_incident(number, resolutiondate=OLD, created=OLD, updated=OLD, **fields)
    raw["changelog"]["histories"][0]["created"] = OLD
    return raw


def raw_ticket(number: int, status: str = "Open", category: str = "new", due: str | None = None) -> dict[str, Any]:
    raw = raw_incident(100 + number, status={"name": status, "statusCategory": {"key": category}}, duedate=due)
    raw["fields"] |= {"project": {"key": "ACT"}, "issuetype": {"id": "2", "name": "Task"}, "summary": f"Act {number}"}
    raw["fields"] |= {"resolution": {"name": "Done"} if category == "done" else None}
    return {**raw, "key": f"ACT-{number}"}


def body(play: Stage) -> str:
    return WORDS.replace("{jira}", JIRA[play.world.tracker.deployment])


def address(play: Stage, key: str) -> str:
    return f'<a href="{JIRA[play.world.tracker.deployment]}/browse/{key}">one more</a>'


def by_hand(play: Stage, title: str = "Outage of June", number: str = "900") -> Page:
    """A person makes a page."""
    wiki = cast(OverlayWiki, play.world.wiki)
    page = Page(
        id=number,
        space="OPS",
        title=title,
        status=PageStatus.CURRENT,
        version=1,
        at=START - timedelta(days=200),
        author="somebody",
        message="",
        url=f"{SITE}/wiki/pages/{number}",
        body=body(play),
    )
    wiki._versions[number] = [page]
    return page


@pytest.fixture(name="play", params=["cloud", "datacenter"])
def a_play(request: pytest.FixtureRequest) -> Stage:
    """Last year's incident, another one, three tickets (one of them done, one overdue), and a page that names two."""
    raws = [
        *(old_incident(1), old_incident(2)),
        *(raw_ticket(1, "Done", "done"), raw_ticket(2, due="2026-01-05"), raw_ticket(3)),
    ]
    play = stage(request.param, raws)
    by_hand(play)
    play.run_pass()
    return play


def asked(play: Stage, wishes: Wishes, incident: str = "10001") -> Report:
    key = f"OPS-{int(incident) - 10000}"
    wish(play.world.state, "owner-0001", incident, wishes)
    return play.run_pass(Selection(Mode.NAMED, (key,)))


def adopted(play: Stage) -> Report:
    report = asked(play, Wishes(adopt="900"))
    play.world.state.drop("wish", ["10001"])
    return report


def writes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


def refusal(report: Report) -> str:
    """Why a page was not adopted; nothing was done about it."""
    assert writes(report) == []
    (found,) = [f for result in report.results for f in result.findings]
    assert found.kind is FindingKind.NOT_ADOPTED
    return found.message


def told(report: Report) -> dict[FindingKind, str]:
    return {f.kind: f.message for result in report.results for f in result.findings}


def memory(play: Stage, page_id: str = "900") -> Memory:
    found = play.world.wiki.property(page_id, PAGE_PROPERTY)
    assert found is not None
    return Memory.model_validate(found.value)


def line(play: Stage, key: str = "OPS-1") -> IndexRow:
    page = play.world.wiki.find("OPS", "Post-incident review index")
    assert page is not None
    return next(row for row in read_index(page.body).rows if row.key == key)


def linked(play: Stage, key: str) -> set[str]:
    raw = play.world.tracker.issue(key, WANT)
    assert raw is not None
    sides = (link.get("outwardIssue") or link["inwardIssue"] for link in raw["fields"]["issuelinks"])
    return {side["key"] for side in sides}


def labels(play: Stage, key: str) -> list[str]:
    raw = play.world.tracker.issue(key, WANT)
    assert raw is not None
    return list(raw["fields"]["labels"])


def versions(play: Stage, page_id: str = "900") -> list[Page]:
    page = play.world.wiki.page(page_id)
    assert page is not None
    return list(play.world.wiki.versions(page))


def pages(play: Stage) -> list[str]:
    return sorted(page[-1].title for page in cast(OverlayWiki, play.world.wiki)._versions.values())


# ---------------------------------------------------------------- adopting


def test_a_page_of_people_becomes_the_review_and_keeps_every_byte(play: Stage) -> None:
    before = versions(play)
    report = adopted(play)
    assert writes(report) == [
        *("label-ticket", "link-ticket", "label-ticket", "link-ticket"),
        *("label-page", "link-page", "write-memory", "create-index", "label-page"),
    ]
    assert before == versions(play)
    assert pages(play) == ["Outage of June", "Post-incident review index"]
    held = memory(play)
    assert (held.page, held.incident, held.owner, held.is_adopted) == ("900", "10001", "owner-0001", True)
    assert {link.global_id for link in play.world.tracker.remote_links("10001")} == {f"{LINK_PREFIX}900"}
    assert [head.id for head in play.world.wiki.labelled("OPS", PAGE_LABEL, None)] == ["900"]


def test_the_tickets_that_the_page_names_are_linked_labelled_and_counted(play: Stage) -> None:
    report = adopted(play)
    assert (linked(play, "OPS-1"), linked(play, "OPS-2"), labels(play, "OPS-2")) == ({"ACT-1", "ACT-2"}, set(), [])
    assert (labels(play, "ACT-1"), labels(play, "ACT-3")) == (["pirsync"], [])
    shown = line(play)
    assert (shown.done, shown.total, shown.overdue, shown.status.text) == (1, 2, 1, "ACTIONS OVERDUE")
    assert (shown.page_title, shown.page_url) == ("Outage of June", f"{SITE}/wiki/pages/900")
    assert told(report)[FindingKind.OVERDUE].startswith("ACT-2 was due on 2026-01-05")


def test_a_second_pass_and_adopting_again_write_nothing(play: Stage) -> None:
    adopted(play)
    assert [writes(play.run_pass()), writes(play.run_pass(NEWS)), writes(adopted(play))] == [[], [], []]


def test_a_dry_run_tells_what_a_real_run_does(play: Stage) -> None:
    wish(play.world.state, "owner-0001", "10001", Wishes(adopt="900"))
    dry = play.dry_run(OPS_1)
    assert writes(dry) == writes(play.run_pass(OPS_1))


def test_the_index_follows_its_tickets_by_polls(play: Stage) -> None:
    adopted(play)
    play.run_pass()
    play.clock.forward(60)
    play.move("ACT-2", "Done", "done")
    assert writes(play.run_pass(NEWS)) == ["update-index"]
    assert (line(play).done, line(play).status.text) == (2, "ACTIONS COMPLETE")


def test_a_ticket_that_is_added_to_the_page_is_taken_and_one_that_people_unlink_stays_so(play: Stage) -> None:
    adopted(play)
    page = person_edits(play.world, "900", body(play) + f"<p>{address(play, 'ACT-3')}</p>")
    assert writes(play.run_pass(NEWS)) == ["label-ticket", "link-ticket", "write-memory", "update-index"]
    assert (line(play).total, versions(play)[0]) == (3, page)
    assert writes(play.run_pass()) == []


def test_an_action_table_made_by_hand_is_read_and_not_written(play: Stage) -> None:
    rows = [row(ticket=key_cell(1)), row("Call everybody", owner="", due=""), row("Ask", ticket="<p>ACT-3</p>")]
    page = person_edits(play.world, "900", body_of(rows, ("Review status", "<p>done, we think</p>")))
    report = adopted(play)
    assert versions(play)[0] == page
    shown = line(play)
    assert (shown.done, shown.total, shown.status.text) == (1, 3, "IN REVIEW")
    assert linked(play, "OPS-1") == {"ACT-1", "ACT-3"}
    assert told(report) == {}


def test_tickets_that_people_name_are_left_out(play: Stage) -> None:
    asked(play, Wishes(adopt="900", forget=("ACT-2",)))
    play.world.state.drop("wish", ["10001"])
    assert (linked(play, "OPS-1"), line(play).total, memory(play).forgotten) == ({"ACT-1"}, 1, ("ACT-2",))
    assert writes(play.run_pass()) == []


def test_a_ticket_that_is_gone_is_told(play: Stage) -> None:
    person_edits(play.world, "900", f"<p>{address(play, 'ACT-9')}</p>")
    assert told(adopted(play)) == {
        FindingKind.TICKET_GONE: "its page names ACT-9, which is deleted or cannot be seen by our account"
    }


def test_a_page_that_is_gone_is_not_taken_for_the_ticket_of_its_id(play: Stage) -> None:
    """Jira and Confluence count their ids each for itself."""
    by_hand(play, "Outage of May", "10103")
    wish(play.world.state, "owner-0001", "10002", Wishes(adopt="10103"))
    person_edits(play.world, "900", f"<p>{address(play, 'ACT-3')}</p>")
    adopted(play)
    play.run_pass(Selection(Mode.NAMED, ("OPS-2",)))
    play.world.state.drop("wish", ["10002"])
    del cast(OverlayWiki, play.world.wiki)._versions["10103"]
    assert [kind for kind in told(play.run_pass()) if kind is not FindingKind.OVERDUE] == [FindingKind.PAGE_GONE]
    assert line(play).total == 1


def test_nothing_counts_against_the_brake(play: Stage) -> None:
    adopted(play)
    by_hand(play, "Outage of May", "901")
    wish(play.world.state, "owner-0001", "10002", Wishes(adopt="901"))
    assert "write-memory" in writes(play.run_pass(Selection(Mode.NAMED, ("OPS-2",)), max_creates=0))


def test_an_action_without_proof_is_told_and_nothing_is_said_on_its_ticket(play: Stage) -> None:
    play.team["packs"] = ("soc2-cc7",)
    before = play.world.tracker.comments("10101")
    report = adopted(play)
    assert FindingKind.DONE_WITHOUT_EVIDENCE in told(report)
    assert (line(play).done, play.world.tracker.comments("10101")) == (0, before)
    assert writes(play.run_pass()) == []


# ---------------------------------------------------------------- what stands against it


def bound_to(play: Stage, **told: str) -> None:
    value = Memory(page="900", incident="10001", owner="owner-0001").model_copy(update=told)
    play.world.wiki_writes.set_property("900", PAGE_PROPERTY, value.model_dump(), None)


REFUSED: dict[str, tuple[Callable[[Stage], object], str]] = {
    "a page that is not there": (
        lambda play: cast(OverlayWiki, play.world.wiki)._versions.pop("900"),
        "page 900 does not exist, or our account may not see it",
    ),
    "an archived page": (lambda play: page_becomes(play.world, "900", PageStatus.ARCHIVED), "is archived"),
    "a page in the trash": (lambda play: page_becomes(play.world, "900", PageStatus.TRASHED), "is trashed"),
    "another incident's": (lambda play: bound_to(play, incident="10002"), "is the review of another incident"),
    "another installation's": (lambda play: bound_to(play, owner="theirs"), "belongs to another installation"),
    "a copy": (lambda play: bound_to(play, page="899"), "is a copy of the review on page 899"),
    "a copy without its property": (
        lambda play: person_edits(play.world, "900", body_of([], ("Incident", "<p>OPS-2</p>"))),
        "says that it is the review of OPS-2",
    ),
    "somebody else's property": (
        lambda play: play.world.wiki_writes.set_property("900", PAGE_PROPERTY, {"what": "ever"}, None),
        "has a content property pirsync.review that is not ours",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_page_that_cannot_be_a_review_is_refused_in_plain_words(play: Stage, what: str) -> None:
    happens, words = REFUSED[what]
    happens(play)
    assert words in refusal(asked(play, Wishes(adopt="900")))


def test_an_incident_that_has_a_review_is_refused(play: Stage) -> None:
    adopted(play)
    by_hand(play, "Outage of May", "901")
    assert 'it has a review already: page 900, "Outage of June"' in refusal(asked(play, Wishes(adopt="901")))
    page_becomes(play.world, "900", PageStatus.ARCHIVED)
    assert "it has a review already" in refusal(asked(play, Wishes(adopt="901")))


def test_the_index_is_no_review(play: Stage) -> None:
    adopted(play)
    index = play.world.wiki.find("OPS", "Post-incident review index")
    assert index is not None
    assert "is an index of reviews" in refusal(asked(play, Wishes(adopt=index.id), "10002"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"security": {"name": "Secret"}}, "has a security level"),
        ({"status": {"name": "Open", "statusCategory": {"key": "new"}}}, "gets no review: it is not closed"),
        ({"issuetype": {"id": "3", "name": "Bug"}}, "gets no review: type Bug"),
    ],
)
def test_an_incident_that_is_to_have_no_review_is_refused(fields: dict[str, Any], words: str) -> None:
    play = stage("cloud", [old_incident(1, **fields)])
    by_hand(play)
    assert words in refusal(asked(play, Wishes(adopt="900")))


def test_an_exempt_incident_is_refused(play: Stage) -> None:
    play.exemptions = (Exemption(key="OPS-1", reason="a drill", approver="Eve", date=START.date()),)
    assert "is exempt: a drill" in refusal(asked(play, Wishes(adopt="900")))


# ---------------------------------------------------------------- crashes, and the state lost


def ends(play: Stage) -> dict[str, Any]:
    held = memory(play).model_dump()
    return {
        "pages": pages(play),
        "versions": len(versions(play)),
        "memory": held,
        "links": sorted(link.global_id for link in play.world.tracker.remote_links("10001")),
        "tickets": sorted(linked(play, "OPS-1")),
        "labels": [labels(play, f"ACT-{n}") for n in (1, 2, 3)],
        "index": line(play).model_dump(),
    }


@pytest.mark.parametrize(
    ("kind", "keeps_state"),
    [("crash after", True), ("request lost", True), ("reply lost", True), ("crash before", False)],
)
def test_after_a_fault_at_any_write_the_same_command_ends_the_same(kind: str, keeps_state: bool) -> None:
    raws = [old_incident(1), old_incident(2), raw_ticket(1, "Done", "done"), raw_ticket(2), raw_ticket(3)]

    def fresh() -> Stage:
        play = stage("cloud", raws)
        by_hand(play)
        return play

    whole = fresh()
    adopted(whole)
    for at in range(1, len(writes(adopted(fresh()))) + 1):
        play, fault = fresh(), Fault(kind, at)
        faulty = replace(
            play.world,
            tracker_writes=cast(Any, Faulty(play.world.tracker_writes, fault)),
            wiki_writes=cast(Any, Faulty(play.world.wiki_writes, fault)),
        )
        wish(play.world.state, "owner-0001", "10001", Wishes(adopt="900"))
        with suppress(Crash):
            play.run_on(faulty, OPS_1)
        if not keeps_state:
            play = without_state(play)
        for _ in range(3):
            play.clock.forward(3700)
            adopted(play)
        play.run_pass()
        assert ends(whole) == ends(play), (kind, at)
        assert writes(play.run_pass()) == []


@pytest.mark.parametrize("links", [True, False])
def test_an_adopted_page_is_found_again_after_the_state_was_lost(play: Stage, links: bool) -> None:
    """By its link; where the incident took none, by label and property, also where no search names the incident."""
    if not links:
        play = replace(play, world=replace(play.world, tracker_writes=cast(Any, Linkless(play.world.tracker_writes))))
    adopted(play)
    play.clock.forward(86_400 * 400)
    lost = without_state(play)
    lost.team["closed_since"] = (START + timedelta(days=300)).date()
    lost.run_pass()
    lost.clock.forward(120)
    before = ends(lost)
    assert [writes(lost.run_pass()), writes(lost.run_pass(NEWS)), writes(adopted(lost))] == [[], [], []]
    assert (ends(lost), pages(lost)) == (before, ["Outage of June", "Post-incident review index"])
    lost.move("ACT-2", "Done", "done")
    assert writes(lost.run_pass(NEWS)) == ["update-index"]


def test_an_incident_in_scope_gets_no_second_page_after_the_state_was_lost(play: Stage) -> None:
    play.world = replace(play.world, tracker_writes=cast(Any, Linkless(play.world.tracker_writes)))
    adopted(play)
    lost = without_state(play)
    lost.team["closed_since"] = "always"
    for _ in range(3):
        lost.clock.forward(120)
        lost.run_pass()
    assert pages(lost) == ["OPS-2 Post-incident review", "Outage of June", "Post-incident review index"]


class Linkless:
    """A Jira whose closed incidents take no link to a page."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def put_remote_link(self, *_: Any) -> None:
        from pirsync.errors import Rejected

        raise Rejected("the workflow forbids it")


def test_an_adopted_page_in_the_trash_is_told_and_another_made_only_when_somebody_asks(play: Stage) -> None:
    adopted(play)
    page_becomes(play.world, "900", PageStatus.TRASHED)
    report = play.run_pass()
    assert (writes(report), list(told(report))) == ([], [FindingKind.PAGE_GONE])
    assert writes(asked(play, Wishes(recreate=True)))[0] == "create-page"
    assert line(play).page_title == "OPS-1 Post-incident review"


# ---------------------------------------------------------------- the way back


def released(play: Stage) -> Report:
    report = asked(play, Wishes(release=True))
    play.world.state.drop("wish", ["10001"])
    return report


def test_an_adopted_page_is_let_go_and_the_index_says_so(play: Stage) -> None:
    adopted(play)
    before = versions(play)
    assert writes(released(play)) == ["release-page", "update-index"]
    shown = line(play)
    assert (shown.status.text, shown.page_title, shown.total) == ("NO REVIEW", "", 0)
    assert (memory(play).incident, versions(play)) == ("", before)
    assert [writes(play.run_pass()), writes(play.run_pass(NEWS))] == [[], []]
    lost = without_state(play)
    lost.clock.forward(120)
    assert writes(lost.run_pass()) == []


def test_a_page_that_was_let_go_is_free_for_another_incident_and_its_incident_for_another_page(play: Stage) -> None:
    adopted(play)
    released(play)
    asked(play, Wishes(adopt="900"), "10002")
    assert (memory(play).incident, memory(play).is_adopted) == ("10002", True)
    by_hand(play, "Outage of May", "901")
    asked(play, Wishes(adopt="901"))
    assert (line(play).page_title, line(play, "OPS-2").page_title) == ("Outage of May", "Outage of June")


def test_in_scope_an_incident_whose_page_was_let_go_gets_a_page_of_its_own(play: Stage) -> None:
    play.exemptions = (Exemption(key="OPS-2", reason="a drill", approver="Eve", date=START.date()),)
    adopted(play)
    play.team["closed_since"] = "always"
    report = released(play)
    assert writes(report)[:2] == ["release-page", "create-page"]
    assert line(play).page_title == "OPS-1 Post-incident review"


def test_only_an_adopted_page_is_let_go(play: Stage) -> None:
    assert refusal(asked(play, Wishes(release=True))) == "it has no adopted review"
    play.team["closed_since"] = "always"
    play.run_pass()
    play.world.state.drop("wish", ["10001"])
    play.run_pass()
    assert "was not adopted" in refusal(asked(play, Wishes(release=True)))


def test_letting_go_that_was_cut_short_is_finished_by_the_same_command(play: Stage) -> None:
    adopted(play)
    fault = Fault("crash after", 1)
    broken = replace(play.world, wiki_writes=cast(Any, Faulty(play.world.wiki_writes, fault)))
    wish(play.world.state, "owner-0001", "10001", Wishes(release=True))
    with pytest.raises(Crash):
        play.run_on(broken, OPS_1)
    assert "update-index" in writes(released(play))
    assert line(play).status.text == "NO REVIEW"


def test_tickets_are_never_made_for_an_adopted_page(play: Stage) -> None:
    person_edits(play.world, "900", body_of([row("Fix the queue")]))
    adopted(play)
    found = play.world.tracker.search(Query(projects=("ACT",)), WANT)
    assert sorted(str(raw["key"]) for raw in found) == ["ACT-1", "ACT-2", "ACT-3"]
