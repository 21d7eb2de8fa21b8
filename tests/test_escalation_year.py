"""A year of escalation tells each person of each thing once, and the same with the state lost every month."""

from __future__ import annotations

import pytest

from tests.escalation_year import SMALL, Told, check, year
from tests.stage import parse_once


@pytest.fixture(scope="module")
def years() -> tuple[Told, Told]:
    """One with the state kept, one with it lost every month."""
    with pytest.MonkeyPatch.context() as patch:
        parse_once(patch)
        return year(SMALL, loses_state=False), year(SMALL, loses_state=True)


@pytest.mark.parametrize("lost", [False, True], ids=["kept", "lost"])
def test_nobody_is_told_twice_of_the_same_nor_twice_a_day_nor_on_a_day_off(
    years: tuple[Told, Told], lost: bool
) -> None:
    check(years[lost])


def test_the_totals_of_the_year_are_these_and_the_same_with_the_state_lost_every_month(
    years: tuple[Told, Told],
) -> None:
    kept, lost = years
    assert kept.persons == {"": 2, "ana": 4, "bob": 6, "hana": 11, "lee": 9}
    assert (len(kept.comments), kept.edits, len(kept.pages)) == (32, 18, 9)  # four reviews, the index, four quarters
    assert (lost.persons, sorted(lost.about), lost.pages) == (kept.persons, sorted(kept.about), kept.pages)
