"""Checks of the analysis: the root cause, the method that led to it, the factors, and the controls that failed."""

from __future__ import annotations

import re
from collections.abc import Callable

from pirsync.page_model import Section

from .packs import Pack, SectionName
from .review import Review, bare, fold, is_placeholder, items, said, says_none
from .verdict import Verdict, bad, good, several, unsure

FACTORS = 2
"""How many contributing factors there are at least."""
CATEGORIES = 2
"""How many categories of a fishbone are filled at least."""
_ONE_OR_MANY = 200
"""Characters of one paragraph from which on it may hold several factors."""

_NAMES = {
    "5 Whys": re.compile(r"\b(?:5|five)[ -]whys?\b", re.IGNORECASE),
    "Fishbone": re.compile(r"\bfish[ -]?bone\b|\bishikawa\b", re.IGNORECASE),
    "Fault Tree": re.compile(r"\bfault[ -]tree\b|\bfta\b", re.IGNORECASE),
}
_WHY = re.compile(r"^(?:\d+\s*[.):]\s*)?why\b(?P<rest>.*)$", re.IGNORECASE)
_ANSWER = re.compile(r"\?\s*(\S.*)$|\bbecause\b\s*(\S.*)$|^\s*\d*\s*:\s*([^?]*[^?\s])\s*$", re.IGNORECASE)
"""What follows a question mark, "because", or the colon of `Why 1:`."""
_CATEGORY_WORDS = frozenset(
    (
        *("people", "person", "process", "processes", "procedure", "procedures", "technology", "tool"),
        *("tools", "tooling", "equipment", "machine", "machines", "environment", "measurement", "measurements"),
        *("monitoring", "material", "materials", "method", "methods", "management", "policy", "policies"),
        *("platform", "communication", "skills", "suppliers", "systems", "surroundings", "data"),
    )
)
_CATEGORY_LINE = re.compile(r"^(?P<name>[A-Za-z ]{3,30}):\s*(?P<text>\S.*)$")
_TOP = re.compile(r"^top event\s*:\s*(?P<text>\S.*)$", re.IGNORECASE)
_GATE = re.compile(r"\b(?:AND|OR)\b|\b(?:and|or)[ -]gate\b")


def root_cause(review: Review, pack: Pack) -> Verdict:
    """A root cause is written, and is more than the summary once more."""
    section = review.find(pack, SectionName.ROOT_CAUSE)
    words = said(section) if section is not None else ()
    if section is None or (not words and not section.pictures):
        return bad("no root cause is written: say what made it happen")
    if not words:
        return unsure("the root cause is a picture: say it in words, too")
    if is_copy(" ".join(words), review, pack):
        return bad("the root cause repeats the summary: say why it happened, not what")
    return good("a root cause is written")


def is_copy(words: str, review: Review, pack: Pack) -> bool:
    """Whether a text says what the incident's title or the review's summary says, and nothing else."""
    summary = review.find(pack, SectionName.SUMMARY) or review.headed(("Summary", "Incident summary"))
    others = [review.incident.summary, " ".join(said(summary)) if summary is not None else ""]
    return any(bare(words) == bare(other) for other in others if bare(other))


def evidence(review: Review, pack: Pack) -> Verdict:
    """A hint: what is said of the root cause leads to something that shows it."""
    section = review.find(pack, SectionName.ROOT_CAUSE)
    if section is not None and (section.links or section.pictures):
        return good("the root cause leads to what shows it")
    return unsure("the root cause has no link: a log, a graph, a change or a ticket would show that it is one")


def factors(review: Review, pack: Pack) -> Verdict:
    """At least two contributing factors."""
    section = review.find(pack, SectionName.FACTORS)
    found = items(section) if section is not None else ()
    if len(found) >= FACTORS:
        return good(f"{len(found)} contributing factors")
    if found and len(found[0]) >= _ONE_OR_MANY:
        return unsure("the contributing factors stand in one paragraph: make them a list, one item for each")
    return bad(f"{several(len(found), 'contributing factor')}: name at least {FACTORS}, one item for each")


def controls(review: Review, pack: Pack) -> Verdict:
    """The controls that failed are listed, or "none" is signed by somebody."""
    section = review.find(pack, SectionName.CONTROLS)
    found = items(section) if section is not None else ()
    if section is None or not found:
        return bad(
            'no control is listed that failed or underperformed: list them, or write "none" and @mention yourself'
        )
    if not all(says_none(words) for words in found):
        return good(f"{several(sum(not says_none(words) for words in found), 'control')} listed")
    if section.mentions:
        return good("none failed, says who is mentioned there")
    return bad('"none" is not signed: @mention who says that no control failed')


# ---------------------------------------------------------------- the method


def method(review: Review, pack: Pack) -> Verdict:
    """A method is named, and its skeleton is filled."""
    section = review.find(pack, SectionName.ROOT_CAUSE)
    if section is None:
        return bad("there is no section for the root cause")
    below = list(review.below(section))
    cells = [cell for table in section.tables for row in table for cell in row]
    text = " \n".join((section.heading, *section.lines, *cells, *(one.heading for one in below)))
    named = [name for name, pattern in _NAMES.items() if pattern.search(text)]
    if not named:
        return bad("no method is named: 5 Whys, Fishbone or Fault Tree, by its name")
    lacking = {name: _SKELETONS[name](section, below, review) for name in named}
    filled = [name for name, why in lacking.items() if not why]
    if filled:
        return good(f"{filled[0]}, filled in")
    why = "; ".join(f"{name}: {why}" for name, why in lacking.items())
    if section.pictures:
        return unsure(f"a picture may hold it, in words it is not there ({why})")
    return bad(why)


def _whys(section: Section, below: list[Section], review: Review) -> str:
    """What a 5 Whys lacks, or empty."""
    answered = max(_why_rows(section), _why_lines(section.lines))
    if answered >= review.method_levels:
        return ""
    return f"{several(answered, 'level')} answered, of at least {review.method_levels}"


def _why_rows(section: Section) -> int:
    tables = (table for table in section.tables if table and any("why" in fold(head) for head in table[0]))
    return max((sum(len(row) > 1 and not is_placeholder(row[-1]) for row in table[1:]) for table in tables), default=0)


def _why_lines(lines: tuple[str, ...]) -> int:
    """Lines that ask why and answer, or are answered by the next line."""
    answered = 0
    for index, line in enumerate(lines):
        asked = _WHY.match(line)
        if asked is None:
            continue
        answer = _ANSWER.search(asked["rest"])
        words = next((group for group in answer.groups() if group), "") if answer else ""
        following = lines[index + 1] if index + 1 < len(lines) else ""
        if not words and following and not _WHY.match(following):
            words = following
        answered += not is_placeholder(words)
    return answered


def _fishbone(section: Section, below: list[Section], review: Review) -> str:
    """What a fishbone lacks, or empty."""
    found = {bare(one.heading) for one in below if bare(one.heading) in _CATEGORY_WORDS and said(one)}
    for line in section.lines:
        named = _CATEGORY_LINE.match(line)
        if named and bare(named["name"]) in _CATEGORY_WORDS and not is_placeholder(named["text"]):
            found.add(bare(named["name"]))
    for table in section.tables:
        if table and any(word in fold(table[0][0]) for word in ("category", "branch", "bone")):
            filled = (row for row in table[1:] if row and any(not is_placeholder(cell) for cell in row[1:]))
            found.update(bare(row[0]) for row in filled if not is_placeholder(row[0]))
    if len(found) >= CATEGORIES:
        return ""
    return f"{several(len(found), 'category')} filled, of at least {CATEGORIES}"


def _fault_tree(section: Section, below: list[Section], review: Review) -> str:
    """What a fault tree lacks, or empty."""
    top = any((named := _TOP.match(line)) and not is_placeholder(named["text"]) for line in section.lines)
    gates = sum(len(_GATE.findall(line)) for line in section.lines)
    for table in section.tables:
        heads = [fold(head) for head in table[0]] if table else []
        event = next((n for n, head in enumerate(heads) if "event" in head), None)
        gate = next((n for n, head in enumerate(heads) if "gate" in head), None)
        if event is None or gate is None:
            continue
        rows = [row for row in table[1:] if len(row) > max(event, gate)]
        top = top or bool(rows and not is_placeholder(rows[0][event]))
        gates += sum(bare(row[gate]) in ("and", "or") for row in rows)
    lacks = [*([] if top else ["its top event"]), *([] if gates else ["a gate (AND, OR)"])]
    return f"it lacks {' and '.join(lacks)}" if lacks else ""


_SKELETONS: dict[str, Callable[[Section, list[Section], Review], str]] = {
    "5 Whys": _whys,
    "Fishbone": _fishbone,
    "Fault Tree": _fault_tree,
}
