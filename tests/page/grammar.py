"""Storage format as hypothesis strategies: whatever a page may hold, well formed, in every spelling that XML allows."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.page.test_review import HEADERS

ENTITIES = ("&nbsp;", "&mdash;", "&amp;", "&lt;", "&gt;", "&quot;", "&#8364;", "&#x1F600;", "&eacute;", "&#13;")
SPELLINGS = (
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202eabc\u202c",
    "\U0001f469\u200d\U0001f4bb\U0001f1ea\U0001f1fa",
    "e\u0301\ufeff\u00a0\u2028",
    "one\r\ntwo\rthree\tfour",
    "]] > ]] {{ x }} {% y %}",
    "<!-- </td></tr> <td> -->",
    "<?pi </table>?>",
    "<![CDATA[</td><td> & <b>]]>",
    "<![CDATA[a ]]]]><![CDATA[> b]]>",
    "<![CDATA[]]>",
)
_WORDS = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"], exclude_characters="<>&\ufffe\uffff"))
TEXT = st.one_of(
    st.sampled_from(SPELLINGS), st.sampled_from(ENTITIES), st.just("some words "), _WORDS.map(lambda w: w[:12])
)
BLANKS = st.sampled_from(("", " ", "\r\n\t", "\n"))


def element(name: str, inner: str = "", **attributes: str) -> str:
    """An element; of an attribute's name, `__` stands for the colon."""
    told = "".join(f' {key.replace("__", ":")}="{value}"' for key, value in attributes.items())
    return f"<{name}{told}>{inner}</{name}>"


def macro(name: str, inner: str = "", **parameters: str) -> str:
    """A macro with its parameters."""
    told = "".join(element("ac:parameter", value, ac__name=key) for key, value in parameters.items())
    return element("ac:structured-macro", told + inner, ac__name=name)


ATTRIBUTES = st.sampled_from(
    ("", ' class="x > y"', " title='a \"b\" > c'", "\n  data-a = \"1\"\tdata-b='&quot;'", ' style="/"', " a='/' ")
)
EMPTY = st.sampled_from(
    (
        "<br/>",
        "<hr />",
        "<p></p>",
        '<time datetime="2026-12-01" />',
        '<ac:emoticon ac:name="smile" ac:emoji-fallback="\U0001f600"/>',
        "<ac:link><ri:user ri:account-id='5b1:c' /></ac:link>",
        '<ac:image><ri:attachment ri:filename="a &gt; b.png"/></ac:image>',
        macro("status", title="DONE", colour="Green"),
        macro("jira", key="ACT-7"),
        macro("code", "<ac:plain-text-body><![CDATA[</td> ]]]]><![CDATA[> <td>]]></ac:plain-text-body>"),
    )
)
_MARKS = st.sampled_from(("strong", "em", "code", "u", "span", "sub"))
_HEADS = st.sampled_from(("p", "h1", "h2", "h6", "blockquote", "pre", "div"))


def _written(name: str, attributes: str, inner: str) -> str:
    return f"<{name}{attributes}>{inner}</{name}>"


MARKED = st.builds(_written, _MARKS, ATTRIBUTES, TEXT) | st.builds(
    lambda words: element("ac:inline-comment-marker", words, ac__ref="7-a"), TEXT
)
INLINE = st.lists(st.one_of(TEXT, TEXT, EMPTY, MARKED), max_size=3).map("".join)
PLAIN = st.builds(_written, _HEADS, ATTRIBUTES, INLINE)
TASKS = st.builds(
    lambda words: element(
        "ac:task-list",
        element("ac:task", element("ac:task-id", "1") + "<ac:task-status>complete</ac:task-status>"
                + element("ac:task-body", words)),
    ),
    INLINE,
)  # fmt: skip
LEAF = st.one_of(PLAIN, PLAIN, TEXT, EMPTY, TASKS)
SPANS = st.sampled_from(("", "", ' colspan="2"', " rowspan='3'", ' colspan="2" rowspan="2"'))


def _rows(cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    full = st.builds(_written, st.sampled_from(("td", "td", "th")), SPANS, cells)
    empty = st.sampled_from(("<td/>", '<td class="a/" />', "<th\t/>", "<td></td>"))
    row = st.lists(full | empty, min_size=1, max_size=3).map("".join)
    return st.builds(
        lambda attributes, inner, blank: _written("tr", attributes, inner) + blank, ATTRIBUTES, row, BLANKS
    )


def tables(cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Tables whose cells hold what the strategy gives, with and without a head and a body of their own."""
    rows = st.lists(_rows(cells), min_size=1, max_size=3).map("".join)
    bodied = st.builds(lambda blank, inner: f"{blank}<colgroup><col /></colgroup><tbody>{inner}</tbody>", BLANKS, rows)
    return st.builds(_written, st.just("table"), ATTRIBUTES, rows | bodied)


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=3).map("".join)
    return st.one_of(
        tables(several),
        several.map(lambda s: macro("panel", element("ac:rich-text-body", s), title="a &amp; b")),
        several.map(lambda s: macro("details", element("ac:rich-text-body", s), id="own")),
        several.map(
            lambda s: element(
                "ac:layout", element("ac:layout-section", element("ac:layout-cell", s), ac__type="single")
            )
        ),
        several.map(lambda s: f"<ul><li>{s}</li>\r\n<li/></ul>"),
    )


BLOCKS = st.recursive(LEAF, _deeper, max_leaves=8)
CONTENTS = st.lists(LEAF, max_size=3).map("".join)
"""What may be written into a cell."""


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A page with a table of people, and an action table in any order, with columns of people."""
    around = st.lists(BLOCKS, max_size=3).map("".join)
    heads = draw(st.permutations([words[0] for words in HEADERS.values()] + ["Mine", "Notes &amp; more"]))
    row = st.lists(st.one_of(CONTENTS, CONTENTS, BLOCKS), min_size=len(heads), max_size=len(heads)).map(
        lambda cells: "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
    )
    head = "<tr>" + "".join(f"<th><p>{words}</p></th>" for words in heads) + "</tr>"
    rows = "".join(draw(st.lists(row, max_size=1)))
    actions = macro(
        "details", element("ac:rich-text-body", f"<table><tbody>{head}{rows}</tbody></table>"), id="pirsync-actions"
    )
    declared = draw(st.sampled_from(("", "", "<?xml version='1.0' encoding=\"ISO-8859-1\"?>\n")))
    return declared + draw(around) + draw(tables(BLOCKS)) + draw(around) + actions + draw(around)


HOSTILE = (
    "</r>", "</r><r>", "<r>", "]]>", "<![CDATA[", "-->", "<!--", "<!-- a -- b -->", "?>", "<?",
    "<?xml version='1.0'?>", "<!DOCTYPE r>",
    '<!DOCTYPE x [<!ENTITY a "b">]>', '<!ENTITY lol "lol">', "%p;", "&lol;", "&#0;", "&#xD800;",
    "&#x110000;", "&", "<", "</", "</td>", "<td>", "</td><td>", "</tr><tr>", "<p", "<p a>", "<p a=b>",
    "<p a='1' a='2'/>", "<p a='<'/>", "\x00", "\x0b", "\ufffe", "\ud800", "<a:b:c/>", "<1/>", "<\U0001f600/>",
)  # fmt: skip
"""Pieces that break a document, or would if they were taken for text."""


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A document with a few hostile pieces put in and a few characters taken out, anywhere."""
    body = draw(documents())
    for _ in range(draw(st.integers(1, 3))):
        at, gone = draw(st.integers(0, len(body))), draw(st.integers(0, 3))
        body = body[:at] + draw(st.sampled_from(HOSTILE)) + body[at + gone :]
    return body
