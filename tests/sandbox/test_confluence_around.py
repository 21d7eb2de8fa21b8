"""Spaces, people, groups and tasks of the wiki over a real socket, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.wiki import create_page, find_space
from pirsync.sandbox.wiki.index import note
from tests.sandbox.wiki_client import Client, page_titled, running, space

ANA, BISI = PEOPLE[1], PEOPLE[2]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Client]:
    with running("cloud") as made:
        yield made


@pytest.fixture(scope="module")
def dc() -> Iterator[Client]:
    with running("datacenter") as made:
        yield made


@pytest.fixture(params=["cloud", "dc"])
def client(request: pytest.FixtureRequest) -> Client:
    found: Client = request.getfixturevalue(request.param)
    return found


def test_a_space_is_made_with_its_home_page_changed_and_deleted_with_all_that_is_in_it(client: Client) -> None:
    plain = {"plain": {"value": "Ours", "representation": "plain"}}
    made = client.send("POST", "/rest/api/space", {"key": "Team", "name": " A team ", "description": plain}).json()
    assert (made["key"], made["name"], made["description"]["plain"]["value"]) == ("Team", "A team", "Ours")
    taken = client.send("POST", "/rest/api/space", {"key": "TEAM", "name": "x"})
    assert (taken.status_code, taken.json()["message"].endswith("A space already exists with key TEAM")) == (400, True)
    held = find_space(client.world, "TEAM")
    assert held is not None
    page = create_page(client.world, ANA, held, None, "In it", "<p>x</p>")
    changed = client.send("PUT", "/rest/api/space/TEAM", {"name": "B", "homepage": {"id": str(page.id)}}).json()
    assert (changed["name"], changed["homepage"]["id"]) == ("B", str(page.id))
    deleted = client.send("DELETE", "/rest/api/space/TEAM", None)
    assert deleted.status_code == 202
    task = client.get(deleted.json()["links"]["status"]).json()
    assert (task["percentageComplete"], task["successful"]) == (100, True)
    assert (find_space(client.world, "TEAM"), page.id in client.world.wiki.pages) == (None, False)


@pytest.mark.parametrize(
    "sent", [{"key": "A B", "name": "x"}, {"key": "", "name": " "}, {"key": "AB"}, {"key": "AB", "name": "x" * 201}]
)
def test_a_space_needs_a_key_and_a_name_that_are_such(dc: Client, sent: dict[str, str]) -> None:
    before = len(dc.world.wiki.spaces)
    assert dc.send("POST", "/rest/api/space", sent).status_code == 400
    assert len(dc.world.wiki.spaces) == before


def test_spaces_are_listed_by_kind_and_order(cloud: Client) -> None:
    made = cloud.send("POST", "/api/v2/spaces", {"key": "~ana", "name": "Ana's", "description": {"value": "d"}})
    assert made.status_code == 201
    listed = cloud.get("/api/v2/spaces", type="personal", description_format="plain").json()["results"]
    assert [(each["key"], each["description"]["plain"]["value"]) for each in listed] == [("~ana", "d")]
    keys = [each["key"] for each in cloud.get("/api/v2/spaces", sort="-key", limit=250).json()["results"]]
    assert keys == sorted(keys, reverse=True)
    first = cloud.get("/api/v2/spaces", limit=1).json()
    following = requests.get(cloud.world.base_url + first["_links"]["next"], auth=cloud.session.auth, timeout=10).json()
    assert first["results"][0]["key"] != following["results"][0]["key"]
    assert cloud.get("/api/v2/spaces", type="none").status_code == 400
    assert cloud.get(f"/api/v2/spaces/{space(cloud.world).id}").json()["key"] == "OPS"


def test_the_content_of_a_space_is_listed_as_far_as_somebody_sees_it(dc: Client) -> None:
    whole = dc.get("/rest/api/space/OPS/content").json()
    hidden = page_titled(dc.world)
    hidden.restricted_to = {ANA.account_id}
    note(dc.world.wiki, hidden)
    try:
        seen = dc.get("/rest/api/space/OPS/content/page").json()
        assert seen["size"] == whole["page"]["size"] - 1
        assert dc.get("/rest/api/space/OPS/content/page", depth="root").json()["size"] == 1
    finally:
        hidden.restricted_to = None
        note(dc.world.wiki, hidden)


def test_nobody_sees_spaces_or_groups_without_a_credential(client: Client) -> None:
    url = client.world.wiki_url
    assert requests.get(f"{url}/rest/api/space/OPS", timeout=10).status_code == 404
    assert requests.get(f"{url}/rest/api/space", timeout=10).json()["results"] == []
    assert requests.get(f"{url}/rest/api/group", timeout=10).status_code == 403
    assert requests.get(f"{url}/rest/api/user/current", timeout=10).json()["type"] == "anonymous"
    assert requests.post(f"{url}/rest/api/space", json={"key": "X", "name": "x"}, timeout=10).status_code == 401


def test_people_are_found_in_their_groups(cloud: Client, dc: Client) -> None:
    (group,) = cloud.get("/rest/api/user/memberof", accountId=ANA.account_id).json()["results"]
    members = cloud.get(f"/rest/api/group/{group['id']}/membersByGroupId").json()["results"]
    assert ANA.account_id in [each["accountId"] for each in members]
    assert [each["name"] for each in dc.get("/rest/api/user/memberof", key=SERVICE.user_key).json()["results"]] == [
        "jira-administrators",
        "jira-software-users",
    ]
    member = dc.get("/rest/api/group/jira-software-users/member", limit=200).json()["results"]
    assert "aruiz" in [each["username"] for each in member]
    assert [dc.get("/rest/api/group/none").status_code, dc.get("/rest/api/user").status_code] == [404, 400]


def test_a_page_is_watched_and_no_more(cloud: Client) -> None:
    page = page_titled(cloud.world)
    path = f"/rest/api/user/watch/content/{page.id}"
    assert [cloud.get(path).json(), cloud.send("POST", path, None).status_code] == [{"watching": False}, 204]
    assert [cloud.get(path).json(), cloud.get(path, accountId=ANA.account_id).json()] == [
        {"watching": True},
        {"watching": False},
    ]
    assert [cloud.send("DELETE", path, None).status_code, page.watchers] == [204, set()]


def test_a_task_is_ticked_in_the_body_of_its_page(cloud: Client) -> None:
    task = (
        "<ac:task><ac:task-status>incomplete</ac:task-status><ac:task-body>"
        f'<ac:link><ri:user ri:account-id="{BISI.account_id}" /></ac:link> by <time datetime="2026-03-01" />'
        "</ac:task-body></ac:task>"
    )
    page = create_page(
        cloud.world, ANA, space(cloud.world), None, "Tasks", f"<ac:task-list>{task}{task}</ac:task-list>"
    )
    first, second = cloud.get("/api/v2/tasks", page_id=page.id, body_format="storage").json()["results"]
    assert (first["assignedTo"], first["dueAt"]) == (BISI.account_id, "2026-03-01T00:00:00.000Z")
    assert [first["localId"], second["localId"]] == ["1", "2"]
    ticked = cloud.send("PUT", f"/api/v2/tasks/{second['id']}", {"status": "complete"}).json()
    assert (ticked["status"], ticked["completedBy"], ticked["createdBy"]) == (
        "complete",
        SERVICE.account_id,
        ANA.account_id,
    )
    assert (page.current.number, page.current.body.count("complete</ac:task-status>")) == (2, 2)
    assert "<ac:task-status>complete</ac:task-status>" in page.current.body
    found = cloud.get("/api/v2/tasks", page_id=page.id, status="complete").json()["results"]
    assert [each["id"] for each in found] == [second["id"]]
    assert cloud.send("PUT", f"/api/v2/tasks/{second['id']}", {"status": "done"}).status_code == 400
    page.restricted_to = {ANA.account_id}
    assert cloud.get(f"/api/v2/tasks/{second['id']}").status_code == 404
