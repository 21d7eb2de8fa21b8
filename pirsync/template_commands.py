"""What `pirsync template` does: templates tried with a made-up incident, and pages made of them as HTML files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pirsync.config import load
from pirsync.errors import ConfigError, PirsyncError
from pirsync.known import journal
from pirsync.lookup import read_one
from pirsync.newborn import render as render_birth
from pirsync.output import line, write_file
from pirsync.packs import load_packs, shipped_packs
from pirsync.page.birth import NAMES
from pirsync.sample import sample_incident, sample_values
from pirsync.sandbox.text.render import IssueCard, render
from pirsync.template_choice import choose
from pirsync.templates import load_template, shipped_templates

if TYPE_CHECKING:
    from pirsync.build import Bench


def check_templates(names: Iterable[str], config_path: Path) -> bool:
    """Print what is wrong with each template, or that it is right; whether all are."""
    wanted = [(name, Path()) for name in names] or list(_known(config_path))
    good = True
    for name, base in dict.fromkeys(wanted):
        try:
            load_template(name, base)
        except ConfigError as error:
            good = False
            for problem in error.problems:
                line(problem, problem=True)
        else:
            line(f"ok    {name}")
    return good


def _known(config_path: Path) -> Iterable[tuple[str, Path]]:
    """Those that come with pirsync, and those that a configuration names, where there is one."""
    yield from ((name, Path()) for name in shipped_templates())
    if config_path.exists():
        base = config_path.absolute().parent
        named = {
            choice.use for team in load(config_path).teams for choice in team.template
        } - shipped_templates().keys()
        yield from ((name, base) for name in sorted(named))


def list_names() -> None:
    """Print every name that a template may use."""
    width = max(map(len, NAMES))
    for name, meaning in NAMES.items():
        line(f"{name:{width}}  {meaning}")


def preview_sample(name: str | None, path: Path, config_path: Path) -> None:
    """Write the page of the made-up incident. Raises ConfigError."""
    base = config_path.absolute().parent
    incident, team = sample_incident(), load(config_path).teams[0] if config_path.exists() else None
    if name is None:
        name = choose(team.template, incident.severity, incident.type).use if team is not None else "review"
    # A starter is looked at with what its own pack adds, where no team says which packs there are.
    packs = team.packs if team is not None else tuple({name} & shipped_packs().keys())
    body = load_template(name, base).render(sample_values(load_packs(packs, base)))
    people = {p.account: p.name for p in (incident.commander, incident.reporter) if p is not None}
    _write(path, f"{incident.key} Post-incident review", body, Looked(people))


def preview_incident(bench: Bench, key: str, name: str | None, path: Path) -> None:
    """Write the page that one incident would be born with. Raises PirsyncError."""
    readings, incident = read_one(bench.world, bench.teams(), key)
    practice = readings.practice
    if incident.is_restricted:
        raise PirsyncError(f"{key} has a security level, so it gets no page, and no file with what it says")
    if name is not None:
        chosen = load_template(name, bench.settings.path.parent)
        readings.practice = replace(practice, template=chosen, choices=())
    observed = readings.observe(incident.id, journal(bench.world.state, incident.id, practice.terms.settle))
    body, _ = render_birth(readings, observed)
    named = {m.ref: account for account, m in observed.mentions.items()}
    people = {p.account: p.name for p in (incident.commander, incident.reporter, incident.assignee) if p is not None}
    names = {ref: people.get(account, account) for ref, account in named.items()}
    _write(path, practice.terms.title.format(key=incident.key), body, Looked(names))


class Looked:
    """What a body points at, as far as a preview knows it: people by name, and nothing of either site."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self._people = people

    def person(self, ref: str) -> str | None:
        """The name of one of the incident's people."""
        return self._people.get(ref)

    def page(self, space_key: str, title: str) -> str | None:
        """No page is known."""
        return None

    def children(self) -> list[tuple[str, str]]:
        """A page that is not born has none."""
        return []

    def attachment(self, name: str) -> str | None:
        """Nor has it files."""
        return None

    def issue(self, key: str) -> IssueCard | None:
        """No issue is looked up."""
        return None

    def issue_at(self, url: str) -> IssueCard | None:
        """An address that ends in an issue's key shows that key."""
        key = urlsplit(url).path.rpartition("/browse/")[2]
        return IssueCard(key, "", url, "", "grey") if key and key != urlsplit(url).path else None


def _write(path: Path, title: str, body: str, site: Looked) -> None:
    style = files("pirsync.sandbox.web").joinpath("templates", "style.css").read_text(encoding="utf-8")
    write_file(
        path,
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<style>{style}</style></head>\n"
        f'<body><main class="wide"><article class="card"><h1>{escape(title)}</h1>\n'
        f'<div class="body">{render(body, site)}</div></article></main></body></html>\n',
    )
    line(f"wrote {path}: open it in a browser")
