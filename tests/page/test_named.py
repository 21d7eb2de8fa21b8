"""Which issues a page names on purpose: by macros and addresses of the site, and by nothing else."""

from __future__ import annotations

import pytest

from pirsync.page.named import issues_named
from pirsync.page.scan import BadPage

SITE = "https://jira.example.com/jira"


def link(address: str) -> str:
    return f'<p><a href="{address}">here</a></p>'


def macro(key: str, name: str = "jira") -> str:
    parameter = f'<ac:parameter ac:name="key">{key}</ac:parameter>'
    return f'<ac:structured-macro ac:name="{name}">{parameter}</ac:structured-macro>'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (macro(" OPS-1 "), ("OPS-1",)),
        (macro("OPS-1", "status"), ()),
        (macro("ops-1"), ()),
        (macro(""), ()),
        (link(f"{SITE}/browse/OPS-12"), ("OPS-12",)),
        (link(f" {SITE}/browse/OPS-12/ "), ("OPS-12",)),
        (link(f"{SITE}/browse/XOPS-12"), ("XOPS-12",)),
        (link(f"{SITE}/browse/OPS-12?focusedId=3#c"), ("OPS-12",)),
        (link("https://JIRA.example.com/jira/browse/OPS-12"), ("OPS-12",)),
        (link(f"{SITE}/boards/7?view=list&amp;selectedIssue=OPS-3"), ("OPS-3",)),
        (link(f"{SITE}/boards/7?view=list"), ()),
        (link(f"{SITE}/browse/OPS-12/more"), ()),
        (link("https://jira.example.com/browse/OPS-12"), ()),
        (link("http://jira.example.com/jira/browse/OPS-12"), ()),
        (link("https://other.example.com/jira/browse/OPS-12"), ()),
        (link("https://[broken/jira/browse/OPS-12"), ()),
        ("<p><a>OPS-1</a> OPS-2</p>", ()),
        (macro("OPS-2") + link(f"{SITE}/browse/OPS-1") + macro("OPS-2"), ("OPS-2", "OPS-1")),
    ],
)
def test_issues_are_named_by_macros_and_addresses_of_the_site(body: str, expected: tuple[str, ...]) -> None:
    assert issues_named(body, SITE) == expected
    assert issues_named(body, f"{SITE}/") == expected


def test_a_site_is_below_any_path() -> None:
    assert issues_named(link("https://x.example.com/JX/browse/OPS-1"), "https://x.example.com/JX/") == ("OPS-1",)


def test_a_page_that_is_not_well_formed_is_refused() -> None:
    with pytest.raises(BadPage):
        issues_named("<p>", SITE)
