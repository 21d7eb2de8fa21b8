"""Comments, files, properties and labels on wiki pages over a real socket, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pirsync.sandbox.people import PEOPLE
from pirsync.sandbox.wiki import Page, add_labels, create_page, update_page
from pirsync.sandbox.wiki.attachments import attachment_named
from tests.sandbox.wiki_client import Client, running, space

ANA = PEOPLE[1]
NO_CHECK = {"X-Atlassian-Token": "no-check"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Client]:
    with running("cloud") as made:
        yield made


@pytest.fixture(scope="module")
def dc() -> Iterator[Client]:
    with running("datacenter") as made:
        yield made


def fresh(client: Client, body: str = "<p>one two one</p>") -> Page:
    """A page of its own for a test in a shared world."""
    title = f"Page {client.world.wiki.last_id}"
    return create_page(client.world, ANA, space(client.world), None, title, body)


def upload(client: Client, method: str, path: str, files: list[tuple[str, bytes]], **form: str) -> requests.Response:
    """A form with files, as clients send it."""
    sent = [("file", (name, data, "text/plain")) for name, data in files]
    url = client.world.wiki_url + path
    return client.session.request(method, url, files=sent, data=form, headers=NO_CHECK, timeout=10)


def text(value: str) -> dict[str, Any]:
    return {"representation": "storage", "value": value}


def named(answer: requests.Response) -> list[str]:
    return [each["name"] for each in answer.json()["results"]]


# ------------------------------------------------------------ comments on Cloud


def test_what_hangs_on_a_blog_post_is_there_by_its_own_address_alone(cloud: Client) -> None:
    world = cloud.world
    post = create_page(world, ANA, space(world), None, f"News {world.wiki.last_id}", "<p>one</p>", "blogpost")
    made = cloud.send("POST", "/api/v2/footer-comments", {"blogPostId": str(post.id), "body": text("<p>1</p>")}).json()
    assert (made["blogPostId"], "pageId" in made) == (str(post.id), False)
    assert [str(each.id) for each in post.comments] == [made["id"]]
    add_labels(world, post, ["news"])
    number = world.wiki.label_ids["news"]
    assert named(cloud.get(f"/api/v2/blogposts/{post.id}/labels")) == ["news"]
    assert [each["id"] for each in cloud.get(f"/api/v2/labels/{number}/blogposts").json()["results"]] == [str(post.id)]
    assert cloud.get(f"/api/v2/labels/{number}/pages").json()["results"] == []
    as_page = {"pageId": str(post.id), "body": text("<p>2</p>")}
    assert cloud.send("POST", "/api/v2/footer-comments", as_page).status_code == 404
    for part in ("labels", "properties", "attachments", "footer-comments", "inline-comments"):
        assert cloud.get(f"/api/v2/pages/{post.id}/{part}").status_code == 404


def test_a_footer_comment_is_made_answered_changed_and_deleted(cloud: Client) -> None:
    page = fresh(cloud)
    made = cloud.send("POST", "/api/v2/footer-comments", {"pageId": str(page.id), "body": text("<p><b>1</b></p>")})
    own = f"/api/v2/footer-comments/{made.json()['id']}"
    reply = {"parentCommentId": made.json()["id"], "body": {"storage": text("<p>2</p>")}}
    answered = cloud.send("POST", "/api/v2/footer-comments", reply).json()
    sent = {"version": {"number": 2, "message": "better"}, "body": text("<p>3</p>")}
    assert [made.status_code, cloud.send("PUT", own, sent).status_code] == [201, 200]
    stale = cloud.send("PUT", own, sent)
    assert (stale.status_code, stale.json()["errors"][0]["code"]) == (409, "CONFLICT")
    read = cloud.get(own, body_format="storage").json()
    assert (read["pageId"], read["title"], read["version"]["number"]) == (str(page.id), f"Re: {page.title}", 2)
    assert read["body"]["storage"]["value"] == "<p>3</p>"
    assert (
        cloud.get(own, version=1, body_format="storage").json()["body"]["storage"]["value"]
        == "<p><strong>1</strong></p>"
    )
    (below,) = cloud.get(f"{own}/children").json()["results"]
    assert (below["id"], below["parentCommentId"]) == (answered["id"], made.json()["id"])
    on_page = cloud.get(f"/api/v2/pages/{page.id}/footer-comments").json()["results"]
    assert [each["id"] for each in on_page] == [made.json()["id"]]
    assert [each["number"] for each in cloud.get(f"{own}/versions").json()["results"]] == [2, 1]
    assert cloud.get(f"{own}/versions/1").json()["nextVersion"] == 2
    assert [cloud.send("DELETE", own, None).status_code, cloud.get(own).status_code] == [204, 404]


def test_an_inline_comment_marks_its_words_and_dangles_without_them(cloud: Client) -> None:
    page = fresh(cloud)
    place = {"textSelection": "one", "textSelectionMatchCount": 2, "textSelectionMatchIndex": 1}
    sent = {"pageId": str(page.id), "body": text("<p>why?</p>"), "inlineCommentProperties": place}
    made = cloud.send("POST", "/api/v2/inline-comments", sent).json()
    ref = made["properties"]["inlineMarkerRef"]
    body = f'<p>one two <ac:inline-comment-marker ac:ref="{ref}">one</ac:inline-comment-marker></p>'
    assert (page.current.body, page.current.number, made["resolutionStatus"]) == (body, 1, "open")
    wrong = sent | {"inlineCommentProperties": place | {"textSelectionMatchCount": 3}}
    assert cloud.send("POST", "/api/v2/inline-comments", wrong).status_code == 400
    own = f"/api/v2/inline-comments/{made['id']}"
    resolved = cloud.send("PUT", own, {"version": {"number": 2}, "resolved": True}).json()
    assert resolved["resolutionStatus"] == "resolved"
    assert resolved["resolutionLastModifierId"] == cloud.get("/rest/api/user/current").json()["accountId"]
    reopened = cloud.send("PUT", own, {"version": {"number": 3}, "resolved": False}).json()
    assert reopened["resolutionStatus"] == "reopened"
    update_page(cloud.world, ANA, page, page.title, "<p>new</p>", 2, "")
    listed = f"/api/v2/pages/{page.id}/inline-comments"
    assert [each["id"] for each in cloud.get(listed, resolution_status="dangling").json()["results"]] == [made["id"]]
    assert cloud.get(listed, resolution_status="open,resolved").json()["results"] == []


def test_what_hangs_on_a_restricted_page_is_not_there(cloud: Client) -> None:
    page = fresh(cloud)
    comment = cloud.send("POST", "/api/v2/footer-comments", {"pageId": str(page.id), "body": text("<p>1</p>")}).json()
    upload(cloud, "POST", f"/rest/api/content/{page.id}/child/attachment", [("a.txt", b"1")])
    file = attachment_named(page, "a.txt")
    assert file is not None
    paths = [
        f"/api/v2/footer-comments/{comment['id']}",
        f"/api/v2/pages/{page.id}/footer-comments",
        f"/api/v2/attachments/{file.ref}",
        f"/api/v2/attachments/{file.ref}/labels",
        f"/api/v2/comments/{comment['id']}/properties",
        f"/rest/api/content/{page.id}/child/attachment/{file.ref}/download",
        f"/download/attachments/{page.id}/a.txt",
    ]
    assert [cloud.get(path).status_code for path in paths] == [200] * len(paths)
    page.restricted_to = {ANA.account_id}
    assert [cloud.get(path).status_code for path in paths] == [404] * len(paths)
    listed = cloud.get("/api/v2/footer-comments", limit=250).json()["results"]
    assert comment["id"] not in [each["id"] for each in listed]


def test_only_its_author_changes_a_comment(cloud: Client) -> None:
    page = fresh(cloud)
    made = cloud.send("POST", "/api/v2/footer-comments", {"pageId": str(page.id), "body": text("<p>1</p>")}).json()
    sent = {"version": {"number": 2}, "body": text("<p>2</p>")}
    url = f"{cloud.world.wiki_url}/api/v2/footer-comments/{made['id']}"
    assert requests.put(url, json=sent, auth=("bokafor", "x"), timeout=10).status_code == 404
    assert requests.put(url, json=sent, auth=("bokafor", "expired"), timeout=10).status_code == 404


# ------------------------------------------------------------ attachments


@pytest.mark.parametrize("name", ["cloud", "dc"])
def test_a_file_is_uploaded_versioned_and_fetched_byte_for_byte(name: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(name)
    page = fresh(client)
    path = f"/rest/api/content/{page.id}/child/attachment"
    data = b"--x\r\n\r\n\x00\xff\r\n--\r\n"
    made = upload(client, "POST", path, [("\u00fcber & all.txt", data)], comment="first", minorEdit="true")
    (shown,) = made.json()["results"]
    assert (shown["title"], shown["version"]["number"], shown["version"]["minorEdit"]) == (
        "\u00fcber & all.txt",
        1,
        True,
    )
    assert shown["extensions"]["fileSize"] == len(data)
    assert shown["metadata"]["comment"] == "first"
    again = upload(client, "POST", path, [("\u00fcber & all.txt", b"2")])
    assert again.status_code == 400
    assert again.json()["message"].endswith("same file name as an existing attachment: \u00fcber & all.txt")
    changed = upload(client, "POST", f"{path}/{shown['id']}/data", [("other.txt", b"2")]).json()
    assert (changed["title"], changed["version"]["number"]) == ("\u00fcber & all.txt", 2)
    assert client.get(changed["_links"]["download"]).content == b"2"
    assert client.get(f"/download/attachments/{page.id}/{shown['title']}", version=1).content == data
    if name == "cloud":
        old = client.get(f"{path}/{shown['id']}/download", version=1)
        assert (old.content, old.history[0].status_code) == (data, 302)
    (listed,) = client.get(path, filename="\u00fcber & all.txt", expand="version").json()["results"]
    assert listed["version"]["number"] == 2


@pytest.mark.parametrize("name", ["cloud", "dc"])
def test_a_form_without_the_token_header_is_refused(name: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(name)
    page = fresh(client)
    url = f"{client.world.wiki_url}/rest/api/content/{page.id}/child/attachment"
    refused = client.session.post(url, files={"file": ("a.txt", b"1")}, timeout=10)
    assert (refused.status_code, refused.text, page.attachments) == (403, "XSRF check failed", [])
    assert client.session.post(url, headers=NO_CHECK, data=b"x", timeout=10).status_code == 400


def test_put_makes_or_updates_on_cloud_and_is_unknown_to_data_center(cloud: Client, dc: Client) -> None:
    page = fresh(cloud)
    path = f"/rest/api/content/{page.id}/child/attachment"
    for data in (b"1", b"2"):
        upload(cloud, "PUT", path, [("a.txt", data), ("b.txt", data)])
    assert [(each.name, each.current.number, each.current.data) for each in page.attachments] == [
        ("a.txt", 2, b"2"),
        ("b.txt", 2, b"2"),
    ]
    other = fresh(dc)
    assert upload(dc, "PUT", f"/rest/api/content/{other.id}/child/attachment", [("a.txt", b"1")]).status_code == 405


def test_properties_of_a_file_are_taken_with_the_current_number_and_with_the_next(dc: Client) -> None:
    page = fresh(dc)
    path = f"/rest/api/content/{page.id}/child/attachment"
    upload(dc, "POST", path, [("a.txt", b"1")])
    file = page.attachments[0]
    answers = [
        dc.send("PUT", f"{path}/{file.ref}", {"id": file.ref, "type": "attachment", "title": name, "version": told})
        for name, told in (("b.txt", {"number": 1}), ("c.txt", {"number": 2}), ("d.txt", {"number": 3}))
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert (file.name, file.current.number) == ("c.txt", 1)


def test_a_refused_upload_of_several_files_leaves_none(dc: Client) -> None:
    page = fresh(dc)
    path = f"/rest/api/content/{page.id}/child/attachment"
    upload(dc, "POST", path, [("b.txt", b"1")])
    assert upload(dc, "POST", path, [("a.txt", b"2"), ("b.txt", b"2")]).status_code == 400
    assert [each.name for each in page.attachments] == ["b.txt"]
    assert upload(dc, "POST", f"{path}?allowDuplicated=true", [("b.txt", b"2")]).status_code == 200
    assert page.attachments[0].current.data == b"2"


def test_an_attachment_is_trashed_then_purged_and_lists_its_versions(cloud: Client) -> None:
    page = fresh(cloud)
    path = f"/rest/api/content/{page.id}/child/attachment"
    (made,) = upload(cloud, "POST", path, [("a.txt", b"1")]).json()["results"]
    own = f"/api/v2/attachments/{made['id']}"
    assert cloud.get(own).json()["mediaType"] == "text/plain"
    assert [each["number"] for each in cloud.get(f"{own}/versions").json()["results"]] == [1]
    assert cloud.send("DELETE", f"{own}?purge=true", None).status_code == 400
    assert cloud.send("DELETE", own, None).status_code == 204
    assert cloud.get(f"/api/v2/pages/{page.id}/attachments").json()["results"] == []
    (trashed,) = cloud.get(f"/api/v2/pages/{page.id}/attachments", status="trashed").json()["results"]
    assert (trashed["id"], trashed["status"]) == (made["id"], "trashed")
    assert cloud.send("DELETE", f"{own}?purge=true", None).status_code == 204
    assert (cloud.get(own).status_code, page.attachments) == (404, [])


def test_an_attachment_is_renamed_under_its_current_version(dc: Client) -> None:
    page = fresh(dc)
    path = f"/rest/api/content/{page.id}/child/attachment"
    (made,) = upload(dc, "POST", path, [("a.txt", b"1")]).json()["results"]
    sent = {"id": made["id"], "type": "attachment", "title": "b.txt", "version": {"number": 1}}
    assert dc.send("PUT", f"{path}/{made['id']}", sent | {"version": {"number": 3}}).status_code == 409
    renamed = dc.send("PUT", f"{path}/{made['id']}", sent | {"metadata": {"comment": "word"}}).json()
    assert (renamed["title"], renamed["version"]["number"], renamed["metadata"]["comment"]) == ("b.txt", 1, "word")
    assert dc.send("DELETE", f"{path}/{made['id']}", None).status_code == 204
    assert dc.get(path).json()["size"] == 0


# ------------------------------------------------------------ the older API


def test_comments_are_content_of_the_older_api(dc: Client) -> None:
    page = fresh(dc)
    sent = {"type": "comment", "container": {"type": "page", "id": str(page.id)}, "body": {"storage": text("<p>1</p>")}}
    made = dc.send("POST", "/rest/api/content", sent).json()
    reply = dc.send("POST", "/rest/api/content", sent | {"ancestors": [{"id": made["id"]}]}).json()
    own = f"/rest/api/content/{made['id']}"
    assert [each["id"] for each in dc.get(f"/rest/api/content/{page.id}/child/comment").json()["results"]] == [
        made["id"]
    ]
    whole = dc.get(f"/rest/api/content/{page.id}/child/comment", depth="all", expand="ancestors").json()["results"]
    assert [(each["id"], len(each["ancestors"])) for each in whole] == [(made["id"], 0), (reply["id"], 1)]
    assert [each["id"] for each in dc.get(f"{own}/child/comment").json()["results"]] == [reply["id"]]
    update = {"type": "comment", "version": {"number": 2}, "body": {"storage": text("<p>2</p>")}}
    assert dc.send("PUT", own, update).json()["version"]["number"] == 2
    assert dc.send("PUT", own, update).status_code == 409
    read = dc.get(own, expand="body.storage,container,extensions.resolution,history").json()
    assert (read["type"], read["body"]["storage"]["value"], read["container"]["id"]) == (
        "comment",
        "<p>2</p>",
        str(page.id),
    )
    assert read["extensions"]["location"] == "footer"
    assert dc.get(f"{own}/history").json()["createdBy"]["username"] == "svc-pirsync"
    assert [dc.send("DELETE", own, None).status_code, dc.get(own).status_code] == [204, 404]


def test_an_inline_comment_of_the_older_api_needs_the_editors_notes(dc: Client) -> None:
    page = fresh(dc)
    properties: dict[str, Any] = {"originalSelection": "two"}
    sent = {
        "type": "comment",
        "container": {"type": "page", "id": str(page.id)},
        "body": {"storage": text("<p>1</p>")},
        "extensions": {"location": "inline", "inlineProperties": properties},
    }
    refused = dc.send("POST", "/rest/api/content", sent)
    assert refused.status_code == 400
    assert {each["message"]["key"] for each in refused.json()["data"]["errors"]} >= {"matchIndex", "lastFetchTime"}
    properties |= {"numMatches": 1, "matchIndex": 0, "lastFetchTime": "1", "serializedHighlights": "[]"}
    made = dc.send("POST", "/rest/api/content", sent).json()
    assert '<ac:inline-comment-marker ac:ref="' in page.current.body
    path = f"/rest/api/content/{page.id}/child/comment"
    (listed,) = dc.get(path, location="inline", expand="extensions.inlineProperties").json()["results"]
    assert (listed["id"], listed["extensions"]["inlineProperties"]["originalSelection"]) == (made["id"], "two")
    assert dc.get(path, location=["footer", "resolved"]).json()["results"] == []


def test_an_attachment_is_content_of_the_older_api(dc: Client) -> None:
    page = fresh(dc)
    (made,) = upload(dc, "POST", f"/rest/api/content/{page.id}/child/attachment", [("a.txt", b"1")]).json()["results"]
    own = f"/rest/api/content/{made['id']}"
    read = dc.get(own, expand="container,version").json()
    assert (read["title"], read["container"]["id"], read["type"]) == ("a.txt", str(page.id), "attachment")
    dc.send("POST", f"{own}/label", {"prefix": "global", "name": "Log"})
    assert named(dc.get(f"{own}/label")) == ["log"]
    assert [dc.send("DELETE", own, None).status_code, dc.get(own).status_code] == [204, 404]
    assert dc.get(own, status="trashed").json()["status"] == "trashed"
    assert [dc.send("DELETE", f"{own}?status=trashed", None).status_code, page.attachments] == [204, []]


# ------------------------------------------------------------ properties


@pytest.mark.parametrize("kind", ["pages", "comments", "attachments"])
def test_properties_of_every_kind_are_kept_by_id(cloud: Client, kind: str) -> None:
    page = fresh(cloud)
    ids = {"pages": page.id}
    if kind == "comments":
        sent = {"pageId": str(page.id), "body": text("<p>1</p>")}
        ids[kind] = cloud.send("POST", "/api/v2/footer-comments", sent).json()["id"]
    if kind == "attachments":
        path = f"/rest/api/content/{page.id}/child/attachment"
        ids[kind] = upload(cloud, "POST", path, [("a", b"1")]).json()["results"][0]["id"]
    whole = f"/api/v2/{kind}/{ids[kind]}/properties"
    made = cloud.send("POST", whole, {"key": "a.b", "value": {"n": [1]}}).json()
    assert cloud.send("POST", whole, {"key": "a.b", "value": 1}).status_code == 409
    one = f"{whole}/{made['id']}"
    changed = cloud.send("PUT", one, {"key": "a.b", "value": 2, "version": {"number": 2, "message": "why"}}).json()
    assert (changed["value"], changed["version"]["number"], changed["version"]["message"]) == (2, 2, "why")
    assert cloud.send("PUT", one, {"key": "a.b", "value": 3, "version": {"number": 2}}).status_code == 409
    assert [each["id"] for each in cloud.get(whole, key="a.b").json()["results"]] == [made["id"]]
    assert cloud.get(whole, key="A.B").json()["results"] == []
    assert cloud.send("POST", whole, {"key": "big", "value": "x" * 32768}).status_code == 400
    assert [cloud.send("DELETE", one, None).status_code, cloud.get(one).status_code] == [204, 404]


def test_properties_of_the_older_api_are_kept_by_key(dc: Client) -> None:
    page = fresh(dc)
    whole = f"/rest/api/content/{page.id}/property"
    one = f"{whole}/a.b"
    assert dc.send("PUT", one, {"value": 1, "version": {"number": 2}}).status_code == 409
    assert dc.send("PUT", one, {"value": 1, "version": {"number": 1}}).json()["version"]["number"] == 1
    assert dc.send("POST", whole, {"key": "a.b", "value": 1}).status_code == 409
    assert dc.send("POST", f"{whole}/c", {"value": None}).status_code == 400
    assert dc.send("PUT", one, {"value": "x" * 32768, "version": {"number": 2}}).status_code == 413
    assert [each["value"] for each in dc.get(whole).json()["results"]] == [1]
    assert [dc.send("DELETE", one, None).status_code, dc.get(one).status_code] == [204, 404]
    assert dc.send("DELETE", one, None).status_code == 404


# ------------------------------------------------------------ labels


@pytest.mark.parametrize("name", ["cloud", "dc"])
def test_labels_are_added_listed_and_removed(name: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(name)
    page = fresh(client)
    path = f"/rest/api/content/{page.id}/label"
    client.send("POST", path, [{"prefix": "global", "name": "One"}, {"name": "two"}])
    client.send("POST", path, {"prefix": "global", "name": "three"})
    assert named(client.get(path)) == ["one", "two", "three"]
    assert named(client.get(path, prefix="my")) == []
    assert client.send("POST", path, []).status_code == 400
    assert client.send("POST", path, [{"prefix": "my", "name": "x"}]).status_code == 400
    assert client.send("DELETE", f"{path}?name=two", None).status_code == 204
    assert client.send("DELETE", f"{path}/three", None).status_code == 204
    assert client.send("DELETE", f"{path}/three", None).status_code == 404
    assert page.labels == ["one"]


def test_pages_are_found_by_a_label(cloud: Client) -> None:
    page, hidden = fresh(cloud), fresh(cloud)
    for each in (page, hidden):
        cloud.send("POST", f"/rest/api/content/{each.id}/label", {"prefix": "global", "name": "by-label"})
    hidden.restricted_to = {ANA.account_id}
    (label,) = [each for each in cloud.get("/api/v2/labels", limit=250).json()["results"] if each["name"] == "by-label"]
    found = cloud.get(f"/api/v2/labels/{label['id']}/pages").json()["results"]
    assert [each["id"] for each in found] == [str(page.id)]
    old = cloud.get("/rest/api/label", name="by-label").json()
    assert [each["contentId"] for each in old["associatedContents"]["results"]] == [page.id]
    assert "by-label" in named(cloud.get(f"/api/v2/spaces/{page.space_id}/content/labels", limit=250))
    assert [cloud.get("/rest/api/label").status_code, cloud.get("/rest/api/label", name="no").status_code] == [400, 404]


def test_a_space_bears_team_labels(cloud: Client) -> None:
    path = "/rest/api/space/OPS/label"
    assert cloud.send("POST", path, [{"prefix": "team", "name": "pay"}]).status_code == 200
    shown = cloud.get(f"/api/v2/spaces/{space(cloud.world).id}/labels").json()["results"]
    assert [(each["prefix"], each["name"]) for each in shown] == [("team", "pay")]
    assert [cloud.send("DELETE", f"{path}?name=pay", None).status_code, space(cloud.world).labels] == [204, []]
