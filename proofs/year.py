"""`make year`: a year of escalation of 20 incidents with 60 actions, a poll and a sweep each day, with the state
kept and with it lost every month; prints who was told how often.
"""

from __future__ import annotations

import sys

import pytest

from tests.escalation_year import DAYS, WHOLE, check, year
from tests.stage import parse_once


def main() -> int:
    """Play both, and print the figures; the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        parse_once(patch)
        kept, lost = year(WHOLE, loses_state=False), year(WHOLE, loses_state=True)
    for name, told in (("kept", kept), ("lost every month", lost)):
        check(told)
        persons = ", ".join(f"{person or 'by asking for evidence'} {count}" for person, count in told.persons.items())
        print(f"state {name}: {WHOLE.incidents} incidents, {WHOLE.actions} actions, {2 * DAYS} passes;", end=" ")
        print(f"{len(told.comments)} comments ({persons}), {told.edits} edits, {len(told.pages)} pages")
    same = (kept.persons, sorted(kept.about), kept.pages) == (lost.persons, sorted(lost.about), lost.pages)
    print("the same whether the state was lost or not" if same else "NOT the same when the state was lost")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
