"""A mapping says which fields hold what; its names are found on a site, or what is in doubt is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pirsync.errors import ConfigError
from pirsync.mapping import load_mapping, want_incident, want_ticket
from pirsync.page_model import Column
from tests.raw_issues import default_mapping, mapping


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        mapping(folder, text)
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_one_s_own_mapping_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    own = mapping(
        tmp_path, '[headers]\naction = "Maßnahme"\n[severity]\n"highest" = "SEV1"\n[fields]\nstarted = "Began"'
    )
    shipped = load_mapping("default", tmp_path)
    assert own.headers == shipped.headers | {Column.ACTION: ("Maßnahme",)}
    resolved = own.resolve({"customfield_1": "began", "customfield_2": "Severity"})
    assert resolved.severity("Highest") == "SEV1"
    assert resolved.severity("High") == "P2"
    assert resolved.field("started", "OPS") == "customfield_1"
    assert resolved.field("severity", "OPS") == "customfield_2"


def test_every_problem_of_a_mapping_is_told_at_once(tmp_path: Path) -> None:
    text = """\
[fields]
severty = ["Severity"]
[headers]
onwer = ["Owner"]
due = []
[status]
Monitored = "open"
[[default_items]]
text = "Update the runbook"
due_days = "14"
[ticket_fields]
labels = ["x"]
"""
    assert problems(tmp_path, text) == [
        "ours.toml:2: fields.severty: unknown key; did you mean severity?",
        "ours.toml:4: headers.onwer: unknown key; did you mean owner?",
        "ours.toml:5: headers.due: must not be empty",
        "ours.toml:7: status.Monitored: input should be 'new', 'indeterminate' or 'done'",
        "ours.toml:10: default_items.due_days: input should be a valid integer",
        "ours.toml:11: ticket_fields: pirsync itself fills labels",
    ]


def test_a_word_stands_over_one_column_only(tmp_path: Path) -> None:
    expected = 'ours.toml:1: headers: "status" stands for both owner and status'
    assert problems(tmp_path, '[headers]\nstatus = ["status"]\nowner = ["Status"]') == [expected]


def test_an_unknown_mapping_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'no mapping comes with the name "defualt"; did you mean default\?'):
        load_mapping("defualt", tmp_path)
    with pytest.raises(ConfigError, match=r"gone\.toml: there is no such file"):
        load_mapping("gone.toml", tmp_path)


def test_default_items_and_ticket_fields_are_read(tmp_path: Path) -> None:
    text = '[[default_items]]\ntext = "Tell"\ndue_days = 3\n[ticket_fields]\ncustomfield_1 = { value = "A" }\n'
    own = mapping(tmp_path, text)
    assert [item.model_dump() for item in own.default_items] == [
        {"text": "Tell", "criteria": "", "due_days": 3, "owner": ""}
    ]
    assert own.ticket_fields == {"customfield_1": {"value": "A"}}


# ---------------------------------------------------------------- names on a site


def test_the_first_candidate_that_the_site_has_is_used(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nstarted = ["Nowhere", "customfield_7", "created"]\nclosed = ["Nowhere"]')
    resolved = own.resolve({"customfield_7": "Begin", "created": "Created"})
    assert resolved.field("started", "OPS") == "customfield_7"
    assert resolved.field("closed", "OPS") == ""


def test_a_project_may_have_fields_of_its_own(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[projects.PAY.fields]\nstarted = "Pay start"\nresolved = []')
    fields = {"customfield_1": "Incident start", "customfield_2": "Pay start", "resolutiondate": "Resolved"}
    resolved = own.resolve(fields)
    roles = ("started", "resolved")
    assert [resolved.field(role, "OPS") for role in roles] == ["customfield_1", "resolutiondate"]
    assert [resolved.field(role, "PAY") for role in roles] == ["customfield_2", ""]
    assert {"customfield_1", "customfield_2"} <= set(want_incident(resolved).fields)
    assert "customfield_1" not in want_incident(resolved, "PAY").fields


def test_what_is_in_doubt_on_a_site_is_told_at_once(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nstarted = "customfield_78"\n[projects.PAY.fields]\nseverity = "Impact"')
    fields = {"customfield_1": "Impact", "customfield_2": "impact", "customfield_77": "Start"}
    with pytest.raises(ConfigError) as caught:
        own.resolve(fields)
    assert list(caught.value.problems) == [
        "ours.toml: fields.started: Jira has no field customfield_78; did you mean customfield_77?",
        'ours.toml: projects.PAY.fields.severity: several fields are called "Impact"; '
        "give the id of one: customfield_1, customfield_2",
    ]


def test_a_custom_field_hides_a_system_field_of_its_name(tmp_path: Path) -> None:
    own = mapping(tmp_path, '[fields]\nresolved = "Resolved"')
    fields = {"resolutiondate": "Resolved", "customfield_3": "Resolved"}
    assert own.resolve(fields).field("resolved", "OPS") == "customfield_3"


def test_what_is_read() -> None:
    want = want_incident(default_mapping())
    expected = {"summary", "security", "comment", "issuelinks", "customfield_10040", "customfield_10043"}
    assert expected <= set(want.fields)
    assert len(set(want.fields)) == len(want.fields)
    assert set(want.expand) == {"renderedFields", "changelog"}
    assert want_ticket().properties == ("pirsync.action",)
