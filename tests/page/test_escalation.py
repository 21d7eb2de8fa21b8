"""The page of what a quarter left is read as it was written, and no other page is taken for it."""

from __future__ import annotations

from datetime import date

import pytest

from pirsync.model import Deployment
from pirsync.page import cells
from pirsync.page.escalation import ACKNOWLEDGED, HEADERS, Cover, EscalationPage, counted, new_page, read_page
from pirsync.page.lint import lint
from pirsync.page.read import text_of
from pirsync.page.review import rows_of
from pirsync.page.scan import encode, scan
from pirsync.page_model import Mention
from pirsync.policy.quarter import NOBODY, Leftover, Quarter

Q1 = Quarter(first=date(2026, 1, 1), last=date(2026, 3, 31))
LEE = Mention(ref="lee-1")
LATE = Leftover(
    owner="Ana <Ruiz>",
    action="ACT-7 Fix & test",
    url="https://jira.example.com/browse/ACT-7",
    incident="OPS-1",
    review_url="https://wiki.example.com/1",
    due=date(2026, 3, 20),
    late=13,
    extended="until 2026-05-01: Parts (Hanna, 2026-03-09)",
)
NOBODYS = LATE.model_copy(
    update={"owner": NOBODY, "action": "row 2", "url": "", "due": None, "late": 0, "extended": ""}
)


def cover(leader: Mention | None = LEE, by: str = "by Tuesday", deployment: Deployment = "cloud") -> Cover:
    return Cover(team="ops", quarter=Q1, written=date(2026, 4, 2), leader=leader, by=by, deployment=deployment)


def table(body: str) -> list[list[str]]:
    found = list(scan(encode(body)).within("table"))[-1]
    return [[text_of(cell) for cell in row.elements()] for row in rows_of(found)]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_it_reads_as_it_was_written(deployment: Deployment) -> None:
    body = new_page(cover(deployment=deployment), (NOBODYS, LATE))
    left = "1 unowned, 1 overdue"
    assert read_page(body) == EscalationPage(team="ops", quarter="2026 Q1", left=left, people=(), days=())
    assert body.count(cells.user(LEE, deployment)) == body.count("<ri:user") == 1
    assert table(body) == [
        list(HEADERS),
        ["Nobody", "row 2", "", "", "OPS-1", ""],
        ["Ana <Ruiz>", "ACT-7 Fix & test", "2026-03-20", "13", "OPS-1", "until 2026-05-01: Parts (Hanna, 2026-03-09)"],
    ]
    assert 'href="https://jira.example.com/browse/ACT-7"' in body


def test_above_the_table_stand_the_days_the_leader_and_the_limit() -> None:
    first, second = (text_of(one) for one in list(scan(encode(new_page(cover(), (LATE,)))).within("p"))[:2])
    assert first == (
        "The actions of reviews of ops that were unowned or overdue when 2026 Q1 ended (2026-03-31), and still so on "
        "2026-04-02. pirsync writes this once: what became of an action since then, its ticket says."
    )
    asked = (
        "please see to each of these, and say so beside “Acknowledged by / on”{}: @mention yourself, and type the day."
    )
    assert second.endswith(asked.format(" by Tuesday"))
    nobody = list(scan(encode(new_page(cover(leader=None, by=""), (LATE,)))).within("p"))[1]
    assert text_of(nobody) == asked.format("").capitalize().replace("acknowledged", "Acknowledged")


def test_who_signed_and_on_which_day_is_read() -> None:
    body = new_page(cover(), (LATE,))
    prompt = cells.prompt("@mention yourself, and type // and the day")
    assert body.count(prompt) == 1
    signed = read_page(body.replace(prompt, cells.mention(LEE, "cloud") + cells.day(date(2026, 4, 3))))
    assert signed is not None
    assert (signed.people, signed.days) == ((LEE,), (date(2026, 4, 3),))


def test_where_nothing_was_left_there_is_no_table_and_nobody_is_asked() -> None:
    body = new_page(cover(), ())
    found = read_page(body)
    assert found is not None
    assert (found.left, ACKNOWLEDGED in body, "<ri:user" in body, "<h2>" in body) == ("nothing", False, False, False)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        ((), "nothing"),
        ((LATE,), "1 overdue"),
        ((NOBODYS, NOBODYS), "2 unowned"),
        ((NOBODYS, LATE), "1 unowned, 1 overdue"),
    ],
)
def test_how_much_was_left_is_counted(left: tuple[Leftover, ...], words: str) -> None:
    assert counted(left) == words


def test_other_pages_are_not_taken_for_it() -> None:
    body = new_page(cover(), (LATE,))
    region = body[
        body.index("<ac:structured-macro") : body.index("</ac:structured-macro>") + len("</ac:structured-macro>")
    ]
    others = ("<p>mine</p>", "<p>broken", body + region, body.replace("Team", "Tema"), body.replace("Quarter", "Q"))
    assert [read_page(other) for other in (*others, body.replace("<p>Left</p>", "<p>Rest</p>"))] == [None] * 6


def test_it_is_clean_for_the_new_editor() -> None:
    assert list(lint(new_page(cover(), (NOBODYS, LATE)))) == []


def test_there_is_nothing_on_the_page_but_that() -> None:
    """Every text on the page, whole, with and without anything left."""
    words = text_of(scan(encode(new_page(cover(), (NOBODYS, LATE)))))
    rows = "Team ops Quarter 2026 Q1 Left 1 unowned, 1 overdue Acknowledged by / on"
    lines = (
        "Nobody row 2 OPS-1 Ana <Ruiz> ACT-7 Fix & test 2026-03-20 13 OPS-1 until 2026-05-01: Parts (Hanna, 2026-03-09)"
    )
    assert words.endswith(f"and type the day. {rows} Actions {' '.join(HEADERS)} {lines}")
    nothing = text_of(scan(encode(new_page(cover(), ()))))
    assert nothing.endswith("its ticket says. Team ops Quarter 2026 Q1 Left nothing")
