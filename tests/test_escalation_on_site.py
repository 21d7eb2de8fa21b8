"""On both products, over sockets: owners are told on their tickets, then the lead; an extension keeps one quiet."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pirsync.decision import FindingKind
from pirsync.model import Deployment
from pirsync.sandbox import tracker as jira
from pirsync.sandbox.tracker.comments import delete_comment
from pirsync.selection import Mode
from tests.command import here
from tests.site import Site, site

HANNA = {"cloud": "712020:00000008-5a4b-4c3d-8e2f-000000000008", "datacenter": "hweiss"}


def configured(deployment: Deployment) -> str:
    return (
        f'\n[team.escalation]\non = true\nstale = 0\ndue_soon = 0\n[team.people]\nchair = "{HANNA[deployment]}"\n'
        f'escalation = "{HANNA[deployment]}"\n'
    )


def said(place: Site, key: str) -> list[str]:
    issue = jira.find_issue(place.sandbox, key)
    assert issue is not None
    return [comment.body for comment in issue.comments]


def working_days(place: Site, days: int) -> None:
    """So many days pass, and as many more as lead to a Tuesday."""
    place.clock.forward(days * 86400)
    while place.clock.now().weekday() != 1:
        place.clock.forward(86400)


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_people_are_told_on_their_tickets_and_an_extension_keeps_one_quiet(deployment: Deployment) -> None:
    with site(deployment, configured(deployment)) as place:
        place.settle()
        story = place.story()
        page = story.page(story.incident())
        story.type_rows(page)
        place.settle()
        keys = [row.ticket or "" for row in story.review(page).rows if row.ticket]
        incident = story.review(page).summary["incident"].issue_key or ""
        until = (place.clock.now() + timedelta(days=300)).date().isoformat()
        asked = ("--until", until, "--reason", "Parts are late", "--approver", "Hanna Weiss", "--yes")
        done = here("resolve", "extend", keys[2].lower(), *asked, config=place.config)
        assert (done.code, f"extend {keys[2]} until {until}: Parts are late (Hanna Weiss, " in done.out) == (0, True)
        assert here("resolve", "extend", "OPS-1", *asked, config=place.config).code == 1

        working_days(place, 60)
        for _ in range(3):
            place.run_pass(Mode.NEWS)
            place.clock.forward(86400)
        assert [len(said(place, key)) for key in keys] == [2, 2, 0]
        assert ["needs you" in body for body in said(place, keys[0])] == [True] * 2
        is_cloud = deployment == "cloud"
        owner = jira.find_issue(place.sandbox, keys[0])
        assert owner is not None and owner.assignee is not None
        whom = [f"[~accountid:{owner.assignee.account_id}]" if is_cloud else f"[~{owner.assignee.name}]"]
        whom += [f"[~accountid:{HANNA['cloud']}]" if is_cloud else "[~hweiss]"]
        assert [body.partition("]")[0] + "]" for body in said(place, keys[0])] == whom

        story.finish(keys[0])
        assert "edit-comment" in [change.change for change in place.run_pass().changes]
        assert said(place, keys[0])[-1] == "This is Done now. Nothing is to be done because of this comment."
        told = json.loads(here("explain", incident, "--json", config=place.config).out)["escalation"]
        assert [(one["ticket"], one["level"], "Parts are late" in one["extended"]) for one in told] == [
            (keys[2], "", True)
        ]
        assert (
            f"{keys[2]}: extended until {until}: Parts are late" in here("explain", incident, config=place.config).out
        )

        other = jira.find_issue(place.sandbox, keys[1])
        assert other is not None
        delete_comment(place.sandbox, other, other.comments[-1])
        story.finish(keys[1])
        report = place.run_pass()
        assert FindingKind.REFUSED not in {found.kind for result in report.results for found in result.findings}
        here("reconcile", incident, config=place.config)
        assert said(place, keys[1]) == ["This is Done now. Nothing is to be done because of this comment."]
