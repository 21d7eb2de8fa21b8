"""Records the cassettes: the story of `flows.py` against a sandbox whose people act and whose clock stands still.

Run as `python -m tests.cassettes.record`; the differences are then read as text before they are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import requests

from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.splice import splice
from pirsync.page_model import CellEdit, Column, Mention, Region
from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.clock import Clock
from pirsync.sandbox.people import User
from pirsync.sandbox.server import Running
from pirsync.sandbox.tracker import setup
from pirsync.sandbox.world import World
from tests.adapters.loopback import Answer, Asked, serving
from tests.cassettes.flows import START, Hands, Outcome, mapping, tell_story
from tests.cassettes.player import (
    DEPLOYMENTS,
    SITE,
    Answered,
    Flow,
    Interaction,
    answered,
    as_text,
    cassette_path,
    sent,
)

KEPT_HEADERS = ("content-type", "link")
OWN_HEADERS = ("Host", "Content-Length", "Connection", "Accept-Encoding")
"""Headers of one connection, which are not passed on."""

RESOLVE, CLOSE, START_WORK = "21", "31", "21"
"""Steps of the sandbox's workflows."""


class Shared(Clock):
    """The sandbox's clock, read off the story's."""

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self._hands = hands

    def now(self) -> datetime:
        """The story's present."""
        return self._hands.now()


class Stage:
    """A small sandbox and its people: Ana, who commands, and Bisi, who has the action."""

    def __init__(self, deployment: Deployment, hands: Hands) -> None:
        self.world = World(deployment, clock=Shared(hands))
        setup.set_up_actions(self.world)
        self._add_operations()
        self.ana, self.bisi = self._person("aruiz"), self._person("bokafor")
        wiki.create_space(self.world, self.ana, "OPS", "Operations")

    def _add_operations(self) -> None:
        """The project of incidents, with two custom fields: every answer to `GET field` stays readable."""
        jira = self.world.tracker
        jira.types.update({one.id: one for one in setup.TYPES if one.id == setup.INCIDENT})
        jira.statuses.update({one.id: one for one in setup.STATUSES})
        fields = (setup.STARTED, setup.COMMANDER)
        jira.fields.update({one.id: one for one in setup.CUSTOM_FIELDS if one.id in fields})
        screen = {**setup.SCREEN, **dict.fromkeys(fields, False)}
        project = tracker.Project("30000", "OPS", "Operations", [setup.INCIDENT], {setup.INCIDENT: screen})
        project.workflow, project.first_status_id = list(setup.INCIDENT_STEPS), setup.OPEN
        jira.projects[project.id] = project

    def _person(self, name: str) -> User:
        found = self.world.people.find(name)
        assert found is not None, f"{name} is one of the sandbox's people"
        return found

    # ------------------------------------------------------------ what people do before each pass

    def act(self, flow: Flow) -> None:
        """What happens before that flow's pass."""
        acts: dict[Flow, Callable[[], object]] = {
            Flow.CREATE_PAGE: self._have_an_incident,
            Flow.CREATE_TICKET: self._type_an_action,
            Flow.STATUS_REFRESH: self._begin_the_work,
            Flow.POLL: self._have_another,
            Flow.INVITATION: self._agree_on_a_date,
        }
        acts[flow]()

    def _have_an_incident(self) -> None:
        issue = self._report("Checkout answers slowly")
        tracker.edit_fields(self.world, self.bisi, issue, {"assignee": self.bisi})
        tracker.add_comment(self.world, self.bisi, issue, "Rolled back.")
        tracker.transition(self.world, self.ana, issue, RESOLVE, setup.FIXED)
        tracker.transition(self.world, self.ana, issue, CLOSE)

    def _have_another(self) -> None:
        self._report("Search finds nothing")

    def _report(self, summary: str) -> tracker.Issue:
        project = self.world.tracker.project("OPS")
        assert project is not None
        values = {
            "summary": summary,
            "description": "Some users notice.",
            "priority": "1",
            setup.STARTED: self.world.clock.now() - timedelta(minutes=5),
            setup.COMMANDER: self.ana.name,
        }
        return tracker.create_issue(self.world, self.ana, project, setup.INCIDENT, values)

    def _type_an_action(self) -> None:
        page = next(one for one in self.world.wiki.pages.values() if one.title.startswith("OPS-1"))
        row = read_review(page.current.body, mapping().headers).rows[0]
        is_cloud = self.world.is_cloud
        who = Mention(ref=self.bisi.account_id if is_cloud else self.bisi.user_key)
        typed = {
            Column.ACTION: cells.words("Alert on slow answers"),
            Column.OWNER: cells.mention(who, self.world.deployment),
            Column.DUE: cells.day((START + timedelta(days=14)).date()),
        }
        edits = [
            CellEdit(
                region=Region.ACTIONS,
                label="",
                start=row.cells[column].start,
                end=row.cells[column].end,
                storage=storage,
                text="",
            )
            for column, storage in typed.items()
        ]
        body = splice(page.current.body, edits)
        wiki.update_page(self.world, self.ana, page, page.title, body, page.current.number + 1, "The meeting")

    def _begin_the_work(self) -> None:
        ticket = tracker.find_issue(self.world, "ACT-1")
        assert ticket is not None, "the pass before has made it"
        tracker.transition(self.world, self.bisi, ticket, START_WORK)

    def _agree_on_a_date(self) -> None:
        page = next(one for one in self.world.wiki.pages.values() if one.title.startswith("OPS-1"))
        cell = read_review(page.current.body, mapping().headers).record["meeting date"]
        edit = CellEdit(
            region=Region.RECORD,
            label="",
            start=cell.start,
            end=cell.end,
            storage=f'<p><time datetime="{(START + timedelta(days=7)).date()}" /> 14:30</p>',
            text="",
        )
        body = splice(page.current.body, [edit])
        wiki.update_page(self.world, self.ana, page, page.title, body, page.current.number + 1, "The date")


class Recorder:
    """Passes every request on to the sandbox and keeps it with its answer, in the cassette whose turn it is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._turn = Flow.CREATE_PAGE
        self.tapes: dict[Flow, list[Interaction]] = {flow: [] for flow in Flow}

    def turn(self, flow: Flow) -> None:
        """Go on in that flow's cassette."""
        self._turn = flow

    def answer(self, asked: Asked) -> Answer:
        """The script of a loopback server."""
        response = self._session.request(
            asked.method,
            self._url + asked.path,
            params=asked.query,
            data=asked.raw,
            headers={name: value for name, value in asked.headers.items() if name not in OWN_HEADERS},
            timeout=60,
        )
        body = response.json() if response.content else None
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        told = Answered(response.status_code, headers, body)
        self.tapes[self._turn].append(Interaction(sent(asked), told))
        return answered(told)


def record(deployment: Deployment) -> tuple[dict[Flow, str], dict[Flow, Outcome]]:
    """The text of every cassette of a dialect as the sandbox would have them today, and what came of the flows."""
    hands = Hands()
    stage = Stage(deployment, hands)
    with Running(stage.world) as running:
        tape = Recorder(running.url)
        stage.world.base_url = SITE
        with serving(tape.answer) as between:
            outcomes = tell_story(deployment, between.url, tape, hands, stage.act)
    return {flow: as_text(tape.tapes[flow]) for flow in Flow}, outcomes


def main() -> None:
    """Write all cassettes."""
    for deployment in DEPLOYMENTS:
        texts, _ = record(deployment)
        for flow, text in texts.items():
            path = cassette_path(flow, deployment)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
