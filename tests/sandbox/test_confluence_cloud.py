"""Confluence Cloud over a real socket: reading, locking, titles, properties, labels, paging and people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.wiki import create_page, find_page, set_status, update_page
from tests.sandbox.wiki_client import Client, page_titled, running, space, v2_page, v2_update
from tests.shared import shared

PAGES = "/api/v2/pages"


@pytest.fixture
def cloud() -> Iterator[Client]:
    with running("cloud") as made:
        yield made


def test_a_page_is_created_normalised_below_its_parent(cloud: Client) -> None:
    parent = page_titled(cloud.world)
    sent = v2_page(cloud.world, " INC-1: late mail ", "<p><b>x</b></p>", parent)
    made = cloud.send("POST", PAGES, sent).json()
    read = cloud.get(f"{PAGES}/{made['id']}", body_format="storage").json()
    assert (read["title"], read["parentId"], read["version"]["number"]) == ("INC-1: late mail", str(parent.id), 1)
    assert read["body"] == {"storage": {"representation": "storage", "value": "<p><strong>x</strong></p>"}}
    assert read["version"]["authorId"] == SERVICE.account_id
    assert read["_links"]["base"] == cloud.world.wiki_url
    assert read["_links"]["webui"] == f"/spaces/OPS/pages/{made['id']}/INC-1%3A+late+mail"


def test_a_page_without_a_parent_hangs_below_the_home_page(cloud: Client) -> None:
    made = cloud.send("POST", PAGES, v2_page(cloud.world, "A")).json()
    assert made["parentId"] == str(space(cloud.world).homepage_id)


def test_only_the_next_version_is_saved(cloud: Client) -> None:
    page = page_titled(cloud.world)
    saved = cloud.send("PUT", f"{PAGES}/{page.id}", v2_update(page, 2, "<p>two</p>"))
    stale = cloud.send("PUT", f"{PAGES}/{page.id}", v2_update(page, 2, "<p>other</p>"))
    assert saved.json()["version"] | {"createdAt": ""} == {
        "number": 2,
        "message": "m",
        "minorEdit": True,
        "authorId": SERVICE.account_id,
        "createdAt": "",
    }
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "CONFLICT")
    assert "Current version is: 2" in stale.json()["errors"][0]["title"]
    assert (page.current.number, page.current.body) == (2, "<p>two</p>")


@pytest.mark.parametrize("missing", ["id", "status", "title", "body", "version"])
def test_an_update_needs_all_of_its_parts(cloud: Client, missing: str) -> None:
    page = page_titled(cloud.world)
    sent = v2_update(page, 2, "<p>two</p>")
    del sent[missing]
    assert cloud.send("PUT", f"{PAGES}/{page.id}", sent).status_code == 400
    assert page.current.number == 1


def test_a_body_without_its_representation_is_an_error_of_the_server(cloud: Client) -> None:
    sent = v2_page(cloud.world, "A") | {"body": {"storage": {"value": "<p>x</p>"}}}
    assert cloud.send("POST", PAGES, sent).status_code == 500


def test_a_body_that_is_not_well_formed_is_refused_with_its_place(cloud: Client) -> None:
    page = page_titled(cloud.world)
    refused = cloud.send("PUT", f"{PAGES}/{page.id}", v2_update(page, 2, "<p>a & b</p>"))
    assert (refused.status_code, page.current.number) == (400, 1)
    (error,) = refused.json()["errors"]
    assert error["title"].startswith("Error parsing xhtml: ")
    assert error["title"].endswith("[1,7]")


def test_a_title_is_taken_in_any_case_even_by_a_hidden_or_archived_page(cloud: Client) -> None:
    page = page_titled(cloud.world)
    for change in ("current", "archived", "hidden"):
        page.restricted_to = set() if change == "hidden" else None
        set_status(cloud.world, page, "archived" if change == "archived" else "current")
        refused = cloud.send("POST", PAGES, v2_page(cloud.world, page.title.upper()))
        assert refused.status_code == 400
        assert "A page with this title already exists" in refused.json()["errors"][0]["title"]
    set_status(cloud.world, page, "trashed")
    assert cloud.send("POST", PAGES, v2_page(cloud.world, page.title.upper())).status_code == 200


@pytest.mark.parametrize("title", ["", "x" * 256, "two\nlines"])
def test_a_title_that_cannot_be_is_refused(cloud: Client, title: str) -> None:
    assert cloud.send("POST", PAGES, v2_page(cloud.world, title)).status_code == 400


def test_hidden_trashed_and_unknown_pages_are_the_same_404(cloud: Client) -> None:
    page = page_titled(cloud.world)
    unknown = cloud.get(f"{PAGES}/1")
    page.restricted_to = {PEOPLE[1].account_id}
    hidden = cloud.get(f"{PAGES}/{page.id}")
    page.restricted_to = None
    set_status(cloud.world, page, "trashed")
    trashed = cloud.get(f"{PAGES}/{page.id}")
    assert unknown.json() == hidden.json() == trashed.json()
    assert [each.status_code for each in (unknown, hidden, trashed)] == [404] * 3
    assert cloud.get(f"{PAGES}/{page.id}", status="trashed").json()["status"] == "trashed"


def test_an_archived_page_is_read_but_not_written(cloud: Client) -> None:
    page = page_titled(cloud.world)
    set_status(cloud.world, page, "archived")
    assert cloud.get(f"{PAGES}/{page.id}").json()["status"] == "archived"
    assert cloud.send("PUT", f"{PAGES}/{page.id}", v2_update(page, 2, "<p/>")).status_code == 404
    assert page.current.number == 1


def test_a_page_that_others_edit_is_seen_and_refused(cloud: Client) -> None:
    page = page_titled(cloud.world)
    page.editors = {PEOPLE[1].account_id}
    read = cloud.get(f"{PAGES}/{page.id}", include_operations="true").json()
    assert [each["operation"] for each in read["operations"]["results"]] == ["read"]
    assert cloud.send("PUT", f"{PAGES}/{page.id}", v2_update(page, 2, "<p/>")).status_code == 403


def test_a_private_page_is_its_makers_alone(cloud: Client) -> None:
    made = cloud.send("POST", f"{PAGES}?private=true", v2_page(cloud.world, "Mine")).json()
    cloud.session.auth = (PEOPLE[1].email, "token")
    assert cloud.get(f"{PAGES}/{made['id']}").status_code == 404


def test_without_a_credential_nothing_is_there_and_nothing_is_made(cloud: Client) -> None:
    cloud.session.auth = None
    page = page_titled(cloud.world)
    assert cloud.get(f"{PAGES}/{page.id}").status_code == 404
    assert cloud.get(PAGES).json()["results"] == []
    assert cloud.send("POST", PAGES, v2_page(cloud.world, "A")).status_code == 401


def test_pages_are_listed_by_cursor_in_link_and_header(cloud: Client) -> None:
    parent = page_titled(cloud.world)
    for number in range(7):
        create_page(cloud.world, SERVICE, space(cloud.world), parent, f"P{number}", "<p>x</p>")
    ids: list[str] = []
    answer = cloud.get(PAGES, space_id=space(cloud.world).id, limit=4)
    while True:
        ids += [page["id"] for page in answer.json()["results"]]
        following = answer.json()["_links"].get("next")
        if following is None:
            break
        assert answer.headers["Link"].startswith(f"<{following}>")
        assert following.startswith("/wiki/api/v2/pages?")
        answer = cloud.session.get(cloud.world.base_url + following, timeout=10)
    wanted = [str(page.id) for page in cloud.world.wiki.pages.values() if page.space_id == space(cloud.world).id]
    assert ids == wanted
    assert "Link" not in answer.headers


@pytest.mark.parametrize("limit", ["0", "251", "x"])
def test_a_limit_out_of_range_is_refused(cloud: Client, limit: str) -> None:
    assert cloud.get(PAGES, limit=limit).status_code == 400


def test_many_pages_are_read_at_once_by_id(cloud: Client) -> None:
    first, second, third = list(cloud.world.wiki.pages.values())[:3]
    set_status(cloud.world, second, "archived")
    set_status(cloud.world, third, "trashed")
    joined = cloud.get(PAGES, id=f"{first.id},{second.id},{third.id}", body_format="storage").json()["results"]
    repeated = cloud.get(PAGES, id=[first.id, second.id, third.id]).json()["results"]
    assert [page["id"] for page in joined] == [page["id"] for page in repeated] == [str(first.id), str(second.id)]
    assert [page["body"] for page in repeated] == [{}, {}]
    assert joined[0]["body"]["storage"]["value"] == first.current.body


def test_a_title_is_looked_up_exactly(cloud: Client) -> None:
    page = page_titled(cloud.world)
    found = cloud.get(PAGES, space_id=page.space_id, title=page.title, status="current").json()["results"]
    assert [each["id"] for each in found] == [str(page.id)]
    assert cloud.get(PAGES, title=page.title.lower()).json()["results"] == []


def test_older_versions_are_kept(cloud: Client) -> None:
    page = page_titled(cloud.world)
    first = page.current.body
    update_page(cloud.world, PEOPLE[1], page, "Renamed", "<p>two</p>", 2, "why", minor=True)
    listed = cloud.get(f"{PAGES}/{page.id}/versions", body_format="storage", limit=1).json()
    assert [(each["number"], each["message"], each["minorEdit"]) for each in listed["results"]] == [(2, "why", True)]
    older = cloud.session.get(cloud.world.base_url + listed["_links"]["next"], timeout=10).json()["results"]
    assert [(each["number"], each["page"]["body"]["storage"]["value"]) for each in older] == [(1, first)]
    old = cloud.get(f"{PAGES}/{page.id}", version=1, body_format="storage").json()
    assert (old["status"], old["body"]["storage"]["value"]) == ("historical", first)
    assert cloud.get(f"{PAGES}/{page.id}", version=3).status_code == 404


def test_properties_go_by_id_and_have_versions_of_their_own(cloud: Client) -> None:
    page = page_titled(cloud.world)
    path = f"{PAGES}/{page.id}/properties"
    made = cloud.send("POST", path, {"key": "pirsync.state", "value": {"rows": [1]}}).json()
    again = cloud.send("POST", path, {"key": "pirsync.state", "value": 0})
    sent: dict[str, Any] = {"key": "pirsync.state", "value": {"rows": [2]}, "version": {"number": 2}}
    saved = cloud.send("PUT", f"{path}/{made['id']}", sent)
    stale = cloud.send("PUT", f"{path}/{made['id']}", sent)
    assert (again.status_code, saved.status_code, stale.status_code) == (409, 200, 409)
    assert [each["value"] for each in cloud.get(path, key="pirsync.state").json()["results"]] == [{"rows": [2]}]
    assert cloud.get(path, key="Pirsync.State").json()["results"] == []
    assert cloud.get(f"{path}/pirsync.state").status_code == 404
    assert cloud.get(f"{path}/{made['id']}").json()["version"]["number"] == 2
    assert cloud.send("POST", path, {"key": "big", "value": "x" * 32 * 1024}).status_code == 400
    assert page.current.number == 1


def test_labels_are_written_by_the_old_api_and_read_by_the_new(cloud: Client) -> None:
    page = page_titled(cloud.world)
    path = f"/rest/api/content/{page.id}/label"
    label = {"prefix": "global", "name": "PIR"}
    assert [cloud.send("POST", path, [label]).status_code for _ in range(2)] == [200, 200]
    assert [each["name"] for each in cloud.get(f"{PAGES}/{page.id}/labels").json()["results"]] == ["pir"]
    read = cloud.get(f"{PAGES}/{page.id}", include_labels="true").json()
    assert [each["name"] for each in read["labels"]["results"]] == ["pir"]
    assert cloud.send("POST", path, label | {"name": "alone"}).status_code == 200
    assert cloud.send("POST", path, [{"name": "two words"}]).status_code == 400
    assert page.labels == ["pir", "alone"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/{id}"), ("PUT", "/{id}"), ("POST", "")])
def test_the_old_calls_for_pages_are_gone_where_the_world_says_so(cloud: Client, method: str, path: str) -> None:
    cloud.world.wiki.v1_pages_gone = True
    where = "/rest/api/content" + path.format(id=page_titled(cloud.world).id)
    assert cloud.send(method, where, {}).status_code == 410


def test_people_are_read_a_hundred_at_a_time(cloud: Client) -> None:
    ana = PEOPLE[1]
    assert cloud.get("/rest/api/user/current").json()["accountId"] == SERVICE.account_id
    assert cloud.get("/rest/api/user", accountId=ana.account_id).json()["displayName"] == "Ana Ruiz"
    assert cloud.get("/rest/api/user", accountId=ana.name).status_code == 404
    wanted = ["unknown"] * 99 + [ana.account_id, PEOPLE[2].account_id]
    found = cloud.get("/rest/api/user/bulk", accountId=wanted).json()["results"]
    assert [each["accountId"] for each in found] == [ana.account_id]


def test_spaces_are_found_by_key_and_children_by_parent(cloud: Client) -> None:
    (found,) = cloud.get("/api/v2/spaces", keys="SEC").json()["results"]
    assert (found["id"], found["name"]) == (str(space(cloud.world, "SEC").id), "Security")
    home = find_page(cloud.world, space(cloud.world).homepage_id)
    assert home is not None
    below = cloud.get(f"{PAGES}/{home.id}/direct-children").json()["results"]
    assert [each["title"] for each in below] == ["Post-incident reviews", "On call", "Runbook: payment queue"]


def test_a_search_pages_by_cursor_and_shortens_its_limit(cloud: Client) -> None:
    first = cloud.get("/rest/api/content/search", cql="space = OPS", limit=3, expand="version,body.storage").json()
    assert first["_links"]["next"].startswith("/rest/api/content/search?next=true&cursor=")
    second = cloud.session.get(cloud.world.wiki_url + first["_links"]["next"], timeout=10).json()
    assert "next" not in second["_links"]
    found = [each["title"] for each in first["results"] + second["results"]]
    assert found == ["Operations", "Post-incident reviews", "On call", "Runbook: payment queue"]
    assert second["results"][0]["body"]["storage"]["value"].startswith("<p>Use this when")
    assert cloud.get("/rest/api/content/search", cql="type=page", limit=1000).json()["limit"] == 250
    assert cloud.get("/rest/api/content/search", cql="type=page", limit=99, expand="body.view").json()["limit"] == 50
    assert cloud.get("/rest/api/content/search", cql="type=", limit=3).status_code == 400


def test_search_hits_have_escaped_titles(cloud: Client) -> None:
    create_page(cloud.world, SERVICE, space(cloud.world), None, "a < b & c", "<p/>")
    (hit,) = cloud.get("/rest/api/search", cql='title = "a < b & c"').json()["results"]
    assert (hit["title"], hit["content"]["title"]) == ("a &lt; b &amp; c", "a < b & c")


def test_a_page_has_every_key_that_a_real_answer_had(cloud: Client) -> None:
    recorded = json.loads((shared("recorded") / "confluence-cloud/v1-content-page.json").read_text())
    expand = "history.lastUpdated,version,body.storage,body.view,restrictions.read.restrictions.user"
    answered = cloud.get("/rest/api/content/search", cql="type=page", expand=expand).json()["results"][0]
    unserved = {"_about", "descendants"}
    assert set(recorded) - unserved <= set(answered)
    for part in ("version", "history"):
        optional = {"syncRev", "syncRevSource"}
        assert set(recorded[part]) - optional <= set(answered[part]), part
    assert set(recorded["body"]["storage"]) <= set(answered["body"]["storage"])
    assert set(recorded["history"]["lastUpdated"]["by"]) <= set(answered["version"]["by"])
    assert set(recorded["_links"]) <= set(answered["_links"])


def test_answers_have_the_properties_that_the_vendor_documents(cloud: Client) -> None:
    document = json.loads((shared("openapi") / "confluence-v2.2026-06.json").read_text())
    schemas = document["components"]["schemas"]
    page = page_titled(cloud.world)
    single = cloud.get(f"{PAGES}/{page.id}", body_format="storage").json()
    listed = cloud.get(PAGES).json()["results"][0]
    of_space = cloud.get("/api/v2/spaces").json()["results"][0]
    version = cloud.get(f"{PAGES}/{page.id}/versions").json()["results"][0]
    optional = {"labels", "properties", "operations", "likes", "versions", "webresources", "collaborators"}
    optional |= {"isFavoritedByCurrentUser", "directChildren"}
    for name, answered in (
        ("PageSingle", single),
        ("PageBulk", listed),
        ("SpaceBulk", of_space),
        ("PageVersion", version),
    ):
        assert set(schemas[name]["properties"]) - optional <= set(answered), name
