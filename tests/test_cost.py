"""The requests of every kind of work stay within their bounds, on a small site of each deployment."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from benchmarks.requests import Row, Size, measured_rows
from benchmarks.world import running
from pirsync.model import Deployment

REVIEWS, TICKETS_PER_REVIEW = 12, 3


@pytest.fixture(scope="module", params=get_args(Deployment))
def measured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Every row of one deployment, by its work."""
    deployment: Deployment = request.param
    size = Size(deployment, REVIEWS, REVIEWS * TICKETS_PER_REVIEW)
    folder: Path = tmp_path_factory.mktemp(deployment)
    with running(deployment, folder, REVIEWS, TICKETS_PER_REVIEW) as (sandbox, path):
        rows = list(measured_rows(sandbox, path, size))
        return {row.work: row for row in rows} | {"deployment": Row(deployment, 0, None, "")}


BOUNDED = (
    "idle poll",
    "one ticket changed status",
    "idle poll after it",
    "8 tickets of 8 reviews",
    "full pass, nothing changed",
    "the same, first of a day",
    "new incident, 3 tickets, 2 new owners",
    "the same, its rows typed by people",
    "base of a page, state lost, edited once",
    "the same, edited 5 times",
)


@pytest.mark.parametrize("work", BOUNDED)
def test_work_stays_within_its_bound(measured: dict[str, Row], work: str) -> None:
    """Measured against the bound."""
    row = measured[work]
    assert row.bound is not None
    assert 0 < row.measured <= row.bound


def test_every_row_but_known_ones_is_held(measured: dict[str, Row]) -> None:
    """A row that the benchmark prints cannot escape the test above."""
    free = {"deployment", "full pass after the state was lost"}
    assert free | set(BOUNDED) == set(measured)


def test_an_untouched_history_is_read_in_bulk(measured: dict[str, Row]) -> None:
    """Who we are, one search, one request of pages and one of tickets; nothing for each review."""
    assert measured["full pass, nothing changed"].measured == 4
