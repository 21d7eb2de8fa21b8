"""What is made once stays once: where a send took long, its answer was lost, and people went on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from pirsync.adapters.memory import memory_world, person_renames
from pirsync.adapters.memory_state import MemoryState
from pirsync.adapters.overlay_wiki import OverlayWiki
from pirsync.decision import FindingKind
from pirsync.errors import Ambiguous, AuthInDoubt, Rejected
from pirsync.model import CreateScreen, Deployment
from pirsync.page import cells
from pirsync.page.template import ReviewTemplate
from pirsync.page_model import Column
from pirsync.ports import PageDraft, Query, Want
from pirsync.selection import Mode, Selection
from tests.stage import ANA, BOB, SCREEN, Hands, Stage, parse_once, raw_incident, stage, without_state
from tests.test_crashes import Crash

NEWS = Selection(Mode.NEWS)
DEPLOYMENTS: tuple[Deployment, ...] = ("cloud", "datacenter")


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_once(monkeypatch)


class Slow:
    """A write half of which one method takes its time, once, and whose answer is lost then."""

    def __init__(self, real: Any, name: str, play: Stage, error: Exception, seconds: float) -> None:
        self._real, self._name, self._play, self._error, self._seconds = real, name, play, error, seconds
        self.is_spent = False
        self.is_lost = False

    def __getattr__(self, name: str) -> Any:
        return self._late if name == self._name and not self.is_spent else getattr(self._real, name)

    def _late(self, *arguments: Any) -> Any:
        self.is_spent = True
        self._play.clock.forward(self._seconds)
        if not self.is_lost:
            getattr(self._real, self._name)(*arguments)
        raise self._error


def losing(play: Stage, half: str, name: str, error: Exception, seconds: float = 65) -> Stage:
    """The same stage, where the next such write arrives late and is not answered."""
    slow = Slow(getattr(play.world, half), name, play, error, seconds)
    return replace(play, world=replace(play.world, **{half: cast(Any, slow)}))


def tickets(play: Stage) -> list[str]:
    found = play.world.tracker.search(Query(projects=("ACT",)), Want(fields=("summary",)))
    return [str(raw["fields"]["summary"]) for raw in found]


def pages(play: Stage) -> list[str]:
    return sorted(head.title for head in play.world.wiki.ours("pirsync-review"))


def rest(play: Stage) -> Stage:
    for _ in range(4):
        play.run_pass()
        play.clock.forward(301)
    assert play.run_pass().changes == ()
    return play


def with_a_row(deployment: Deployment = "cloud") -> Stage:
    play = stage(deployment)
    play.run_pass()
    play.type_row("Fix the queue")
    play.quiet()
    return play


# ---------------------------------------------------------------- sent late, not answered


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_ticket_that_was_sent_late_and_not_answered_is_made_once(deployment: Deployment) -> None:
    play = losing(with_a_row(deployment), "tracker_writes", "create_issue", Ambiguous("no answer"))
    report = play.run_pass()
    assert "to be sure that no ticket" in report.results[0].waiting
    rest(play)
    assert tickets(play) == ["Fix the queue"]
    assert [row.ticket is not None for row in play.rows()] == [True]


def test_what_is_in_doubt_counts_from_when_the_doubt_arose() -> None:
    play = losing(with_a_row(), "tracker_writes", "create_issue", Ambiguous("no answer"))
    play.run_pass()
    (line,) = [line for line in play.world.state.intents("10001").values() if line.kind == "ticket"]
    assert (line.status, line.sent_at) == ("sending", play.clock.now())


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_page_that_was_sent_late_and_not_answered_is_made_once(deployment: Deployment) -> None:
    play = losing(stage(deployment), "wiki_writes", "create_page", Ambiguous("no answer"))
    report = play.run_pass()
    assert [change.change for change in report.changes if change.change == "create-page"] == []
    rest(play)
    assert pages(play) == ["OPS-1 Post-incident review", "Post-incident review index"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_ticket_that_was_answered_with_a_sign_on_page_is_looked_for_and_made_once(deployment: Deployment) -> None:
    error = AuthInDoubt("POST issue was answered with status 200, with a page where data was due")
    play = losing(with_a_row(deployment), "tracker_writes", "create_issue", error)
    with pytest.raises(AuthInDoubt):
        play.run_pass()
    (line,) = [line for line in play.world.state.intents("10001").values() if line.kind == "ticket"]
    assert (line.status, line.sent_at) == ("sending", play.clock.now())
    rest(play)
    assert tickets(play) == ["Fix the queue"]


def test_what_is_in_doubt_is_not_sent_again_while_its_claim_holds_however_short_settle_is() -> None:
    """Waiting is told, and no claim is tried in vain."""
    play = losing(with_a_row(), "tracker_writes", "create_issue", Ambiguous("no answer"))
    play = replace(play, run={"settle": 5})
    cast(Slow, play.world.tracker_writes).is_lost = True
    play.run_pass()
    play.clock.forward(29)
    (result,) = [result for result in play.run_pass().results if result.key == "OPS-1"]
    assert "to be sure that no ticket" in result.waiting
    assert [found.kind for found in result.findings] == []


# ---------------------------------------------------------------- a page that people moved before it was known


def moved_away(play: Stage) -> None:
    """People give the review another title, and put it into another space."""
    wiki = cast(OverlayWiki, play.world.wiki)
    page = person_renames(play.world, play.page().id, "The great outage")
    wiki.save(page.model_copy(update={"space": "ELSE"}))


def renamed(play: Stage) -> None:
    person_renames(play.world, play.page().id, "The great outage")


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("put", [renamed, moved_away])
def test_a_page_whose_receipt_was_lost_is_found_wherever_people_put_it(
    put: Callable[[Stage], None], deployment: Deployment
) -> None:
    play = losing(stage(deployment), "wiki_writes", "create_page", cast(Any, Crash()), seconds=0)
    with pytest.raises(Crash):
        play.run_pass()
    put(play)
    play.clock.forward(3600)
    rest(play)
    assert pages(play) == ["Post-incident review index", "The great outage"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_page_that_an_older_copy_of_the_state_does_not_know_is_found_by_its_link(deployment: Deployment) -> None:
    play = stage(deployment)
    rest(play)
    moved_away(play)
    older = MemoryState(play.world.state.created_at)
    assert older.born_with_owner
    rest(replace(play, world=replace(play.world, state=older)))
    assert pages(play) == ["Post-incident review index", "The great outage"]


# ---------------------------------------------------------------- a row that people edited before its ticket was known


def on_screen(*fields: str) -> CreateScreen:
    shown = {name: said for name, said in SCREEN.fields.items() if name in ("summary", "assignee", "duedate", *fields)}
    return SCREEN.model_copy(update={"fields": shown})


def killed_after_its_ticket(deployment: Deployment, screen: CreateScreen) -> Stage:
    """pirsync was killed as soon as Jira had made the ticket of a row."""
    clock = Hands()
    world = memory_world(deployment, [raw_incident(1)], [screen], [ANA, BOB], clock)
    play = Stage(world, clock, run={"quiet_period": 0, "quiet_at_most": 0})
    play.run_pass()
    play.type_row("Fix the queue of the mailer")
    play = losing(play, "tracker_writes", "create_issue", cast(Any, Crash()), seconds=0)
    with pytest.raises(Crash):
        play.run_pass()
    return play


@pytest.mark.parametrize("mode", [Mode.ALL, Mode.NEWS])
@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("forgets", [without_state, lambda play: play], ids=["state lost", "state kept"])
@pytest.mark.parametrize("screen", [on_screen("description"), on_screen("labels"), on_screen("issuelinks")])
def test_a_row_that_people_edited_since_gets_the_ticket_that_was_made_of_it(
    screen: CreateScreen, forgets: Callable[[Stage], Stage], deployment: Deployment, mode: Mode
) -> None:
    """By the link, or by what all tickets of the incident have in common that are born without one."""
    play = forgets(killed_after_its_ticket(deployment, screen))
    play.type_cell(0, Column.ACTION, cells.words("Fix the queues of the mailer"))
    for _ in range(4):
        play.run_pass(Selection(mode))
        play.clock.forward(40)
    assert tickets(play) == ["Fix the queue of the mailer"]
    assert [row.ticket is not None for row in play.rows()] == [True]


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_row_of_other_words_waits_until_it_is_known_what_became_of_the_last_ticket(deployment: Deployment) -> None:
    play = killed_after_its_ticket(deployment, on_screen("description"))
    play.type_cell(0, Column.ACTION, cells.words("Buy a bigger disk"))
    assert "to be sure that no ticket" in play.run_pass().results[0].waiting
    assert tickets(play) == ["Fix the queue of the mailer"]
    play.clock.forward(61)
    report = play.run_pass()
    assert sorted(tickets(play)) == ["Buy a bigger disk", "Fix the queue of the mailer"]
    assert FindingKind.ORPHAN in {found.kind for result in report.results for found in result.findings}


# ---------------------------------------------------------------- a page that Confluence refused


REGIONS = "{{ summary_region }}{{ actions_region }}{{ record_region }}"


class Refuses:
    """A write half of Confluence that takes no page whose body holds a word, nor any while a title is taken."""

    def __init__(self, real: Any, word: str, title: str = "") -> None:
        self._real, self.word, self.title, self.asked = real, word, title, 0

    def __getattr__(self, name: str) -> Any:
        return self._judged if name == "create_page" else getattr(self._real, name)

    def _judged(self, draft: PageDraft) -> Any:
        if "index" in draft.title:
            return self._real.create_page(draft)
        self.asked += 1
        if self.title:
            raise Rejected(f"A page with this title already exists: {self.title}")
        if self.word in draft.body:
            raise Rejected("Error parsing xhtml: unexpected close tag")
        return self._real.create_page(draft)


def refused(reason_is_title: str = "") -> tuple[Stage, Refuses]:
    play = stage()
    refuses = Refuses(play.world.wiki_writes, "BROKEN", reason_is_title)
    play = replace(play, world=replace(play.world, wiki_writes=cast(Any, refuses)))
    play = replace(play, template=ReviewTemplate("r", {"r": f"{REGIONS}<p>BROKEN</p>"}))
    for _ in range(3):
        play.run_pass()
        play.clock.forward(3600)
    return play, refuses


def test_a_page_that_was_refused_is_not_tried_again_by_itself() -> None:
    assert refused()[1].asked == 1


def test_a_page_that_was_refused_is_tried_again_once_its_template_was_mended() -> None:
    play, refuses = refused()
    rest(replace(play, template=ReviewTemplate("r", {"r": REGIONS})))
    assert (refuses.asked, pages(play)) == (2, ["OPS-1 Post-incident review", "Post-incident review index"])


def test_a_page_whose_title_was_refused_waits_for_another_title_whatever_its_body_says() -> None:
    play, refuses = refused("OPS-1 Post-incident review")
    mended = replace(play, template=ReviewTemplate("r", {"r": REGIONS}))
    mended.run_pass()
    assert refuses.asked == 1
    refuses.title = ""
    rest(replace(mended, team={"title": "{key} review"}))
    assert (refuses.asked, pages(play)) == (2, ["OPS-1 review", "Post-incident review index"])
