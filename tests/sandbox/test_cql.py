"""CQL finds what the query means in the index as it is, and refuses what it cannot read."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest

from pirsync.sandbox.cql.people import search_people
from pirsync.sandbox.cql.search import BadQuery, Context, matching, search
from pirsync.sandbox.cql.text import text_of
from pirsync.sandbox.people import SERVICE, User
from pirsync.sandbox.wiki import (
    Kind,
    Page,
    add_labels,
    ancestors,
    create_page,
    remove_label,
    set_status,
    space_of,
    update_page,
)
from pirsync.sandbox.wiki.index import note
from pirsync.sandbox.wiki.restrictions import restrict
from pirsync.sandbox.wiki.tree import move_page
from pirsync.sandbox.wiki.versions import purge
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.wiki_seed import REVIEWS, seed
from tests.sandbox.wiki_client import page_titled, space

LABELS = ("red", "green", "blue")
START = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    made = World("cloud")
    made.clock.set(START)
    seed(made)
    parent = page_titled(made)
    for number in (1, 2):
        made.clock.set(datetime(2026, 3, 2 + number, 12, 0, 30, tzinfo=UTC))
        page = create_page(
            made, SERVICE, space(made), parent, f'INC-{number}: "late" mail & more', "<p>Queue stuck</p>"
        )
        add_labels(made, page, ["pir", f"team{number}"])
    made.clock.set(datetime(2026, 3, 4, 12, 10, 30, tzinfo=UTC))
    return made


def _titles(world: World, query: str, actor: User | None = SERVICE) -> list[str]:
    return [found.title[:5] for found in search(world, actor, query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("label = pir", ["INC-1", "INC-2"]),
        ('label = "pir" AND label != team1', ["INC-2"]),
        ("label in (team1, 'runbook')", ["Runbo", "INC-1"]),
        ("label not in (pir) and space = OPS order by title desc", ["Runbo", "Post-", "Opera", "On ca"]),
        ("space.key = sec", ["Secur"]),
        ("type = page and not space = OPS", ["Secur"]),
        ("type = blogpost", []),
        ("type in (blogpost, page) and title ~ 'call'", ["On ca"]),
        (f'title = "{REVIEWS}"', ["Post-"]),
        (f'title = "{REVIEWS.lower()}"', []),
        ('title = "INC-1: \\"late\\" mail & more"', ["INC-1"]),
        ('title ~ "MAIL late"', ["INC-1", "INC-2"]),
        ('title ~ "run*"', ["Runbo"]),
        ('title ~ "run"', []),
        ('text ~ "stuck"', ["INC-1", "INC-2"]),
        ('label = pir and (label = team2 or title ~ "1")', ["INC-1", "INC-2"]),
        ("label = team1 or label = team2 and label = runbook", ["INC-1"]),
        ('lastmodified >= "2026-03-04 12:00"', ["INC-2"]),
        ('lastmodified > "2026-03-04 12:00"', []),
        ('created < "2026/03/04" and label = pir', ["INC-1"]),
        ('lastmodified > now("-15m")', ["INC-2"]),
        ('lastmodified > now("-5m")', []),
        ("lastmodified > now()", []),
        ("label = pir order by lastmodified desc, title", ["INC-2", "INC-1"]),
        ("label = pir and creator = currentUser()", ["INC-1", "INC-2"]),
        ("label = pir and creator != currentUser()", []),
        ("label = pir and created >= startOfDay()", ["INC-2"]),
        ('label = pir and created <= endOfDay("-1d")', ["INC-1"]),
        ('label = pir and created >= startOfMonth("-1M") and created < startOfMonth("+1M")', ["INC-1", "INC-2"]),
        ('label = pir and created = "2026-03-04"', ["INC-2"]),
        ('label = pir and created != "2026-03-04"', ["INC-1"]),
        ('siteSearch ~ "queue stuck"', ["INC-1", "INC-2"]),
        ('text ~ "\\"stuck queue\\""', []),
        ('text ~ "st?ck"', ["INC-1", "INC-2"]),
        ('space.title ~ "secur*"', ["Secur"]),
        ("space.type = personal", []),
        ("macro = details", []),
        ("title in ('On call', 'Operations') order by id desc", ["On ca", "Opera"]),
    ],
)
def test_what_a_query_finds(world: World, query: str, expected: list[str]) -> None:
    assert _titles(world, query) == expected


def test_pages_are_found_by_their_place(world: World) -> None:
    parent = page_titled(world)
    home = space(world).homepage_id
    assert _titles(world, f"parent = {parent.id}") == ["INC-1", "INC-2"]
    assert _titles(world, f"ancestor = {home} and label = pir") == ["INC-1", "INC-2"]
    assert _titles(world, f"parent = {home} and label = pir") == []
    assert _titles(world, f"id in ({parent.id}, {home})") == ["Opera", "Post-"]
    assert _titles(world, f'id = "{parent.id}"') == ["Post-"]


def test_dates_are_in_the_zone_of_the_person_who_asks(world: World) -> None:
    tokyo = world.people.find("fnakamura")
    query = 'label = pir and lastmodified >= "2026-03-04 21:00"'
    assert (_titles(world, query, tokyo), _titles(world, query)) == (["INC-2"], [])


def test_the_index_lags_behind_titles_labels_and_new_pages(world: World) -> None:
    page = page_titled(world, 'INC-1: "late" mail & more')
    world.faults.lag = 60
    update_page(world, SERVICE, page, "Renamed", "<p>x</p>", 2, "")
    add_labels(world, page, ["fresh"])
    create_page(world, SERVICE, space(world), None, "Brand new", "<p/>")
    assert _titles(world, 'label = fresh or title ~ "Renamed" or title ~ "brand"') == []
    assert _titles(world, 'title ~ "INC-1"') == ["INC-1"]
    world.clock.advance(61)
    assert _titles(world, 'label = fresh or title ~ "Renamed" or title ~ "brand"') == ["Renam", "Brand"]
    assert _titles(world, 'title ~ "INC-1"') == []


def test_hidden_trashed_and_archived_pages_are_not_found(world: World) -> None:
    first, second = (page_titled(world, f'INC-{number}: "late" mail & more') for number in (1, 2))
    first.restricted_to = set()
    note(world.wiki, first)
    set_status(world, second, "archived")
    assert _titles(world, "label = pir") == []
    assert _titles(world, "type = page", actor=None) == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "label",
        "label =",
        'label = "open',
        "label = a b",
        "label ~ pir",
        "nosuch = 1",
        "id = abc",
        "title > a",
        "lastmodified > yesterday",
        'lastmodified > "2026-13-01"',
        'lastmodified > now("5 minutes")',
        "label = now()",
        "label in ()",
        "(label = a",
        "label = a and",
        "order by nosuch",
        "label = a order title",
        'title = "a" "b"',
        "type = page; drop",
        "type = nonsense",
        "creator ~ ana",
        "created > currentUser()",
        "space = currentUser()",
        "created > startOfDay(soon)",
        "created > startOfDecade()",
        "user.fullname ~ ana",
        'content.property[a].b = "c"',
    ],
)
def test_a_malformed_query_is_refused(world: World, query: str) -> None:
    with pytest.raises(BadQuery):
        search(world, SERVICE, query)


def test_mentions_and_contributors_are_found_by_account(world: World) -> None:
    page, ana = page_titled(world, 'INC-1: "late" mail & more'), world.people.find("aruiz")
    assert ana is not None
    body = f'<p><ac:link><ri:user ri:account-id="{ana.account_id}" /></ac:link></p>'
    update_page(world, ana, page, page.title, body, 2, "")
    for field in ("mention", "contributor"):
        assert _titles(world, f'{field} = "{ana.account_id}" and label = pir') == ["INC-1"]
        assert _titles(world, f"{field} = currentUser() and label = pir", ana) == ["INC-1"]
    assert _titles(world, f"mention in ('{ana.account_id}', x) and label = team1") == ["INC-1"]


def test_the_context_says_which_space_is_the_current_one_and_which_statuses_are_looked_at(world: World) -> None:
    second = page_titled(world, 'INC-2: "late" mail & more')
    set_status(world, second, "archived")
    there = Context(space_key="OPS", statuses=frozenset({"archived"}))
    assert [one.page for one in search(world, SERVICE, "space = currentSpace()", there)] == [second]
    elsewhere = Context(space_key="SEC", statuses=there.statuses)
    assert list(search(world, SERVICE, "space = currentSpace()", elsewhere)) == []


def test_the_text_of_a_kept_body_is_what_its_tags_leave() -> None:
    body = (
        '<h1>A &amp; B</h1><p title="x > y">one<br />two <strong>th</strong>ree</p>'
        "<ac:plain-text-body><![CDATA[<b> & c]]></ac:plain-text-body>"
    )
    assert text_of(body) == "A & B one two three <b> & c "


def test_people_are_found_by_queries_of_their_own(world: World) -> None:
    def names(query: str) -> list[str]:
        return [user.name for user in search_people(world, SERVICE, query)]

    assert names('user.fullname ~ "ana"') == ["aruiz"]
    assert names("user = currentUser()") == [SERVICE.name]
    assert names('type = user and user.fullname ~ "morg*" and not user.fullname ~ "ellis"') == []
    assert names('type = user and user.fullname ~ "morg*"') == ["emorgan"]
    assert "ileaver" not in names("type = user")
    with pytest.raises(BadQuery):
        search_people(world, SERVICE, "type = user and space = OPS")


def change(world: World, chance: Random, page: Page) -> None:
    """One change of a page, of any kind that a search may ask about."""
    match chance.randrange(7):
        case 0:
            number = page.current.number + 1
            update_page(world, SERVICE, page, f"Page {page.id} {number}", page.current.body, number, "")
        case 1:
            add_labels(world, page, [chance.choice(LABELS)])
        case 2 if page.labels:
            remove_label(world, page, page.labels[0])
        case 3:
            set_status(world, page, chance.choice(("current", "current", "archived", "trashed")))
        case 4:
            restrict(world, SERVICE, page, {"read": chance.choice((set(), {SERVICE.account_id}))})
        case 5:
            parent = chance.choice(list(world.wiki.pages.values()))
            if parent is not page and page not in ancestors(world, parent):
                move_page(world, page, parent)
        case 6 if chance.random() < 0.2:
            purge(world, page)


def condition(world: World, chance: Random) -> str:
    """A condition that the index knows, or one that it does not."""
    page = chance.choice(list(world.wiki.pages.values()))
    moment = f'"{page.current.at:%Y-%m-%d %H:%M}"'
    return chance.choice(
        (
            f"label = {chance.choice(LABELS)}",
            f"label in ({LABELS[0]}, {LABELS[1].upper()})",
            f"type {chance.choice(('=', '!='))} {chance.choice(('page', 'blogpost'))}",
            f"space {chance.choice(('=', '!='))} {chance.choice(('OPS', 'dev', 'NONE'))}",
            f"space.type = {chance.choice(('global', 'personal'))}",
            f"title {chance.choice(('=', '!='))} '{page.title}'",
            f"ancestor {chance.choice(('=', '!='))} {page.parent_id or page.id}",
            f"parent = {page.parent_id or page.id}",
            f"id {chance.choice(('in', 'not in'))} ({page.id}, 1)",
            f"{chance.choice(('lastmodified', 'created'))} {chance.choice(('=', '!=', '<', '<=', '>', '>='))} {moment}",
            f'lastmodified {chance.choice(("=", "!=", "<", ">="))} {moment[:11]}"',
            "creator = currentUser()",
            f'text ~ "{chance.choice(("one", "two"))}"',
        )
    )


@pytest.mark.parametrize("number", range(4))
def test_the_index_finds_what_a_look_at_every_page_finds(world: World, number: int) -> None:
    chance, ana = Random(number), world.people.find("aruiz")
    assert ana is not None
    for place in range(60):
        world.clock.advance(chance.choice((0, 30, 50_000)))
        above = chance.choice(list(world.wiki.pages.values()))
        kind: Kind = "blogpost" if place % 9 == 0 else "page"
        where = space_of(world, above)
        body = f"<p>{chance.choice(('one', 'two'))}</p>"
        page = create_page(world, SERVICE, where, None if place % 9 == 0 else above, f"Page {place}", body, kind)
        add_labels(world, page, chance.sample(LABELS, chance.randrange(3)))
    hits = 0
    for _ in range(80):
        world.clock.advance(chance.choice((0, 30, 50_000)))
        change(world, chance, chance.choice(list(world.wiki.pages.values())))
        parts = [condition(world, chance) for _ in range(3)]
        text = chance.choice(("{} and {}", "{} or {}", "not ({} and {})", "{} and not {}", "({} or {}) and {}")).format(
            *parts
        )
        text += chance.choice(("", " order by lastmodified desc", " order by title", " order by created, id desc"))
        context = Context(statuses=frozenset(chance.choice((("current",), ("current", "archived")))))
        for actor in (SERVICE, ana):
            expected = matching(world, actor, text, context)
            assert expected == list(search(world, actor, text, context)), text
            hits += len(expected)
    assert hits > 1000
