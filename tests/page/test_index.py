"""The index page: what is written is read back, rows keep their places, and what stands around is people's."""

from __future__ import annotations

from typing import Any

import pytest

from pirsync.page import cells
from pirsync.page.index import HEADERS, PROCEDURES, canonical, merge, new_index, read_index, sort_key, write_index
from pirsync.page.lint import lint
from pirsync.page.read import text_of
from pirsync.page.scan import BadPage, encode, scan
from pirsync.page_model import IndexPage, IndexRow, Lozenge


def line(key: str = "OPS-1", **changes: Any) -> IndexRow:
    told = IndexRow(
        key=key,
        incident_url=f"https://jira.example.com/browse/{key}",
        severity="P1",
        resolved="2026-03-02T10:00:00+00:00",
        closed="2026-03-02T11:00:00+00:00",
        page_title=f"{key} review",
        page_url=f"https://wiki.example.com/{key}",
        status=Lozenge(text="ACTIONS OPEN", colour="Blue"),
        done=3,
        total=12,
        overdue=4,
    )
    return told.model_copy(update=changes)


RESTRICTED = line("OPS-7", incident_url="", severity="", resolved="", closed="", page_title="", page_url="").model_copy(
    update={"status": Lozenge(text="RESTRICTED", colour="Grey"), "done": 0, "total": 0, "overdue": 0}
)


def texts(body: str) -> list[list[str]]:
    return [[text_of(cell) for cell in row.elements()] for row in scan(encode(body)).within("tr")]


def test_a_reader_sees_one_line_a_review_under_the_headers() -> None:
    assert texts(new_index((line(), RESTRICTED))) == [
        list(HEADERS),
        ["OPS-1", "P1", line().resolved, line().closed, "OPS-1 review", "ACTIONS OPEN", "3 of 12", "4"],
        ["OPS-7", "", "", "", "", "RESTRICTED", "", ""],
    ]


def test_procedures_have_a_column_once_a_line_names_them() -> None:
    named = line(procedures="soc2-cc7 1.0, full-review 1.0")
    body = new_index((named, RESTRICTED))
    assert [row[len(HEADERS) :] for row in texts(body)] == [[PROCEDURES], ["soc2-cc7 1.0, full-review 1.0"], [""]]
    assert read_index(body).rows == (named, RESTRICTED)
    # A table of before has no such column; its lines are read as they were, and it gets the column when one needs it.
    old = new_index((line(), RESTRICTED))
    assert read_index(old).rows == (line(), RESTRICTED)
    assert write_index(old, (named, RESTRICTED)) == body
    assert write_index(body, (line(), RESTRICTED)) == old


def test_the_table_is_written_cell_by_cell_and_nothing_between() -> None:
    head = "".join(f"<th><p>{word}</p></th>" for word in HEADERS)
    told = (
        "<p>OPS-7</p>",
        *["<p></p>"] * 4,
        cells.lozenge(RESTRICTED.status),
        *["<p></p>"] * 2,
    )
    second = "<tr>" + "".join(f"<td>{content}</td>" for content in told) + "</tr>"
    body = new_index((RESTRICTED, RESTRICTED.model_copy(update={"key": "OPS-8"})))
    rows = f"<tr>{head}</tr>{second}{second.replace('OPS-7', 'OPS-8')}"
    assert body.endswith(
        '<ac:parameter ac:name="id">pirsync-index</ac:parameter><ac:rich-text-body>'
        f"<table><tbody>{rows}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def test_a_new_index_is_clean_for_the_editor_and_says_whose_what_is() -> None:
    body = new_index((line(),))
    assert lint(body) == ()
    assert body.startswith(
        "<p>One line for each post-incident review. The table is kept up to date by pirsync; "
        'what stands around it is yours.</p><ac:structured-macro ac:name="details" ac:schema-version="1">'
    )


def test_what_is_written_is_read_back() -> None:
    found = read_index(new_index((RESTRICTED, line())))
    assert (found.rows, found.problems) == ((line(), RESTRICTED), ())


def test_a_row_without_page_shows_the_title_as_words() -> None:
    missing = line(page_url="", status=Lozenge(text="PAGE MISSING", colour="Red"))
    assert read_index(new_index((missing,))).rows == (missing,)


@pytest.mark.parametrize("body", ["<p>mine</p>", new_index(()) * 2, new_index(()).replace("rich-text", "plain-text")])
def test_an_index_that_is_missing_or_double_is_told_and_not_written(body: str) -> None:
    how = "is there 2 times" if "pirsync-index" in body and "plain-text" not in body else "is missing"
    said = f"the region pirsync-index {how}"
    assert read_index(body) == IndexPage(rows=(), start=None, end=None, problems=(said,))
    with pytest.raises(BadPage) as refused:
        write_index(body, (line(),))
    assert str(refused.value) == said


def test_an_empty_tag_is_no_region() -> None:
    body = new_index(())
    begin = body.index("<ac:rich-text-body>")
    emptied = body[:begin] + "<ac:rich-text-body/></ac:structured-macro>"
    assert read_index(emptied).problems == ("the region pirsync-index is missing",)


def test_a_region_that_people_emptied_gets_its_table_back() -> None:
    begin, end = (new_index(()).index(tag) for tag in ("<table>", "</ac:rich-text-body>"))
    emptied = new_index(())[:begin] + new_index(())[end:]
    assert read_index(emptied).rows == ()
    assert write_index(emptied, (line(),)) == new_index((line(),))


def test_writing_leaves_what_stands_around_the_region() -> None:
    around = "<p>b\u00e9fore &nbsp;</p>{}<p>\u00e4fter</p>"
    written = write_index(around.format(new_index((line("OPS-2"),))), (line("OPS-10"), line("OPS-9")))
    assert written == around.format(new_index((line("OPS-9"), line("OPS-10"))))


def test_lines_stand_by_project_and_number() -> None:
    keys = ["OPS-10", "WEB-1", "OPS-9", "A-B-3", "OPS-x"]
    rows = read_index(new_index(line(key) for key in keys if key != "OPS-x")).rows
    assert [row.key for row in rows] == ["OPS-9", "OPS-10", "WEB-1"]  # A-B-3 is no key of an issue
    assert sorted(keys, key=lambda key: sort_key(line(key))) == ["A-B-3", "OPS-x", "OPS-9", "OPS-10", "WEB-1"]
    assert [sort_key(line(key)) for key in ("OPS-x", "A-B-3")] == [("OPS", 0), ("A-B", 3)]


def test_nobodys_row_is_dropped_and_fresh_ones_take_their_places() -> None:
    before = (line("OPS-1"), line("OPS-3"), RESTRICTED)
    fresh = (line("OPS-3", severity="P2"), line("OPS-2"))
    assert merge(before, iter(fresh)) == (line("OPS-1"), line("OPS-2"), line("OPS-3", severity="P2"), RESTRICTED)


def test_an_incident_that_moved_to_another_project_is_known_by_its_page() -> None:
    moved = line("WEB-5", page_url=line("OPS-1").page_url)
    assert merge((line("OPS-1"), line("OPS-2")), (moved,)) == (line("OPS-2"), moved)


def test_rows_without_a_page_are_not_taken_for_one_another() -> None:
    other = RESTRICTED.model_copy(update={"key": "OPS-8"})
    assert merge((RESTRICTED,), (other,)) == (RESTRICTED, other)


def test_a_line_that_people_broke_is_left_out_and_so_written_anew() -> None:
    body = new_index((line("OPS-1"), line("OPS-2"), line("OPS-3")))
    shorter = body.replace("<td><p>3 of 12</p></td>", "", 1)
    keyless = body.replace('<p><a href="https://jira.example.com/browse/OPS-1">OPS-1</a></p>', "<p>ours</p>", 1)
    assert [row.key for row in read_index(shorter).rows] == ["OPS-2", "OPS-3"]
    assert [row.key for row in read_index(keyless).rows] == ["OPS-2", "OPS-3"]


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("3 of 12", (3, 12)),
        ("x of 12", (0, 12)),
        ("3", (3, 0)),
        ("\u0663 of 1", (0, 1)),
        ("999999999 of 1", (10**9 - 1, 1)),
        ("1000000000 of 1", (0, 1)),
        ("-3 of 1", (0, 1)),
    ],
)
def test_counts_that_are_no_small_numbers_count_as_none(shown: str, read: tuple[int, int]) -> None:
    (row,) = read_index(new_index((line(),)).replace("3 of 12", shown)).rows
    assert (row.done, row.total) == read


def test_a_status_that_people_typed_over_is_unknown() -> None:
    body = new_index((line(),))
    begin = body.index('<ac:structured-macro ac:name="status"')
    end = body.index("</ac:structured-macro>", begin) + len("</ac:structured-macro>")
    (row,) = read_index(body[:begin] + "fine" + body[end:]).rows
    assert row.status == Lozenge(text="UNKNOWN", colour="Grey")


def test_a_row_is_compared_as_a_reader_gets_it_back() -> None:
    raw = line(severity=" P1\u0000\n  high ", page_title="a\u00a0 b")
    assert canonical(raw) == line(severity="P1 high", page_title="a b")
    assert read_index(new_index((raw,))).rows == (canonical(raw),)
