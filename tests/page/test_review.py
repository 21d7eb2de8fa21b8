"""Regions are found by their ids, columns by their words; what is unclear is told, never guessed."""

from __future__ import annotations

from pirsync.model import Column, ReviewPage
from pirsync.page.review import read_review

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
