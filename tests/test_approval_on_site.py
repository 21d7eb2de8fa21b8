"""On both products, over sockets: a group's member approves, people change the page, versions are deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from pirsync.changes import is_local
from pirsync.model import Deployment
from pirsync.page.scan import encode
from pirsync.policy.people import People
from pirsync.policy.procedures import Procedures
from pirsync.practice import Practice
from pirsync.reconcile import run_once
from pirsync.report import Report
from pirsync.sandbox import wiki
from pirsync.sandbox.people import Group
from pirsync.sandbox.wiki import versions
from pirsync.selection import Mode, Selection
from tests.policy_packs import PACKS
from tests.site import Site, site


def following(practice: Practice) -> Practice:
    """The team with a procedure that is for every severity, and wants an approval by a member of a group."""
    people = People(approver="group:approvers")
    procedures = Procedures(packs=(PACKS["soc2-cc7-4-5"],), people=people)
    return replace(practice, terms=practice.terms.model_copy(update={"procedures": procedures}))


def later(place: Site) -> Report:
    place.clock.forward(301)
    bench = place.bench
    teams = [following(practice) for practice in bench.teams()]
    return run_once(Selection(Mode.ALL), bench.world, teams, bench.limits(200), lambda _: None)


def saves(place: Site, page: wiki.Page, old: str, new: str, who: str) -> int:
    """Somebody replaces words of the page's body; the new version's number."""
    person = place.sandbox.people.find(who)
    assert person is not None
    assert old in page.current.body
    body = page.current.body.replace(old, new, 1)
    return wiki.update_page(place.sandbox, person, page, page.title, body, page.current.number + 1, "").number


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_an_approval_stands_is_changed_and_keeps_its_version_by_its_words(deployment: Deployment) -> None:
    with site(deployment) as place:
        place.sandbox.people.groups += (Group("approvers", "0d7c0f0e", frozenset({"bokafor"})),)
        later(place)
        story = place.story()
        page = story.page(story.incident())

        def shown() -> str:
            return story.review(page).summary["approval"].text

        saves(place, page, "</h2>", "</h2><p>What we know.</p>", "aruiz")
        cell = story.review(page).record["decision"]
        prompt = encode(page.current.body)[cell.start : cell.end].decode()
        approved = saves(place, page, prompt, "<p>APPROVED</p>", "bokafor")
        later(place)
        who = place.sandbox.people.find("bokafor")
        assert who is not None
        assert shown().startswith(f"approved by {who.display_name} in version {approved}, ")
        assert [change.change for change in later(place).changes if not is_local(change)] == []

        changed = saves(place, page, "What we know.", "What we guess.", "aruiz")
        later(place)
        assert shown().endswith(f"changed since the approval, in version {changed}")
        (address,) = story.review(page).summary["approval"].links
        compared = requests.get(address, timeout=10)
        assert compared.status_code == 200
        assert '<div class="removed">What we know.</div>' in compared.text
        assert '<div class="added">What we guess.</div>' in compared.text
        assert [change.change for change in later(place).changes if not is_local(change)] == []

        # Somebody deletes an old version: the later ones have other numbers, and are found by what they say.
        versions.delete_version(page, 2)
        later(place)
        assert f"in version {approved - 1}, " in shown()
        assert shown().endswith(f"changed since the approval, in version {changed - 1}")
        assert [change.change for change in later(place).changes if not is_local(change)] == []
