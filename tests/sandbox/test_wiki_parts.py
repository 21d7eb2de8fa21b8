"""What hangs on a page, in process: markers of inline comments, threads, and the versions of files."""

from __future__ import annotations

import pytest

from pirsync.sandbox.people import PEOPLE
from pirsync.sandbox.wiki import Conflict, Page, Refused, create_page, create_space, update_page
from pirsync.sandbox.wiki.attachments import (
    NameTaken,
    Upload,
    attach,
    attachment_named,
    delete_file_version,
    trash_attachment,
    upload_again,
)
from pirsync.sandbox.wiki.comments import (
    add_comment,
    comments_of,
    delete_comment,
    find_comment,
    reopen,
    replies,
    reply,
    resolution,
    resolve,
    update_comment,
)
from pirsync.sandbox.wiki.markers import mark
from pirsync.sandbox.world import World

ANA, BISI = PEOPLE[1], PEOPLE[2]


def page_with(body: str) -> tuple[World, Page]:
    world = World("cloud")
    space = create_space(world, ANA, "OPS", "Operations")
    return world, create_page(world, ANA, space, None, "Page", body)


@pytest.mark.parametrize(
    ("body", "selection", "index", "marked"),
    [
        ("<p>one two one</p>", "one", 1, "<p>one two {one}</p>"),
        ("<p>a &amp; b</p>", "a & b", 0, "<p>{a &amp; b}</p>"),
        ("<p>due&nbsp;date</p>", "due date", 0, "<p>{due&nbsp;date}</p>"),
        ("<p>a <strong>bold</strong> word</p>", "bold word", 0, "<p>a <strong>{bold}</strong>{ word}</p>"),
        ("<p>x<em>y</em>z</p>", "xyz", 0, "<p>{x}<em>{y}</em>{z}</p>"),
    ],
)
def test_a_selection_is_wrapped_where_it_stands(body: str, selection: str, index: int, marked: str) -> None:
    world, page = page_with(body)
    count = 2 if index else 1
    anchor = mark(world, page, selection, count, index)
    opened = f'<ac:inline-comment-marker ac:ref="{anchor.ref}">'
    expected = marked.replace("{", opened).replace("}", "</ac:inline-comment-marker>")
    assert (page.current.body, page.current.number) == (expected, 1)


@pytest.mark.parametrize(
    ("selection", "count", "index"),
    [("one", 1, 0), ("one", 2, 2), ("absent", 1, 0), (" ", 1, 0), ("onetwo", 1, 0), ("Green", 1, 0)],
)
def test_a_selection_that_is_not_there_so_often_is_refused(selection: str, count: int, index: int) -> None:
    macro = '<ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter>'
    world, page = page_with(f"<p>one</p><p>two</p><p>one</p><p>{macro}</ac:structured-macro></p>")
    before = page.current.body
    with pytest.raises(Refused):
        mark(world, page, selection, count, index)
    assert page.current.body == before


def test_an_inline_comment_dangles_once_its_marker_is_gone_and_a_resolved_one_does_not() -> None:
    world, page = page_with("<p>one two</p>")
    first = add_comment(world, ANA, page, "<p>why?</p>", mark(world, page, "one", 1, 0))
    second = add_comment(world, ANA, page, "<p>how?</p>", mark(world, page, "two", 1, 0))
    resolve(world, BISI, second)
    assert [resolution(world, each) for each in (first, second)] == ["open", "resolved"]
    update_page(world, ANA, page, page.title, "<p>rewritten</p>", 2, "")
    assert [resolution(world, each) for each in (first, second)] == ["dangling", "resolved"]


def test_a_resolved_thread_is_reopened_and_says_who_did_it() -> None:
    world, page = page_with("<p>one</p>")
    comment = add_comment(world, ANA, page, "<p>why?</p>", mark(world, page, "one", 1, 0))
    reopen(world, BISI, comment)
    assert (resolution(world, comment), comment.state_by) == ("open", None)
    resolve(world, ANA, comment)
    reopen(world, BISI, comment)
    assert (resolution(world, comment), comment.state_by) == ("reopened", BISI)


def test_the_replies_of_a_deleted_comment_move_up() -> None:
    world, page = page_with("<p>one</p>")
    top = add_comment(world, ANA, page, "<p>1</p>")
    middle = reply(world, BISI, top, "<p>2</p>")
    last = reply(world, ANA, middle, "<p>3</p>")
    delete_comment(world, middle)
    assert (find_comment(world, middle.id), list(replies(world, top))) == (None, [last])
    delete_comment(world, top)
    assert list(comments_of(page)) == [last]


def test_a_comment_is_saved_only_as_its_next_version() -> None:
    world, page = page_with("<p>one</p>")
    comment = add_comment(world, ANA, page, "<p><b>1</b></p>")
    update_comment(world, ANA, comment, "<p>2</p>", 2, "better")
    with pytest.raises(Conflict):
        update_comment(world, ANA, comment, "<p>3</p>", 2, "")
    assert [version.body for version in comment.versions] == ["<p><strong>1</strong></p>", "<p>2</p>"]


def test_a_name_is_taken_until_its_attachment_is_trashed() -> None:
    world, page = page_with("<p>one</p>")
    first = attach(world, ANA, page, Upload("C:\\logs\\a.txt", "", b"1"))
    with pytest.raises(NameTaken):
        attach(world, ANA, page, Upload("a.txt", "", b"2"))
    trash_attachment(first)
    second = attach(world, ANA, page, Upload("a.txt", "", b"3"))
    assert attachment_named(page, "a.txt") is second
    assert first.current.media_type == "text/plain"


def test_versions_of_a_file_are_positions() -> None:
    world, page = page_with("<p>one</p>")
    file = attach(world, ANA, page, Upload("a.bin", "application/x-a", b"1"))
    for data in (b"2", b"3"):
        upload_again(world, BISI, file, Upload("other.bin", "", data))
    delete_file_version(file, 2)
    assert [(each.number, each.data) for each in file.versions] == [(1, b"1"), (2, b"3")]
    assert file.name == "a.bin"
    delete_file_version(file, 1)
    with pytest.raises(Refused):
        delete_file_version(file, 1)
