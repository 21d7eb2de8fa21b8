"""A region gets a row that it lacks behind the nearest earlier label, and no byte outside the row changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.page.pairs import NewRow, insert_row, obstacle
from pirsync.page.review import read_review
from pirsync.page.scan import BadPage
from pirsync.page_model import Region
from tests.page.test_review import HEADERS, region, table
from tests.page.test_splice import PIECES

LABELS = ("Review status", "Due", "Incident", "Title", "Severity")


def new(label: str, storage: str = "<p>by Monday</p>", text: str = "by Monday") -> NewRow:
    earlier = LABELS[: LABELS.index(label)]
    return NewRow(region=Region.SUMMARY, label=label, storage=storage, text=text, earlier=earlier)


def pair(label: str, value: str = "<p>x</p>") -> str:
    return f"<th><p>{label}</p></th><td>{value}</td>"


def summary_of(*rows: str, around: tuple[str, str] = ("", "")) -> str:
    return around[0] + region("pirsync-summary", table(*rows)) + around[1]


def labels(body: str) -> list[str]:
    return list(read_review(body, HEADERS).summary)


def assert_only_added(body: str, row: NewRow) -> str:
    """The row stands in one piece between the bytes that were there, and reads as it was meant."""
    longer = insert_row(body, row)
    before, after = body.encode(), longer.encode()
    size = len(after) - len(before)
    at = next(n for n in range(len(before) + 1) if after[:n] == before[:n] and after[n + size :] == before[n:])
    assert before[:at] + after[at : at + size] + before[at:] == after
    cell = read_review(longer, HEADERS).summary[row.label.casefold()]
    assert row.text == cell.text
    assert row.storage.encode() == after[cell.start : cell.end]
    return longer


def test_a_row_stands_behind_the_nearest_earlier_label_that_is_there() -> None:
    body = summary_of(pair("Review status"), pair("Mine"), pair("Severity"))
    assert labels(assert_only_added(body, new("Title"))) == ["review status", "title", "mine", "severity"]
    lost = summary_of(pair("Mine"), pair("Severity"), pair("Title"))
    assert labels(assert_only_added(lost, new("Due"))) == ["mine", "severity", "title", "due"]


def test_its_label_stands_in_a_cell_as_its_neighbours_do() -> None:
    body = summary_of("<td>Review status</td><td>x</td>")
    assert insert_row(body, new("Due")) == summary_of(
        "<td>Review status</td><td>x</td>", "<td><p>Due</p></td><td><p>by Monday</p></td>"
    )


def test_a_label_is_a_header_where_its_neighbours_are() -> None:
    body = summary_of(pair("Review status"))
    assert insert_row(body, new("Due")) == summary_of(pair("Review status"), pair("Due", "<p>by Monday</p>"))


MERGED = "its table has merged cells, or rows that are no label with a value"
BARE = "its region has no table of labels and values"
WITHIN = "its table stands in a cell of another one"
INNER = f"<table><tbody><tr>{pair('Review status')}</tr></tbody></table>"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (('<th colspan="2"><p>Dates</p></th>', pair("Incident")), MERGED),
        (('<th colspan="2"><p>Dates</p></th><td>x</td>', pair("Incident")), MERGED),
        (('<th rowspan=" 2 "><p>Dates</p></th><td>x</td>', pair("Incident")), MERGED),
        ((pair("Review status"), '<th rowspan="2">Incident</th><td>x</td>', "<td>y</td>"), MERGED),
        ((pair("Review status"), "<th>a</th><td>b</td><td>c</td>"), MERGED),
        (("<td>1</td><td>a</td><td>b</td>",), BARE),
        ((pair("Outer", INNER),), WITHIN),
        ((f"<th>Outer</th><th>{INNER}</th>",), WITHIN),
        (('<th colspan=" 1 " rowspan="1">Incident</th><td>x</td>',), ""),
    ],
)
def test_an_odd_table_is_left_alone_and_says_why(rows: tuple[str, ...], why: str) -> None:
    body = summary_of(*rows)
    assert why == obstacle(body, new("Due"))
    if why:
        with pytest.raises(BadPage, match=why):
            insert_row(body, new("Due"))


def test_a_region_that_is_gone_or_double_gets_nothing() -> None:
    twice = summary_of(pair("Review status")) * 2
    assert obstacle("<p>mine</p>", new("Due")) == obstacle(twice, new("Due")) == "its region is not there once"
    assert obstacle(summary_of(pair("Review status")), new("Due")) == ""


@pytest.mark.parametrize("hostile", ["</td><td>", "</td></tr><tr><td>", "<p>", "&unknown;", "]]>"])
def test_content_that_would_break_out_of_its_cell_is_refused(hostile: str) -> None:
    with pytest.raises(BadPage):
        insert_row(summary_of(pair("Review status")), new("Due", hostile, ""))


COMMENTED = '<p><ac:inline-comment-marker ac:ref="1">said</ac:inline-comment-marker> by Ana</p>'
ROWS = st.lists(
    st.tuples(st.sampled_from((*LABELS, "Mine", "Über &amp; aus")), st.one_of(PIECES, st.just(COMMENTED))),
    min_size=1,
    max_size=5,
)
AROUND = st.tuples(
    st.sampled_from(("", "<p>theirs &mdash; \U0001f600</p>\r\n", "<![CDATA[</td></tr>]]>")),
    st.sampled_from(("", "<h2>Theirs</h2>", "<table><tr><td>Review status</td><td>y</td></tr></table>")),
)


@given(ROWS, AROUND, st.sampled_from(LABELS))
def test_whatever_people_wrote_around_it_stays(
    rows: list[tuple[str, str]], around: tuple[str, str], label: str
) -> None:
    body = summary_of(*(pair(name, value) for name, value in rows if name != label), around=around)
    there = labels(body)
    if not there:
        assert "no table" in obstacle(body, new(label))
        return
    earlier = [one.casefold() for one in LABELS[: LABELS.index(label)] if one.casefold() in there]
    place = there.index(earlier[-1]) + 1 if earlier else len(there)
    longer = assert_only_added(body, new(label))
    if len(there) == sum(name != label for name, _ in rows):  # of a label that is there twice, the first counts
        assert [*there[:place], label.casefold(), *there[place:]] == labels(longer)
