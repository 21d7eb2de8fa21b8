"""Procedure packs as files: those that come with pirsync by their ids, a team's own by their paths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from .errors import ConfigError
from .policy.packs import Pack, problems
from .resources import mappings_dir
from .toml import Source, load_table, nearest

_PINNED = re.compile(
    r"(?P<name>.+?)(?:@(?!.*\.toml(?:#|$))(?P<version>[^@#/]+))?(?:#(?P<fingerprint>[0-9a-f]{12}))?", re.DOTALL
)
"""How a configuration names a pack, and holds it to its version, its fingerprint or both, where people want that:
`full-review@1.0#0123456789ab`."""


def shipped_packs() -> dict[str, Path]:
    """The packs that come with pirsync: id to file."""
    paths = {path.stem: path for path in (mappings_dir() / "procedures").glob("*.toml")}
    return dict(sorted(paths.items()))


def find_pack(id_or_path: str, base: Path) -> Path:
    """The file of a shipped pack, or of one's own, whose path starts from `base`. ConfigError for an unknown id."""
    if "/" in id_or_path or id_or_path.endswith(".toml"):
        return base / id_or_path
    shipped = shipped_packs()
    if id_or_path not in shipped:
        raise ConfigError(f'no pack comes with the id "{id_or_path}"{nearest(id_or_path, shipped)}')
    return shipped[id_or_path]


def read_pack(path: Path) -> Pack:
    """The pack that a file holds. Raises ConfigError with every problem's file, line and key."""
    return _read(Source.read(path))


@lru_cache(maxsize=32)
def _read(source: Source) -> Pack:
    """The pack of this text: every pass asks for it, since a person may have edited it, and few have."""
    pack = load_table(source, Pack)
    if wrong := sorted(problems(pack), key=lambda problem: source.line(problem[0])):
        raise ConfigError([source.complaint(problem) for problem in wrong])
    return pack


def pinned_pack(name: str, base: Path) -> Pack:
    """The pack of that name, which says what people pinned with it. ConfigError where it does not."""
    told = _PINNED.fullmatch(name)
    assert told is not None  # the first part takes any text
    pack = read_pack(find_pack(told["name"], base))
    if told["version"] is not None and told["version"] != pack.version:
        raise ConfigError(f'"{name}" pins version {told["version"]}, but the pack is of version {pack.version}')
    if told["fingerprint"] is not None and told["fingerprint"] != pack.fingerprint:
        raise ConfigError(
            f'"{name}" pins other words: the fingerprint of {pack.name} is {pack.fingerprint} now. Put its file back, '
            "or read what has changed (`pirsync pack show`) and pin that"
        )
    return pack


def load_packs(names: Iterable[str], base: Path) -> tuple[Pack, ...]:
    """All packs that a team names, in its order. Raises ConfigError with the problems of all of them."""
    found: list[Pack] = []
    wrong: list[str] = []
    for name in names:
        try:
            found.append(pinned_pack(name, base))
        except ConfigError as error:
            wrong += error.problems
    twice = [pack.id for index, pack in enumerate(found) if pack.id in {other.id for other in found[:index]}]
    wrong += [f'two packs have the id "{one}": give one of them another' for one in twice]
    if wrong:
        raise ConfigError(wrong)
    return tuple(found)
