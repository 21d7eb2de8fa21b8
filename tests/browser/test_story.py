"""The whole story as a person sees it: an incident becomes a review, its rows become tickets, the page follows them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from pirsync.model import Deployment
from tests.browser.person import Action, Person, ShownRow
from tests.site import Site, site

INCIDENT, TITLE = "OPS-4", "OPS-4 Post-incident review"
SAID = "Actions from the meeting"
ACTIONS = (
    Action("Pin the authority, not the certificate", "Fumiko Nakamura", date.today() + timedelta(days=14)),
    Action("Rehearse the renewal on a phone & a tablet", "Carl Lindqvist", date.today() + timedelta(days=21)),
    Action("Warn <30 days> before a certificate ends", "Ana Ruiz", date.today() + timedelta(days=28)),
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_the_story_as_a_person_sees_it(chrome: webdriver.Chrome, deployment: Deployment) -> None:
    with site(deployment) as place:
        person = Person(chrome, place.url)
        person.opens("/")
        close_the_incident(person)
        place.run_pass()
        open_the_review(person)
        assert person.summary("Actions") == "none yet"
        person.types(ACTIONS, SAID)
        place.run_pass()
        keys = tickets_appear(person)
        finish(person, keys[:2])
        place.run_pass()
        the_page_follows(person, keys)
        the_history_tells(person)
        reopen(person, keys[0])
        place.run_pass()
        the_row_goes_back(person, keys)
        nothing_is_left(place)


def close_the_incident(person: Person) -> None:
    """Carl Lindqvist reads the incident that he leads, and closes it."""
    person.becomes("Carl Lindqvist")
    person.follows(person.link(INCIDENT))
    assert person.status() == "INVESTIGATING"
    assert "The app pins the old certificate" in person.text("#content")
    assert TITLE not in person.text("#content")
    person.moves_to("Resolved", "Resolve")
    person.moves_to("Closed", "Close")


def open_the_review(person: Person) -> None:
    """Follow the incident's link to its review."""
    person.opens("/")
    person.opens_issue(INCIDENT)
    person.follows(person.link(TITLE))
    assert person.text("h1") == TITLE
    assert "Post-incident reviews" in person.text(".crumbs")
    assert person.summary("Title") == "Sign-in with the phone app fails"
    assert person.rows() == []


def tickets_appear(person: Person) -> list[str]:
    """Each row that was typed has a ticket now; their keys."""
    person.chrome.refresh()
    rows = person.rows()
    assert [(action.words, "TO DO", "grey", False) for action in ACTIONS] == [
        (row.action, row.status, row.colour, row.closed) for row in rows
    ]
    keys = [row.ticket for row in rows]
    assert len(set(keys)) == 3
    assert person.summary("Actions") == "0 of 3 done, 3 open"
    assert person.summary("Review status").upper() == "ACTIONS OPEN"
    return keys


def finish(person: Person, keys: list[str]) -> None:
    """The owners open their tickets from the page, see what is asked of them, and do it."""
    page = person.chrome.current_url
    for key, action in zip(keys, ACTIONS, strict=False):
        person.becomes(action.owner)
        person.follows(person.chrome.find_element(By.XPATH, f"//td//a[b='{key}' or .='{key}']"))
        assert action.words == person.text("h1")
        details = person.text("aside")
        assert action.owner in details
        assert f"{action.due.day} {action.due:%b %Y}" in details
        assert INCIDENT in person.texts(".chip b")
        person.moves_to("Done", "Start", "Done")
        person.chrome.get(page)


def the_page_follows(person: Person, keys: list[str]) -> None:
    """Two rows are green and closed, one is as it was, and the summary counts them."""
    person.chrome.refresh()
    states = (("DONE", "green", True), ("DONE", "green", True), ("TO DO", "grey", False))
    assert shown(keys, states) == person.rows()
    assert person.summary("Actions") == "2 of 3 done, 1 open"


def the_history_tells(person: Person) -> None:
    """The versions say who wrote what, and any two of them can be compared."""
    person.follows(person.chrome.find_element(By.ID, "history"))
    authors, messages = person.texts("td.author"), person.texts("td.message")
    ours = [message for author, message in zip(authors, messages, strict=True) if author == "RS\nReview Service"]
    assert len(ours) >= 3
    assert [message for message in ours if not message.startswith("pirsync: ")] == [""]  # the birth has no message
    assert ("CL\nCarl Lindqvist", SAID) in zip(authors, messages, strict=True)
    oldest, newest = 1, len(messages)
    person.chrome.find_element(By.CSS_SELECTOR, f"input[name=from][value='{oldest}']").click()
    person.chrome.find_element(By.CSS_SELECTOR, f"input[name=to][value='{newest}']").click()
    person.follows(person.button("Compare"))
    assert f"Version {oldest} to {newest}" == person.text("h1")
    added, removed = " ".join(person.texts(".diff .added")), " ".join(person.texts(".diff .removed"))
    for action in ACTIONS:
        assert action.words in added
        assert action.words not in removed
    assert "none yet" in removed
    assert "2 of 3 done, 1 open" in added
    assert "What went well" not in person.text(".diff")
    person.clicks(person.chrome.find_elements(By.CSS_SELECTOR, ".diff summary")[1])
    assert "What went well" in person.text(".diff")


def reopen(person: Person, key: str) -> None:
    """It was not done after all."""
    person.opens("/")
    person.opens_issue(key)
    person.moves_to("To Do", "To Do")


def the_row_goes_back(person: Person, keys: list[str]) -> None:
    """The row of the ticket that was re-opened says so; nothing else changed."""
    person.opens("/")
    person.follows(person.link(TITLE))
    states = (("TO DO", "grey", False), ("DONE", "green", True), ("TO DO", "grey", False))
    assert shown(keys, states) == person.rows()
    assert person.summary("Actions") == "1 of 3 done, 2 open"


def nothing_is_left(place: Site) -> None:
    """A pass over a page that follows already writes nothing."""
    place.sandbox.faults.log.clear()
    place.run_pass()
    assert place.writes() == []


def shown(keys: list[str], states: tuple[tuple[str, str, bool], ...]) -> list[ShownRow]:
    """The rows as they should look: the actions that were typed, their tickets, and these states."""
    return [
        ShownRow(action.words, key, status, colour, closed)
        for action, key, (status, colour, closed) in zip(ACTIONS, keys, states, strict=True)
    ]
