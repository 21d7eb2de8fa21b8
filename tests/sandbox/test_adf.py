"""Documents and wiki markup are the same content: converted both ways, nothing is lost, and one pass settles it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from pirsync.sandbox.text import adf
from pirsync.sandbox.text.adf_from_wiki import document
from pirsync.sandbox.text.adf_to_wiki import wiki
from tests.shared import shared


def mention(ref: str) -> tuple[str, str] | None:
    return ("1:2", "Ana Ruiz") if ref in ("aruiz", "accountid:1:2") else None


def content(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document(text, mention)["content"]
    return found


def words(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def paragraph(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(nodes)}


STRONG, EM, CODE, STRIKE, UNDERLINE = ({"type": kind} for kind in ("strong", "em", "code", "strike", "underline"))
BREAK = {"type": "hardBreak"}


def link(target: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": target}}


def sub(kind: str) -> dict[str, Any]:
    return {"type": "subsup", "attrs": {"type": kind}}


def colour(value: str) -> dict[str, Any]:
    return {"type": "textColor", "attrs": {"color": value}}


def listed(kind: str, *items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": kind, "content": [{"type": "listItem", "content": item} for item in items]}


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("one\ntwo\n\nthree", [paragraph(words("one"), BREAK, words("two")), paragraph(words("three"))]),
        ("h2. A *bold* title", [
            {"type": "heading", "attrs": {"level": 2}, "content": [words("A "), words("bold", STRONG), words(" title")]}
        ]),
        ("*b* _e_ -s- +u+ ^up^ ~down~ {{c*d*}}", [paragraph(
            words("b", STRONG), words(" "), words("e", EM), words(" "), words("s", STRIKE), words(" "),
            words("u", UNDERLINE), words(" "), words("up", sub("sup")), words(" "), words("down", sub("sub")),
            words(" "), words("c*d*", CODE),
        )]),
        ("*both _here_*", [paragraph(words("both ", STRONG), words("here", STRONG, EM))]),
        ("mid{*}word{*}s", [paragraph(words("mid"), words("word", STRONG), words("s"))]),
        ("{color:#FF0000}red{color} {color:blue}b{color}", [
            paragraph(words("red", colour("#ff0000")), words(" "), words("b", colour("#0000ff")))
        ]),
        ("2*3*4 snake_case a-b-c -- 5 - 3", [paragraph(words("2*3*4 snake_case a-b-c -- 5 - 3"))]),
        ("[x|http://e/?a=1] and https://e.org/b.", [paragraph(
            words("x", link("http://e/?a=1")), words(" and "), words("https://e.org/b", link("https://e.org/b")),
            words("."),
        )]),
        ("[x|javascript:alert(1)]", [paragraph(words("[x|javascript:alert(1)]"))]),
        ("[http://e/1|http://e/1|smart-link]", [paragraph({"type": "inlineCard", "attrs": {"url": "http://e/1"}})]),
        ("[~accountid:1:2] [~nobody]", [paragraph(
            {"type": "mention", "attrs": {"id": "1:2", "text": "@Ana Ruiz", "accessLevel": ""}}, words(" [~nobody]")
        )]),
        ("(/) done", [
            paragraph({"type": "emoji", "attrs": {"shortName": ":check_mark:", "text": "✅"}}, words(" done"))
        ]),
        ("* a\n** b\n* c\n# d", [
            listed("bulletList", [paragraph(words("a")), listed("bulletList", [paragraph(words("b"))])],
                   [paragraph(words("c"))]),
            listed("orderedList", [paragraph(words("d"))]),
        ]),
        ("----", [{"type": "rule"}]),
        ("bq. said", [{"type": "blockquote", "content": [paragraph(words("said"))]}]),
        ("{quote}\nsaid\n{quote}", [{"type": "blockquote", "content": [paragraph(words("said"))]}]),
        ("{code:python}\n*x* = {}\n{code}", [
            {"type": "codeBlock", "attrs": {"language": "python"}, "content": [words("*x* = {}")]}
        ]),
        ("{noformat}x{noformat}", [{"type": "codeBlock", "attrs": {}, "content": [words("x")]}]),
        ("{panel:bgColor=#fffae6}\ncare\n{panel}", [
            {"type": "panel", "attrs": {"panelType": "warning"}, "content": [paragraph(words("care"))]}
        ]),
        ("||A||B||\n|1|[x|http://e]|", [{"type": "table", "content": [
            {"type": "tableRow", "content": [
                {"type": "tableHeader", "content": [paragraph(words("A"))]},
                {"type": "tableHeader", "content": [paragraph(words("B"))]},
            ]},
            {"type": "tableRow", "content": [
                {"type": "tableCell", "content": [paragraph(words("1"))]},
                {"type": "tableCell", "content": [paragraph(words("x", link("http://e")))]},
            ]},
        ]}]),
        (r"\*not bold\* \{code} \[x|http://e]", [
            paragraph(words("*not bold* {code} [x|"), words("http://e", link("http://e")), words("]"))
        ]),
        ("a\\\\b", [paragraph(words("a"), BREAK, words("b"))]),
    ],
)  # fmt: skip
def test_wiki_markup_is_a_document(text: str, blocks: list[dict[str, Any]]) -> None:
    assert blocks == content(text)


def inline_item(kind: str, state: str, text: str) -> dict[str, Any]:
    return {"type": kind, "attrs": {"localId": "1", "state": state}, "content": [words(text)]}


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "taskList", "attrs": {"localId": "1"}, "content": [
            inline_item("taskItem", "TODO", "call"), inline_item("taskItem", "DONE", "write")
        ]}, "* call\n* -write-"),
        ({"type": "decisionList", "attrs": {"localId": "1"}, "content": [
            inline_item("decisionItem", "DECIDED", "go")
        ]}, "* <> go"),
        (paragraph({"type": "status", "attrs": {"text": "done", "color": "green"}}),
         "{color:#36b37e}{*}[ done ]{*}{color}"),
        (paragraph({"type": "date", "attrs": {"timestamp": "1767312000000"}}), "2026-01-02"),
        (paragraph({"type": "mention", "attrs": {"id": "1:2", "text": "@Ana"}}), "[~accountid:1:2]"),
        (paragraph({"type": "emoji", "attrs": {"shortName": ":rocket:", "text": "🚀"}}), "🚀"),
        ({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [
            {"type": "media", "attrs": {"type": "external", "url": "https://e.org/a.png", "alt": "graph"}}
        ]}, "[graph|https://e.org/a.png]"),
        ({"type": "mediaGroup", "content": [
            {"type": "media", "attrs": {"type": "file", "id": "7", "collection": "", "alt": "a_b.log"}}
        ]}, "[^a_b.log]"),
        ({"type": "expand", "attrs": {"title": "More"}, "content": [paragraph(words("inside"))]}, "*More*\n\ninside"),
        ({"type": "codeBlock", "attrs": {"language": "kotlin"}, "content": [words("x")]},
         "{noformat}\nx\n{noformat}"),
        ({"type": "blockCard", "attrs": {"url": "https://e.org/1"}}, "[https://e.org/1|https://e.org/1|smart-link]"),
        (paragraph(words("a", STRONG), words("b"), words(" c "), words("d", STRONG, EM)), "{*}a{*}b c *_d_*"),
        (paragraph(words("*x* {y} [~z] a|b \\ # h1. (/)")), "\\*x\\* \\{y} \\[~z] a\\|b \\ # h1. \\(/)"),
        (paragraph(words("- item"), BREAK, words("h1. no")), "\\- item\n\\h1. no"),
        (paragraph(words("see "), words("https://e.org/a_b", link("https://e.org/a_b"))), "see https://e.org/a_b"),
        ({"type": "somethingNew", "content": [paragraph(words("still read"))]}, "still read"),
    ],
)  # fmt: skip
def test_a_document_is_wiki_markup(block: dict[str, Any], text: str) -> None:
    assert text == wiki({"type": "doc", "version": 1, "content": [block]})


@cache
def validator() -> Draft4Validator:
    path = shared("openapi") / "adf-schema-57.7.22.full.json"
    return Draft4Validator(json.loads(path.read_text()))


def problems(value: Any) -> list[str]:
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator().iter_errors(value)]


MARKUP = st.lists(
    st.sampled_from(
        [
            *"*_-+^~{}[]|\\#!?&().:h1b ",
            *("\n", "\n\n", "\n* ", "\n## ", "\n|", "||", "|\n", "\nh1. ", "\nbq. ", "\n----\n", "{{", "}}", "\\\\"),
            *("{code}", "{noformat}", "{quote}", "{panel}", "{panel:bgColor=#deebff}", "{color:#ff0000}", "{color}"),
            *(
                "{*}",
                "{-}",
                "[~aruiz]",
                "[x|http://e.org]",
                "https://e.org/a_b",
                "[^f.txt]",
                "(/)",
                "&#42;",
                "word",
                "B",
            ),
        ]
    ),
    max_size=14,
).map("".join)


@given(MARKUP)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_one_pass_settles_any_markup_and_loses_no_word(text: str) -> None:
    once = wiki(document(text, mention))
    again = document(once, mention)
    assert once == wiki(again)
    spoken = re.findall(r"[^\W_]+", text)
    assert sum(map(len, re.findall("word", text))) <= sum(map(len, re.findall("word", once))), spoken


@pytest.mark.parametrize("end", ["\\", "\\ x", "\\*", "\\h1.", "{\\", ".\\", "\\\\\\"])
def test_an_address_before_a_backslash_stays_that_address(end: str) -> None:
    read = document(f"https://e.org/a{end}", mention)
    assert read["content"][0]["content"][0] == words("https://e.org/a", link("https://e.org/a"))
    once = wiki(read)
    assert (read, once) == (document(once, mention), wiki(document(once, mention)))


def test_an_address_with_an_entity_in_it_stays_that_address() -> None:
    read = document("https://e.org/a&#92;#b\\x", mention)
    assert read["content"][0]["content"][0] == words("https://e.org/a&#92;#b", link("https://e.org/a&#92;#b"))
    assert read == document(wiki(read), mention)


@given(MARKUP)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_whatever_is_written_is_a_valid_document(text: str) -> None:
    assert problems(document(text, mention)) == []


LETTERS = st.text(alphabet="ab h1.*_-+^~{}[]|\\#&;:()!?/é\u00a0🚀", min_size=1, max_size=12)
PLAIN_MARKS = st.lists(
    st.sampled_from([STRONG, EM, STRIKE, UNDERLINE, sub("sup"), colour("#ff0000")]), max_size=3, unique_by=str
)
TEXT = st.builds(lambda text, marks: words(text, *marks), LETTERS, PLAIN_MARKS)
CODED = st.builds(lambda text: words(text, CODE), LETTERS)
LINKED = st.builds(lambda text: words(text, link("https://e.org/a(b)_c")), LETTERS)
INLINE = st.lists(TEXT | CODED | LINKED | st.just(BREAK) | st.just(words("https://e.org/x-y.")), max_size=5)
PARAGRAPH = INLINE.map(lambda nodes: paragraph(*nodes))
ITEMS = st.lists(PARAGRAPH.map(lambda one: [one]), min_size=1, max_size=3)
LIST = st.builds(lambda kind, items: listed(kind, *items), st.sampled_from(["bulletList", "orderedList"]), ITEMS)
CODE_BLOCK = st.builds(
    lambda text: {"type": "codeBlock", "attrs": {}, "content": [words(text)]},
    LETTERS | st.sampled_from(["{quote}", "\n{code}\n", "a\n\nb", "h1. x"]),
)
TABLE = st.lists(
    st.lists(
        st.builds(
            lambda kind, one: {"type": kind, "content": [one]}, st.sampled_from(["tableCell", "tableHeader"]), PARAGRAPH
        ),
        min_size=1, max_size=3,
    ).map(lambda cells: {"type": "tableRow", "content": cells}),
    min_size=1, max_size=3,
).map(lambda rows: {"type": "table", "content": rows})  # fmt: skip
HEADING = st.builds(lambda nodes: {"type": "heading", "attrs": {"level": 3}, "content": nodes}, INLINE)
INNER = st.lists(PARAGRAPH | LIST | CODE_BLOCK, min_size=1, max_size=3)
QUOTE = INNER.map(lambda blocks: {"type": "blockquote", "content": blocks})
PANEL = INNER.map(lambda blocks: {"type": "panel", "attrs": {"panelType": "note"}, "content": blocks})
DOCUMENT = st.lists(PARAGRAPH | HEADING | LIST | CODE_BLOCK | TABLE | QUOTE | PANEL, max_size=4).map(
    lambda blocks: {"type": "doc", "version": 1, "content": blocks}
)


def told(value: dict[str, Any]) -> str:
    """What a document says, white space and the invisible aside."""
    return re.sub(r"[\s\u200b]+", "", adf.text(value))


@given(DOCUMENT)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_a_document_says_the_same_after_it_was_wiki_markup(value: dict[str, Any]) -> None:
    once = wiki(value)
    back = document(once, mention)
    assert told(value) == told(back)
    assert once == wiki(back)
