"""The four procedures as data: all that their documents say is there, and what is wrong with a pack is told at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pirsync.cli import cli
from pirsync.config import load
from pirsync.errors import ConfigError
from pirsync.packs import load_packs, read_pack, shipped_packs
from pirsync.policy.packs import DUTIES, ONLY_HINTS, CheckName, Duty, Pack, SectionName
from pirsync.resources import mappings_dir
from tests.policy_packs import PACKS

from .test_config import GOOD

MAJOR, FULL = PACKS["major-review"], PACKS["full-review"]
GUIDE, POST_MORTEM = PACKS["soc2-cc7-4-5"], PACKS["soc2-cc7"]


def source(pack: Pack) -> str:
    return shipped_packs()[pack.id].read_text(encoding="utf-8")


def problems(folder: Path, text: str) -> list[str]:
    (folder / "ours.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_pack(folder / "ours.toml")
    return [problem.removeprefix(f"{folder}/") for problem in caught.value.problems]


def command(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["pack", *arguments])


# ---------------------------------------------------------------- what the documents say


def test_there_is_one_pack_for_each_document_under_an_id_of_its_own() -> None:
    assert {pack.id: pack.document for pack in PACKS.values()} == {
        "major-review": "RES-PROC-003",
        "full-review": "RES-PROC-002",
        "soc2-cc7-4-5": "SOC 2 CC7.4 and CC7.5: Post-Incident Review",
        "soc2-cc7": "SOC2-CC7-POST-INCIDENT-REVIEW",
    }
    assert {path.stem for path in shipped_packs().values()} == set(PACKS)
    assert len({pack.fingerprint for pack in PACKS.values()}) == 4


def test_every_step_and_statement_is_there() -> None:
    assert {pack.id: [step.id for step in pack.steps] for pack in PACKS.values()} == {
        "major-review": ["1", "2", "3", "4"],
        "full-review": [str(number) for number in range(1, 15)],
        "soc2-cc7-4-5": [str(number) for number in range(1, 8)],
        "soc2-cc7": ["a", "b", "c", "d", "e"],
    }


def test_every_role_has_its_duties_under_the_documents_own_name() -> None:
    """Requirements 2.3: fourteen roles over duties; three names for the one who leads."""
    assert {duty: [name for pack in PACKS.values() for name in pack.roles_of(duty)] for duty in Duty} == {
        Duty.CHAIR: ["Incident Response Manager", "Incident Commander", "Team", "Security Lead"],
        Duty.SCRIBE: ["Documentation Lead", "Security Analyst"],
        Duty.ANALYST: ["Root Cause Analyst"],
        Duty.TECHNICAL: ["Technical Teams", "Engineering"],
        Duty.STAKEHOLDER: ["IT", "Engineering", "Compliance"],
        Duty.PARTICIPANT: ["All Participants", "Incident Response Team (IRT)", "Team"],
        Duty.SECURITY: ["[Security Department/Team Name]", "Security Team"],
        Duty.KNOWLEDGE: ["Knowledge Management"],
        Duty.OWNER: ["Action Item Owners", "Action owner", "Named owners", "Assigned owners"],
        Duty.APPROVER: ["CISO"],
        Duty.ESCALATION: ["Leadership"],
        Duty.AUDITOR: ["Auditor", "Auditor"],
    }
    assert set(DUTIES) == set(Duty)


def test_every_control_is_shown_with_its_equivalent_of_today() -> None:
    """Requirements 2.5: eight references, of which four need a note."""
    shown = [(pack.id, c.reference, c.steps, c.shown, bool(c.note)) for pack in PACKS.values() for c in pack.controls]
    assert shown == [
        ("full-review", "A.16.1.6", "4-7", "A.5.27 (was A.16.1.6:2013)", True),
        ("full-review", "RS.IM-1", "6", "RS.IM-1 (1.1) → ID.IM-03/-04", True),
        ("full-review", "CC7.5", "8-9", "CC7.5", False),
        ("full-review", "A.16.1.7", "10-11", "A.5.28 (was A.16.1.7:2013)", True),
        ("major-review", "CC2.1", "1-4", "CC2.1", False),
        ("major-review", "RC.IM", "1-4", "RC.IM (1.1) → ID.IM-03/-04 (2.0)", True),
        ("soc2-cc7", "CC7", "all", "CC7.3–CC7.5", False),
        ("soc2-cc7-4-5", "CC7.4, CC7.5", "all", "CC7.4, CC7.5", False),
    ]
    notes = {control.reference: control.note for control in FULL.controls if control.standard == "ISO/IEC 27001"}
    assert all("edition 2022 with a number of edition 2013" in note for note in notes.values())
    assert "evidence of the incident, a doubtful fit" in notes["A.16.1.7"]


def test_every_artefact_is_named() -> None:
    """Requirements 2.4: eleven artefacts (what 003 calls root cause and factors is part of its post-mortem)."""
    assert {pack.id: [artefact.name for artefact in pack.artefacts] for pack in PACKS.values()} == {
        "major-review": ["Post-Incident Report", "Action Item Tracking Log"],
        "full-review": ["Review report", "Knowledge base entry"],
        "soc2-cc7-4-5": [
            "Confirmed closure status",
            "Calendar invitation",
            "Consolidated review packet",
            "Root cause and contributing factors",
            "Corrective action list tied to the incident",
            "Updated review document",
            "Completed remediation records",
            "Review page in Confluence",
        ],
        "soc2-cc7": ["Post-mortem"],
    }


def test_every_check_is_asked_for_by_some_pack_and_hints_never_alone() -> None:
    asked = {check for pack in PACKS.values() for check in pack.checks}
    assert asked == set(CheckName)
    assert all(set(pack.checks) - ONLY_HINTS for pack in PACKS.values())
    assert {section.name for pack in PACKS.values() for section in pack.sections} == set(SectionName)


# ---------------------------------------------------------------- one's own


def test_a_copy_is_a_pack_and_a_change_shows_in_its_fingerprint(tmp_path: Path) -> None:
    own = tmp_path / "ours.toml"
    own.write_text(source(FULL), encoding="utf-8")
    assert read_pack(own) == FULL
    own.write_text(source(FULL).replace("length = 72", "length = 73"), encoding="utf-8")
    assert read_pack(own).name == FULL.name
    assert read_pack(own).fingerprint != FULL.fingerprint


def test_every_problem_of_shape_is_told_at_once(tmp_path: Path) -> None:
    text = source(POST_MORTEM).replace('version = "1.0"\n', "").replace('must = "written"', 'must = "writen"')
    text = text.replace('duties = ["escalation"]', 'dutes = ["escalation"]').replace('"timeline",', '"time-line",', 1)
    said = [re.sub(r"^ours.toml:\d+: ", "", problem) for problem in problems(tmp_path, text)]
    assert said[0] == "version: is missing"
    assert said[1].startswith("checks: input should be 'sections', 'timeline', ")
    assert said[2:4] == ["roles.duties: is missing", "roles.dutes: unknown key; did you mean duties?"]
    assert said[4] == (
        "clauses.must: input should be 'scheduled', 'held', 'written', 'approved', 'completed' or 'escalated'"
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('severities = ["P1", "P2"]\nconditional', "conditional", "clauses.severities: P1, P2 is not in scope"),
        ('conditional = ["P3"]', 'conditional = ["P2"]', "scope.conditional: P2 is in scope always: leave it out here"),
        ('conditional = ["P3"]', "", "scope.criteria: needs scope.conditional, the severities that they are for"),
        ('id = "2"', 'id = "1"', 'steps: "1" is there twice'),
        ('id = "schedule-p3"', 'id = "schedule"', 'clauses: "schedule" is there twice'),
        ('role = "CISO"', 'role = "CSO"', 'steps.role: no role is called "CSO"'),
        ('duties = ["analyst"]', 'duties = ["owner"]', "attendance.duties: no role has the duty analyst"),
        ('owner = "knowledge"', 'owner = "escalation"', "actions.owner: no role has the duty escalation"),
        ('clock = "due_date"', 'clock = "closure"', "clauses.clock: what must be completed runs from due_date"),
        ('clock = "closure"', 'clock = "due_date"', "clauses.clock: what must be scheduled runs from resolution or"),
        ("length = 72", "length = 0", "clauses.length: must be at least 1"),
        ('unit = "weeks"', 'unit = "quarters"', "clauses.unit: quarters are counted from quarter_end, and nothing"),
        ('"Lessons"', '"recommendations"', 'sections.headings: another section has the heading "Recommendations"'),
        ('"page-version"]', '"resolution"]', "evidence.resolutions: must name what counts where proofs has"),
    ],
)
def test_what_only_several_values_show_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in source(FULL)
    said = [
        re.sub(r"^ours.toml:\d+: ", "", problem) for problem in problems(tmp_path, source(FULL).replace(old, new, 1))
    ]
    assert any(problem.startswith(expected) for problem in said), said


def test_a_scope_that_nothing_can_enter_is_told(tmp_path: Path) -> None:
    text = source(MAJOR).replace('decided_by = "chair"\n', "")
    assert any("no incident is ever in scope" in problem for problem in problems(tmp_path, text))


def test_a_team_names_its_packs_and_two_of_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(source(FULL).replace('id = "full-review"', 'id = "ours"'), encoding="utf-8")
    assert [pack.id for pack in load_packs(("soc2-cc7", "ours.toml"), tmp_path)] == ["soc2-cc7", "ours"]
    with pytest.raises(ConfigError) as caught:
        load_packs(("soc2-cc8", "soc2-cc7", "gone.toml", "soc2-cc7"), tmp_path)
    assert list(caught.value.problems) == [
        'no pack comes with the id "soc2-cc8"; did you mean soc2-cc7?',
        f"{tmp_path}/gone.toml: there is no such file",
        'two packs have the id "soc2-cc7": give one of them another',
    ]


def test_a_pack_may_be_held_to_what_it_said_when_it_was_read(tmp_path: Path) -> None:
    own, print_of = tmp_path / "a@1.toml", FULL.fingerprint
    own.write_text(source(FULL), encoding="utf-8")
    pinned = ("a@1.toml", "a@1.toml@1.0", f"a@1.toml#{print_of}", f"a@1.toml@1.0#{print_of}", "full-review@1.0")
    assert [load_packs((name,), tmp_path) for name in pinned] == [(FULL,)] * len(pinned)
    # A file that was changed without a new version keeps its name, and loses its fingerprint.
    own.write_text(source(FULL).replace("length = 72", "length = 73"), encoding="utf-8")
    changed = read_pack(own).fingerprint
    for name, said in (
        (f"a@1.toml#{print_of}", f"the fingerprint of full-review 1.0 is {changed} now"),
        ("a@1.toml@1.1", "pins version 1.1, but the pack is of version 1.0"),
        ("full-review@2", "pins version 2, but the pack is of version 1.0"),
        ("full-review#12", 'no pack comes with the id "full-review#12"'),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            load_packs((name,), tmp_path)


def test_a_configuration_names_any_set_of_packs(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(GOOD + 'packs = ["soc2-cc7", "full-review"]\n', encoding="utf-8")
    assert load(path).teams[0].packs == ("soc2-cc7", "full-review")


# ---------------------------------------------------------------- the command


def test_pack_show_lists_the_packs_and_who_uses_them(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(GOOD + 'packs = ["soc2-cc7", "ours.toml"]\n', encoding="utf-8")
    (tmp_path / "ours.toml").write_text(source(FULL).replace('id = "full-review"', 'id = "ours"'), encoding="utf-8")
    said = command("show", "-c", str(config))
    assert [line.split()[0] for line in said.output.splitlines()] == [*sorted(PACKS), "ours"]
    assert [line for line in said.output.splitlines() if "(team operations)" in line] == said.output.splitlines()[2:5:2]
    told = json.loads(command("show", "-c", str(config), "--json").output)["packs"]
    assert [(one["id"], one["teams"]) for one in told if one["teams"]] == [
        ("soc2-cc7", ["operations"]),
        ("ours", ["operations"]),
    ]


def test_pack_show_tells_a_pack_in_words_a_person_reads() -> None:
    said = command("show", "full-review")
    lines = said.output.splitlines()
    assert said.exit_code == 0
    assert lines[0] == f"full-review 1.0 ({FULL.fingerprint}): {FULL.title}"
    assert "  schedule: scheduled within 72 hours of closure, for P1, P2 (§4 step 1)" in lines
    assert "  schedule-p3: scheduled within 1 weeks of closure, for P3 (§4 step 1)" in lines
    assert (
        "  11  CISO: Review the report, approve plan and resources, make the executives aware of what is critical"
        in lines
    )
    assert "escalated each quarter" in command("show", "soc2-cc7").output


def test_pack_show_gives_all_of_it_to_programs_and_the_file_to_copy() -> None:
    told = json.loads(command("show", "soc2-cc7", "--json").output)
    assert Pack.model_validate({key: value for key, value in told.items() if key != "fingerprint"}) == POST_MORTEM
    assert told["fingerprint"] == POST_MORTEM.fingerprint
    assert command("show", "soc2-cc7", "--toml").output == source(POST_MORTEM)


def test_pack_lint_is_silent_about_nothing(tmp_path: Path) -> None:
    good = command("lint", "-c", str(tmp_path / "none.toml"))
    assert (good.exit_code, len(good.output.splitlines())) == (0, 4)
    assert all(line.startswith("ok    ") for line in good.output.splitlines())
    (tmp_path / "ours.toml").write_text(source(FULL).replace("length = 72", "length = 0"), encoding="utf-8")
    bad = command("lint", str(tmp_path / "ours.toml"))
    assert bad.exit_code == 1
    assert re.fullmatch(r".*ours.toml:\d+: clauses.length: must be at least 1\n", bad.output)


def test_a_wrong_use_of_pack_is_2() -> None:
    assert command("show", "--toml").exit_code == 2
    unknown = command("show", "soc2")
    assert (unknown.exit_code, unknown.output) == (
        2,
        'no pack comes with the id "soc2"; did you mean soc2-cc7?\n',
    )


def test_packs_travel_with_mappings() -> None:
    assert all(path.parent == mappings_dir() / "procedures" for path in shipped_packs().values())
