"""Two versions are compared by what a person reads, not by their markup."""

from __future__ import annotations

from pirsync.sandbox.text.diff import Line, compare, readable


def person(ref: str) -> str | None:
    return {"712020:1": "Ana Ruiz"}.get(ref)


def test_a_changed_row_is_removed_and_added_as_a_whole() -> None:
    before = "<p>same</p><table><tbody><tr><td>one</td><td><p>a</p><p>b</p></td></tr></tbody></table>"
    after = before.replace("<p>b</p>", '<p><time datetime="2026-09-04" /></p>')
    assert compare(before, after, person) == (
        Line("same", "same"),
        Line("removed", "one | a b"),
        Line("added", "one | a 2026-09-04"),
    )


def test_markup_that_nobody_reads_is_no_change() -> None:
    before = "<p>a</p><h2>b</h2>"
    after = '<p local-id="1"><strong>a</strong></p>\n<h2>b</h2>'
    assert compare(before, after, person) == (Line("same", "a"), Line("same", "b"))


def test_mentions_statuses_and_issues_are_read() -> None:
    body = (
        '<p><ac:link><ri:user ri:account-id="712020:1"/></ac:link> '
        '<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">DONE</ac:parameter></ac:structured-macro> '
        '<ac:structured-macro ac:name="jira"><ac:parameter ac:name="key">A-1</ac:parameter></ac:structured-macro></p>'
    )
    assert readable(body, person) == ["@Ana Ruiz [DONE] [A-1]"]


def test_items_and_code_are_lines() -> None:
    body = "<ul><li><p>a</p></li><li>b</li></ul><ac:plain-text-body><![CDATA[<x>]]></ac:plain-text-body>"
    assert readable(body, person) == ["a", "b", "<x>"]


def test_a_line_break_in_the_source_does_not_end_a_row() -> None:
    assert readable("<table>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</table>", person) == ["1 | 2"]


def test_what_cannot_be_read_is_shown_as_written() -> None:
    assert readable("<p>a\n</q>", person) == ["<p>a", "</q>"]
