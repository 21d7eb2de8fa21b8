"""Every check says pass, fail or cannot tell, with a sentence to act on; a hint never blocks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pirsync.model import Incident
from pirsync.page import cells
from pirsync.page.review import read_review
from pirsync.page.sections import read_sections
from pirsync.page_model import Column
from pirsync.policy.calendar import Calendar
from pirsync.policy.checks import CHECKS, Checked, check, is_written, passed
from pirsync.policy.packs import ONLY_HINTS, CheckName, Pack
from pirsync.policy.record import CRITERION, EMERGENCY, MAJOR, judged, rows
from pirsync.policy.review import Review
from pirsync.policy.verdict import Result
from pirsync.resources import mappings_dir
from pirsync.sample import sample_incident, sample_values
from pirsync.templates import load_template
from tests.policy_packs import PACKS

from .page.grammar import documents
from .policy_cases import at, case, incident
from .samples import ANA, HEADERS, body_of, row, ticket

FULL, GUIDE, POST_MORTEM = PACKS["full-review"], PACKS["soc2-cc7-4-5"], PACKS["soc2-cc7"]
PASS, FAIL, UNSURE = Result.PASS, Result.FAIL, Result.CANNOT_TELL
WHO = '<ac:link><ri:user ri:account-id="acc-ana" /></ac:link>'
PROMPT = "<p><ac:placeholder>Fill this in</ac:placeholder></p>"
SIGNED = f"yes {WHO} <time datetime='2026-03-05' />"


def record(**told: str) -> str:
    lines = "".join(f"<tr><th>{label}</th><td><p>{value}</p></td></tr>" for label, value in told.items())
    return (
        '<ac:structured-macro ac:name="details"><ac:parameter ac:name="id">pirsync-record</ac:parameter>'
        f"<ac:rich-text-body><table><tbody>{lines}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def review(text: str = "", actions: Any = None, found: Incident | None = None, **changes: Any) -> Review:
    """A review with these sections, and one complete action unless others are given."""
    body = text + "<h2>Action items</h2>" + body_of([row(criteria="<p>It holds</p>")] if actions is None else actions)
    told = Review(incident=found or incident(), page=read_review(body, HEADERS), sections=read_sections(body))
    return told.model_copy(update=changes)


def table(*lines: tuple[str, ...]) -> str:
    return "<table><tbody>" + "".join(
        "<tr>" + "".join(f"<td><p>{cell}</p></td>" for cell in line) + "</tr>" for line in lines
    ) + "</tbody></table>"  # fmt: skip


def items(*words: str) -> str:
    return "<ul>" + "".join(f"<li><p>{each}</p></li>" for each in words) + "</ul>"


def verdict(name: CheckName, seen: Review, pack: Pack = FULL) -> tuple[Result, str]:
    found = CHECKS[name](seen, pack)
    assert found.said and found.said[-1] != "."
    return found.result, found.said


def test_every_check_has_a_function() -> None:
    assert set(CHECKS) == set(CheckName)


# ---------------------------------------------------------------- sections


def written(pack: Pack, **instead: str) -> str:
    """Every section of a pack with words of its own, but for those that are given by their headings."""
    heads = [section.headings[0] for section in pack.sections]
    return "".join(f"<h2>{head}</h2>{instead.get(head, f'<p>About {head}</p>')}" for head in heads)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (written(FULL), (PASS, "9 sections filled")),
        (written(FULL, Impact=PROMPT), (FAIL, "empty: Impact")),
        (written(FULL, Impact="<p>TBD</p>", Recommendations="<p>[todo]</p>"), (FAIL, "empty: Impact, Recommendations")),
        (written(FULL, Impact="<p>Checkout answered slowly &lt;for some &amp; not all&gt;.</p>"),
         (FAIL, "only repeats the summary: Impact")),
        (written(FULL).replace("<h2>Impact</h2>", "<h2>Effects</h2>"), (FAIL, "not there: Impact")),
        (written(FULL).replace("<h2>Impact</h2>", "<h1>IMPACT Assessment:</h1>"), (PASS, "9 sections filled")),
        (written(FULL, Impact="<h3>Users</h3><p>Everybody</p>"), (PASS, "9 sections filled")),
        (written(FULL, Impact="<ac:image><ri:url ri:value='a.png'/></ac:image>"), (PASS, "9 sections filled")),
        (written(FULL, Impact=table(("Who", "How many"), ("", ""))), (FAIL, "empty: Impact")),
    ],
)  # fmt: skip
def test_sections(text: str, expected: tuple[Result, str]) -> None:
    assert verdict(CheckName.SECTIONS, review(text)) == expected


# ---------------------------------------------------------------- the timeline


def times(*stamps: str, head: str = "Time") -> str:
    return "<h2>Timeline</h2>" + table(
        (head, "What happened"), *((stamp, f"Event {n}") for n, stamp in enumerate(stamps, 1))
    )


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        (times("2026-03-02T09:30:00+00:00", "2026-03-02T10:45:00+01:00"), PASS, "2 entries in order, each with day"),
        (times("2026-03-02 09:30 UTC", "2 March 2026 09:40 UTC", "2026-03-02 11:00 Europe/Vienna"), PASS, "3 entries"),
        (times("2026-03-02 09:30", "2026-03-02 9:40", head="Time (UTC)"), PASS, "2 entries in order"),
        (times("2026-03-02 09:30 CET", "2026-03-02 09:40 CET"), PASS, "2 entries in order"),
        (times("2026-03-02 09:30 UTC+1", "2026-03-02 08:40Z"), PASS, "2 entries in order"),
        ("<h2>Timeline</h2>" + items("2026-03-02 09:30 UTC Began", "2026-03-02 09:40 UTC Ended"), PASS, "2 entries"),
        (times("2026-03-02 09:30 UTC", "about noon"), FAIL, '1 entry of 2 without a specific day and time: 2 ("Ev'),
        (times("09:30 UTC"), FAIL, "1 entry of 1 without a specific day and time"),
        (times("2026-02-30 09:30 UTC"), FAIL, "1 entry of 1 without a specific day and time"),
        (times("2026-03-02 09:30", "2026-03-02 09:40 UTC"), FAIL, "1 entry of 2 without a zone (entry 1)"),
        (times("2026-03-02 09:30 UTC", "2026-03-02 10:00 +01:00"), FAIL, 'entry 2 ("Event 2") is earlier than the one'),
        (times("2026-03-02 09:30 CET", "2026-03-02 09:20 CET"), FAIL, 'entry 2 ("Event 2") is earlier'),
        (times("2026-03-02 09:30 CST", "2026-03-02 09:40 UTC"), UNSURE, "whether the entries are in order"),
        ("<h2>Timeline</h2><p>It began and it ended.</p>", FAIL, "the timeline has no entry"),
        ("<h2>Timeline</h2><ac:image><ri:url ri:value='a'/></ac:image>", UNSURE, "the timeline is a picture"),
        ("", FAIL, "there is no section for the timeline"),
    ],
)  # fmt: skip
def test_a_timeline_has_specific_zoned_timestamps_in_order(text: str, result: Result, said: str) -> None:
    found = verdict(CheckName.TIMELINE, review(text))
    assert (found[0], found[1][: len(said)]) == (result, said)


def test_a_long_silence_in_the_timeline_is_a_hint() -> None:
    found = incident(resolved="2026-03-02 12:00", detected=at("2026-03-02 09:30"))
    told = times("2026-03-02 10:00 UTC", "2026-03-02 10:30 UTC", "2026-03-02 11:10 UTC")
    assert verdict(CheckName.TIMELINE_GAPS, review(told, found=found)) == (
        PASS,
        "something is told at least every 60 minutes",
    )
    assert verdict(CheckName.TIMELINE_GAPS, review(times("2026-03-02 09:40 UTC"), found=found)) == (
        UNSURE,
        "nothing is told for 140 minutes from 2026-03-02T09:40+00:00 on: was nothing done, or is it missing?",
    )
    assert verdict(CheckName.TIMELINE_GAPS, review(found=found))[0] is UNSURE


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("Decision: fail over", (PASS, "1 decision marked")),
        ("Ana decided to roll back", (PASS, "1 decision marked")),
        ("Rolled back", (FAIL, "no entry of the timeline is marked as a decision")),
    ],
)
def test_decision_points(entry: str, expected: tuple[Result, str]) -> None:
    found = verdict(CheckName.DECISION_POINTS, review("<h2>Timeline</h2>" + table(("Time", "What"), ("now", entry))))
    assert (found[0], found[1].split(":")[0]) == expected
    none = review("<h2>Timeline</h2><p>No decisions were made: it healed by itself.</p>")
    assert verdict(CheckName.DECISION_POINTS, none)[0] is PASS


# ---------------------------------------------------------------- the analysis


def cause(text: str) -> Review:
    return review(f"<h2>Summary</h2><p>Orders failed.</p><h2>Root cause</h2>{text}<h2>Next</h2><p>5 Whys, Fishbone</p>")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>The pool was too small</p>", (PASS, "a root cause is written")),
        (PROMPT, (FAIL, "no root cause is written: say what made it happen")),
        ("<p>orders failed</p>", (FAIL, "the root cause repeats the summary: say why it happened, not what")),
        ("<ac:image><ri:url ri:value='a'/></ac:image>", (UNSURE, "the root cause is a picture: say it in words, too")),
    ],
)
def test_a_root_cause(text: str, expected: tuple[Result, str]) -> None:
    assert verdict(CheckName.ROOT_CAUSE, cause(text)) == expected


WHYS = [
    ("Why did orders fail?", "The pool was full"),
    ("Why?", "A query hung"),
    ("Why?", "No timeout"),
    ("", ""),
    ("", ""),
]


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        ("<p>The pool.</p>", FAIL, "no method is named: 5 Whys, Fishbone or Fault Tree, by its name"),
        ("<h3>5 Whys</h3>" + table(("Why?", "Because"), *WHYS), PASS, "5 Whys, filled in"),
        ("<h3>Five whys</h3>" + table(("Why?", "Because"), *WHYS[1:]),
         FAIL, "5 Whys: 2 levels answered, of at least 3"),
        ("<p>By 5 Whys.</p>" + items("Why did it fail? The pool.", "Why? Because of a query", "Why 3: no timeout"),
         PASS, "5 Whys, filled in"),
        ("<p>By 5 Whys.</p><p>Why did it fail?</p><p>The pool.</p><p>Why?</p><p>Why?</p><p>TBD</p>",
         FAIL, "5 Whys: 1 level answered, of at least 3"),
        ("<h3>Fishbone</h3><h4>People</h4><p>New on call</p><h4>Process</h4><p>No drill</p>",
         PASS, "Fishbone, filled in"),
        ("<h3>Ishikawa</h3><h4>People</h4><p>New on call</p><h4>Process</h4>" + PROMPT,
         FAIL, "Fishbone: 1 category filled, of at least 2"),
        ("<p>Fishbone:</p>" + items("People: new on call", "Tools: no alarm", "Verdict: so"),
         PASS, "Fishbone, filled in"),
        ("<p>Fishbone</p>" + table(("Category", "Causes"), ("Data", "a"), ("Weather", "b")),
         PASS, "Fishbone, filled in"),
        ("<p>Fault tree</p>" + table(("Event", "Gate", "By"), ("No orders", "AND", "a, b")),
         PASS, "Fault Tree, filled in"),
        ("<p>FTA. </p><p>Top event: no orders</p><p>pool full AND no timeout</p>",
         PASS, "Fault Tree, filled in"),
        ("<p>Fault tree</p>" + table(("Event", "Gate", "By"), ("", "", "")),
         FAIL, "Fault Tree: it lacks its top event and a gate (AND, OR)"),
        ("<p>Fishbone, see picture</p><ac:image><ri:url ri:value='a'/></ac:image>",
         UNSURE, "a picture may hold it, in words it is not there (Fishbone: 0 categories filled, of at least 2)"),
        ("<p>5 Whys and a fishbone.</p>" + table(("Why?", "Because"), *WHYS), PASS, "5 Whys, filled in"),
    ],
)  # fmt: skip
def test_a_method_is_named_and_its_skeleton_filled(text: str, result: Result, said: str) -> None:
    assert verdict(CheckName.ROOT_CAUSE_METHOD, cause(text)) == (result, said)


def test_how_many_whys_are_wanted_can_be_set() -> None:
    seen = cause("<h3>5 Whys</h3>" + table(("Why?", "Because"), *WHYS)).model_copy(update={"method_levels": 5})
    assert verdict(CheckName.ROOT_CAUSE_METHOD, seen) == (FAIL, "5 Whys: 3 levels answered, of at least 5")


def test_evidence_of_the_root_cause_is_a_hint() -> None:
    linked = cause('<p>As <a href="https://example.com/graph">this</a> shows</p>')
    assert verdict(CheckName.ROOT_CAUSE_EVIDENCE, linked)[0] is PASS
    assert verdict(CheckName.ROOT_CAUSE_EVIDENCE, cause("<p>The pool</p>"))[0] is UNSURE


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        (items("No timeout", "No alarm"), PASS, "2 contributing factors"),
        (table(("Factor", "How"), ("No timeout", "hung"), ("No alarm", "late")), PASS, "2 contributing factors"),
        (items("No timeout", "no timeout."), FAIL, "1 contributing factor: name at least 2, one item for each"),
        (items("No timeout") + PROMPT, FAIL, "1 contributing factor: name at least 2, one item for each"),
        ("", FAIL, "0 contributing factors: name at least 2, one item for each"),
        (f"<p>{'One and another. ' * 20}</p>", UNSURE, "the contributing factors stand in one paragraph"),
    ],
)
def test_at_least_two_contributing_factors(text: str, result: Result, said: str) -> None:
    found = verdict(CheckName.CONTRIBUTING_FACTORS, review(f"<h2>Contributing factors</h2>{text}"), POST_MORTEM)
    assert (found[0], found[1][: len(said)]) == (result, said)


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        (items("The alarm on queue length"), PASS, "1 control listed"),
        (f"<p>None. {WHO}</p>", PASS, "none failed, says who is mentioned there"),
        ("<p>none</p>", FAIL, '"none" is not signed: @mention who says that no control failed'),
        (PROMPT, FAIL, "no control is listed that failed or underperformed"),
    ],
)
def test_failed_controls_are_listed_or_none_is_signed(text: str, result: Result, said: str) -> None:
    found = verdict(CheckName.FAILED_CONTROLS, review(f"<h2>Failed controls</h2>{text}"), GUIDE)
    assert (found[0], found[1][: len(said)]) == (result, said)


# ---------------------------------------------------------------- what was learned


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        (items("Process: page earlier", "Tools: an alarm", "Training needs: none"), PASS, "lessons for process, tools"),
        ("<h3>Process improvements</h3><p>Page</p><h3>Tool enhancements</h3><p>Alarm</p><h3>Training</h3><p>none</p>",
         PASS, "lessons for process, tools and training"),
        (table(("Kind", "Lesson"), ("Process", "Page"), ("Tools", "Alarm"), ("Training", "none")), PASS, "lessons for"),
        (items("Process: page earlier", "Tools:"), FAIL, "no lesson is given as one for tools, training"),
        ("<p>We learned much.</p>", FAIL, "no lesson is given as one for process, tools, training"),
        (PROMPT, FAIL, "no lessons are written"),
    ],
)  # fmt: skip
def test_lessons_are_typed(text: str, result: Result, said: str) -> None:
    found = verdict(CheckName.LESSONS, review(f"<h2>Lessons learned</h2>{text}<h2>Next</h2>"))
    assert (found[0], found[1][: len(said)]) == (result, said)


@pytest.mark.parametrize(
    ("text", "result", "said"),
    [
        (items("Fix it soon", "Rewrite it: no action because it is retired"), PASS, "2 recommendations, each with its"),
        (items("Set a timeout (ACT-1)"), PASS, "1 recommendation, each with its action or its reason"),
        (items("Set a timeout (ACT-11)"), UNSURE, 'which action follows from "Set a timeout (ACT-11)"?'),
        ("<p>None</p>", PASS, "1 recommendation, each with"),
        (PROMPT, FAIL, "no recommendation is written"),
    ],
)
def test_a_recommendation_becomes_an_action_or_says_why_not(text: str, result: Result, said: str) -> None:
    seen = review(f"<h2>Recommendations</h2>{text}<h2>Next</h2>", [row(ticket="<p>ACT-1</p>")])
    found = verdict(CheckName.RECOMMENDATIONS, seen)
    assert (found[0], found[1][: len(said)]) == (result, said)


def test_recommendations_without_any_action_fail() -> None:
    found = verdict(CheckName.RECOMMENDATIONS, review("<h2>Recommendations</h2><p>Set a timeout</p><h2>Next</h2>", []))
    assert found == (FAIL, '1 recommendation and no action: add rows, or write "no action because …"')


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ("It was human error", "human error"),
        ("Bob's mistake", "Bob's mistake"),
        ("Ana forgot to page", "forgot to"),
        ("", ""),
    ],
)
def test_words_that_blame_are_a_hint_and_never_block(words: str, hit: str) -> None:
    seen = review(f"<p>never who is to blame</p><h2>What went well</h2><p>{words or 'The default hid the fault'}</p>")
    found = verdict(CheckName.BLAME_WORDS, seen)
    if hit:
        assert found == (
            UNSURE,
            f'"{hit}" under "What went well" may blame somebody: say what made it possible instead',
        )
    else:
        assert found == (PASS, "no word that blames was found")
    (blame,) = (one for one in check(FULL, seen) if one.check is CheckName.BLAME_WORDS)
    assert not blame.blocks


# ---------------------------------------------------------------- actions


GOOD = row(criteria="<p>It holds</p>")
TWO = f"<p>{WHO}<ac:link><ri:user ri:account-id='acc-bob' /></ac:link></p>"


@pytest.mark.parametrize(
    ("name", "actions", "result", "said"),
    [
        (CheckName.ACTIONS, [GOOD], PASS, "1 action item"),
        (CheckName.ACTIONS, [{}], FAIL, "there is no action item"),
        (CheckName.ACTION_OWNERS, [GOOD, {}], PASS, "1 action item, each with its owner"),
        (CheckName.ACTION_OWNERS, [GOOD, row("Two", owner="")], FAIL, '"Two" has no owner: @mention one person'),
        (CheckName.ACTION_OWNERS, [row(owner="") | {Column.OWNER: cells.words("Us")}], FAIL, '"Fix it" has no owner'),
        (CheckName.ACTION_OWNERS, [row() | {Column.OWNER: TWO}], FAIL, '"Fix it" has 2 owners: one person has it'),
        (CheckName.ACTION_OWNERS, [row(owner="acc-bot")], FAIL, '"Fix it" is owned by a service account'),
        (CheckName.ACTION_DATES, [GOOD], PASS, "1 action item, each with its date"),
        (CheckName.ACTION_DATES, [row(due=""), row(due="")], FAIL, '"Fix it" has no due date, or several (and 1 more)'),
        (CheckName.SUCCESS_CRITERIA, [GOOD], PASS, "1 action item, each with its success criterion"),
        (CheckName.SUCCESS_CRITERIA, [row(criteria="<p>tbd</p>")], FAIL, '"Fix it" has no success criteria'),
        (CheckName.ACTION_CLASSES, [GOOD], FAIL, '"Fix it" has no class (preventive, corrective, remediation, …)'),
        (CheckName.ACTION_WORDING, [row("Set a timeout on the pool")], PASS, "every action says what"),
        (CheckName.ACTION_WORDING, [row("Better monitoring")], UNSURE, '"Better monitoring" may be too vague'),
        (CheckName.ACTION_WORDING, [row("Monitoring")], UNSURE, '"Monitoring" may be too vague'),
    ],
)  # fmt: skip
def test_actions(name: CheckName, actions: list[Any], result: Result, said: str) -> None:
    found = verdict(name, review("", actions, service_accounts=("acc-bot",)))
    assert (found[0], found[1][: len(said)]) == (result, said)


def test_where_there_is_a_ticket_jira_says_who_and_by_when() -> None:
    rows_ = [row(owner="", due="", ticket="<p>ACT-1</p>", criteria="<p>It holds</p>")]
    seen = review("", rows_, tickets={"ACT-1": ticket()})
    assert [verdict(name, seen)[0] for name in (CheckName.ACTION_OWNERS, CheckName.ACTION_DATES)] == [PASS, PASS]
    gone = ANA.model_copy(update={"active": False})
    left = seen.model_copy(update={"tickets": {"ACT-1": ticket(assignee=gone, due=None)}})
    assert verdict(CheckName.ACTION_OWNERS, left) == (
        FAIL,
        '"Fix it" is owned by Ana Ruiz, whose account is no longer active',
    )
    assert verdict(CheckName.ACTION_DATES, left)[0] is FAIL


def classed(*kinds: str) -> Review:
    """Actions with a column of people's own for their classes."""
    body = body_of([row(f"Act {n}") for n, _ in enumerate(kinds)])
    head, *lines = body.split("</tr>")
    told = [f"{line}<td><p>{kind}</p></td>" for line, kind in zip(lines, kinds, strict=False)]
    body = "</tr>".join([head + "<th><p>Class</p></th>", *told, *lines[len(kinds) :]])
    return Review(incident=incident(), page=read_review(body, HEADERS), sections=read_sections(body))


def test_a_class_stands_in_a_column_of_its_own_or_is_a_label_of_the_ticket() -> None:
    assert verdict(CheckName.ACTION_CLASSES, classed("Preventive", "corrective"))[0] is PASS
    assert verdict(CheckName.ACTION_CLASSES, classed("Preventive", ""))[1].startswith('"Act 1" has no class')
    labelled = review("", [row(ticket="<p>ACT-1</p>")], tickets={"ACT-1": ticket(labels=("pirsync", "preventive"))})
    assert verdict(CheckName.ACTION_CLASSES, labelled)[0] is PASS
    assert verdict(CheckName.PREVENTIVE_ACTION, labelled)[0] is PASS


@pytest.mark.parametrize(
    ("kinds", "result"),
    [(("Preventive", ""), PASS), (("Prevention",), PASS), (("Corrective",), FAIL), (("Corrective", ""), UNSURE)],
)
def test_at_least_one_action_prevents(kinds: tuple[str, ...], result: Result) -> None:
    assert verdict(CheckName.PREVENTIVE_ACTION, classed(*kinds))[0] is result


def test_a_written_reason_stands_for_an_action() -> None:
    seen = review("<h2>Lessons</h2><p>No action is needed because the product is retired.</p>", [])
    wanted = (CheckName.ACTIONS, CheckName.PREVENTIVE_ACTION, CheckName.ACTION_OWNERS, CheckName.ACTION_CLASSES)
    assert [verdict(name, seen)[0] for name in wanted] == [PASS] * 4
    prevention = review("<p>No preventive action, because it cannot happen twice.</p>", [GOOD])
    assert verdict(CheckName.PREVENTIVE_ACTION, prevention)[0] is PASS


# ---------------------------------------------------------------- the record


@pytest.mark.parametrize(
    ("told", "result", "said"),
    [
        ({}, FAIL, 'the record has no row "Emergency change"'),
        ({EMERGENCY: ""}, FAIL, '"Emergency change" in the record lacks yes or no, who, the date'),
        ({EMERGENCY: "no"}, FAIL, '"Emergency change" in the record lacks who, the date'),
        ({EMERGENCY: SIGNED.replace("yes", "No,")}, PASS, "it was decided that no emergency change is needed"),
        ({EMERGENCY: SIGNED}, UNSURE, "an emergency change is needed: 1 action without a ticket, or whose priority"),
    ],
)
def test_the_emergency_change_decision_is_recorded(told: dict[str, str], result: Result, said: str) -> None:
    found = verdict(CheckName.EMERGENCY_CHANGE, review(record(**told)))
    assert (found[0], found[1][: len(said)]) == (result, said)


@pytest.mark.parametrize(
    ("priorities", "result", "said"),
    [
        ({"ACT-1": "High", "ACT-2": "highest"}, PASS, "an action has the highest priority"),
        ({"ACT-1": "Blocker", "ACT-2": ""}, PASS, "an action has the highest priority"),
        ({"ACT-1": "High", "ACT-2": ""}, UNSURE, "1 action without a ticket, or whose priority is not shown"),
        ({"ACT-1": "High", "ACT-2": "Low"}, FAIL, "no action's ticket has the priority Highest or Blocker"),
    ],
)
def test_an_emergency_change_wants_an_action_of_the_highest_priority(
    priorities: dict[str, str], result: Result, said: str
) -> None:
    rows_ = [row(ticket=f"<p>{key}</p>") for key in priorities]
    told = review(record(**{EMERGENCY: SIGNED}), rows_, priorities=priorities)
    seen = told.model_copy(update={"highest_priorities": ("Highest", "Blocker")})
    found = verdict(CheckName.EMERGENCY_CHANGE, seen)
    assert (found[0], said in found[1]) == (result, True)
    bare_ = review(record(**{EMERGENCY: SIGNED}), [])
    assert verdict(CheckName.EMERGENCY_CHANGE, bare_)[0] is FAIL


def test_containment_eradication_and_recovery_are_confirmed_by_somebody() -> None:
    told = {"Containment": SIGNED, "Eradication": f"done {WHO} 2026-03-05", "Recovery": SIGNED}
    assert verdict(CheckName.RESPONSE_CONFIRMED, review(record(**told)))[0] is PASS
    told |= {"Containment": "yes", "Recovery": SIGNED.replace("yes", "no")}
    assert verdict(CheckName.RESPONSE_CONFIRMED, review(record(**told))) == (
        FAIL,
        "not confirmed in the record, with @mention and date: containment, recovery",
    )


def test_who_called_an_incident_major_and_by_which_criterion_is_read_from_the_record() -> None:
    seen = review(record(**{MAJOR: SIGNED, CRITERION: f"regulatory {WHO}"}))
    found = judged(case(incident(severity="P3")), seen, Calendar())
    assert found.major is not None and found.criterion is not None
    assert (found.major.verdict, found.major.by, found.major.at) == ("yes", "acc-ana", at("2026-03-05 00:00"))
    assert (found.criterion.verdict, found.criterion.by, found.criterion.at) == ("regulatory", "acc-ana", None)
    unsigned = judged(case(incident()), review(record(**{MAJOR: "yes", CRITERION: "regulatory"})), Calendar())
    assert (unsigned.major, unsigned.criterion) == (None, None)


def test_each_pack_asks_for_the_rows_that_its_checks_and_scope_need() -> None:
    assert {pack.id: list(rows([pack])) for pack in PACKS.values()} == {
        "full-review": [CRITERION, EMERGENCY],
        "major-review": [MAJOR],
        "soc2-cc7": [],
        "soc2-cc7-4-5": ["Containment", "Eradication", "Recovery"],
    }


# ---------------------------------------------------------------- all of them


def test_a_review_counts_as_written_when_nothing_but_hints_is_left() -> None:
    text = (
        times("2026-03-02 09:30 UTC")
        + "<h2>Root cause</h2><p>It was human error, in a way</p><h2>Contributing factors</h2>"
        + items("No timeout", "No alarm")
    )
    seen = review(text)
    found = {one.check: one.result for one in check(POST_MORTEM, seen)}
    assert found == dict.fromkeys(POST_MORTEM.checks, PASS) | {CheckName.BLAME_WORDS: UNSURE}
    assert is_written(POST_MORTEM, seen)
    assert passed(PACKS.values(), seen) == ("soc2-cc7",)
    assert not is_written(POST_MORTEM, review(text.replace("No alarm", "TBD")))


def test_what_cannot_be_told_does_not_count_as_written() -> None:
    blocking = Checked(check=CheckName.TIMELINE, result=UNSURE, said="it")
    hints = [Checked(check=name, result=UNSURE, said="it") for name in ONLY_HINTS]
    assert (blocking.blocks, any(one.blocks for one in hints)) == (True, False)


def test_a_page_that_cannot_be_read_tells_nothing() -> None:
    seen = review().model_copy(update={"sections": ()})
    assert {(one.result, one.said) for one in check(FULL, seen)} == {(UNSURE, "the page cannot be read")}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents())
def test_any_page_is_checked_and_every_answer_is_a_sentence(body: str) -> None:
    seen = seen_of("<h2>Timeline</h2><h2>Root cause</h2>" + body.partition("?>")[2] if "<?xml" in body[:10] else body)
    for pack in PACKS.values():
        assert [one.check for one in check(pack, seen)] == list(pack.checks)
        assert all(one.said for one in check(pack, seen))


@pytest.mark.parametrize(
    "words", ["no action ", "no preventive action ", "why? ", "2026-03-02 ", "deciding ", "AND ", "should have ", "a:"]
)
def test_words_that_come_very_often_are_read_in_time(words: str) -> None:
    much = words * (40_000 // len(words))
    seen = seen_of(f"<h2>Timeline</h2><p>{much}</p><h2>Root cause</h2><p>Fishbone {much}</p><p>{much}</p>")
    before = time.process_time()
    for pack in PACKS.values():
        check(pack, seen)
    assert time.process_time() - before < 2


TEMPLATES = sorted((mappings_dir() / "templates").glob("*.xml"))


def born(name: str) -> str:
    return load_template(name, Path()).render(sample_values())


def seen_of(body: str) -> Review:
    return Review(incident=sample_incident(), page=read_review(body, HEADERS), sections=read_sections(body))


@pytest.mark.parametrize("name", [path.stem for path in TEMPLATES])
def test_a_page_as_it_is_born_passes_nothing_that_people_must_write(name: str) -> None:
    seen = seen_of(born(name))
    assert CHECKS[CheckName.TIMELINE](seen, FULL).result is PASS
    theirs = (CheckName.SECTIONS, CheckName.ROOT_CAUSE, CheckName.ROOT_CAUSE_METHOD, CheckName.LESSONS)
    assert [CHECKS[check_](seen, FULL).result for check_ in theirs] == [FAIL] * 4
    assert CHECKS[CheckName.CONTRIBUTING_FACTORS](seen, GUIDE).result is FAIL
    assert passed(PACKS.values(), seen) == ()


@pytest.mark.parametrize(
    ("name", "prompts", "answer", "said"),
    [
        ("five-whys", ("Because …",), "A query had no timeout", "5 Whys, filled in"),
        ("fishbone", ("What of this contributed? One line for each cause.",), "New on call", "Fishbone, filled in"),
        ("fault-tree", ("The top event: what must not have happened", "AND or OR"), "AND", "Fault Tree, filled in"),
    ],
)
def test_the_skeleton_of_each_method_is_offered_and_passes_once_it_is_filled(
    name: str, prompts: tuple[str, ...], answer: str, said: str
) -> None:
    body = born(name)
    assert CHECKS[CheckName.ROOT_CAUSE_METHOD](seen_of(body), FULL).result is FAIL
    for prompt in prompts:
        body = body.replace(f"<ac:placeholder>{prompt}</ac:placeholder>", answer)
    assert CHECKS[CheckName.ROOT_CAUSE_METHOD](seen_of(body), FULL).said == said
    assert CHECKS[CheckName.ROOT_CAUSE](seen_of(body), FULL).result is PASS
