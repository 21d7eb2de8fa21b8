"""What the summary says of an approval, and what the page's property keeps of it. Pure."""

from __future__ import annotations

from datetime import datetime

from .decision import Observed, Terms
from .page import cells
from .page.read import as_read
from .page.summary import SummaryCell, instant
from .page_model import Approved
from .policy.approval import REOPENED, began, decide, difference, is_approved, is_before

APPROVAL = "Approval"
"""The line about the approval."""


def approval_of(observed: Observed, terms: Terms) -> Approved | None:
    """What stands of an approval: decided anew where the versions were read, else as it is remembered."""
    kept = observed.memory.approval if observed.memory is not None else None
    if observed.review is None or not terms.procedures.packs:
        return kept
    if not is_approved(observed.review, observed.incident):
        return None
    return decide(observed.heard, terms.procedures, observed.incident, kept) if observed.heard is not None else kept


def approval_line(observed: Observed, terms: Terms) -> SummaryCell:
    """The summary's row: who approved which version, or why that does not count, and what changed since."""
    found = approval_of(observed, terms)
    if found is None:
        return _row([])
    if found.refused:
        return _row([(f"does not count: {found.refused}", "")])
    at = instant(datetime.fromisoformat(found.at), terms.zone)
    told = [(f"approved by {found.name or found.by} in version {found.version}, {at}", "")]
    if found.changed and observed.page is not None:
        address = difference(terms.wiki_url, observed.page.id, found.version, found.changed)
        told.append((f"changed since the approval, in version {found.changed}", address))
    if is_before(found, began(terms.procedures, observed.incident)):
        told.append((REOPENED, ""))
    return _row(told)


def _row(told: list[tuple[str, str]]) -> SummaryCell:
    """Lines of words, each of which may lead to an address."""
    storage = "".join(cells.link(words, address) if address else cells.words(words) for words, address in told)
    return SummaryCell(
        label=APPROVAL, text=as_read(" ".join(words for words, _ in told)), storage=storage or cells.empty()
    )
