"""Each pack has a template to start from: filled as it asks, its page passes the pack's checks; unfilled it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from pirsync.page.lint import lint
from pirsync.page.review import read_review
from pirsync.page.sections import read_sections
from pirsync.policy.checks import check
from pirsync.policy.packs import ONLY_HINTS, CheckName, Pack
from pirsync.policy.review import Review
from pirsync.policy.verdict import Result
from pirsync.sample import sample_incident, sample_values
from pirsync.templates import load_template
from tests.policy_packs import PACKS

from .command import ROOT
from .samples import HEADERS

WHO = '<ac:link><ri:user ri:account-id="acc-ana" /></ac:link>'
WHEN = '<time datetime="2026-03-20" />'
SIGNED = f"{WHO} {WHEN}"
PROMPT = re.compile(r"<ac:placeholder>(.*?)</ac:placeholder>")
ACTION = "Add a timeout to each query"

ANSWERS = {
    "Who was affected and how?": "A third of all orders, for two hours",
    "Which decisions were made?": "Decision: roll back at once, by Ana Ruiz, because no order came through",
    "Which method did you use": "We asked around",
    "Why did it happen?": "Why did orders time out?",
    "And why that?": "Why was that?",
    "Because …": "Because one query never ended",
    "So the root cause is": '<a href="https://git.example.com/c/1">Queries had no timeout</a>',
    "What made it happen": "Queries had no timeout, because nobody expected one to take so long",
    "What shows it?": '<a href="https://git.example.com/c/1">The log of the pool</a>',
    "A condition that": "No alarm on the pool",
    "Another one:": "No limit for one customer",
    "Which control failed": "The load test left this query out",
    "What helped": "The rollback took two minutes",
    "How well did detection": "The alarm came after four minutes, the rollback took two",
    "Where were we slow": "We looked at the network first",
    "What do we know now": "Every query needs a timeout",
    "What will be different": "Every query has a timeout",
    "What will we do in another way?": "Every query is reviewed",
    "What must our tools": "none",
    "Who has to know what?": "none",
    "What should change": ACTION,
    "What will be done?": ACTION,
    "@mention one person": WHO,
    "Type // for a date": WHEN,
    "Done when …": "No query takes more than a second",
    "Preventive, corrective": "preventive",
    "When will the review meeting": WHEN,
    "@mention everybody": WHO,
    "@mention who": WHO,
    "APPROVED or": "CHANGES NEEDED",
    "Yes or no, as the": f"Yes {SIGNED}",
    "Of a P3": f"none {SIGNED}",
    "Complete?": f"Yes {SIGNED}",
    "Needed at once": f"No {SIGNED}",
}
"""What somebody writes where a prompt begins so."""

UNFILLED = {
    "full-review": {
        *("sections", "decision-points", "root-cause", "root-cause-method", "lessons", "recommendations"),
        *("emergency-change", "action-owners", "action-dates"),
    },
    "major-review": {"sections", "action-owners", "action-dates"},
    "soc2-cc7": {"sections", "root-cause", "contributing-factors", "action-owners", "action-dates"},
    "soc2-cc7-4-5": {
        *("sections", "root-cause", "contributing-factors", "failed-controls", "response-confirmed"),
        *("action-owners", "action-dates", "action-classes", "preventive-action"),
    },
}
"""What a page lacks when it is born, with one action that nobody has yet."""


@cache
def born(pack: str, template: str = "", folder: Path = Path()) -> str:
    return load_template(template or pack, folder).render(sample_values((PACKS[pack],)))


def filled(body: str, answers: Mapping[str, str]) -> str:
    """The body with every prompt answered; one that nobody knows an answer to is an error."""
    return PROMPT.sub(lambda found: next(a for begins, a in answers.items() if found[1].startswith(begins)), body)


def lacks(pack: Pack, body: str) -> set[str]:
    """The checks that stand in the way."""
    seen = Review(incident=sample_incident(), page=read_review(body, HEADERS), sections=read_sections(body))
    return {one.check.value for one in check(pack, seen) if one.blocks}


@pytest.mark.parametrize("name", PACKS)
def test_a_starter_filled_as_it_asks_passes_its_packs_checks_and_unfilled_it_lacks_all_that_people_write(
    name: str,
) -> None:
    body = born(name)
    assert lacks(PACKS[name], body) == UNFILLED[name]
    whole = filled(body, ANSWERS)
    assert (lacks(PACKS[name], whole), lint(whole)) == (set(), ())
    seen = Review(incident=sample_incident(), page=read_review(whole, HEADERS), sections=read_sections(whole))
    hints = {one.check for one in check(PACKS[name], seen) if one.result is not Result.PASS}
    assert hints <= {CheckName.TIMELINE_GAPS} & ONLY_HINTS


@pytest.mark.parametrize("name", PACKS)
def test_no_check_of_a_pack_passes_by_its_other_prompts(name: str) -> None:
    """Each answer counts: a page that leaves one kind of prompt open that a check wants does not pass."""
    needed = {
        "full-review": ("Which decisions", "Because …", "Who has to know", "What should change", "Needed at once"),
        "major-review": ("How well did", "Where were we slow", "What do we know now"),
        "soc2-cc7": ("What made it happen", "Another one:"),
        "soc2-cc7-4-5": ("Which control failed", "Complete?", "Preventive", "What made it happen"),
    }
    for prompt in needed[name]:
        open_ = f"<ac:placeholder>{prompt}</ac:placeholder>"
        answers = {begins: open_ if begins.startswith(prompt) else answer for begins, answer in ANSWERS.items()}
        if prompt == "What made it happen":
            answers["What shows it?"] = open_
        assert lacks(PACKS[name], filled(born(name), answers)) != set(), prompt


@pytest.mark.parametrize("name", PACKS)
def test_a_team_s_own_file_lays_blocks_over_a_starter_and_still_passes(name: str, tmp_path: Path) -> None:
    text = "\n".join(
        (
            f'{{% extends "{name}" %}}',
            "{% block introduction %}{{ super() }}<p>Ask #reviews for help.</p>{% endblock %}",
            "{% block people %}{{ super() }}<h2>Customers</h2>",
            "<p><ac:placeholder>Who was told?</ac:placeholder></p>{% endblock %}",
        )
    )
    (tmp_path / "ours.xml").write_text(text, encoding="utf-8")
    body = born(name, "ours.xml", tmp_path)
    assert lacks(PACKS[name], body) == UNFILLED[name]
    whole = filled(body, {"Who was told?": "All who waited for their order"} | ANSWERS)
    assert (lacks(PACKS[name], whole), lint(whole)) == (set(), ())
    assert [section.heading for section in read_sections(whole) if section.heading == "Customers"] == ["Customers"]


def test_another_method_takes_the_place_of_5_whys(tmp_path: Path) -> None:
    text = (
        '{% extends "full-review" %}{% block root_cause %}<h3>Fishbone</h3>'
        "<h4>Process</h4><p><ac:placeholder>What?</ac:placeholder></p>"
        "<h4>Technology</h4><p><ac:placeholder>What?</ac:placeholder></p>{% endblock %}"
    )
    (tmp_path / "bone.xml").write_text(text, encoding="utf-8")
    body = born("full-review", "bone.xml", tmp_path)
    assert "5 Whys" not in body
    assert lacks(PACKS["full-review"], filled(body, {"What?": "No timeout"} | ANSWERS)) == set()


def test_a_page_asks_for_the_class_of_each_action_where_a_pack_wants_it_and_reads_it() -> None:
    seen = read_review(born("soc2-cc7-4-5"), HEADERS)
    assert (seen.columns[-1], len(seen.columns), seen.problems) == (None, 9, ())
    assert len(read_review(born("soc2-cc7"), HEADERS).columns) == 8


def test_the_examples_of_the_documentation_are_templates_and_join_what_two_packs_want(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
    simple, joined = re.findall(r"```jinja\n(.*?)```", page, re.DOTALL)
    (tmp_path / "simple.xml").write_text(simple, encoding="utf-8")
    (tmp_path / "joined.xml").write_text(joined, encoding="utf-8")
    assert "what do we know now?" in born("full-review", "simple.xml", tmp_path)
    whole = filled(born("full-review", "joined.xml", tmp_path), ANSWERS)
    assert lacks(PACKS["full-review"], whole) == set()
    assert "failed-controls" not in lacks(PACKS["soc2-cc7-4-5"], whole)
