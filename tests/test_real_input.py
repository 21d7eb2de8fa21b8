"""The main job on real issues: every closed one has a correct page, every other a reason, and nothing crashes.

Each file goes through the whole of pirsync in both dialects: real adapters and client libraries, real state file. Only
the sockets are left out: requests are handed to the sandbox's application, which other tests serve on the network.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pirsync.model import Deployment
from pirsync.page.lint import lint
from pirsync.page.read import text_of
from pirsync.page.review import read_review
from pirsync.page.scan import encode, scan
from tests.indoors import lean
from tests.real_input import DEPLOYMENTS, FIXTURES, SHARED, Outcome, reconcile, tell
from tests.stage import default_mapping, parse_once, scan_once

RECORDED = {
    "cloud-devlake": 25,
    "cloud-grimoirelab": 1,
    "cloud-v3-faros": 2,
    "dc-apache-kafka": 35,
    "dc-appcelerator": 272,
    "dc-jrjc": 1,
}
"""Closed issues by file: 335 in category done, and TST-8 of the last, which has no category but a resolution date."""


@pytest.fixture(autouse=True)
def _lean(monkeypatch: pytest.MonkeyPatch) -> None:
    lean(monkeypatch)
    parse_once(monkeypatch)
    monkeypatch.setattr("tests.test_real_input.scan", scan_once)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]{4,}", text))


def raw_issues(file: Path) -> dict[str, dict[str, Any]]:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return {raw["key"]: raw for raw in json.loads(data)["issues"]}


def check(outcome: Outcome, file: Path) -> None:
    """Everything that makes a page correct, for every page; and one reason for every issue without one."""
    told = {result.key: result for result in outcome.first.results}
    raws = raw_issues(file)
    assert outcome.first.failed == ()
    assert {key for key in raws if key not in outcome.pages} == {k for k, result in told.items() if result.reason}
    for key, page in outcome.pages.items():
        review = read_review(page.body, default_mapping().headers)
        assert (review.problems, lint(page.body)) == ((), ())
        assert review.summary["incident"].issue_key == key
        assert review.row_end is not None
        fields = raws[key]["fields"]
        assert review.summary["incident status"].text == " ".join(fields["status"]["name"].split())
        seen = words(text_of(scan(encode(page.body))))
        described = fields.get("description")
        if isinstance(described, str) and not re.search(r"[{\[|]", described):
            assert words(described) - seen == set()
        issue = next(i for i in outcome.sandbox.tracker.issues.values() if i.key == key)
        assert [link.global_id for link in issue.remote_links if link.global_id.startswith("pirsync:")] == [
            f"pirsync:page:{page.id}"
        ]
    assert (outcome.second.changes, outcome.second.failed) == ((), ())


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_a_file_of_every_oddity(deployment: Deployment) -> None:
    (file,) = FIXTURES.glob("*.json")
    outcome = reconcile(deployment, file)
    check(outcome, file)
    assert {key for key in raw_issues(file) if key not in outcome.pages} == {"INC-4", "INC-7"}
    hostile = outcome.pages["INC-6"].body
    assert "<script" not in hostile
    assert "javascript:" not in re.sub(r">[^<]*<", "><", hostile)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("name", sorted(RECORDED))
def test_recorded_issues_of_real_sites(deployment: Deployment, name: str) -> None:
    file = SHARED / f"{name}.json.gz"
    if not file.exists():
        pytest.skip("recorded issues are not at hand; the fixture of every oddity stands in for them")
    outcome = reconcile(deployment, file)
    print(*tell(deployment, file, outcome), sep="\n")
    check(outcome, file)
    assert len(outcome.pages) == RECORDED[name]
