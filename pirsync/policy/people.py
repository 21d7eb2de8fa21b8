"""Who has a duty in a team, whatever the procedures call it: accounts, as configured."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from pirsync.model import Noun

from .packs import Duty

Accounts = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class People(Noun):
    """The accounts for each duty (on Cloud account ids, on Data Center user names); none where people say it case by
    case."""

    chair: Accounts = ()
    scribe: Accounts = ()
    analyst: Accounts = ()
    technical: Accounts = ()
    stakeholder: Accounts = ()
    participant: Accounts = ()
    security: Accounts = ()
    knowledge: Accounts = ()
    owner: Accounts = ()
    approver: Accounts = ()
    escalation: Accounts = ()
    auditor: Accounts = ()

    def of(self, duty: Duty) -> tuple[str, ...]:
        """The accounts that have a duty."""
        accounts: tuple[str, ...] = getattr(self, duty.value)
        return accounts
