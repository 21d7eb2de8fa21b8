"""The packs that come with pirsync, read once for all tests."""

from __future__ import annotations

from pirsync.packs import read_pack, shipped_packs
from pirsync.policy.packs import Pack

PACKS: dict[str, Pack] = {name: read_pack(path) for name, path in shipped_packs().items()}
"""By id."""
