"""What is written into a cell, character by character: whatever the words are, they stay words."""

from __future__ import annotations

from datetime import date

import pytest

from pirsync.page import cells, escape
from pirsync.page_model import Lozenge, Mention

MARKUP = "<b> & \"q\" 'r' ]]>"


def test_words_are_escaped_and_blank_ones_make_an_empty_cell() -> None:
    assert cells.words(MARKUP) == "<p>&lt;b&gt; &amp; \"q\" 'r' ]]&gt;</p>"
    assert [cells.words(""), cells.words(" \n"), cells.empty()] == ["<p></p>"] * 3


def test_a_prompt_is_a_placeholder() -> None:
    assert cells.prompt("<who>") == "<p><ac:placeholder>&lt;who&gt;</ac:placeholder></p>"


def test_a_date_is_the_editors_own() -> None:
    assert cells.day(date(2026, 4, 1)) == '<p><time datetime="2026-04-01" /></p>'


def test_a_link_leads_only_to_a_safe_address() -> None:
    assert cells.link("a<b", 'https://x.example/?a="&b') == (
        '<p><a href="https://x.example/?a=&quot;&amp;b">a&lt;b</a></p>'
    )
    assert cells.link("a<b", "javascript:alert(1)") == "<p>a&lt;b</p>"


def test_a_ticket_is_a_smart_link_on_cloud_and_a_plain_one_on_data_center() -> None:
    url = "https://jira.example.com/browse/ACT-1?a=1&b"
    escaped = url.replace("&", "&amp;")
    smart = f'<p><a href="{escaped}" data-card-appearance="inline">{escaped}</a></p>'
    assert cells.ticket("ACT-1", url, "cloud") == smart
    assert cells.ticket("ACT-1", url, "datacenter") == f'<p><a href="{escaped}">ACT-1</a></p>'


def test_a_person_is_mentioned_by_what_the_product_knows() -> None:
    ref = Mention(ref='a"b')
    cloud = '<ac:link><ri:user ri:account-id="a&quot;b" /></ac:link>'
    assert (cells.user(ref, "cloud"), cells.mention(ref, "cloud")) == (cloud, f"<p>{cloud}</p>")
    assert cells.mention(ref, "datacenter") == f"<p>{cloud.replace('account-id', 'userkey')}</p>"


def test_a_lozenge_has_its_colour_its_words_and_what_explains_it() -> None:
    shown = Lozenge(text="A & B", colour="Red")
    macro = (
        '<ac:structured-macro ac:name="status" ac:schema-version="1">'
        '<ac:parameter ac:name="colour">Red</ac:parameter>'
        '<ac:parameter ac:name="title">A &amp; B</ac:parameter></ac:structured-macro>'
    )
    assert cells.status(shown) == macro
    assert cells.lozenge(shown) == f"<p>{macro}</p>"
    assert cells.lozenge(shown, ": <why>") == f"<p>{macro}: &lt;why&gt;</p>"


def test_what_xml_cannot_say_is_left_out() -> None:
    raw = "a\x00\x08\x0b\x0c\x1f\ud800\udfff\ufffe\uffffb\t\n\r \ud7ff\ue000\ufffd\U0001f600\U0010ffff"
    assert escape.printable(raw) == "ab\t\n\r \ud7ff\ue000\ufffd\U0001f600\U0010ffff"
    assert escape.text("<\x00>") == "&lt;&gt;"
    assert escape.cdata("a\x00") == "<![CDATA[a]]>"


def test_an_attribute_keeps_its_blanks() -> None:
    assert escape.attribute("<\"\n\t\r'>&") == "&lt;&quot;&#10;&#9;&#13;'&gt;&amp;"


def test_a_cdata_section_cannot_be_closed_from_inside() -> None:
    assert escape.cdata("x]]>y]]>") == "<![CDATA[x]]]]><![CDATA[>y]]]]><![CDATA[>]]>"


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://x.example/a", "https://x.example/a"),
        (" HTTP://x.example\n", "HTTP://x.example"),
        ("mailto:ana@x.example", "mailto:ana@x.example"),
        ("MAILTO:ana@x.example", "MAILTO:ana@x.example"),
        ("mailto:", None),
        ("https:", None),
        ("https:///a", None),
        ("//x.example/a", None),
        ("/a", None),
        ("", None),
        ("ftp://x.example/a", None),
        ("javascript:alert(1)", None),
        ("java\x00script:alert(1)", None),
        ("javascript://x.example/%0aalert(1)", None),
        ("data:text/html,x", None),
        ("https://[x", None),
    ],
)
def test_only_web_and_mail_addresses_are_safe(url: str, safe: str | None) -> None:
    assert escape.safe_url(url) == safe
