"""How requests get in: by any name, through a proxy or the gateway, with any credential or the one that is set."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import requests

from pirsync.sandbox.edge.door import CLOUD_ID
from tests.sandbox.served import Served, served


@pytest.fixture(scope="module")
def cloud() -> Iterator[Served]:
    with served("cloud") as made:
        yield made


@pytest.fixture(scope="module")
def center() -> Iterator[Served]:
    with served("datacenter") as made:
        yield made


def test_addresses_follow_the_name_that_was_asked_for(cloud: Served, center: Served) -> None:
    headers = {"Host": "jira.test:8080"}
    assert (
        cloud.call("/rest/api/3/issue/OPS-1", headers=headers)
        .json()["self"]
        .startswith("http://jira.test:8080/rest/api/3/issue/")
    )
    listed = cloud.call("/wiki/api/v2/pages", headers=headers).json()
    assert listed["_links"]["base"] == "http://jira.test:8080/wiki"
    assert center.call("/jira/rest/api/2/serverInfo", headers=headers).json()["baseUrl"] == "http://jira.test:8080/jira"
    assert cloud.world.base_url == cloud.own


def test_a_proxy_s_word_counts(cloud: Served) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "site.example, inner"}
    assert cloud.call("/rest/api/3/serverInfo", headers=headers).json()["baseUrl"] == "https://site.example"


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "<x>"])
def test_a_host_that_is_none_is_not_repeated(cloud: Served, host: str) -> None:
    answer = cloud.call("/rest/api/3/serverInfo", headers={"X-Forwarded-Host": host})
    assert answer.json()["baseUrl"] == cloud.own


def test_a_given_address_holds_by_whatever_name_one_comes() -> None:
    with served("cloud") as site:
        site.world.base_url = "https://proxy.example/tools"
        for path in ("/rest/api/3/serverInfo", "/tools/rest/api/3/serverInfo"):
            answer = site.call(path, headers={"Host": "other.test"})
            assert answer.json()["baseUrl"] == "https://proxy.example/tools"


def test_the_gateway_serves_both_products(cloud: Served) -> None:
    told = requests.get(f"{cloud.own}/_edge/tenant_info", timeout=10).json()
    assert told == {"cloudId": CLOUD_ID}
    jira = f"/ex/jira/{CLOUD_ID}"
    issue = cloud.call(f"{jira}/rest/api/3/issue/OPS-1").json()
    assert issue["self"].startswith(f"{cloud.own}{jira}/rest/api/3/issue/")
    assert cloud.call(issue["self"].removeprefix(cloud.own)).json()["key"] == "OPS-1"
    assert cloud.call(f"{jira}/rest/api/3/serverInfo").json()["baseUrl"] == cloud.own
    pages = cloud.call(f"/ex/confluence/{CLOUD_ID}/wiki/api/v2/pages").json()
    assert pages["_links"]["base"] == f"{cloud.own}/wiki"
    assert cloud.call(f"/ex/confluence/{CLOUD_ID}/api/v2/pages").json() == pages


def test_the_gateway_takes_no_stranger_and_no_other_site(cloud: Served, center: Served) -> None:
    path = f"/ex/jira/{CLOUD_ID}/rest/api/3/serverInfo"
    assert requests.get(cloud.own + path, timeout=10).status_code == 401
    assert cloud.call(path.replace(CLOUD_ID, "other")).status_code == 404
    assert center.call(path).status_code == 404
    assert center.call("/_edge/tenant_info").status_code == 404


def test_slashes_too_many_do_no_harm(cloud: Served, center: Served) -> None:
    for path in ("/rest/api/3/issue/OPS-1/", "//rest/api/3/issue/OPS-1", "/rest//api/3/issue//OPS-1"):
        assert cloud.call(path).json()["key"] == "OPS-1"
    assert cloud.call("/wiki//api/v2/pages/").status_code == 200
    assert center.call("/confluence//rest/api/content/").status_code == 200


def test_any_credential_is_taken_unless_a_token_is_given() -> None:
    with served("cloud", token="s3cret") as site:
        path = f"{site.own}/rest/api/3/myself"
        right = (("ana@example.com", "s3cret"), ("nobody", "s3cret"))
        assert [requests.get(path, auth=auth, timeout=10).status_code for auth in right] == [200, 200]
        wrong: tuple[dict[str, str], ...] = ({"Authorization": "Bearer other"}, {"Authorization": "Basic !"}, {})
        assert [requests.get(path, headers=sent, timeout=10).status_code for sent in wrong] == [401, 401, 401]
        bearer = {"Authorization": "Bearer s3cret"}
        assert requests.get(path, headers=bearer, timeout=10).status_code == 200
        assert site.call("/__sandbox/faults").status_code == 200, "the sandbox's own calls need none"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/rest/api/3/nothing", "status-code"),
        ("/rest/nothing/1.0/x", "status-code"),
        ("/wiki/rest/api/nothing", "status-code"),
        ("/wiki/api/v2/nothing", "errors"),
    ],
)
def test_an_unknown_path_is_told_as_the_product_would(cloud: Served, path: str, key: str) -> None:
    answer = cloud.call(path)
    assert (answer.status_code, key in answer.json()) == (404, True)


def test_an_unknown_path_outside_the_apis_is_plain(cloud: Served) -> None:
    assert cloud.call("/nothing").status_code == 404


def test_a_method_that_a_path_does_not_take(cloud: Served, center: Served) -> None:
    answer = cloud.call("/rest/api/3/myself", "PATCH")
    assert (answer.status_code, answer.json()["status-code"]) == (405, 405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert cloud.call("/wiki/api/v2/pages", "PATCH").json()["errors"][0]["status"] == 405
    assert center.call("/confluence/rest/api/content", "PATCH").json()["status-code"] == 405


def test_head_and_options(cloud: Served) -> None:
    full, head = cloud.call("/rest/api/3/myself"), cloud.call("/rest/api/3/myself", "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == full.headers["Content-Length"]
    options = cloud.call("/rest/api/3/myself", "OPTIONS")
    assert (options.status_code, options.headers["Allow"]) == (200, "GET, HEAD, OPTIONS")


def test_a_large_body_goes_in_and_comes_back(cloud: Served) -> None:
    page = next(page for page in cloud.world.wiki.pages.values() if page.title == "On call")
    body = "<p>" + "many words " * 200_000 + "</p>"
    sent = {"id": str(page.id), "status": "current", "title": page.title, "version": {"number": 2}}
    path = f"/wiki/api/v2/pages/{page.id}"
    saved = cloud.call(path, "PUT", json={**sent, "body": {"representation": "storage", "value": body}})
    assert saved.status_code == 200
    read = cloud.call(path, params={"body-format": "storage"}).json()
    assert len(read["body"]["storage"]["value"]) == len(body)


def test_a_request_that_breaks_off_is_not_handled(cloud: Served) -> None:
    before = len(cloud.world.tracker.issues)
    host, port = cloud.own.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"POST /rest/api/2/issue HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{")
    log = cloud.world.faults.log
    answered = len(log)
    assert cloud.call("/rest/api/3/myself").status_code == 200
    assert (len(log), len(cloud.world.tracker.issues)) == (answered + 1, before)


def test_it_tells_what_it_serves(cloud: Served, center: Served) -> None:
    told = [site.call("/__sandbox/operations").json()["operations"] for site in (cloud, center)]
    assert "GET /rest/api/{version}/search/jql" in told[0]
    assert "GET /jira/rest/api/{version}/search" in told[1]
    assert not [each for each in told[0] + told[1] if "__sandbox" in each]
