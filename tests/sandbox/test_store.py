"""A saved world comes back whole; a file that is no world is refused and runs nothing."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import requests

from pirsync.sandbox import store
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds.wiki_seed import seed
from tests.sandbox.wiki_client import AUTH, v2_page


class _Mischief:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.victim,)


def test_a_world_comes_back_without_its_faults(tmp_path: Path) -> None:
    world = World("datacenter")
    seed(world)
    world.faults.add(Rule("500"))
    store.save(world, tmp_path / "world")
    loaded = store.load(tmp_path / "world")
    assert (loaded.deployment, loaded.wiki, loaded.faults.rules) == ("datacenter", world.wiki, [])
    assert world.faults.rules == [Rule("500")]
    assert [file.name for file in tmp_path.iterdir()] == ["world"]


def test_a_served_world_is_saved_after_every_write(tmp_path: Path) -> None:
    world = World("cloud")
    seed(world)
    file = tmp_path / "world"
    with Running(world, store_path=file) as running:
        pages = f"{running.url}/wiki/api/v2/pages"
        requests.get(pages, auth=AUTH, timeout=10)
        assert not file.exists()
        requests.post(pages, json=v2_page(world, "Kept"), auth=AUTH, timeout=10)
        assert "Kept" in [page.title for page in store.load(file).wiki.pages.values()]


@pytest.mark.parametrize("content", [b"", b"not a world", pickle.dumps({"a": 1}), pickle.dumps(Path())])
def test_what_is_no_world_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "world").write_bytes(content)
    with pytest.raises(store.BadStore):
        store.load(tmp_path / "world")


def test_a_file_cannot_run_anything(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "world").write_bytes(pickle.dumps(_Mischief(victim)))
    with pytest.raises(store.BadStore):
        store.load(tmp_path / "world")
    assert not victim.exists()
