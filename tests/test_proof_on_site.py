"""On both products, over sockets: a ticket done without proof is told once; then a file, a link, and it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pirsync.changes import is_local
from pirsync.model import Deployment, RemoteLink
from pirsync.page_model import Column
from pirsync.policy.procedures import Procedures
from pirsync.practice import Practice
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox import tracker as jira
from pirsync.sandbox.tracker.attachments import attach
from pirsync.selection import Mode, Selection
from tests.policy_packs import PACKS
from tests.site import Site, site


def asking(practice: Practice) -> Practice:
    """The team with a procedure that is for every severity."""
    procedures = Procedures(packs=(PACKS["soc2-cc7-4-5"],))
    return replace(practice, terms=practice.terms.model_copy(update={"procedures": procedures}))


def later(place: Site) -> Report:
    place.clock.forward(301)
    bench = place.bench
    teams = [asking(practice) for practice in bench.teams()]
    return run_once(Selection(Mode.ALL), bench.world, teams, bench.limits(200), lambda _: None)


def changes(report: Report) -> list[str]:
    return [change.change for change in report.changes if not is_local(change)]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_proof_is_asked_for_once_and_found_where_people_leave_it(deployment: Deployment) -> None:
    with site(deployment) as place:
        later(place)
        story = place.story()
        page = story.page(story.incident())
        story.type_rows(page)
        later(place)
        keys = [row.ticket or "" for row in story.review(page).rows][:2]
        issues = [issue for key in keys if (issue := jira.find_issue(place.sandbox, key))]

        def shown() -> list[str]:
            return [row.cells[Column.STATUS].text for row in story.review(page).rows][:2]

        for key in keys:
            story.finish(key)
        assert changes(later(place)).count("comment-ticket") == 2
        assert shown() == ["DONE, NO EVIDENCE"] * 2
        assert "what was done" not in issues[0].comments[-1].body
        assert "does not count it as done yet" in issues[0].comments[-1].body
        assert changes(later(place)) == []

        owner = issues[0].assignee
        assert owner is not None
        attach(place.sandbox, owner, issues[0], "after.png", "image/png", b"png")
        link = RemoteLink(global_id="change=12", url="https://github.com/o/r/pull/12", title="Fix it")
        place.bench.world.tracker_writes.put_remote_link(str(issues[1].id), link)
        assert changes(later(place)).count("edit-comment") == 2
        assert "DONE, NO EVIDENCE" not in shown()
        assert [len(issue.comments) for issue in issues] == [1, 1]
        assert "There is evidence now" in issues[1].comments[0].body
        assert changes(later(place)) == []
