"""What `pirsync pack` does: packs as a person reads them, and all that is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from pirsync.config import load
from pirsync.errors import ConfigError
from pirsync.output import line
from pirsync.packs import find_pack, read_pack, shipped_packs
from pirsync.policy.packs import EVERY, ONLY_HINTS, Clause, Clock, Evidence, Pack, Scope, Unit
from pirsync.toml import Source


def list_packs(config_path: Path, as_json: bool) -> None:
    """Print every pack that comes with pirsync or that the configuration names, and which teams use it."""
    users = _users(config_path)
    paths = dict.fromkeys([*shipped_packs().values(), *users])
    found = [(path, read_pack(path)) for path in paths]
    if as_json:
        told = [
            {"id": p.id, "version": p.version, "title": p.title, "document": p.document, "teams": users.get(path, [])}
            for path, p in found
        ]
        click.echo(json.dumps({"packs": told}, indent=2))
        return
    width = max(len(pack.name) for _, pack in found)
    for path, pack in found:
        teams = f" (team {', '.join(users[path])})" if path in users else ""
        line(f"{pack.name:{width}}  {pack.title}; document {pack.document}{teams}")


def print_source(name: str) -> None:
    """Print a pack's file as it is."""
    click.echo(Source.read(find_pack(name, Path())).text, nl=False)


def show(name: str, as_json: bool) -> None:
    """Print all that a pack says."""
    pack = read_pack(find_pack(name, Path()))
    if as_json:
        told = pack.model_dump(mode="json") | {"fingerprint": pack.fingerprint}
        click.echo(json.dumps(told, indent=2))
        return
    for text in described(pack):
        line(text)


def check_packs(files: Sequence[Path], config_path: Path) -> bool:
    """Print what is wrong with each pack, or that it is right; whether all are."""
    paths = files or list(dict.fromkeys([*shipped_packs().values(), *_users(config_path)]))
    good = True
    for path in paths:
        try:
            pack = read_pack(path)
        except ConfigError as error:
            good = False
            for problem in error.problems:
                line(problem, problem=True)
        else:
            line(f"ok    {path}: {pack.name} ({pack.fingerprint}), {_count(pack)}")
    return good


def _users(config_path: Path) -> dict[Path, list[str]]:
    """The packs that a configuration names, where there is one: file to the teams that use it."""
    users: dict[Path, list[str]] = {}
    for team in load(config_path).teams if config_path.exists() else ():
        for name in team.packs:
            users.setdefault(find_pack(name, config_path.absolute().parent), []).append(team.name)
    return users


def _count(pack: Pack) -> str:
    parts = ((len(pack.steps), "step"), (len(pack.clauses), "clause"), (len(pack.checks), "check"))
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts)


# ---------------------------------------------------------------- a pack in words


def described(pack: Pack) -> Iterator[str]:
    """A pack as lines of text: headings at the margin, what they hold below them."""
    yield f"{pack.name} ({pack.fingerprint}): {pack.title}"
    yield f"document: {pack.document}"
    yield from _part("In scope", _scope(pack.scope))
    yield from _part("Deadlines", (f"{clause.id}: {clause_words(clause)} ({clause.where})" for clause in pack.clauses))
    yield from _part("Steps", (f"{s.id:>2}  {s.role or 'Everybody'}: {s.text}" for s in pack.steps))
    yield from _part("Roles", (f"{r.name}: {', '.join(r.duties)}; from {r.source}" for r in pack.roles))
    yield from _part("Must attend", (f"{_whom(a.severities, a.types)}: {', '.join(a.duties)}" for a in pack.attendance))
    yield from _part("Sections", (f"{s.name}: {' / '.join(s.headings)}" for s in pack.sections))
    yield from _part("Checks", (f"{check}{' (only hints)' if check in ONLY_HINTS else ''}" for check in pack.checks))
    actions = (f"{a.text} ({a.owner}, {a.due_days} days after the closure)" for a in pack.actions)
    yield from _part("Actions from the start", actions)
    yield from _part("Evidence", _evidence(pack.evidence))
    yield from _part("Artefacts", (f"{a.name}: {', '.join(a.content)}" for a in pack.artefacts))
    controls = (f"{c.standard}, steps {c.steps}: {c.shown}{f' ({c.note})' if c.note else ''}" for c in pack.controls)
    yield from _part("Controls", controls)


def _part(heading: str, lines: Iterable[str]) -> Iterator[str]:
    found = [f"  {text}" for text in lines]
    if found:
        yield from ("", heading, *found)


def _scope(scope: Scope) -> Iterator[str]:
    yield scope.text
    if scope.severities:
        yield "always: " + ", ".join("any severity" if s == EVERY else s for s in scope.severities)
    if scope.conditional:
        grounds = ", ".join(f"{c.id} ({c.text.lower()})" for c in scope.criteria)
        yield f"{', '.join(scope.conditional)}: when one of these is recorded: {grounds}"
    if scope.decided_by:
        yield f"when the {scope.decided_by} decides that it is major"
    if EVERY not in scope.types:
        yield f"of type {', '.join(scope.types)} only"


def clause_words(clause: Clause) -> str:
    """A clause as a rule: `scheduled within 72 hours of closure, for P1, P2`."""
    whom = f", for {', '.join(clause.severities)}" if clause.severities else ""
    if clause.clock is Clock.DUE_DATE:
        return f"each action {clause.must} by its own due date{whom}"
    unit = clause.unit.value.replace("_", " ")
    if clause.unit is Unit.QUARTERS:
        return f"{clause.must} each quarter{whom}"
    return f"{clause.must} within {clause.length} {unit} of {clause.clock.value}{whom}"


def _whom(severities: tuple[str, ...], types: tuple[str, ...]) -> str:
    parts = [", ".join(several) for several in (severities, types) if EVERY not in several]
    return "; ".join(parts) or "every incident"


def _evidence(evidence: Evidence) -> Iterator[str]:
    if evidence.proofs:
        yield f"done counts with one of {', '.join(evidence.proofs)}; to lack it is a {evidence.missing}"
    if evidence.resolutions:
        yield f"resolutions that count by themselves: {', '.join(evidence.resolutions)}"
    if evidence.effectiveness_days:
        yield f"whether it works is asked {evidence.effectiveness_days} days after completion"
