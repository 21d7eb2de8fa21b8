"""How one review stands at rest, as one value that outlives the pass: what is owed, by whom, and what is missing.

Nothing in it depends on the present, so that whoever looks at it later sorts it by a now of their own. It tells what
the present page tells: a review that passed its checks in a version that a pass saw stays written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import Field

from pirsync.model import Noun
from pirsync.page_model import PageHead

from . import instants
from .clocks import Run
from .deadlines import Deadline, incident_deadlines
from .explain import WANTED
from .instants import Followed, Terms, version_of
from .meeting import Appointment
from .packs import Duty, Milestone, Pack
from .procedures import Procedures
from .review import Review
from .scope import Case
from .status import Outcome

Approval = Literal["", "open", "given"]
"""Whether a procedure wants an approval of the review, and whether the record has it."""


class Owed(Noun):
    """One deadline: whether what it wants has happened, whose duty that is under which names, and what they do."""

    deadline: Deadline
    met: bool
    duty: Duty
    roles: tuple[str, ...]
    todo: str


class ActionStanding(Noun):
    """One action with a ticket. `owned` is False where nobody has it who is still there; `wants` says what would prove
    one that is done without evidence; `extended` is the day until which somebody gave it more time."""

    ticket: str
    url: str
    text: str
    owner: str
    owned: bool
    due: date | None
    outcome: Outcome
    wants: str = ""
    extended: date | None = None


class Untracked(Noun):
    """One row of the page that has no ticket, and why: in the word that its Status cell says, or that it is gone."""

    text: str
    why: str


class ReviewStanding(Noun):
    """One incident's review. `exempt` says why it has none; then nothing else is told.

    `packs` are the procedures that are for it, `unsure` those of which that cannot be told. `duties` are the accounts
    that have each duty, `names` what is known of people by account. `absent` are the roles that must be in the meeting
    and are not recorded. `incomplete` names, by procedure, the checks that stand in the way. `refused` says why
    an approval does not count, `changed` is the version that says something else than was approved, or 0. `known` is
    what has been seen of the page's history, `inputs` a digest of all that this was concluded from.
    """

    key: str
    url: str
    team: str
    title: str = ""
    severity: str = ""
    page_title: str = ""
    page_url: str = ""
    exempt: str = ""
    packs: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    owed: tuple[Owed, ...] = ()
    duties: dict[Duty, tuple[str, ...]] = Field(default_factory=dict)
    names: dict[str, str] = Field(default_factory=dict)
    actions: tuple[ActionStanding, ...] = ()
    untracked: tuple[Untracked, ...] = ()
    meeting: Appointment | None = None
    absent: tuple[str, ...] = ()
    incomplete: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    approval: Approval = ""
    refused: str = ""
    changed: int = 0
    known: Followed = Field(default_factory=Followed)
    inputs: str = ""

    @property
    def link(self) -> str:
        """Where a person goes on: the page, or the incident where there is none."""
        return self.page_url or self.url

    @property
    def is_complete(self) -> bool:
        """Whether there is a review that passes all that its procedures check."""
        return bool(self.page_url) and not self.incomplete

    @property
    def is_open(self) -> bool:
        """Whether anything of it is still to be done."""
        undone = any(action.outcome in (Outcome.OPEN, Outcome.UNPROVEN) for action in self.actions)
        return undone or bool(self.untracked) or not all(one.met for one in self.owed)


def seen(head: PageHead, review: Review, passed: Iterable[str], before: Followed, terms: Terms) -> Followed:
    """What the present version adds to what was seen before it.

    Passes need not see every version, so who wrote and who approved cannot be told from it, and is left out.
    """
    since = terms.since
    written = {pack: at for pack, at in before.written.items() if since is None or at >= since}
    in_jira = instants.scheduled_in_jira(review.incident, since)
    start = before.model_copy(update={"written": written, "in_jira": in_jira})
    after = instants.follow(start, version_of(head, review, lambda _: True, passed), terms)
    return after.model_copy(update={"approval": None, "refused": "", "changed": 0, "writers": (), "substance": ""})


def owed(packs: Iterable[Pack], case: Case, run: Run, known: Followed, procedures: Procedures) -> tuple[Owed, ...]:
    """Every deadline of a review, the earliest first, and whether what it wants has happened."""
    concerned = tuple(packs)
    ids = {pack.name: pack.id for pack in concerned}
    terms = Terms(approvers=(), calendar=procedures.calendar, rules=procedures.rules, since=run.begun)
    found = []
    for deadline in incident_deadlines(concerned, case, run, procedures.calendar):
        if deadline.must not in WANTED:
            continue
        duty, todo = WANTED[deadline.must]
        met = instants.met(deadline.must, ids[deadline.pack], known, terms) is not None
        roles = tuple(dict.fromkeys(role for pack in concerned for role in pack.roles_of(duty)))
        found.append(Owed(deadline=deadline, met=met, duty=duty, roles=roles, todo=todo))
    return tuple(found)


def approval(found: Iterable[Owed]) -> Approval:
    """Whether an approval is wanted, and given."""
    wanted = [one.met for one in found if one.deadline.must is Milestone.APPROVED]
    if not wanted:
        return ""
    return "given" if all(wanted) else "open"
