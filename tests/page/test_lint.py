"""The rules of the new editor, each with a body that breaks it and where."""

from __future__ import annotations

import pytest

from pirsync.page.lint import BODIED, lint
from pirsync.page_model import Region
from tests.shared import shared

CODE = (
    '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[<ac:rich-text-body>]]></ac:plain-text-body>'
    "</ac:structured-macro>"
)


def macro(name: str, body: str = "<p>x</p>", **parameters: str) -> str:
    told = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    rich = f"<ac:rich-text-body>{body}</ac:rich-text-body>"
    return f'<ac:structured-macro ac:name="{name}">{told}{rich}</ac:structured-macro>'


def cell(body: str) -> str:
    return f"<table><tbody><tr><td>{body}</td></tr></tbody></table>"


def status(title: str) -> str:
    told = f'<ac:parameter ac:name="title">{title}</ac:parameter>'
    return f'<p><ac:structured-macro ac:name="status">{told}</ac:structured-macro></p>'


def layout(body: str) -> str:
    return (
        f'<ac:layout><ac:layout-section ac:type="single"><ac:layout-cell>{body}</ac:layout-cell>'
        "</ac:layout-section></ac:layout>"
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        "plain words",
        "<p>a&nbsp;&mdash;</p>",
        macro("details", cell(status("DONE")), id=Region.SUMMARY) + macro("details", id=Region.ACTIONS),
        layout(macro("details", id="own") + macro("info")),
        macro("details", id="own") + macro("details", id="own"),
        macro("details", CODE) + cell(CODE),
        macro("expand", cell("x")),
        status("x" * 20),
    ],
)
def test_clean(body: str) -> None:
    assert lint(body) == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>a</b>", "The body is not well formed: mismatched tag at line 1, column 7."),
        (
            macro("details", "\n" + macro("expand")),
            "Line 2, column 1: The macro 'expand' stands in the macro 'details'; a macro's body holds no other body.",
        ),
        (
            macro("what", macro("tip")),
            "Line 1, column 56: The macro 'tip' stands in the macro 'what'; a macro's body holds no other body.",
        ),
        (
            "\n\n" + cell("<div>" + macro("excerpt") + "</div>"),
            "Line 3, column 28: The macro 'excerpt' stands in a table cell, which holds no macro with a body.",
        ),
        (
            f"<ul><li>{macro('note')}</li></ul>",
            "Line 1, column 9: The macro 'note' stands in a list, which holds no macro with a body.",
        ),
        (
            f"<div>{macro('details')}</div>",
            "Line 1, column 6: The macro 'details' stands in <div>; it belongs at the top level or in a layout.",
        ),
        (
            cell("\n<p>ü</p>" + cell("x")),
            "Line 2, column 9: A table stands in a table cell, where the editor allows none.",
        ),
        (
            macro("panel", cell("x")),
            "Line 1, column 57: A table stands in the macro 'panel', where the editor allows none.",
        ),
        (status(" "), "Line 1, column 4: A status has no text, which the editor needs."),
        (
            status("x" * 21),
            f"Line 1, column 4: The status '{'x' * 21}' has 21 characters; at most 20 are allowed.",
        ),
        (
            status(" " + "x" * 70 + " "),
            f"Line 1, column 4: The status '{'x' * 60}' has 70 characters; at most 20 are allowed.",
        ),
        (
            status("").replace("structured-macro", "macro"),
            "Line 1, column 4: A status has no text, which the editor needs.",
        ),
        (
            "<table><tr><th>" + macro("own") + "</th></tr></table>",
            "Line 1, column 16: The macro 'own' stands in a table cell, which holds no macro with a body.",
        ),
        (
            f"<ac:task-list><ac:task><ac:task-body>{macro('tip')}</ac:task-body></ac:task></ac:task-list>",
            "Line 1, column 38: The macro 'tip' stands in a task list, which holds no macro with a body.",
        ),
        (
            f"<ul><li><div>{macro('details', id='x')}</div></li></ul>",
            "Line 1, column 14: The macro 'details' stands in a list, which holds no macro with a body.",
        ),
        (
            layout(f"<section><div>{macro('details')}</div></section>"),
            "Line 1, column 78: The macro 'details' stands in <div>; it belongs at the top level or in a layout.",
        ),
        (
            "<table><tr><th><p><table><tr><td>x</td></tr></table></p></th></tr></table>",
            "Line 1, column 19: A table stands in a table cell, where the editor allows none.",
        ),
        (
            "<ac:structured-macro><ac:rich-text-body>" + macro("tip") + "</ac:rich-text-body></ac:structured-macro>",
            "Line 1, column 41: The macro 'tip' stands in the macro ''; a macro's body holds no other body.",
        ),
        (
            macro("details", "", id=Region.RECORD) + "\n" + macro("details", "", id=Region.RECORD),
            "Line 2, column 1: The region 'pirsync-record' is there a second time; pirsync then writes to neither.",
        ),
    ],
)
def test_problem(body: str, expected: str) -> None:
    assert lint(body) == (expected,)


@pytest.mark.parametrize("name", sorted(BODIED))
def test_every_bodied_macro_is_known_without_its_body(name: str) -> None:
    (problem,) = lint(cell(f'<ac:structured-macro ac:name="{name}"/>'))
    assert f"'{name}'" in problem


def test_a_region_is_double_by_its_id_and_a_third_one_is_told_too() -> None:
    one = macro("details", "", id=f" {Region.RECORD} ")
    others = macro("expand", "", id=Region.RECORD) + macro("details", "", id=Region.SUMMARY)
    told = lint(others + one * 3)
    assert [problem.partition(": ")[2] for problem in told] == [
        "The region 'pirsync-record' is there a second time; pirsync then writes to neither."
    ] * 2


def test_a_table_in_a_macro_that_is_no_panel_is_allowed_and_the_nearest_cell_or_panel_is_told() -> None:
    assert lint(macro("own", cell("x"))) == ()
    (told,) = lint(macro("panel", f"<div>{cell('x')}</div>"))
    assert told == "Line 1, column 62: A table stands in the macro 'panel', where the editor allows none."


def test_all_problems_are_told_in_the_order_of_the_page() -> None:
    body = "\n".join((status(""), cell(cell("x")), macro("info", macro("tip")), status("")))
    assert [problem.partition(",")[0] for problem in lint(body)] == ["Line 1", "Line 2", "Line 3", "Line 4"]


def test_every_real_document_gets_an_answer() -> None:
    documents = sorted(shared("storage").glob("*.xhtml"))
    answers = {path.name: lint(path.read_text(encoding="utf-8")) for path in documents}
    assert len(answers) > 100
    assert all(problem.endswith(".") for problems in answers.values() for problem in problems)
    assert sum(1 for problems in answers.values() if not problems) > len(answers) / 2
