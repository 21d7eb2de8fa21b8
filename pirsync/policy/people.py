"""Who has a duty in a team, whatever the procedures call it: accounts, as configured."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from pirsync.model import Noun

from .packs import Duty

GROUP = "group:"
"""How a name begins that is a group's, whose members have the duty."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _accounts(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(one.startswith(GROUP) for one in value):
        raise ValueError("must name accounts; only approver may name a group")
    return value


def _approvers(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(not one.removeprefix(GROUP).strip() for one in value):
        raise ValueError("must name accounts, or groups as in group:incident-approvers")
    return value


Accounts = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_accounts)]
Approvers = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_approvers)]


class People(Noun):
    """The accounts for each duty (on Cloud account ids, on Data Center user names); none where people say it case by
    case. Who may approve may also be the members of Jira's groups, as in `group:incident-approvers`."""

    chair: Accounts = ()
    scribe: Accounts = ()
    analyst: Accounts = ()
    technical: Accounts = ()
    stakeholder: Accounts = ()
    participant: Accounts = ()
    security: Accounts = ()
    knowledge: Accounts = ()
    owner: Accounts = ()
    approver: Approvers = ()
    escalation: Accounts = ()
    auditor: Accounts = ()

    def of(self, duty: Duty) -> tuple[str, ...]:
        """The accounts that have a duty."""
        named: tuple[str, ...] = getattr(self, duty.value)
        return tuple(one for one in named if not one.startswith(GROUP))

    @property
    def approving_groups(self) -> tuple[str, ...]:
        """The groups whose members may approve."""
        return tuple(one.removeprefix(GROUP).strip() for one in self.approver if one.startswith(GROUP))
