"""Raw issues in the shapes that real sites answer, and what one must know of those sites to read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pirsync.mapping import Context, Resolved, TeamMapping, load_mapping

HERE = Path(__file__).parent
ISSUES = HERE / "fixtures" / "issues"

CLOUD_FIELDS = {
    "summary": "Summary",
    "priority": "Priority",
    "resolutiondate": "Resolved",
    "components": "Components",
    "customfield_10040": "severity",
    "customfield_10041": "Incident start",
    "customfield_10042": "Incident commander",
    "customfield_10043": "Affected services",
}
CLOUD = Context(
    site_url="https://example.atlassian.net/",
    deployment="cloud",
    closed_statuses=frozenset({"Closed", "Resolved", "Done"}),
)
CENTER = Context(site_url="https://jira.example.com", deployment="datacenter", closed_statuses=frozenset({"Closed"}))


def raw_issue(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ISSUES / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def mapping(folder: Path, text: str = "") -> TeamMapping:
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    return load_mapping("ours.toml", folder)


def changed(name: str, **fields: object) -> dict[str, Any]:
    raw = raw_issue(name)
    return {**raw, "fields": {**raw["fields"], **fields}}


def default_mapping() -> Resolved:
    """The shipped mapping, resolved against the fields of the Cloud site."""
    return load_mapping("default", HERE).resolve(CLOUD_FIELDS)
