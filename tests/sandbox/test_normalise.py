"""Saving changes a body in the known ways only: its own output passes unchanged, and text stays as it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync.sandbox.text.markup import Element, parse, walk
from pirsync.sandbox.text.normalise import Refused, normalise
from tests.shared import shared


def _ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


def _user(ref: str) -> tuple[str, str] | None:
    return ("ri:userkey", "8a7f") if ref == "aruiz" else None


def _saved(body: str, deployment: str = "datacenter") -> str:
    return normalise(body, deployment, _ids(), _user)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<p>a <b>b</b> <i>i</i></p>", "<p>a <strong>b</strong> <em>i</em></p>"),
        ("<p>a<!-- x --><script>alert(1)</script><style>p{}</style></p>", "<p>a</p>"),
        ("<p onclick='go()' class='x'>a<br/></p>", '<p class="x">a<br /></p>'),
        ("<p>1&ndash;2&nbsp;&mdash; &lt;b&gt; &amp;amp; &#8364;</p>", "<p>1–2&nbsp;— &lt;b&gt; &amp;amp; €</p>"),
        ("<p>\N{NO-BREAK SPACE}</p>", "<p>&nbsp;</p>"),
        (
            '<p style="color: #FF5630;border: 1px #0a0">x <a href="#abc">y</a></p>',
            '<p style="color: rgb(255,86,48);border: 1px rgb(0,170,0)">x <a href="#abc">y</a></p>',
        ),
        ("<a href='?a=1&amp;b=\"2\"'>x</a>", '<a href="?a=1&amp;b=&quot;2&quot;">x</a>'),
        ("<table><tr><td>a</td></tr></table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        (
            "<table><colgroup><col/></colgroup><thead><tr><th>h</th></tr></thead><tr><td>a</td></tr></table>",
            "<table><colgroup><col /></colgroup><thead><tr><th>h</th></tr></thead>"
            "<tbody><tr><td>a</td></tr></tbody></table>",
        ),
        ('<ac:link><ri:user ri:username="aruiz"/></ac:link>', '<ac:link><ri:user ri:userkey="8a7f" /></ac:link>'),
        ('<ac:link><ri:user ri:username="gone"/></ac:link>', '<ac:link><ri:user ri:username="gone" /></ac:link>'),
        (
            "<ac:task-list><ac:task><ac:task-status>incomplete</ac:task-status></ac:task></ac:task-list>",
            "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-uuid>id-1</ac:task-uuid>"
            "<ac:task-status>incomplete</ac:task-status></ac:task></ac:task-list>",
        ),
        (
            '<ac:structured-macro ac:name="status"><ac:parameter ac:name="title">DONE</ac:parameter>'
            '<ac:parameter ac:name="colour">Green</ac:parameter></ac:structured-macro>',
            '<ac:structured-macro ac:name="status" ac:schema-version="1" ac:macro-id="id-1">'
            '<ac:parameter ac:name="colour">Green</ac:parameter><ac:parameter ac:name="title">DONE</ac:parameter>'
            "</ac:structured-macro>",
        ),
        (
            "<ac:plain-text-body><![CDATA[<b>&mdash;]]]]><![CDATA[></b>]]></ac:plain-text-body>",
            "<ac:plain-text-body><![CDATA[<b>&mdash;]]]]><![CDATA[></b>]]></ac:plain-text-body>",
        ),
    ],
)
def test_what_saving_changes(written: str, kept: str) -> None:
    assert _saved(written) == kept


def test_only_cloud_adds_local_ids_and_layouts() -> None:
    body = (
        '<ac:structured-macro ac:name="details" ac:schema-version="1" ac:macro-id="m"><ac:rich-text-body>'
        '<table><tbody><tr><td><ri:page ri:content-title="T" /></td></tr></tbody></table>'
        "</ac:rich-text-body></ac:structured-macro>"
    )
    assert _saved(body, "datacenter") == body
    assert _saved(body, "cloud") == (
        '<ac:structured-macro ac:name="details" ac:schema-version="1" ac:macro-id="m" ac:local-id="id-1">'
        '<ac:rich-text-body><table data-layout="default" ac:local-id="id-2"><tbody><tr><td>'
        '<ri:page ri:content-title="T" ri:version-at-save="1" /></td></tr></tbody></table>'
        "</ac:rich-text-body></ac:structured-macro>"
    )


def test_a_copied_macro_gets_an_id_of_its_own() -> None:
    macro = '<ac:structured-macro ac:name="toc" ac:schema-version="1" ac:macro-id="same" />'
    assert _saved(macro * 2) == macro + macro.replace("same", "id-1")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("<p>a</b>", "[1,7]"),
        ("<p>one</p>\n<p>a & b</p>", "[2,7]"),
        ("<p>&unknown;</p>", "[1,4]"),
        ("</r><r>", "[1,5]"),
        ("<p>\x0b</p>", "[1,4]"),
        ("<p>" * 300 + "</p>" * 300, "[1,601]"),
        ("<p>\ud800</p>", "[1,4]"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(body: str, where: str) -> None:
    with pytest.raises(Refused) as refused:
        _saved(body)
    assert str(refused.value).startswith("Error parsing xhtml: ")
    assert str(refused.value).endswith(f"at [row,col {{unknown-source}}]: {where}")


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_real_pages_are_stable_after_one_save_and_keep_their_text(deployment: str) -> None:
    refused, saved = [], 0
    for file in sorted(shared("storage").glob("*.xhtml")):
        body = file.read_bytes().decode()
        try:
            once = _saved(body, deployment)
        except Refused:
            if not body.lstrip().startswith("<?xml"):
                refused.append(file.name[:4])
            continue
        saved += 1
        assert normalise(once, deployment, _ids(), _user) == once, file.name
        assert _text(once) == _text(body), file.name
    assert saved > 250
    assert refused == ["0359", "0480"]


_PIECES = st.sampled_from(
    [
        "<p>a</p>",
        "<b>x</b>",
        "&nbsp;",
        "&#160;",
        "&#10;",
        "&lt;",
        "&mdash;",
        "<!-- c -->",
        "<![CDATA[<i>]]>",
        "<table><tr><td>1</td></tr></table>",
        "<table> <thead><tr/></thead> <tr/> <tr/> </table>",
        '<ac:structured-macro ac:name="toc"/>',
        "<?x y?>",
        "\r\n",
        "'\"",
        "<em title='\"'/>",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(alphabet="aé€😀 ]", max_size=5)), max_size=12))
def test_its_own_output_passes_unchanged(pieces: list[str]) -> None:
    once = _saved("".join(pieces), "cloud")
    assert normalise(once, "cloud", _ids(), _user) == once


def _text(body: str) -> str:
    """The text of a body by macro parameter and place, without what saving adds or moves."""
    root = parse(body)
    walk(root, _without_added)
    parameters: list[str] = []
    walk(root, lambda each: parameters.append(each.text) if each.name == "ac:parameter" else None)
    walk(root, _without_parameters)
    return re.sub(r"\s+", " ", root.text + "|".join(sorted(parameters)))


def _without_added(element: Element) -> None:
    added = ("ac:task-uuid", "ac:task-id")
    element.children = [each for each in element.children if isinstance(each, str) or each.name not in added]


def _without_parameters(element: Element) -> None:
    element.children = [each for each in element.children if isinstance(each, str) or each.name != "ac:parameter"]
