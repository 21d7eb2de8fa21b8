"""The page of what a quarter left: a table that is written once and never again, and a row that people fill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pirsync.model import Deployment, Noun
from pirsync.page_model import Mention
from pirsync.policy.quarter import NOBODY, Leftover, Quarter

from . import cells, escape
from .read import fold
from .review import details, pairs_of
from .scan import BadPage, encode, scan

REGION = "pirsync-escalation"
ACKNOWLEDGED = "Acknowledged by / on"
NOTHING = "nothing"
HEADERS = ("Owner", "Action", "Due date", "Days late", "Review", "Extended")


class Cover(Noun):
    """What stands above the table: whose quarter it was, the day of writing, the leader, by when and which clause."""

    team: str
    quarter: Quarter
    written: date
    leader: Mention | None
    by: str
    deployment: Deployment


class EscalationPage(Noun):
    """The page as read: whose it is, of which quarter, what was left, and who acknowledged it on which days."""

    team: str
    quarter: str
    left: str
    people: tuple[Mention, ...]
    days: tuple[date, ...]


def new_page(cover: Cover, left: Sequence[Leftover]) -> str:
    """The body of a new page. Only where something was left is its leader mentioned, and asked to acknowledge it."""
    day = cover.quarter.last.isoformat()
    parts = [
        f"<p>The actions of reviews of {escape.text(cover.team)} that were unowned or overdue when "
        f"{cover.quarter.name} ended ({day}), and still so on {cover.written.isoformat()}. pirsync writes this once: "
        "what became of an action since then, its ticket says.</p>"
    ]
    if left:
        whom = f"{cells.user(cover.leader, cover.deployment)}, " if cover.leader is not None else ""
        limit = f" {escape.text(cover.by)}" if cover.by else ""
        asked = f"see to each of these, and say so beside “{ACKNOWLEDGED}”{limit}: @mention yourself, and type the day."
        parts.append(f"<p>{whom}please {asked}</p>" if whom else f"<p>Please {asked}</p>")
    parts.append(_region(cover, left))
    return "".join(parts) + (f"<h2>Actions</h2>{_table(left)}" if left else "")


def read_page(body: str) -> EscalationPage | None:
    """What a page of ours says; None for any other page."""
    try:
        found = details(scan(encode(body))).get(REGION, [])
    except BadPage:
        return None
    told = pairs_of(found[0]) if len(found) == 1 else {}
    if not {"team", "quarter", "left"} <= told.keys():
        return None
    signed = told.get(fold(ACKNOWLEDGED))
    return EscalationPage(
        team=told["team"].text,
        quarter=told["quarter"].text,
        left=told["left"].text,
        people=signed.mentions if signed is not None else (),
        days=signed.dates if signed is not None else (),
    )


def counted(left: Sequence[Leftover]) -> str:
    """How much was left, in words."""
    unowned = sum(1 for one in left if one.owner == NOBODY)
    late = sum(1 for one in left if one.late)
    return ", ".join(f"{count} {what}" for count, what in ((unowned, "unowned"), (late, "overdue")) if count) or NOTHING


def _region(cover: Cover, left: Sequence[Leftover]) -> str:
    rows = [
        ("Team", cells.words(cover.team)),
        ("Quarter", cells.words(cover.quarter.name)),
        ("Left", cells.words(counted(left))),
    ]
    rows += [(ACKNOWLEDGED, cells.prompt("@mention yourself, and type // and the day"))] if left else []
    lines = "".join(f"<tr><th><p>{escape.text(label)}</p></th><td>{value}</td></tr>" for label, value in rows)
    return (
        '<ac:structured-macro ac:name="details" ac:schema-version="1">'
        f'<ac:parameter ac:name="id">{REGION}</ac:parameter>'
        f"<ac:rich-text-body><table><tbody>{lines}</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def _table(left: Sequence[Leftover]) -> str:
    head = "".join(f"<th><p>{header}</p></th>" for header in HEADERS)
    return f"<table><tbody><tr>{head}</tr>{''.join(map(_line, left))}</tbody></table>"


def _line(one: Leftover) -> str:
    contents = (
        cells.words(one.owner),
        cells.link(one.action, one.url),
        cells.day(one.due) if one.due is not None else cells.empty(),
        cells.words(str(one.late) if one.late else ""),
        cells.link(one.incident, one.review_url),
        cells.words(one.extended),
    )
    return "<tr>" + "".join(f"<td>{content}</td>" for content in contents) + "</tr>"
