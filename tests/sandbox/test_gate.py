"""The proxy for clients that go by a site's name: https to any host ends at the sandbox, for those who believe it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from pirsync.sandbox.server import Running
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds import seed
from tests.clients.gate import certificate, gate

SITE = "acme.atlassian.net"


def test_https_to_a_site_s_name_ends_at_the_sandbox(tmp_path: Path) -> None:
    world = World("cloud")
    seed.seed(world)
    pair = certificate(tmp_path, [SITE])
    with Running(world) as running, gate(pair, urlsplit(running.url).port or 0) as proxy, requests.Session() as session:
        world.base_url = f"https://{SITE}"
        session.trust_env = False
        session.auth, session.proxies = ("aruiz@example.com", "secret"), {"https": proxy}
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://{SITE}/rest/api/3/myself", timeout=10)
        session.verify = str(pair[0])
        answers = [session.get(f"https://{SITE}/rest/api/3/issue/{key}", timeout=10) for key in ("OPS-1", "OPS-2")]
    assert [answer.json()["key"] for answer in answers] == ["OPS-1", "OPS-2"]
    assert answers[0].json()["self"].startswith(f"https://{SITE}/rest/api/3/issue/")
