"""Edits change the elements that they name and no byte beside them."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.sandbox.text.body import BadBody, parse
from pirsync.sandbox.text.edit import BadEdit, EditorView, apply, column_roles
from tests.sandbox.test_render import Site

STATUS = (
    '<ac:structured-macro ac:macro-id="m1" ac:name="status"><ac:parameter ac:name="title">OPEN</ac:parameter>'
    "</ac:structured-macro>"
)
HEAD = "<tr><th><p>Action item</p></th><th><p>Owner</p></th><th>Due&nbsp;date</th><th>Status</th></tr>"
PAGE = (
    "<p>Intro<!-- note -->&mdash;</p>\r\n<table data-layout='default'><tbody>"
    f"{HEAD}<tr><td><p>Old</p></td><td></td><td/><td>{STATUS}</td></tr></tbody></table>"
    "<ul><li><p>one</p></li></ul><p />"
)


def mention(name: str) -> str | None:
    return '<ac:link><ri:user ri:account-id="712020:1" /></ac:link>' if name == "aruiz" else None


def numbers(body: str, name: str) -> list[int]:
    return [element.number for element in parse(body).elements if element.name == name]


def edited(body: str, *edits: dict[str, Any]) -> str:
    return apply(body, list(edits), mention)


def view(body: str) -> str:
    return EditorView(parse(body), Site(), {"aruiz": "Ana Ruiz"}).html()


def test_no_edits_change_nothing() -> None:
    assert edited(PAGE) == PAGE


def test_only_the_named_cell_changes() -> None:
    cell = numbers(PAGE, "td")[0]
    assert edited(PAGE, {"block": cell, "parts": [{"text": "New & <b>"}]}) == PAGE.replace(
        "<td><p>Old</p></td>", "<td><p>New &amp; &lt;b&gt;</p></td>"
    )


def test_a_mention_and_a_date_are_storage_format() -> None:
    cells = numbers(PAGE, "td")
    changed = edited(
        PAGE,
        {"block": cells[2], "parts": [{"date": "2026-12-01"}]},
        {"block": cells[1], "parts": [{"tag": "p", "parts": [{"mention": "aruiz"}]}]},
    )
    expected = PAGE.replace("<td></td>", f"<td><p>{mention('aruiz')}</p></td>")
    assert changed == expected.replace("<td/>", '<td><p><time datetime="2026-12-01" /></p></td>')


def test_what_is_kept_keeps_its_bytes() -> None:
    cell, macro = numbers(PAGE, "td")[3], numbers(PAGE, "ac:structured-macro")[0]
    changed = edited(PAGE, {"block": cell, "parts": [{"text": "now "}, {"keep": macro}]})
    assert changed == PAGE.replace(STATUS, f"<p>now {STATUS}</p>")


def test_an_element_typed_in_keeps_its_start_tag() -> None:
    body = '<p local-id="7">a <strong class="x">b</strong></p>'
    parts = [{"text": "c "}, {"like": 1, "parts": [{"text": "d"}]}, {"break": True}]
    assert edited(body, {"block": 0, "parts": parts}) == '<p local-id="7">c <strong class="x">d</strong><br /></p>'


def test_a_row_is_added_behind_the_last() -> None:
    table = numbers(PAGE, "table")[0]
    cells = [[{"text": "Alert"}], [{"mention": "aruiz"}], [{"date": "2026-12-24"}], []]
    row = (
        f"<tr><td><p>Alert</p></td><td><p>{mention('aruiz')}</p></td>"
        '<td><p><time datetime="2026-12-24" /></p></td><td><p></p></td></tr>'
    )
    assert edited(PAGE, {"table": table, "cells": cells}) == PAGE.replace("</tbody>", f"{row}</tbody>")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<table><thead><tr><th>A</th></tr></thead>{}</table>", "<tbody>{}</tbody>"),
        ("<table><thead><tr><th>A</th></tr></thead><tbody>{}</tbody></table>", "{}"),
        ("<table><tr><th>A</th></tr>{}</table>", "{}"),
    ],
)
def test_a_first_row_goes_below_the_head(before: str, after: str) -> None:
    row = after.format("<tr><td><p>x</p></td></tr>")
    assert edited(before.format(""), {"table": 0, "cells": [[{"text": "x"}]]}) == before.format(row)


def test_rows_go_to_their_own_table_not_to_one_within() -> None:
    inner = "<table><tbody><tr><td>in</td></tr></tbody></table>"
    body = f"<table><tbody><tr><td>{inner}</td></tr></tbody></table>"
    changed = edited(body, {"table": 0, "cells": [[]]})
    assert changed == f"<table><tbody><tr><td>{inner}</td></tr><tr><td><p></p></td></tr></tbody></table>"


def test_new_paragraphs_follow_in_their_order() -> None:
    body = "<h2>A</h2><p>z</p>"
    changed = edited(body, {"after": 0, "parts": [{"text": "1"}]}, {"after": 0, "parts": [{"text": "2"}]})
    assert changed == "<h2>A</h2><p>1</p><p>2</p><p>z</p>"


def test_an_empty_paragraph_and_a_list_can_be_filled() -> None:
    body = "<ul><li>a</li></ul><p />"
    parts = [{"like": 1, "parts": [{"text": "a"}]}, {"tag": "li", "parts": [{"text": "b"}]}, {"text": "c"}]
    changed = edited(body, {"block": 0, "parts": parts}, {"block": 2, "parts": [{"text": "d"}]})
    assert changed == "<ul><li>a</li><li>b</li><li><p>c</p></li></ul><p>d</p>"


@pytest.mark.parametrize(
    "edits",
    [
        {"block": 1, "parts": []},
        [7],
        [{"block": 99, "parts": []}],
        [{"block": True, "parts": []}],
        [{"block": 1, "parts": []}],
        [{"block": 0, "parts": {}}],
        [{"block": 0, "parts": [{"mention": "nobody"}]}],
        [{"block": 0, "parts": [{"date": "soon"}]}],
        [{"block": 0, "parts": [{"tag": "script", "parts": []}]}],
        [{"block": 0, "parts": [{"html": "<b/>"}]}],
        [{"block": 0, "parts": []}, {"block": 0, "parts": []}],
        [{"table": 0, "cells": []}],
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edits: object) -> None:
    with pytest.raises(BadEdit):
        apply("<p>a <em>b</em></p>", edits, mention)


def test_a_page_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(BadBody):
        edited("<p>")


@given(st.text())
def test_whatever_is_typed_is_read_back_as_text(words: str) -> None:
    changed = edited("<p>a</p><p>b</p>", {"block": 0, "parts": [{"text": words}]})
    controls = set(map(chr, range(32))) - set("\t\n\r")
    refused = controls | set(map(chr, range(0xD800, 0xE000))) | {"\ufffe", "\uffff"}
    printable = "".join(char for char in words if char not in refused)
    assert parse(changed).elements[0].text() == printable.replace("\r\n", "\n").replace("\r", "\n")
    assert changed.endswith("</p><p>b</p>")


# ---------------------------------------------------------------- the view


def test_cells_paragraphs_and_lists_can_be_typed_into_and_macros_not() -> None:
    html = view(PAGE)
    table = parse(PAGE)
    blocks = [e.number for e in table.elements if f'data-block="{e.number}" contenteditable="true"' in html]
    assert [table.elements[number].name for number in blocks] == ["p", "th", "th", "th", "th", *["td"] * 4, "ul", "p"]
    keep = numbers(PAGE, "ac:structured-macro")[0]
    assert f'class="lozenge lozenge-grey" data-keep="{keep}" contenteditable="false"' in html


def test_owner_and_due_date_have_pickers_in_each_row_and_in_new_ones() -> None:
    html = view(PAGE)
    assert html.count('<select class="pick-person" data-mode="owner"') == 2
    assert html.count('<input type="date" class="pick-date"') == 2
    assert html.count('<option value="aruiz">Ana Ruiz</option>') == 2
    assert html.count('<button type="button" class="add-row"') == 1


def test_a_table_of_labels_has_pickers_beside_its_labels() -> None:
    body = "<table><tbody><tr><th>Meeting date</th><td></td></tr><tr><th>Attendance</th><td></td></tr></tbody></table>"
    html = view(body)
    assert html.count('class="pick-date"') == 1
    assert html.count('data-mode="people"') == 1
    assert column_roles(parse(body).elements[0]) == ["", ""]


def test_a_table_within_a_cell_is_one_thing_that_is_kept() -> None:
    body = "<table><tbody><tr><td><table><tbody><tr><td>in</td></tr></tbody></table></td></tr></tbody></table>"
    html = view(body)
    assert html.count('contenteditable="true"') == 2  # the outer cell, and the one of a new row
    assert html.count('class="add-row"') == 1


def test_names_in_the_picker_are_escaped() -> None:
    html = EditorView(parse(PAGE), Site(), {'a"b': "<i>"}).html()
    assert f'<option value="{escape("a" + chr(34) + "b")}">&lt;i&gt;</option>' in html
    assert "<i>" not in html
