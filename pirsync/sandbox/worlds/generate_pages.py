"""Generated pages: a tree in each of several spaces, with versions by several people, labels, and some put away."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from random import Random
from typing import TYPE_CHECKING

from pirsync.sandbox import wiki
from pirsync.sandbox.wiki import restrictions as wiki_restrictions

from . import generate_words as words

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.wiki import Page, Space
    from pirsync.sandbox.world import World

_SPACES = (("PAY", "Payments"), ("PLAT", "Platform"), ("SUP", "Support"))
_DEEPEST = 5
_ARCHIVED, _TRASHED, _RESTRICTED = 0.02, 0.01, 0.01


def make_pages(world: World, chance: Random, count: int, span: tuple[datetime, datetime]) -> None:
    """So many pages, and three more spaces when there are any; nothing happens after the span's end."""
    begin, end = span
    if not count:
        return
    people = [user for user in world.people.all() if user.active and not user.service]
    spaces = [world.wiki.spaces[number] for number in list(world.wiki.spaces)]
    spaces += [wiki.create_space(world, people[0], key, name) for key, name in _SPACES]
    trees = {space.id: [(world.wiki.pages[space.homepage_id], 0)] for space in spaces}
    seconds = int((end - begin).total_seconds()) - 3600
    moments = sorted(begin + timedelta(seconds=chance.randrange(seconds)) for _ in range(count))
    for number, moment in enumerate(moments, 1):
        world.clock.set(moment)
        space = chance.choice(spaces)
        page = _create(world, chance, people, space, trees[space.id], number)
        _grow(world, chance, people, page, end)
        _put_away(world, chance, page, trees[space.id])


def _create(
    world: World, chance: Random, people: list[User], space: Space, tree: list[tuple[Page, int]], number: int
) -> Page:
    parent, depth = tree[0] if chance.random() < 0.05 else chance.choice(tree)
    title = f"{words.topic(chance)} {world.clock.now():%Y-%m-%d} #{number}"
    page = wiki.create_page(world, chance.choice(people), space, parent, title, _body(world, chance, people))
    if depth < _DEEPEST:
        tree.append((page, depth + 1))
    wiki.add_labels(world, page, chance.sample(words.PAGE_LABELS, chance.choices((0, 1, 2, 3), (4, 4, 2, 1))[0]))
    return page


def _grow(world: World, chance: Random, people: list[User], page: Page, end: datetime) -> None:
    for _ in range(chance.choices((0, 1, 2, 5), (12, 4, 2, 1))[0]):
        moment = world.clock.now() + timedelta(hours=chance.expovariate(1 / 200), seconds=1)
        if moment >= end:
            return
        world.clock.set(moment)
        body = f"{page.current.body}<p>{words.sentences(chance, 1, 2)}</p>"
        number, message = page.current.number + 1, chance.choice(("", "", "typo", "after the review"))
        wiki.update_page(world, chance.choice(people), page, page.title, body, number, message)


def _put_away(world: World, chance: Random, page: Page, tree: list[tuple[Page, int]]) -> None:
    roll = chance.random()
    if roll < _ARCHIVED + _TRASHED:
        wiki.set_status(world, page, "archived" if roll < _ARCHIVED else "trashed")
        tree[:] = [each for each in tree if each[0] is not page]
    elif roll < _ARCHIVED + _TRASHED + _RESTRICTED and page.current.author is not None:
        author = page.current.author
        wiki_restrictions.restrict(world, author, page, {"read": {author.account_id}})


def _body(world: World, chance: Random, people: list[User]) -> str:
    who = chance.choice(people)
    attribute, ref = ("ri:account-id", who.account_id) if world.is_cloud else ("ri:userkey", who.user_key)
    mention = f'<ac:link><ri:user {attribute}="{ref}" /></ac:link>'
    rows = "".join(
        f"<tr><td>{chance.choice(words.SERVICES)}</td><td>{escape(words.work(chance))}</td></tr>"
        for _ in range(chance.randint(1, 3))
    )
    parts = [
        f"<p>{words.sentences(chance, 2, 4)}</p>",
        f"<h2>Who to ask</h2><p>{mention}, {chance.choice(words.TEAMS)}</p>",
        f"<table><tbody><tr><th>Service</th><th>Work</th></tr>{rows}</tbody></table>",
        f"<ul><li>{words.sentences(chance, 1, 1)}</li><li>{words.sentences(chance, 1, 1)}</li></ul>",
    ]
    if chance.random() < 0.3:
        parts.append(
            '<ac:structured-macro ac:name="status" ac:schema-version="1"><ac:parameter ac:name="title">'
            f"{chance.choice(('DRAFT', 'REVIEWED', 'OLD'))}</ac:parameter></ac:structured-macro>"
        )
    if chance.random() < 0.2:
        parts.append(
            '<ac:structured-macro ac:name="info" ac:schema-version="1"><ac:rich-text-body>'
            f"<p>{words.sentences(chance, 1, 2)}</p></ac:rich-text-body></ac:structured-macro>"
        )
    return "".join(parts)
