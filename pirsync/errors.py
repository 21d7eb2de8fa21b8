"""Errors are named for what the loop must do next, never for what went wrong underneath.

Every error carries one sentence for a person: what happened, to what, and what to do.
None of them ever holds a credential, a response body or the text of a page.
"""

from __future__ import annotations


class PirsyncError(Exception):
    """Base of all errors that pirsync raises on purpose."""


class ConfigError(PirsyncError):
    """Stop before anything is written: a person must change the configuration, mapping or template.

    `problems` holds one line each, with file, line and key where they are known.
    """

    def __init__(self, problems: str | list[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class Unavailable(PirsyncError):
    """Try this incident again later: the remote did not answer, or said to wait.

    `retry_after` is the least number of seconds to wait, where the remote named one.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AuthInDoubt(Unavailable):
    """Stop the whole pass: we may be talking as nobody, so no answer can be believed (facts: Jira trap 1)."""


class Ambiguous(PirsyncError):
    """Look again before doing anything: a write may or may not have happened."""


class Stale(PirsyncError):
    """Read again and plan again: somebody wrote between our read and our write. Nothing was changed."""


class Rejected(PirsyncError):
    """Do not try again with the same input: the remote refused it, and nothing was changed.

    `fields` maps a field's name, as the remote calls it, to its complaint.
    """

    def __init__(self, message: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class UnsafePlan(PirsyncError):
    """Apply nothing at all: the plan would do more than the brake allows."""


class Interrupted(PirsyncError):
    """Stop now: a signal asked for it while we were waiting."""


class StateError(PirsyncError):
    """Stop: the local state file cannot be read or written. Nothing remote is lost by moving it away."""


def internal(error: Exception) -> str:
    """An error of our own making, by its kind and place; its text may hold what must not be told."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "an unknown place"
    return f"internal error {type(error).__name__} at {where}; please report it"


def failure(error: Exception) -> str:
    """What is told of an error that ended one step of many."""
    return str(error) if isinstance(error, PirsyncError) else internal(error)
