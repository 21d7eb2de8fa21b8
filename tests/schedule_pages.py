"""What people do in a schedule to a page as a whole: they put it away, move, copy, restrict and damage it, and publish
what their editors still hold. At peace all of it is undone."""

from __future__ import annotations

import random
from contextlib import suppress

from pirsync.names import INDEX_LABEL, PAGE_LABEL
from pirsync.sandbox import wiki
from pirsync.sandbox.people import SERVICE
from pirsync.sandbox.wiki import tree
from pirsync.sandbox.wiki.restrictions import OPERATIONS, Operation, allow, disallow, restricted
from tests.place import person
from tests.schedule_people import PEOPLE, Stage

HEADER, DAMAGED = "<p>Action item</p>", "<p>What for</p>"
"""What the column of the actions is called; by another name the table is none of ours any more."""


def mended(body: str) -> str:
    """A body with its action table as it was."""
    return body.replace(DAMAGED, HEADER)


def is_away(page: wiki.Page) -> bool:
    """Whether our account does not see the page where it was."""
    return page.status != "current" or page.restricted_to is not None


def is_barred(stage: Stage) -> bool:
    """Whether our account may not write on some page, which no dry run can tell."""
    return any(page.editors is not None for page in stage.place.sandbox.wiki.pages.values())


def bring_back(stage: Stage) -> None:
    """Undo what people did to pages as a whole."""
    sandbox = stage.place.sandbox
    for page in sandbox.wiki.pages.values():
        wiki.set_status(sandbox, page, "current")
        for name in PEOPLE:
            for operation in OPERATIONS:
                disallow(sandbox, page, operation, person(sandbox, name).account_id)
        if page.versions[0].author == SERVICE and (body := mended(page.current.body)) != page.current.body:
            stage.place.save(page, body)


def _put_away(stage: Stage, chance: random.Random) -> None:
    """A page is archived or trashed, or brought back."""
    if (key := stage.incident(chance)) is not None:
        page = stage.place.page(key)
        away: tuple[wiki.Status, ...] = ("archived", "trashed")
        wiki.set_status(stage.place.sandbox, page, chance.choice(away) if page.status == "current" else "current")
        stage.only_sweeps_see.add("that a page is back")


def _hide(stage: Stage, chance: random.Random) -> None:
    """A page is hidden from our account, or shown again."""
    if _restrict(stage, chance, "read"):
        stage.only_sweeps_see.add("that a page is back")


def _bar(stage: Stage, chance: random.Random) -> None:
    """Our account may not edit a page, or may again."""
    _restrict(stage, chance, "update")


def _restrict(stage: Stage, chance: random.Random, operation: Operation) -> bool:
    """One of the people alone may do it at a page, or everybody again; whether there is a page."""
    if (key := stage.incident(chance)) is None:
        return False
    page, somebody = stage.place.page(key), stage.somebody(chance).account_id
    named = restricted(page, operation)
    if named is None:
        allow(stage.place.sandbox, page, operation, somebody)
    for one in sorted(named or ()):
        disallow(stage.place.sandbox, page, operation, one)
    return True


def _move(stage: Stage, chance: random.Random) -> None:
    """A page is moved below another, in its space or not; elsewhere no poll of a Data Center sees it."""
    if (key := stage.incident(chance)) is None:
        return
    pages = sorted(stage.place.sandbox.wiki.pages.values(), key=lambda page: page.id)
    others = [page for page in pages if page.status == "current" and not {PAGE_LABEL, INDEX_LABEL} & {*page.labels}]
    with suppress(wiki.Refused, wiki.TitleTaken):
        tree.move_page(stage.place.sandbox, stage.place.page(key), chance.choice(others))
        stage.only_sweeps_see.add("what people write on a page in another space")


def _copy(stage: Stage, chance: random.Random) -> None:
    """A page is copied, with its property or label or without."""
    if (key := stage.incident(chance)) is None:
        return
    page, sandbox = stage.place.page(key), stage.place.sandbox
    along = tree.Copied(properties=chance.random() < 0.7, labels=chance.random() < 0.7)
    title = f"Copy {chance.randrange(1000)} of {page.title}"
    with suppress(wiki.Refused, wiki.TitleTaken):
        tree.copy_page(sandbox, stage.somebody(chance), page, wiki.space_of(sandbox, page), None, title, along)


def _damage(stage: Stage, chance: random.Random) -> None:
    """The column of the actions gets another name, or its own again."""
    if (key := stage.incident(chance)) is not None:
        with stage.at_page(key) as page:
            body = page.current.body
            stage.place.save(page, mended(body) if DAMAGED in body else body.replace(HEADER, DAMAGED))


def _open_draft(stage: Stage, chance: random.Random) -> None:
    """Somebody opens a page in an editor, which holds what it says now."""
    if (key := stage.incident(chance)) is not None:
        stage.drafts[key] = stage.body(key)


def _publish_draft(stage: Stage, chance: random.Random) -> None:
    """What an editor holds is published over all that was written since. From then on anything may be an edit there."""
    if stage.drafts:
        key = chance.choice(sorted(stage.drafts))
        stage.drafted.add(key)
        with stage.at_page(key) as page:
            stage.place.save(page, f"{stage.drafts.pop(key)}<p>Draft {chance.randrange(1000)}</p>")


PAGE_DEEDS = {
    "put-away": _put_away,
    "hide": _hide,
    "bar": _bar,
    "move": _move,
    "copy": _copy,
    "damage": _damage,
    "open-draft": _open_draft,
    "publish-draft": _publish_draft,
}
