"""Regions are found by their ids, columns by their words; what is unclear is told, never guessed."""

from __future__ import annotations

import pytest

from pirsync.page.review import read_review, without_tickets
from pirsync.page_model import Column, ReviewPage

HEADERS = {
    Column.ACTION: ("Action item", "Action"),
    Column.OWNER: ("Owner", "Assignee"),
    Column.DUE: ("Due date", "Due"),
    Column.STATUS: ("Status",),
    Column.CRITERIA: ("Success criteria",),
    Column.TICKET: ("Ticket",),
    Column.CLOSED: ("Closed",),
    Column.EVIDENCE: ("Evidence",),
}


def region(region_id: str, inner: str) -> str:
    return (
        f'<ac:structured-macro ac:name="details"><ac:parameter ac:name="id">{region_id}</ac:parameter>'
        f"<ac:rich-text-body>{inner}</ac:rich-text-body></ac:structured-macro>"
    )


def table(*rows: str) -> str:
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def heads(*words: str) -> str:
    return "".join(f"<th><p>{word}</p></th>" for word in words)


def data(*words: str) -> str:
    return "".join(f"<td><p>{word}</p></td>" for word in words)


SUMMARY = region("pirsync-summary", table("<th>Severity</th><td>P1</td>"))


def read(actions: str) -> ReviewPage:
    return read_review(SUMMARY + actions, HEADERS)


def test_columns_in_any_order_with_synonyms_and_columns_of_people() -> None:
    page = read(
        region(
            "pirsync-actions",
            table(heads("due&nbsp;DATE", "Notes", "action:", "Assignee"), data("2026-12-01", "mine", "Fix it", "Ana")),
        )
    )
    assert page.columns == (Column.DUE, None, Column.ACTION, Column.OWNER)
    assert [(row.action, row.obstacle) for row in page.rows] == [("Fix it", "")]
    assert [problem.split(":")[0] for problem in page.problems] == [
        'the action table has no column "Status"',
        'the action table has no column "Ticket"',
    ]


def test_a_second_column_of_the_same_name_is_peoples_own() -> None:
    page = read(region("pirsync-actions", table(heads("Action", "Owner", "Due", "Action"), data("a", "b", "c", "d"))))
    assert page.columns == (Column.ACTION, Column.OWNER, Column.DUE, None)
    assert page.rows[0].action == "a"


def test_merged_and_short_rows_are_left_alone_and_say_why() -> None:
    page = read(
        region(
            "pirsync-actions",
            table(
                heads("Action", "Owner", "Due"),
                '<td colspan="2">wide</td><td>x</td>',
                '<td rowspan="2">tall</td><td>x</td><td>y</td>',
                "<td>p</td><td>q</td>",
                data("fine", "x", "y"),
                "<td>short</td>",
                f"<td>{table(data('nested'))}</td><td>x</td><td>y</td>",
            ),
        )
    )
    assert [row.obstacle for row in page.rows] == [
        "it has merged cells",
        "it has merged cells",
        "it has merged cells",
        "",
        "it has 1 cells where the table has 3 columns",
        "a table stands in one of its cells",
    ]


def test_a_lost_region_is_found_by_its_headers() -> None:
    page = read("<h2>Actions</h2>" + table(heads("Action", "Owner", "Due date"), data("Fix it", "", "")))
    assert [row.action for row in page.rows] == ["Fix it"]


def test_nothing_is_guessed() -> None:
    actions = table(heads("Action", "Owner", "Due date"), data("Fix it", "", ""))
    twice = read(region("pirsync-actions", actions) * 2)
    assert (twice.rows, twice.row_end) == ((), None)
    assert twice.problems == ("the region pirsync-actions is on the page 2 times: delete all but one",)
    ambiguous = read(actions * 2)
    assert ambiguous.row_end is None
    assert "pirsync-actions is missing" in ambiguous.problems[0]
    headless = read(region("pirsync-actions", table(heads("Was", "Wer"), data("a", "b"))))
    assert headless.problems == ("the region pirsync-actions has no table with a column Action item",)


def test_text_that_looks_like_a_region_is_text() -> None:
    code = (
        '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[%s]]></ac:plain-text-body>'
        "</ac:structured-macro>"
    )
    real = region("pirsync-actions", table(heads("Action", "Owner", "Due"), data("Real", "", "")))
    page = read(code % region("pirsync-actions", "") + real)
    assert [row.action for row in page.rows] == ["Real"]


def test_the_summary_and_the_record_by_label() -> None:
    record = region("pirsync-record", table("<th>Decision</th><td>APPROVED</td>", "<th>Decision</th><td>later</td>"))
    page = read_review(SUMMARY + record, HEADERS)
    assert page.summary["severity"].text == "P1"
    assert page.record["decision"].text == "APPROVED"


# ---------------------------------------------------------------- regions

LOST = "the region {} is missing: restore it from the page's history, or leave it so"
THREE = heads("Action", "Owner", "Due")


def obstacles(*rows: str, head: str = THREE) -> list[str]:
    return [row.obstacle for row in read(region("pirsync-actions", table(head, *rows))).rows]


def test_a_page_without_regions_says_which_are_missing_and_the_record_may_be() -> None:
    page = read_review("<p>mine</p>", HEADERS)
    assert page == ReviewPage(
        summary={},
        record={},
        columns=(),
        rows=(),
        row_end=None,
        problems=(LOST.format("pirsync-summary"), LOST.format("pirsync-actions")),
    )


def test_a_region_that_is_there_twice_is_told_and_not_read() -> None:
    record = region("pirsync-record", table("<th>Decision</th><td>APPROVED</td>"))
    actions = region("pirsync-actions", table(THREE, data("Fix it", "", "")))
    page = read_review(SUMMARY * 2 + record * 3 + actions, HEADERS)
    assert (page.summary, page.record) == ({}, {})
    assert page.problems[:2] == (
        "the region pirsync-summary is on the page 2 times: delete all but one",
        "the region pirsync-record is on the page 3 times: delete all but one",
    )
    assert [row.action for row in page.rows] == ["Fix it"]


def test_only_a_details_macro_of_that_very_id_is_a_region() -> None:
    spaced = SUMMARY.replace(">pirsync-summary<", "> pirsync-summary\n<")
    others = SUMMARY.replace('ac:name="details"', 'ac:name="expand"') + SUMMARY.replace("summary<", "summary-2<")
    assert read_review(others + spaced, HEADERS).summary["severity"].text == "P1"
    nameless = SUMMARY.replace('<ac:parameter ac:name="id">pirsync-summary</ac:parameter>', "")
    assert LOST.format("pirsync-summary") in read_review(nameless + others, HEADERS).problems


def test_pairs_are_rows_of_two_cells_whose_first_label_counts() -> None:
    lines = (
        "<th>Severity</th><td>P1</td>",
        "<td>a</td><td>b</td><td>c</td>",
        "<td>alone</td>",
        "<td> severity&nbsp;</td><td>P2</td>",
        "<td>Status</td><x/><td>DONE</td>",
    )
    grouped = f"<table><thead><tr>{lines[0]}</tr></thead><tfoot><tr>{lines[4]}</tr></tfoot></table>"
    page = read_review(region("pirsync-summary", table(*lines) + grouped), HEADERS)
    assert {label: cell.text for label, cell in page.summary.items()} == {"severity": "P1", "status": "DONE"}


def test_a_table_within_a_summary_cell_adds_its_own_pairs_after_the_rows_around_it() -> None:
    nested = table(f"<th>Services</th><td>{table('<th>Severity</th><td>P3</td>')}</td>", "<th>Severity</th><td>P1</td>")
    page = read_review(region("pirsync-summary", nested), HEADERS)
    assert list(page.summary) == ["services", "severity"]
    assert page.summary["severity"].text == "P1"


# ---------------------------------------------------------------- the action table


def test_the_first_table_with_the_column_of_actions_is_the_regions() -> None:
    tables = table(heads("Was"), data("x")) + table(THREE, data("mine", "", "")) + table(THREE, data("second", "", ""))
    page = read(region("pirsync-actions", tables))
    assert [row.action for row in page.rows] == ["mine"]


def test_a_lost_region_needs_all_three_columns_and_only_one_such_table() -> None:
    assert read(table(heads("Action", "Owner"), data("x", "y"))).rows == ()
    more = read(table(heads("Action", "Owner", "Due", "Ticket"), data("x", "y", "z", "")))
    assert [row.action for row in more.rows] == ["x"]


def test_every_column_that_tickets_need_is_asked_for() -> None:
    page = read(region("pirsync-actions", table(heads("Action"), data("x"))))
    assert page.problems == tuple(
        f'the action table has no column "{word}": name one so, or as your mapping says'
        for word in ("Owner", "Due date", "Status", "Ticket")
    )
    whole = read(region("pirsync-actions", table(THREE + heads("Status", "Ticket"), data(*"abcde"))))
    assert whole.problems == ()


def test_rows_are_read_from_every_part_of_a_table_and_from_no_table_within() -> None:
    parts = (
        f"<thead><tr>{THREE}</tr></thead>",
        f"<tr>{data(*'abc')}</tr>",
        f"<tbody><tr>{data(*'def')}</tr><x/><tr>{data('g', 'h', table(data('no')))}</tr></tbody>",
        f"<tfoot><tr>{data(*'ijk')}</tr></tfoot><x><tr>{data(*'lmn')}</tr></x>",
    )
    page = read(region("pirsync-actions", f"<table>{''.join(parts)}</table>"))
    assert [row.action for row in page.rows] == ["a", "d", "g", "i"]


def test_a_table_without_rows_is_no_action_table() -> None:
    page = read(region("pirsync-actions", "<table></table>"))
    assert (page.columns, page.row_end) == ((), None)
    assert page.problems == ("the region pirsync-actions has no table with a column Action item",)


def test_a_row_may_be_appended_after_the_last_one() -> None:
    body = SUMMARY + region("pirsync-actions", table(THREE, data("a", "b", "c"), data("d", "e", "f")))
    assert read_review(body, HEADERS).row_end == len(body) - len(
        "</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )
    headless = read(region("pirsync-actions", table(THREE)))
    assert (headless.rows, headless.row_end is None) == ((), False)


def test_a_merged_header_counts_for_as_many_columns_as_it_spans() -> None:
    head = '<th colspan="2">Action:</th>' + heads("Owner", "Due")
    page = read(region("pirsync-actions", table(head, data("Fix it", "mine", "Ana", "soon"))))
    assert page.columns == (Column.ACTION, None, Column.OWNER, Column.DUE)
    assert [(row.action, row.cells[Column.OWNER].text) for row in page.rows] == [("Fix it", "Ana")]


def test_a_table_that_claims_more_columns_than_anybody_reads_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pirsync.page.review.WIDEST", 3)
    wide = region("pirsync-actions", table(THREE + heads("Notes"), data(*"abcd")))
    assert read(wide).rows == ()
    assert read(region("pirsync-actions", table(THREE, data(*"abc")))).rows != ()


@pytest.mark.parametrize(
    ("span", "columns"),
    [
        *[("2", 2), (" 3\n", 3), ("0" * 8 + "2", 2)],
        *[(text, 1) for text in ("1", "0", "-2", "", "two", "\u0663", "\u00b2", "0" * 9 + "2")],
    ],
)
def test_a_span_that_is_no_small_number_is_one_column(span: str, columns: int) -> None:
    head = f'<th colspan="{span}">Action</th>' + heads("Owner", "Due")
    found = read(region("pirsync-actions", table(head))).columns
    assert found == (Column.ACTION, *[None] * (columns - 1), Column.OWNER, Column.DUE)


def test_a_tall_cell_merges_the_rows_that_it_covers_and_no_more() -> None:
    merged = "it has merged cells"
    tall = '<td rowspan="3">a</td><td rowspan="2">b</td><td>c</td>'
    assert obstacles(tall, "<td>d</td>", "<td>e</td><td>f</td>", data(*"ghi")) == [merged, merged, merged, ""]
    inside = '<td rowspan="2">a</td><td>b</td><td>c</td>'
    assert obstacles(inside, '<td rowspan="2">d</td><td>e</td>', "<td>f</td><td>g</td>", data(*"hij")) == [
        *[merged] * 3,
        "",
    ]


def test_an_obstacle_is_told_by_its_first_reason() -> None:
    nested = table(data("x"))
    assert obstacles(f'<td colspan="2">{nested}</td><td>b</td>') == ["it has merged cells"]
    assert obstacles(f"<td>{nested}</td>", data(*"abcd")) == [
        "it has 1 cells where the table has 3 columns",
        "it has 4 cells where the table has 3 columns",
    ]
    assert obstacles("", data(*"abc")) == ["it has 0 cells where the table has 3 columns", ""]


def test_a_table_in_a_column_of_peoples_own_is_no_obstacle() -> None:
    row = f"<td>a</td><td>b</td><td>c</td><td>{table(data('x'))}</td>"
    assert obstacles(row, head=THREE + heads("Notes")) == [""]


def test_rows_are_numbered_from_the_first_after_the_header_and_cells_are_known_by_role() -> None:
    page = read(region("pirsync-actions", table(heads("Owner", "Notes", "Action"), data(*"abc"), data(*"def"))))
    assert [(row.index, {role: cell.text for role, cell in row.cells.items()}) for row in page.rows] == [
        (0, {Column.OWNER: "a", Column.ACTION: "c"}),
        (1, {Column.OWNER: "d", Column.ACTION: "f"}),
    ]


def test_a_review_can_be_looked_at_as_if_rows_showed_no_ticket() -> None:
    head = "<th>Action</th><th>Ticket</th>"
    lines = [f"<td>Do {n}</td><td>ACT-{n}</td>" for n in (1, 2)] + ["<td>Do 3</td><td></td>"]
    found = read_review(region("pirsync-actions", table(head, *lines)), HEADERS)
    bare = without_tickets(found, {"ACT-1", "ACT-9"})
    assert [(row.action, row.ticket) for row in bare.rows] == [("Do 1", None), ("Do 2", "ACT-2"), ("Do 3", None)]
    emptied, before = bare.rows[0].cells[Column.TICKET], found.rows[0].cells[Column.TICKET]
    assert emptied == before.model_copy(update={"text": "", "issue_key": None})
    assert before.text == "ACT-1"
    assert bare.rows[1:] == found.rows[1:]
    assert bare.model_copy(update={"rows": found.rows}) == found
