"""The sandbox in a browser, in both dialects: what a person sees, and what the forms do to the world."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape

import pytest
import requests

from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.people import PEOPLE
from pirsync.sandbox.server import Running
from pirsync.sandbox.site import page_url
from pirsync.sandbox.text.body import parse
from pirsync.sandbox.web.issues import visible
from pirsync.sandbox.wiki.attachments import Upload, attach
from pirsync.sandbox.wiki.comments import add_comment, reply
from pirsync.sandbox.wiki.markers import mark
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds import seed

OPEN, RESTRICTED, HOSTILE, LINKED = "OPS-12", "OPS-7", "OPS-8", "ACT-1"
ACTIONS = "<table><tr><th>Action item</th><th>Owner</th><th>Due date</th></tr></table><p>after&mdash;it</p>"


@dataclass
class Browser:
    """A browser without scripts on a running sandbox."""

    world: World
    session: requests.Session

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.world.base_url + path, timeout=10)

    def post(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(self.world.base_url + path, data=fields, timeout=10)

    def issue(self, key: str) -> tracker.Issue:
        issue = tracker.find_issue(self.world, key)
        assert issue is not None
        return issue

    def browse(self, key: str) -> str:
        return f"/browse/{key}" if self.world.is_cloud else f"/jira/browse/{key}"

    def write_page(self, title: str, body: str) -> wiki.Page:
        author, space = self.world.people.find("bokafor"), wiki.find_space(self.world, "OPS")
        assert author is not None and space is not None
        return wiki.create_page(self.world, author, space, None, title, body)

    def edit_url(self, page: wiki.Page) -> str:
        if self.world.is_cloud:
            return f"/wiki/spaces/OPS/pages/{page.id}/_edit"
        return f"/confluence/pages/editpage.action?pageId={page.id}"

    def other(self, page: wiki.Page, cloud: str, datacenter: str) -> str:
        return self.edit_url(page).replace("_edit", cloud).replace("editpage", datacenter)


@pytest.fixture(params=["cloud", "datacenter"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    deployment: Deployment = request.param
    world = World(deployment)
    seed.seed(world)
    with Running(world), requests.Session() as session:
        yield Browser(world, session)


# ---------------------------------------------------------------- home, people, what is missing


def test_home_shows_both_products_and_who_one_is(browser: Browser) -> None:
    html = browser.get("/").text
    assert "Good to see you, Ana" in html
    assert f'href="{browser.browse(OPEN)}"' in html
    assert "Runbook: payment queue" in html


def test_style_and_script_are_served(browser: Browser) -> None:
    assert ".lozenge-green" in browser.get("/assets/style.css").text
    assert "data-block" in browser.get("/assets/editor.js").text


def test_a_person_is_switched_and_remembered(browser: Browser) -> None:
    browser.post("/act-as", person="bokafor", back="/")
    assert "Good to see you, Bisi" in browser.get("/").text


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_switching_never_leads_away(browser: Browser, back: str) -> None:
    fields = {"person": "bokafor", "back": back}
    answer = browser.session.post(f"{browser.world.base_url}/act-as", data=fields, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_form_of_another_site_is_refused(browser: Browser) -> None:
    browser.session.headers["Sec-Fetch-Site"] = "cross-site"
    answer = browser.post(f"{browser.browse(OPEN)}/comment", comment="spam")
    assert answer.status_code == 403
    assert "spam" not in [comment.body for comment in browser.issue(OPEN).comments]


def test_what_does_not_exist_is_a_page_that_says_so(browser: Browser) -> None:
    answer = browser.get(browser.browse("NO-1"))
    assert answer.status_code == 404
    assert "There is no issue NO-1 that Ana Ruiz may see." in answer.text


# ---------------------------------------------------------------- Jira


def test_an_issue_with_its_steps_and_its_fields(browser: Browser) -> None:
    html = browser.get(browser.browse(OPEN)).text
    for step in tracker.available_transitions(browser.world, browser.issue(OPEN)):
        assert f'<button name="transition" value="{step.id}">{step.name}</button>' in html
    assert f"<h1>{browser.issue(OPEN).summary}</h1>" in html
    assert '<span class="lozenge lozenge-blue">Investigating</span>' in html


def test_a_long_list_shows_what_changed_last(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pirsync.sandbox.web.issues.MOST", 2)
    newest, _, third = visible(browser.world, PEOPLE[1])[:3]
    html = browser.get(browser.browse("").replace("browse/", "issues")).text
    assert "These 2 changed last" in html
    assert [browser.browse(issue.key) in html for issue in (newest, third)] == [True, False]


def test_every_seeded_issue_can_be_shown(browser: Browser) -> None:
    browser.post("/act-as", person="svc-pirsync", back="/")
    keys = [issue.key for issue in browser.world.tracker.issues.values()]
    assert {browser.get(browser.browse(key)).status_code for key in keys} == {200}


def test_a_hostile_summary_is_text(browser: Browser) -> None:
    html = browser.get(browser.browse(HOSTILE)).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_a_restricted_issue_is_not_there_for_others(browser: Browser) -> None:
    browser.post("/act-as", person="jguest", back="/")
    assert browser.get(browser.browse(RESTRICTED)).status_code == 404
    assert RESTRICTED not in browser.get(browser.browse("").replace("browse/", "issues")).text


def test_a_button_takes_the_step_with_the_resolution_that_was_chosen(browser: Browser) -> None:
    issue = browser.issue(OPEN)
    step = next(one for one in tracker.available_transitions(browser.world, issue) if one.needs_resolution)
    resolution = list(browser.world.tracker.resolutions)[-1]
    answer = browser.post(f"{browser.browse(OPEN)}/transition", transition=step.id, resolution=resolution)
    assert answer.url == browser.world.base_url + browser.browse(OPEN)
    assert (issue.status_id, issue.resolution_id) == (step.to_status_id, resolution)
    author = issue.histories[-1].author
    assert author is not None
    assert author.display_name == "Ana Ruiz"


def test_a_step_that_is_not_possible_is_refused_with_words(browser: Browser) -> None:
    answer = browser.post(f"{browser.browse(OPEN)}/transition", transition="999")
    assert answer.status_code == 400
    assert "not valid for the current state" in answer.text


def test_a_comment_is_added_in_ones_own_name(browser: Browser) -> None:
    browser.post("/act-as", person="bokafor", back="/")
    answer = browser.post(f"{browser.browse(OPEN)}/comment", comment="*Better* now\r\n<b>")
    comment = browser.issue(OPEN).comments[-1]
    assert (comment.body, comment.author) == ("*Better* now\n<b>", browser.world.people.find("bokafor"))
    assert "<b>Better</b> now" in answer.text
    assert "&lt;b&gt;" in answer.text


def test_assignee_and_due_date_are_set_and_cleared(browser: Browser) -> None:
    issue, url = browser.issue(LINKED), f"{browser.browse(LINKED)}/edit"
    browser.post(url, assignee="dpatel", due="2027-01-15")
    assert (issue.assignee, issue.due) == (browser.world.people.find("dpatel"), date(2027, 1, 15))
    browser.post(url, assignee="", due="")
    assert (issue.assignee, issue.due) == (None, None)


def test_an_account_that_cannot_have_issues_is_refused(browser: Browser) -> None:
    before = browser.issue(LINKED).assignee
    assert browser.post(f"{browser.browse(LINKED)}/edit", assignee="jguest", due="").status_code == 400
    assert browser.issue(LINKED).assignee == before


def test_issues_are_filtered_by_words_project_and_state(browser: Browser) -> None:
    issues = browser.browse("").replace("browse/", "issues")
    html = browser.get(f"{issues}?words=status+PAGE&project=OPS&state=indeterminate").text
    assert f">{OPEN}</a>" in html
    assert ">OPS-1</a>" not in html


# ---------------------------------------------------------------- Confluence


def test_every_seeded_page_can_be_shown_edited_and_compared(browser: Browser) -> None:
    for page in browser.world.wiki.pages.values():
        urls = [
            page_url(browser.world, page),
            browser.edit_url(page),
            browser.other(page, "_source", "editsource"),
            browser.other(page, "_history", "viewpreviousversions"),
            browser.other(page, "_compare", "diffpages"),
        ]
        assert [browser.get(url).status_code for url in urls] == [200] * 5


def test_a_page_shows_issues_as_chips_and_people_by_name(browser: Browser) -> None:
    key = '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">OPS-12</ac:parameter></ac:structured-macro>'
    page = browser.write_page("Chips", f'<p><ac:link><ri:user ri:username="dpatel" /></ac:link> {key}</p>')
    html = browser.get(page_url(browser.world, page)).text
    assert '<span class="mention">@Devika Patel</span>' in html
    assert f'<a class="chip" href="{browser.browse("OPS-12")}"' in html


def test_a_page_shows_its_files_and_what_was_said_about_it(browser: Browser) -> None:
    world, image = browser.world, '<ac:image><ri:attachment ri:filename="graph.png" /></ac:image>'
    page = browser.write_page("Discussed", f"<p>one two</p>{image}")
    ana, author = world.people.find("aruiz"), page.versions[0].author
    assert ana is not None and author is not None
    attach(world, author, page, Upload("graph.png", "image/png", b"\x89PNG", "as it was"))
    footer = add_comment(world, author, page, "<p>Is <b>that</b> so?</p>")
    reply(world, ana, footer, "<p>Yes &lt;b&gt;</p>")
    add_comment(world, ana, page, "<p>why?</p>", mark(world, page, "two", 1, 0))
    html = browser.get(page_url(world, page)).text
    found = re.search(r'<img src="([^"]+)" alt="graph.png">', html)
    assert found is not None and f'<a href="{found[1]}">graph.png</a>' in html
    same_site = {"Sec-Fetch-Site": "same-origin"}
    fetched = browser.session.get(world.base_url + unescape(found[1]), headers=same_site, timeout=10)
    assert (fetched.content, fetched.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert all(
        words in html for words in ("Is <strong>that</strong> so?", "Yes &lt;b&gt;", "On <span class=", "as it was")
    )
    page.restricted_to = {"nobody"}
    assert browser.session.get(world.base_url + unescape(found[1]), headers=same_site, timeout=10).status_code == 404


def test_a_restricted_page_is_not_there_for_others(browser: Browser) -> None:
    page = browser.write_page("Secret", "<p>x</p>")
    page.restricted_to = {"nobody"}
    assert browser.get(page_url(browser.world, page)).status_code == 404
    assert "Secret" not in browser.get("/").text


def test_the_editor_adds_a_row_and_leaves_the_other_bytes(browser: Browser) -> None:
    page = browser.write_page("Actions", ACTIONS)
    before = page.current.body
    html = browser.get(browser.edit_url(page)).text
    assert 'button type="button" class="add-row"' in html
    assert 'class="pick-person"' in html
    assert 'id="save"' in html
    table = next(e.number for e in parse(before).elements if e.name == "table")
    cells = [[{"text": "Rotate the key"}], [{"mention": "bokafor"}], [{"date": "2026-12-24"}]]
    edits = json.dumps([{"table": table, "cells": cells}])
    answer = browser.post(browser.edit_url(page), version="1", edits=edits, title="Actions", message="one more")
    user = browser.world.people.find("bokafor")
    assert user is not None
    ref = f'ri:account-id="{user.account_id}"' if browser.world.is_cloud else f'ri:userkey="{user.user_key}"'
    row = (
        f"<tr><td><p>Rotate the key</p></td><td><p><ac:link><ri:user {ref} /></ac:link></p></td>"
        '<td><p><time datetime="2026-12-24" /></p></td></tr>'
    )
    assert page.current.body == before.replace("</tbody>", f"{row}</tbody>")
    assert (page.current.number, page.current.message, page.current.minor) == (2, "one more", False)
    assert answer.url == browser.world.base_url + page_url(browser.world, page)


def test_saving_nothing_makes_no_version(browser: Browser) -> None:
    page = browser.write_page("Same", "<p>x</p>")
    browser.post(browser.edit_url(page), version="1", edits="[]", title="Same")
    assert page.current.number == 1


def test_a_page_that_somebody_else_saved_is_not_overwritten_unasked(browser: Browser) -> None:
    page = browser.write_page("Race", "<p>x</p>")
    author = browser.world.people.find("bokafor")
    assert author is not None
    wiki.update_page(browser.world, author, page, "Race", "<p>theirs</p>", 2, "")
    edits = json.dumps([{"block": 0, "parts": [{"text": "mine"}]}])
    answer = browser.post(browser.edit_url(page), version="1", edits=edits, title="Race")
    assert answer.status_code == 409
    assert "mine" in answer.text
    assert "theirs" in page.current.body


@pytest.mark.parametrize("edits", ["", "{}", "[1]", "[" * 5000, '[{"block":0,"parts":[{"mention":"nobody"}]}]'])
def test_edits_that_do_not_fit_are_refused(browser: Browser, edits: str) -> None:
    page = browser.write_page("Bad", "<p>x</p>")
    answer = browser.post(browser.edit_url(page), version="1", edits=edits, title="Bad")
    assert (answer.status_code, page.current.number) == (400, 1)


def test_the_source_is_edited_and_a_refusal_keeps_what_was_typed(browser: Browser) -> None:
    page = browser.write_page("Source", "<p>x</p>")
    url = browser.other(page, "_source", "editsource")
    answer = browser.post(url, version="1", title="Source", body="<p>broken")
    assert (answer.status_code, page.current.number) == (400, 1)
    assert "&lt;p&gt;broken" in answer.text
    browser.post(url, version="1", title="Source 2", body="<p>y</p>\r\n<p>z</p>", minor="1")
    assert (page.current.body, page.title, page.current.minor) == ("<p>y</p>\n<p>z</p>", "Source 2", True)


def test_who_may_not_edit_gets_no_editor(browser: Browser) -> None:
    page = browser.write_page("Locked", "<p>x</p>")
    page.editors = {"nobody"}
    assert 'id="edit"' not in browser.get(page_url(browser.world, page)).text
    assert browser.get(browser.edit_url(page)).status_code == 404
    assert browser.post(browser.edit_url(page), version="1", edits="[]", title="New").status_code == 404
    assert page.title == "Locked"


def test_history_and_what_changed(browser: Browser) -> None:
    page = browser.write_page("Changes", "<p>same</p><p>old</p>")
    author = browser.world.people.find("bokafor")
    assert author is not None
    wiki.update_page(browser.world, author, page, "Changes", "<p>same</p><p>new &lt;i&gt;</p>", 2, "why", True)
    history = browser.get(browser.other(page, "_history", "viewpreviousversions")).text
    assert "why" in history
    assert '<span class="lozenge">Minor</span>' in history
    compared = browser.get(browser.other(page, "_compare", "diffpages")).text
    assert '<div class="same">same</div>' in compared
    assert '<div class="removed">old</div>' in compared
    assert '<div class="added">new &lt;i&gt;</div>' in compared


def test_an_old_version_is_shown_as_such(browser: Browser) -> None:
    page = browser.write_page("Old", "<p>first text</p>")
    author = browser.world.people.find("bokafor")
    assert author is not None
    wiki.update_page(browser.world, author, page, "Old", "<p>second text</p>", 2, "")
    url = page_url(browser.world, page)
    html = browser.get(f"{url}{'&' if '?' in url else '?'}version=1").text
    assert "first text" in html
    assert "An old version." in html


def test_a_space_shows_its_tree(browser: Browser) -> None:
    base = "/wiki" if browser.world.is_cloud else "/confluence"
    html = browser.get(f"{base}/spaces?key=OPS").text
    assert "Runbook: payment queue" in html
    assert browser.get(f"{base}/spaces?key=NONE").status_code == 404
