"""What pirsync writes into a cell: each kind of content once, as storage format that both editors keep."""

from __future__ import annotations

from datetime import date

from pirsync.model import Deployment
from pirsync.page_model import Lozenge, Mention

from . import escape


def empty() -> str:
    """An empty cell."""
    return "<p></p>"


def words(text: str) -> str:
    """Plain words; empty ones make an empty cell."""
    return f"<p>{escape.text(text)}</p>" if text.strip() else empty()


def prompt(text: str) -> str:
    """A prompt that vanishes when somebody types over it, and reads as empty."""
    return f"<p><ac:placeholder>{escape.text(text)}</ac:placeholder></p>"


def day(on: date) -> str:
    """A date as the editor's own date element."""
    return f'<p><time datetime="{on.isoformat()}" /></p>'


def link(text: str, url: str) -> str:
    """Words that lead to an address; the words alone where the address is not safe."""
    safe = escape.safe_url(url)
    return f'<p><a href="{escape.attribute(safe)}">{escape.text(text)}</a></p>' if safe else words(text)


def ticket(key: str, url: str, deployment: Deployment) -> str:
    """A ticket: on Cloud a smart link, which shows each viewer what they may see; on Data Center a plain one."""
    if deployment == "datacenter":
        return link(key, url)
    address = escape.attribute(url)
    return f'<p><a href="{address}" data-card-appearance="inline">{escape.text(url)}</a></p>'


def user(mention: Mention, deployment: Deployment) -> str:
    """An @mention, inline."""
    name = "ri:account-id" if deployment == "cloud" else "ri:userkey"
    return f'<ac:link><ri:user {name}="{escape.attribute(mention.ref)}" /></ac:link>'


def mention(who: Mention, deployment: Deployment) -> str:
    """A cell that mentions one person."""
    return f"<p>{user(who, deployment)}</p>"


def status(lozenge: Lozenge) -> str:
    """A status macro, inline."""
    return (
        '<ac:structured-macro ac:name="status" ac:schema-version="1">'
        f'<ac:parameter ac:name="colour">{lozenge.colour}</ac:parameter>'
        f'<ac:parameter ac:name="title">{escape.text(lozenge.text)}</ac:parameter>'
        "</ac:structured-macro>"
    )


def lozenge(shown: Lozenge, extra_words: str = "") -> str:
    """A status cell, with words after the lozenge where it needs explaining."""
    return f"<p>{status(shown)}{escape.text(extra_words)}</p>"
