"""A body's `view`: what programs that read pages look for is there, and nothing of the sandbox's own page."""

from __future__ import annotations

import pytest

from pirsync.sandbox import wiki
from pirsync.sandbox.confluence.bodies import represented
from pirsync.sandbox.people import User
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds import seed


@pytest.fixture(scope="module")
def world() -> World:
    made = World("cloud")
    seed.seed(made)
    return made


def ana(world: World) -> User:
    found = world.people.find("aruiz")
    assert found is not None
    return found


def shown(world: World, body: str) -> str:
    page = next(one for one in world.wiki.pages.values() if one.title == "On call")
    return represented(world, ana(world), page, body, "view")


def macro(name: str, inner: str = "", **parameters: str) -> str:
    told = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    return f'<ac:structured-macro ac:name="{name}">{told}{inner}</ac:structured-macro>'


def test_a_table_bears_confluence_s_class_names_and_its_colours(world: World) -> None:
    body = '<table><tr><th>A</th><td data-highlight-colour="#fff">b</td></tr></table>'
    cells = '<th class="confluenceTh">A</th><td class="confluenceTd" style="background-color: #fff">b</td>'
    table = f'<table class="confluenceTable"><tr>{cells}</tr></table>'
    assert shown(world, body) == f'<div class="table-wrap">{table}</div>'


def test_code_tells_its_language(world: World) -> None:
    text = "<ac:plain-text-body><![CDATA[a < b]]></ac:plain-text-body>"
    html = shown(world, macro("code", text, language="bash"))
    assert 'data-syntaxhighlighter-params="brush: bash; gutter: false; theme: Confluence">a &lt; b</pre>' in html
    assert 'data-macro-name="code"' in html


def test_an_issue_is_told_with_its_key_and_whole_address(world: World) -> None:
    html = shown(world, f"<p>{macro('jira', key='OPS-2')}</p>")
    assert 'data-jira-key="OPS-2"' in html
    assert f'<a href="{world.base_url}/browse/OPS-2" class="jira-issue-key">OPS-2</a>' in html


def test_a_mention_a_page_and_a_missing_page_are_told_apart(world: World) -> None:
    user = f'<ac:link><ri:user ri:account-id="{ana(world).account_id}" /></ac:link>'
    there, missing = (f'<ac:link><ri:page ri:content-title="{name}" /></ac:link>' for name in ("Operations", "Nowhere"))
    html = shown(world, f"<p>{user}{there}{missing}</p>")
    operations = next(one for one in world.wiki.pages.values() if one.title == "Operations")
    assert f'user-mention" data-account-id="{ana(world).account_id}" href="#">Ana Ruiz</a>' in html
    assert f'data-linked-resource-id="{operations.id}" data-linked-resource-type="page">Operations</a>' in html
    assert '<a class="createlink" href="#">Nowhere</a>' in html


def test_notices_tasks_and_statuses_bear_their_names(world: World) -> None:
    rich = "<ac:rich-text-body><p>x</p></ac:rich-text-body>"
    note = '<div class="confluence-information-macro confluence-information-macro-note conf-macro output-block"'
    assert shown(world, macro("note", rich)).startswith(f'{note} data-hasbody="true" data-macro-name="note">')
    status = "<ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>call</ac:task-body>"
    tasks = f"<ac:task-list><ac:task>{status}</ac:task></ac:task-list>"
    item = '<li class="checked" data-inline-task-id="7"><span>call</span></li>'
    assert shown(world, tasks) == f'<ul class="inline-task-list">{item}</ul>'
    assert "aui-lozenge-success" in shown(world, macro("status", title="Done", colour="Green"))


def test_every_seeded_page_is_shown_without_the_sandbox_s_own_marks(world: World) -> None:
    pages: list[wiki.Page] = list(world.wiki.pages.values())
    for page in pages:
        html = represented(world, ana(world), page, page.current.body, "view")
        assert "tabindex" not in html
        assert "--text" not in html
    assert pages
