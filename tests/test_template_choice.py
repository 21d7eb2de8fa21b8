"""A team's page templates by severity and type: the first that fits makes the page, at its birth and never again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pirsync.config import load
from pirsync.errors import ConfigError
from pirsync.template_choice import TemplateChoice, choose, problems
from pirsync.templates import load_template

from .command import desk
from .stage import stage
from .test_config import GOOD

CHOICES = (
    TemplateChoice(severity=("P1", "P2"), type=("Incident",), use="five-whys"),
    TemplateChoice(type=("Change", "Problem"), use="fishbone"),
    TemplateChoice(use="review"),
)


@pytest.mark.parametrize(
    ("severity", "kind", "expected"),
    [
        ("P1", "Incident", "five-whys"),
        ("p2", "INCIDENT", "five-whys"),
        ("P1", "Problem", "fishbone"),
        ("P3", "Incident", "review"),
        ("", "", "review"),
    ],
)
def test_the_first_that_fits_is_chosen(severity: str, kind: str, expected: str) -> None:
    assert choose(CHOICES, severity, kind).use == expected


def loaded(folder: Path, template: str) -> tuple[TemplateChoice, ...]:
    path = folder / "config.toml"
    path.write_text(GOOD + f"template = {template}\n", encoding="utf-8")
    return load(path).teams[0].template


def test_a_name_alone_is_for_all_and_a_list_has_its_conditions(tmp_path: Path) -> None:
    assert loaded(tmp_path, '"fishbone"') == (TemplateChoice(use="fishbone"),)
    text = '[{ severity = ["P1", "P2"], type = "Incident", use = "five-whys" }, { use = "review" }]'
    assert loaded(tmp_path, text) == (CHOICES[0], CHOICES[2])


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("[]", "team.template: must not be empty"),
        ('[{ severity = "P1", use = "review" }]', "team.template: must end with one for all other incidents"),
        (
            '[{ use = "review" }, { severity = "P1", use = "fishbone" }]',
            'team.template: "review" is for every incident, so that "fishbone" after it can never be chosen',
        ),
        ('[{ sevrity = "P1", use = "review" }]', "team.template.sevrity: unknown key; did you mean severity?"),
        ('[{ severity = "P1" }]', "team.template.use: is missing"),
        ("7", 'team.template: must be a list, as in ["one", "two"]'),
    ],
)
def test_what_is_wrong_with_a_list_is_told(tmp_path: Path, template: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, template)
    assert expected in caught.value.problems[0]
    assert "config.toml:17: " in caught.value.problems[0]


def test_what_no_incident_of_the_team_can_be_is_told() -> None:
    wrong = (TemplateChoice(severity=("P1", "SEV1"), type=("Incdent",), use="review"), TemplateChoice(use="review"))
    assert list(problems(wrong, ("P1", "P2"), ("Incident",))) == [
        'no severity of the mapping is called "SEV1"; known are P1, P2',
        '"Incdent" is none of the team\'s issue types; did you mean Incident?',
    ]
    assert list(problems(wrong[1:], (), ())) == list(problems((CHOICES[1],), (), ())) == []


def test_a_page_is_born_from_the_chosen_one_and_keeps_it_when_its_incident_is_re_classified() -> None:
    play = stage()
    play.choices = tuple((choice, load_template(choice.use, Path())) for choice in CHOICES[:-1])
    play.run_pass()
    assert ("5 Whys" in play.page().body, "Fishbone" in play.page().body) == (True, False)
    play.choices = ((TemplateChoice(severity=("P1",), use="fishbone"), load_template("fishbone", Path())),)
    assert play.run_pass().changes == ()
    assert "5 Whys" in play.page().body


def test_on_a_site_the_choice_is_checked_previewed_and_made() -> None:
    with desk() as place:
        own = '{% extends "five-whys" %}{% block learning %}<h2>Of our own</h2>{% endblock %}'
        (place.folder / "ours.xml").write_text(own, encoding="utf-8")
        choices = '[{ severity = "P1", use = "ours.xml" }, { severity = "P2", use = "nope.xml" }, { use = "fishbone" }]'
        place.team(f"template = {choices}")
        said = place.do("template", "lint")
        assert (said.code, "ok    ours.xml" in said.out, 'no template "nope.xml"' in said.err) == (1, True, True)
        assert re.search(r'config\.toml:\d+: team\.template: no template "nope\.xml"', place.do("plan").err)
        place.replace("nope.xml", "fault-tree")
        place.replace('"P2"', '"P22"')
        assert 'no severity of the mapping is called "P22"; did you mean P2?' in place.do("plan").err
        place.replace('"P22"', '"P2"')
        preview = place.folder / "preview.html"
        for key, expected in (("OPS-1", "Of our own"), ("OPS-2", "Fault Tree"), ("OPS-5", "Fishbone")):
            assert place.do("template", "preview", "--incident", key, "-o", str(preview)).code == 0
            assert expected in preview.read_text(encoding="utf-8"), key
        assert place.do("template", "preview", "-o", str(preview)).code == 0
        assert "Of our own" in preview.read_text(encoding="utf-8")
        assert place.writes() == []
        assert place.do("reconcile", "OPS-1").code == 0
        (page,) = [p.current.body for p in place.sandbox.wiki.pages.values() if p.current.title.startswith("OPS-1 ")]
        assert "Of our own" in page
