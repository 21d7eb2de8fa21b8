"""A ticket's text survives wiki markup, and its identity is the same whoever computes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pirsync import draft


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("post-incident review", "post-incident review"),
        ("-gone-", r"\-gone\-"),
        ("a -- b", r"a \-\- b"),
        ("why?", "why?"),
        ("??cited??", r"\?\?cited\?\?"),
        ("{code} [x|y] !z! *b* _e_", r"\{code\} \[x\|y\] \!z! \*b\* \_e\_"),
        ("h1. big", "&#104;1. big"),
        ("bq. cited", "&#98;q. cited"),
        ("the h1. heading", "the h1. heading"),
        ("&lt;b&gt; a & b &#60;", r"&#38;lt;b&#38;gt; a & b &#38;#60;"),
        ("(x) :) (it works)", r"&#40;x) &#58;) (it works)"),
        ("# one #2", r"\# one #2"),
        ("see http://x/a_b-c#d, _so_", r"see http://x/a_b-c#d, \_so\_"),
        ("C:\\dir", "C:&#92;dir"),
        ("\\\\server\\{code}", "&#92;&#92;server&#92;\\{code\\}"),
        ("two\nlines\u0000", "two lines"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    assert draft.escape_markup(text) == escaped


@given(st.text(max_size=400))
def test_a_summary_is_one_short_line(text: str) -> None:
    line = draft.one_line(text, draft.SUMMARY_LENGTH)
    assert len(line) <= draft.SUMMARY_LENGTH
    assert line == " ".join(line.split())


@given(st.text(max_size=40))
def test_a_mark_depends_on_what_people_mean(text: str) -> None:
    told = draft.mark("owner-0001", "10001", text, 0)
    assert draft.mark("owner-0001", "10001", f"  {text} ", 0) == told
    assert draft.mark("owner-0002", "10001", text, 0) != told
    assert draft.mark("owner-0001", "10002", text, 0) != told
    assert draft.mark("owner-0001", "10001", text, 1) != told
    assert draft.mark("owner-0001", "10001", text + "x", 0) != told
