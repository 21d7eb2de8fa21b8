"""Confluence Data Center over a real socket: reading, locking, titles, properties, labels, paging and people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.wiki import create_page, set_status, update_page
from pirsync.sandbox.world import Deployment
from tests.sandbox.wiki_client import Client, page_titled, running, space, v1_page, v1_update

CONTENT = "/rest/api/content"


@pytest.fixture
def dc() -> Iterator[Client]:
    with running("datacenter") as made:
        yield made


def test_a_page_is_created_normalised_below_its_parent(dc: Client) -> None:
    parent = page_titled(dc.world)
    mention = '<p><ac:link><ri:user ri:username="aruiz" /></ac:link></p>'
    made = dc.send("POST", CONTENT, v1_page("INC-1: late mail", mention, parent)).json()
    expand = "body.storage,version,space,ancestors,metadata.labels,operations"
    read = dc.get(f"{CONTENT}/{made['id']}", expand=expand).json()
    key = PEOPLE[1].user_key
    assert read["body"]["storage"]["value"] == f'<p><ac:link><ri:user ri:userkey="{key}" /></ac:link></p>'
    assert [above["title"] for above in read["ancestors"]] == ["Operations", parent.title]
    assert (read["version"]["number"], read["space"]["key"]) == (1, "OPS")
    assert read["version"]["by"]["userKey"] == SERVICE.user_key
    assert read["metadata"]["labels"]["results"] == []
    assert "update" in [each["operation"] for each in read["operations"]]
    assert read["_links"]["base"] + read["_links"]["webui"] == (
        f"{dc.world.base_url}/confluence/pages/viewpage.action?pageId={made['id']}"
    )


@pytest.mark.parametrize(("deployment", "kept"), [("cloud", "From the repository"), ("datacenter", "")])
def test_only_cloud_keeps_the_message_of_a_first_version(deployment: Deployment, kept: str) -> None:
    with running(deployment) as client:
        sent = {**v1_page("With a message", "<p>x</p>", None), "version": {"message": "From the repository"}}
        made = client.send("POST", CONTENT, sent).json()
        assert client.get(f"{CONTENT}/{made['id']}", expand="version").json()["version"]["message"] == kept


def test_what_is_not_expanded_is_only_named(dc: Client) -> None:
    path = f"{CONTENT}/{page_titled(dc.world).id}"
    plain, asked = dc.get(path).json(), dc.get(path, expand="body.storage").json()
    assert {"version", "space", "history"} <= set(plain)
    assert {"body", "ancestors"} <= set(plain["_expandable"])
    assert {"version", "space", "ancestors"}.isdisjoint(asked)
    assert {"version", "space", "ancestors"} <= set(asked["_expandable"])


def test_what_is_asked_for_deep_down_brings_all_above_it(dc: Client) -> None:
    path = f"{CONTENT}/{page_titled(dc.world).id}"
    deep, plain = (dc.get(path, expand=f"body.view{end}").json()["body"]["view"] for end in (".value", ""))
    assert deep == plain


def test_only_the_next_version_is_saved(dc: Client) -> None:
    page = page_titled(dc.world)
    path = f"{CONTENT}/{page.id}?status=current"
    assert dc.send("PUT", path, v1_update(page, 2, "<p>two</p>", "Renamed")).status_code == 200
    stale = dc.send("PUT", path, v1_update(page, 2, "<p>other</p>"))
    unnumbered = dc.send("PUT", path, v1_update(page, 2, "<p>other</p>") | {"version": {}})
    assert (stale.status_code, unnumbered.status_code) == (409, 400)
    assert stale.json()["message"].endswith(
        "ConflictException: Version must be incremented on update. Current version is: 2"
    )
    assert "No version supplied" in unnumbered.json()["message"]
    assert (page.current.number, page.title, page.current.body) == (2, "Renamed", "<p>two</p>")
    assert (page.current.message, page.current.minor) == ("m", True)
    assert page.parent_id == space(dc.world).homepage_id


def test_bad_bodies_and_taken_titles_are_refused(dc: Client) -> None:
    malformed = dc.send("POST", CONTENT, v1_page("A", "<p>a</b>"))
    taken = dc.send("POST", CONTENT, v1_page(page_titled(dc.world).title.upper()))
    assert (malformed.status_code, taken.status_code) == (400, 400)
    assert "Error parsing xhtml" in malformed.json()["message"]
    assert "A page with this title already exists" in taken.json()["message"]


def test_a_parent_that_is_not_there_is_refused(dc: Client) -> None:
    sent = v1_page("A") | {"ancestors": [{"id": "1"}]}
    assert dc.send("POST", CONTENT, sent).status_code == 400
    assert dc.send("POST", CONTENT, v1_page("A") | {"space": {"key": "NO"}}).status_code == 404


def test_the_status_asked_for_decides_what_is_there(dc: Client) -> None:
    page = page_titled(dc.world)
    set_status(dc.world, page, "trashed")
    assert dc.get(f"{CONTENT}/{page.id}").status_code == 404
    assert dc.get(f"{CONTENT}/{page.id}", status="any").json()["status"] == "trashed"
    assert dc.get(f"{CONTENT}/{page.id}", status="trashed").status_code == 200
    assert dc.get(f"{CONTENT}/{page.id}", status="nonsense").status_code == 400


def test_older_versions_are_kept(dc: Client) -> None:
    page = page_titled(dc.world)
    first = page.current.body
    update_page(dc.world, SERVICE, page, page.title, "<p>two</p>", 2, "")
    old = dc.get(f"{CONTENT}/{page.id}", status="historical", version=1, expand="body.storage,version").json()
    assert (old["body"]["storage"]["value"], old["version"]["number"]) == (first, 1)
    assert dc.get(f"{CONTENT}/{page.id}", status="historical", version=9).status_code == 404
    assert dc.get(f"{CONTENT}/{page.id}/history").json()["lastUpdated"]["number"] == 2


def test_properties_go_by_key_and_version_1_creates(dc: Client) -> None:
    page = page_titled(dc.world)
    path = f"{CONTENT}/{page.id}/property"
    sent: dict[str, Any] = {"key": "pirsync.state", "value": {"rows": [1]}, "version": {"number": 1}}
    assert dc.get(f"{path}/pirsync.state").status_code == 404
    assert dc.send("PUT", f"{path}/pirsync.state", sent).status_code == 200
    assert dc.send("PUT", f"{path}/pirsync.state", sent).status_code == 409
    assert dc.send("POST", path, sent).status_code == 409
    assert dc.send("POST", path, {"key": "other", "value": 1}).status_code == 200
    assert [each["key"] for each in dc.get(path).json()["results"]] == ["pirsync.state", "other"]
    read = dc.get(f"{CONTENT}/{page.id}", expand="metadata.properties.pirsync.state").json()
    assert read["metadata"]["properties"]["pirsync.state"]["value"] == {"rows": [1]}


def test_labels_come_alone_or_as_a_list(dc: Client) -> None:
    page = page_titled(dc.world)
    path = f"{CONTENT}/{page.id}/label"
    assert dc.send("POST", path, {"prefix": "global", "name": "pir"}).status_code == 200
    assert dc.send("POST", path, [{"prefix": "global", "name": "pirsync"}]).status_code == 200
    assert [each["name"] for each in dc.get(path).json()["results"]] == ["pir", "pirsync"]


def test_lists_are_cut_and_their_next_link_has_no_context_path(dc: Client) -> None:
    for number in range(250):
        create_page(dc.world, SERVICE, space(dc.world), None, f"P{number}", "<p>x</p>")
    for path, params in ((CONTENT, {"spaceKey": "OPS", "type": "page"}), (f"{CONTENT}/search", {"cql": "space = OPS"})):
        plain = dc.get(path, limit=1000, **params).json()
        with_body = dc.get(path, limit=1000, expand="body.storage", **params).json()
        assert (plain["limit"], len(plain["results"])) == (200, 200)
        assert (with_body["limit"], len(with_body["results"])) == (50, 50)
        assert plain["_links"]["next"].startswith("/rest/api/content")
        rest = dc.session.get(plain["_links"]["base"] + plain["_links"]["next"], timeout=10).json()
        assert len(rest["results"]) == 54
        assert "next" not in rest["_links"]


def test_a_title_is_looked_up_exactly_in_its_space(dc: Client) -> None:
    page = page_titled(dc.world)
    query = {"spaceKey": "OPS", "type": "page", "status": "current"}
    found = dc.get(CONTENT, title=page.title, **query).json()["results"]
    assert [each["id"] for each in found] == [str(page.id)]
    assert dc.get(CONTENT, title=page.title.lower(), **query).json()["results"] == []
    assert dc.get(CONTENT, title=page.title, **(query | {"spaceKey": "SEC"})).json()["results"] == []
    ids = f"{page.id},{page.parent_id}"
    by_id = dc.get(CONTENT, ids=ids).json()["results"]
    assert [each["id"] for each in by_id] == [str(page.parent_id), str(page.id)]


def test_people_are_found_by_name_or_key(dc: Client) -> None:
    ana = PEOPLE[1]
    assert dc.get("/rest/api/user/current").json()["username"] == SERVICE.name
    assert dc.get("/rest/api/user", username="aruiz").json()["userKey"] == ana.user_key
    assert dc.get("/rest/api/user", key=ana.user_key).json()["username"] == "aruiz"
    assert dc.get("/rest/api/user", username="nobody").status_code == 404


def test_without_a_credential_nothing_is_there_and_nothing_is_made(dc: Client) -> None:
    dc.session.auth = None
    assert dc.get("/rest/api/user/current").json()["type"] == "anonymous"
    assert dc.get(f"{CONTENT}/{page_titled(dc.world).id}").status_code == 404
    assert dc.get("/rest/api/space/OPS").status_code == 404
    assert dc.send("POST", CONTENT, v1_page("A")).status_code == 403


def test_spaces_and_search_hits(dc: Client) -> None:
    assert dc.get("/rest/api/space/SEC").json()["name"] == "Security"
    hits = dc.get("/rest/api/search", cql="label = runbook", expand="content.version").json()
    (hit,) = hits["results"]
    assert (hit["content"]["version"]["number"], hit["resultGlobalContainer"]["title"]) == (1, "Operations")
    assert dc.get("/rest/api/search", cql="label = ").status_code == 400
