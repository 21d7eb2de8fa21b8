"""Checks of what a review says and teaches: sections, lessons, recommendations, and how it speaks of people."""

from __future__ import annotations

import re

from pirsync.page_model import Section

from .check_causes import is_copy
from .packs import Pack, SectionName
from .review import Review, bare, fold, has_reason, is_placeholder, items, said, says_none
from .verdict import Verdict, bad, good, several, short, unsure

LESSONS = {
    "process": ("process", "processes", "process improvements", "process improvement"),
    "tools": ("tool", "tools", "tooling", "tool enhancements", "tool improvements"),
    "training": ("training", "trainings", "training needs", "skills"),
}
"""The three kinds of lessons, and what people call them."""

BLAME = (
    r"human error", r"operator error", r"careless\w*", r"negligen\w+", r"incompeten\w+", r"stupid\w*", r"lazy",
    r"sloppy", r"at fault", r"\w+'s fault", r"\w+'s mistake", r"blam(?:e|ed|es|ing)", r"should have known",
    r"should have \w+ed", r"failed to follow", r"forgot to", r"neglected to", r"did ?n[o']t bother",
)  # fmt: skip
_BLAME = re.compile(rf"\b(?:{'|'.join(BLAME)})\b", re.IGNORECASE)
_NO_ACTION = re.compile(r"\bno (?:action|ticket|change)s?\b", re.IGNORECASE)


def sections(review: Review, pack: Pack) -> Verdict:
    """Every section that the pack wants is there, and says something of its own."""
    missing, empty, copied = [], [], []
    for wanted in pack.sections:
        section = review.find(pack, wanted.name)
        if section is None:
            missing.append(wanted.headings[0])
        elif not said(section) and not section.pictures:
            empty.append(section.heading)
        elif wanted.name is not SectionName.SUMMARY and is_copy(" ".join(said(section)), review, pack):
            copied.append(section.heading)
    faults = [f"{what} {', '.join(names)}" for what, names in (("not there:", missing), ("empty:", empty)) if names]
    faults += [f"only repeats the summary: {', '.join(copied)}"] if copied else []
    if faults:
        return bad("; ".join(faults))
    return good(f"{several(len(pack.sections), 'section')} filled")


def lessons(review: Review, pack: Pack) -> Verdict:
    """Lessons of all three kinds, or an explicit "none" for a kind."""
    section = review.find(pack, SectionName.LESSONS)
    if section is None or not (said(section) or any(says_none(line) for line in section.lines)):
        return bad("no lessons are written: what do process, tools and training need?")
    lacking = [kind for kind, names in LESSONS.items() if not _has_kind(section, names, review)]
    if not lacking:
        return good("lessons for process, tools and training")
    kinds = ", ".join(lacking)
    return bad(f'no lesson is given as one for {kinds}: write it, or "none", after "Process:", "Tools:" or "Training:"')


def _has_kind(section: Section, names: tuple[str, ...], review: Review) -> bool:
    """Whether lessons of a kind stand under a heading, behind a word, or in a table's row."""
    for one in review.below(section):
        if bare(one.heading) in names and any(not is_placeholder(line) or says_none(line) for line in items(one)):
            return True
    for line in section.lines:
        head, colon, rest = line.partition(":")
        if colon and bare(head) in names and not is_placeholder(rest):
            return True
    rows = (row for table in section.tables for row in table if len(row) > 1)
    return any(bare(row[0]) in names and any(not is_placeholder(cell) for cell in row[1:]) for row in rows)


def recommendations(review: Review, pack: Pack) -> Verdict:
    """Every recommendation became an action, or says why not."""
    section = review.find(pack, SectionName.RECOMMENDATIONS)
    found = items(section) if section is not None else ()
    if not found:
        return bad('no recommendation is written: list them, or write "none"')
    actions = review.actions()
    open_ones = [words for words in found if not says_none(words) and not has_reason(words, _NO_ACTION)]
    loose = [
        words for words in open_ones if not any(_names(words, action.text, action.row.ticket) for action in actions)
    ]
    if not loose:
        return good(f"{several(len(found), 'recommendation')}, each with its action or its reason")
    if not actions:
        return bad(f'{several(len(loose), "recommendation")} and no action: add rows, or write "no action because …"')
    named = ", ".join(short(words) for words in loose[:3])
    return unsure(f'which action follows from {named}? Name its ticket there, or write "no action because …"')


def _names(words: str, action: str, ticket: str | None) -> bool:
    if ticket and re.search(rf"(?<![\w-]){re.escape(ticket)}(?!\w)", words):
        return True
    return bool(bare(action)) and (fold(action) in fold(words) or bare(words) in fold(action))


def blame(review: Review, pack: Pack) -> Verdict:
    """A hint: words that may blame a person; a review asks what made it possible."""
    for section in review.sections:
        cells = (cell for table in section.tables for row in table for cell in row)
        for words in (*section.lines, *cells) if section.heading else ():
            if hit := _BLAME.search(words):
                return unsure(
                    f'"{hit[0]}" under {short(section.heading)} may blame somebody: say what made it possible instead'
                )
    return good("no word that blames was found")
