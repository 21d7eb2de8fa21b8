"""Page calls over a real socket: drafts, versions, restrictions, the tree, conversions, in each API that has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pirsync.sandbox.people import PEOPLE, SERVICE
from pirsync.sandbox.wiki import Page, create_page, find_page, update_page
from pirsync.sandbox.world import Deployment
from tests.sandbox.wiki_client import Client, page_titled, running, space, v1_page, v1_update, v2_page, v2_update

V1, V2 = "/rest/api/content", "/api/v2/pages"
ANA = PEOPLE[1]
BOTH: tuple[Deployment, ...] = ("cloud", "datacenter")


@pytest.fixture(scope="module")
def sites() -> Iterator[dict[Deployment, Client]]:
    with running("cloud") as cloud, running("datacenter") as datacenter:
        yield {"cloud": cloud, "datacenter": datacenter}


@pytest.fixture
def cloud(sites: dict[Deployment, Client]) -> Client:
    return sites["cloud"]


@pytest.fixture
def dc(sites: dict[Deployment, Client]) -> Client:
    return sites["datacenter"]


@pytest.fixture(params=BOTH)
def site(request: pytest.FixtureRequest, sites: dict[Deployment, Client]) -> Client:
    return sites[request.param]


def _page(client: Client, title: str, body: str = "<p>x</p>") -> Page:
    return create_page(client.world, SERVICE, space(client.world), page_titled(client.world), title, body)


def _put_v1(client: Client, page: Page, number: int, query: str = "", **other: Any) -> int:
    sent = {**v1_update(page, number, f"<p>{number}</p>"), **other}
    return client.send("PUT", f"{V1}/{page.id}{query}", sent).status_code


def _named(site: Client, user: Any) -> dict[str, str]:
    return {"accountId": user.account_id} if site.world.is_cloud else {"username": user.name}


# ------------------------------------------------------------ drafts


def test_a_draft_is_made_read_and_published_by_the_newer_api(cloud: Client) -> None:
    sent = v2_page(cloud.world, "Born a draft") | {"status": "draft"}
    made = cloud.send("POST", V2, sent).json()
    path = f"{V2}/{made['id']}"
    assert (made["status"], made["version"]["number"]) == ("draft", 1)
    assert cloud.get(path).status_code == 404
    assert cloud.get(path, get_draft="true").json()["status"] == "draft"
    assert cloud.get(V2, id=made["id"]).json()["results"] == []
    page = find_page(cloud.world, made["id"])
    assert page is not None
    assert cloud.send("PUT", path, v2_update(page, 2, "<p>y</p>")).status_code == 409
    published = cloud.send("PUT", path, v2_update(page, 1, "<p>y</p>"))
    assert (published.json()["status"], page.status, page.current.body) == ("current", "current", "<p>y</p>")


def test_a_draft_over_a_published_page_waits_beside_it_until_it_is_published_over_it(cloud: Client) -> None:
    page = _page(cloud, "Drafted over")
    path = f"{V2}/{page.id}"
    assert cloud.get(path, get_draft="true").status_code == 404
    draft = v2_update(page, 2, "<p>draft</p>") | {"status": "draft"}
    assert cloud.send("PUT", path, draft).json()["status"] == "draft"
    read = cloud.get(path, get_draft="true", body_format="storage").json()
    assert (read["status"], read["body"]["storage"]["value"]) == ("draft", "<p>draft</p>")
    assert cloud.get(path, body_format="storage").json()["body"]["storage"]["value"] == "<p>x</p>"
    assert cloud.get(f"{V1}/{page.id}", status="draft").json()["status"] == "draft"
    assert _put_v1(cloud, page, 2, "?status=draft") == 200
    assert (page.current.number, page.current.body, page.draft) == (2, "<p>2</p>", None)
    assert cloud.send("DELETE", f"{path}?draft=true", None).status_code == 404


def test_the_older_api_publishes_a_draft_and_refuses_to_change_it(site: Client) -> None:
    made = site.send("POST", V1, v1_page("Old draft") | {"status": "draft"}).json()
    page = find_page(site.world, made["id"])
    assert page is not None
    assert (made["status"], page.status) == ("draft", "draft")
    assert site.get(f"{V1}/{page.id}").status_code == 404
    assert _put_v1(site, page, 1, "?status=draft", status="draft") == 409
    assert _put_v1(site, page, 1) == 400
    assert _put_v1(site, page, 1, "?status=draft") == 200
    assert (page.status, page.current.body, page.current.number) == ("current", "<p>1</p>", 1)
    assert _put_v1(site, page, 2, "?status=draft") == 404


def test_live_pages_and_parents_of_root_pages_are_refused(cloud: Client) -> None:
    live = cloud.send("POST", V2, v2_page(cloud.world, "Live") | {"subtype": "live"})
    both = cloud.send("POST", f"{V2}?root-level=true", v2_page(cloud.world, "Root", parent=page_titled(cloud.world)))
    root = cloud.send("POST", f"{V2}?root-level=true", v2_page(cloud.world, "Root"))
    assert (live.status_code, both.status_code, root.json()["parentId"]) == (400, 400, None)


# ------------------------------------------------------------ the trash


def test_a_page_goes_to_the_trash_comes_back_and_is_purged_by_the_older_api(site: Client) -> None:
    page = _page(site, "Thrown away")
    path = f"{V1}/{page.id}"
    assert site.send("DELETE", f"{path}?status=trashed", None).status_code == 404
    assert site.send("DELETE", path, None).status_code == 204
    assert (site.get(path).status_code, site.get(path, status="trashed").status_code) == (404, 200)
    assert _put_v1(site, page, 2, status="trashed") == 404
    back = site.send("PUT", path, {"id": str(page.id), "status": "current", "version": {"number": 2}})
    assert (back.status_code, page.status, page.current.body) == (200, "current", "<p>x</p>")
    site.send("DELETE", path, None)
    assert site.send("DELETE", f"{path}?status=trashed", None).status_code == 204
    assert site.get(path, status="any").status_code == 404


def test_a_page_goes_to_the_trash_comes_back_and_is_purged_by_the_newer_api(cloud: Client) -> None:
    page = _page(cloud, "Thrown away anew")
    path = f"{V2}/{page.id}"
    assert cloud.send("DELETE", f"{path}?purge=true", None).status_code == 400
    assert cloud.send("DELETE", path, None).status_code == 204
    assert cloud.send("PUT", path, v2_update(page, 2, "<p>other</p>")).json()["status"] == "current"
    cloud.send("DELETE", path, None)
    assert cloud.send("DELETE", f"{path}?purge=true", None).status_code == 204
    assert find_page(cloud.world, page.id) is None


def test_archiving_takes_all_pages_or_none(cloud: Client) -> None:
    page = _page(cloud, "To be archived")
    both = {"pages": [{"id": page.id}, {"id": 1}]}
    assert (cloud.send("POST", f"{V1}/archive", both).status_code, page.status) == (400, "current")
    task = cloud.send("POST", f"{V1}/archive", {"pages": [{"id": page.id}]})
    assert (task.status_code, page.status) == (202, "archived")
    assert cloud.get(task.json()["links"]["status"]).json()["successful"] is True
    assert cloud.send("PUT", f"{V2}/{page.id}", v2_update(page, 2, "<p/>")).status_code == 404
    assert _put_v1(cloud, page, 2) == 404


# ------------------------------------------------------------ versions


def test_versions_are_listed_read_restored_and_taken_out_by_the_older_api(site: Client) -> None:
    page = _page(site, "Much changed", "<p>1</p>")
    for number in (2, 3):
        update_page(site.world, ANA, page, page.title, f"<p>{number}</p>", number, f"m{number}", number == 3)
    old = f"/rest/{'api' if site.world.is_cloud else 'experimental'}/content/{page.id}/version"
    listed = site.get(old, limit=2).json()
    assert [(each["number"], each["message"], each["minorEdit"]) for each in listed["results"]] == [
        (3, "m3", True),
        (2, "m2", False),
    ]
    rest = site.session.get(listed["_links"]["base"] + listed["_links"]["next"], timeout=10).json()["results"]
    assert [each["number"] for each in rest] == [1]
    one = site.get(f"{old}/1", expand="content.body.storage").json()
    assert one["content"]["body"]["storage"]["value"] == "<p>1</p>"
    params = {"versionNumber": 1, "message": "back"}
    restored = site.send("POST", old, {"operationKey": "restore", "params": params}).json()
    assert (restored["number"], restored["message"], page.current.body) == (4, "back", "<p>1</p>")
    assert site.send("DELETE", f"{old}/4", None).status_code == 400
    assert site.send("DELETE", f"{V1}/{page.id}/version/2", None).status_code == 204
    assert [(each.number, each.message) for each in page.versions] == [(1, ""), (2, "m3"), (3, "back")]
    history = site.get(f"{V1}/{page.id}/history").json()
    assert (history["lastUpdated"]["number"], history["previousVersion"]["number"]) == (3, 2)


def test_the_older_calls_on_cloud_say_that_they_are_deprecated_or_gone(cloud: Client) -> None:
    page = _page(cloud, "Old call")
    served = cloud.get(f"{V1}/{page.id}")
    assert (served.status_code, served.headers["Deprecation"]) == (200, "Wed, 1 Mar 2023")
    assert served.headers["Link"].endswith('#CHANGE-864>; rel="deprecation"')
    assert "Deprecation" not in cloud.get(f"{V1}/search", cql="type = page").headers
    assert cloud.control("POST", "wiki", {"v1_pages": "gone"}) == {"v1_pages": "gone"}
    try:
        gone = cloud.get(f"{V1}/{page.id}")
        assert (gone.status_code, gone.json()["statusCode"]) == (410, 410)
        assert gone.json()["message"].endswith("This deprecated endpoint has been removed.")
        assert cloud.get(f"{V1}/search", cql="type = page").status_code == 200
        assert cloud.get(f"{V1}/{page.id}/restriction").status_code == 200
    finally:
        cloud.control("POST", "wiki", {"v1_pages": "served"})
    assert cloud.get(f"{V1}/{page.id}").status_code == 200


# ------------------------------------------------------------ restrictions


def test_groups_are_named_in_restrictions_as_people_are(site: Client) -> None:
    page, group = _page(site, "Of a group"), site.world.people.groups[0]
    parts = {"group": [{"type": "group", "name": group.name}]}
    put = site.send("PUT", f"{V1}/{page.id}/restriction", [{"operation": "update", "restrictions": parts}])
    assert (put.status_code, page.editors) == (200, {group.id})
    shown = site.get(f"{V1}/{page.id}/restriction/byOperation/update").json()["restrictions"]
    assert [each["name"] for each in shown["group"]["results"]] == [group.name]
    assert shown["user"]["results"] == []
    gone = [{"operation": "update", "restrictions": {"group": [{"type": "group", "name": "nobody"}]}}]
    assert site.send("PUT", f"{V1}/{page.id}/restriction", gone).status_code == 400
    assert page.editors == {group.id}


def test_a_restriction_hides_a_page_from_others_and_refuses_their_changes(site: Client) -> None:
    page = _page(site, "Restricted")
    names = {"accountId": SERVICE.account_id} if site.world.is_cloud else {"username": SERVICE.name}
    sent = [{"operation": "update", "restrictions": {"user": [{"type": "known", **names}]}}]
    assert site.send("PUT", f"{V1}/{page.id}/restriction", sent).status_code == 200
    shown = site.get(f"{V1}/{page.id}/restriction/byOperation").json()
    assert [len(shown[name]["restrictions"]["user"]["results"]) for name in ("read", "update")] == [0, 1]
    ana = (ANA.email if site.world.is_cloud else ANA.name, "token")
    seen = site.session.put(
        f"{site.world.wiki_url}{V1}/{page.id}", json=v1_update(page, 2, "<p/>"), auth=ana, timeout=10
    )
    assert (seen.status_code, page.current.number) == (403, 1)
    site.send("PUT", f"{V1}/{page.id}/restriction", [{**sent[0], "operation": "read"}, sent[0]])
    hidden = site.session.get(f"{site.world.wiki_url}{V1}/{page.id}", auth=ana, timeout=10)
    unknown = site.session.get(f"{site.world.wiki_url}{V1}/1", auth=ana, timeout=10)
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.json()["message"].replace(str(page.id), "1") == unknown.json()["message"]
    locked = [{"operation": "read", "restrictions": {"user": [{"type": "known", **_named(site, ANA)}]}}]
    assert site.send("PUT", f"{V1}/{page.id}/restriction", locked).status_code == 400
    read = site.get(f"{V1}/{page.id}", expand="restrictions.read.restrictions.user").json()["restrictions"]["read"]
    assert [each["displayName"] for each in read["restrictions"]["user"]["results"]] == [SERVICE.display_name]


def test_people_are_added_to_a_restriction_one_by_one_on_cloud(cloud: Client) -> None:
    page = _page(cloud, "One by one")
    path = f"{V1}/{page.id}/restriction/byOperation/update/user?accountId="
    assert cloud.get(path + ANA.account_id).status_code == 404
    assert cloud.send("PUT", path + SERVICE.account_id, None).status_code == 200
    assert cloud.get(path + SERVICE.account_id).status_code == 200
    check = {"subject": {"type": "user", "identifier": ANA.account_id}, "operation": "update"}
    assert cloud.send("POST", f"{V1}/{page.id}/permission/check", check).json()["hasPermission"] is False
    assert cloud.send("DELETE", path + SERVICE.account_id, None).status_code == 200
    assert cloud.send("POST", f"{V1}/{page.id}/permission/check", check).json()["hasPermission"] is True


# ------------------------------------------------------------ the tree


def test_what_is_above_and_below_is_listed(cloud: Client) -> None:
    top = _page(cloud, "Tree top")
    middle = create_page(cloud.world, SERVICE, space(cloud.world), top, "Tree middle", "<p/>")
    low = create_page(cloud.world, SERVICE, space(cloud.world), middle, "Tree low", "<p/>")
    above = cloud.get(f"{V2}/{low.id}/ancestors", limit=2).json()["results"]
    assert [one["id"] for one in above] == [str(top.id), str(middle.id)]
    below = cloud.get(f"{V2}/{top.id}/descendants").json()["results"]
    assert [(one["id"], one["depth"]) for one in below] == [(str(middle.id), 1), (str(low.id), 2)]
    assert [one["id"] for one in cloud.get(f"{V2}/{top.id}/descendants", depth=1).json()["results"]] == [str(middle.id)]
    assert cloud.get(f"{V2}/{top.id}/descendants", depth=11).status_code == 400
    for path in (f"{V1}/{top.id}/descendant/page", f"{V1}/{middle.id}/child/page"):
        assert cloud.get(path).json()["results"][-1]["id"] == str(low.id)
    moved = v2_update(low, 2, "<p/>") | {"parentId": str(top.id)}
    assert cloud.send("PUT", f"{V2}/{low.id}", moved).json()["parentId"] == str(top.id)
    assert cloud.send("PUT", f"{V1}/{top.id}/move/append/{low.id}", None).status_code == 400
    assert cloud.send("PUT", f"{V1}/{low.id}/move/before/{middle.id}", None).json() == {"pageId": str(low.id)}
    assert [one["id"] for one in cloud.get(f"{V2}/{top.id}/children").json()["results"]] == [
        str(low.id),
        str(middle.id),
    ]


def test_data_center_moves_by_ancestors_and_scans_by_cursor(dc: Client) -> None:
    top, low = _page(dc, "Scan top"), _page(dc, "Scan low")
    assert _put_v1(dc, low, 2, ancestors=[{"id": str(top.id)}]) == 200
    assert [one["id"] for one in dc.get(f"{V1}/{top.id}/child", expand="page").json()["page"]["results"]] == [
        str(low.id)
    ]
    found, answer = [], dc.get(f"{V1}/scan", limit=3).json()
    while answer["results"]:
        found += [one["id"] for one in answer["results"]]
        if "next" not in answer["_links"]:
            break
        answer = dc.session.get(answer["_links"]["base"] + answer["_links"]["next"], timeout=10).json()
    current = [str(page.id) for page in dc.world.wiki.pages.values() if page.status == "current"]
    assert found == current


def test_a_copy_goes_below_a_page_or_over_one(cloud: Client) -> None:
    page, target = _page(cloud, "Copied from", "<p>kept</p>"), _page(cloud, "Copied over")
    sent: dict[str, Any] = {"destination": {"type": "parent_page", "value": str(target.id)}, "pageTitle": "Copied to"}
    made = cloud.send("POST", f"{V1}/{page.id}/copy?expand=ancestors,body.storage", sent).json()
    assert (made["title"], made["ancestors"][-1]["id"]) == ("Copied to", str(target.id))
    over = sent | {"destination": {"type": "existing_page", "value": str(target.id)}, "pageTitle": ""}
    assert cloud.send("POST", f"{V1}/{page.id}/copy", over).json()["version"]["number"] == 2
    assert (target.title, target.current.body) == ("Copied over", "<p>kept</p>")
    assert (
        cloud.send("POST", f"{V1}/{page.id}/copy", {"destination": {"type": "moon", "value": "1"}}).status_code == 400
    )


# ------------------------------------------------------------ bodies


def test_a_view_is_what_a_reader_sees(site: Client) -> None:
    page = _page(site, "Seen", '<p>a <ac:link><ri:page ri:content-title="On call" /></ac:link></p>')
    body = site.get(f"{V1}/{page.id}", expand="body.view,body.storage").json()["body"]
    assert "<a " in body["view"]["value"]
    assert body["storage"]["value"] == page.current.body
    limits = [site.get(V1, limit=99, expand=f"body.{form}").json()["limit"] for form in ("view", "export_view")]
    assert limits == [50, 25]


def test_a_body_is_converted_at_once_or_by_a_task(cloud: Client, dc: Client) -> None:
    sent = {"value": '<p>a</p><ac:structured-macro ac:name="info"><ac:rich-text-body><p>b</p></ac:rich-text-body>'
    "</ac:structured-macro>", "representation": "storage"}  # fmt: skip
    at_once = dc.send("POST", "/rest/api/contentbody/convert/view", sent).json()
    path = "/rest/api/contentbody/convert/async"
    task = cloud.send("POST", f"{path}/view", sent).json()["asyncId"]
    later = cloud.get(f"{path}/{task}").json()
    assert (later["status"], later["representation"]) == ("COMPLETED", "view")
    assert later["value"] == at_once["value"]
    assert "ac:" not in at_once["value"]
    assert dc.send("POST", "/rest/api/contentbody/convert/nonsense", sent).status_code == 400
    assert dc.send("POST", "/rest/api/contentbody/convert/view", {**sent, "value": "<p>"}).status_code == 400
    assert cloud.get(f"{path}/nonsense").status_code == 404
