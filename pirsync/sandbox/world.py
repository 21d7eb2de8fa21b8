"""One sandbox: both products' stores, their people, the clock and the faults, and nothing of HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal

from .clock import Clock
from .faults import Faults
from .people import Directory
from .tracker import Tracker
from .wiki import Wiki

Deployment = Literal["cloud", "datacenter"]


@dataclass
class World:
    """The whole state of a sandbox.

    `base_url` is the address a browser uses, without a trailing slash; while a request is handled, the one it came by.
    `gateway` is the path of Atlassian's gateway before that of the request that is handled, else empty. `snapshots` are
    earlier states of this world by name.
    """

    deployment: Deployment
    base_url: str = "http://127.0.0.1:8765"
    clock: Clock = field(default_factory=Clock)
    people: Directory = field(default_factory=Directory)
    faults: Faults = field(default_factory=Faults)
    tracker: Tracker = field(default_factory=Tracker)
    wiki: Wiki = field(default_factory=Wiki)
    gateway: str = ""
    snapshots: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_cloud(self) -> bool:
        """True for the Cloud dialect, False for Data Center's."""
        return self.deployment == "cloud"

    @property
    def jira_url(self) -> str:
        """Jira's address: the site itself on Cloud, or the gateway's form of it; a context path on Data Center."""
        return f"{self.base_url}{self.gateway}" if self.is_cloud else f"{self.base_url}/jira"

    @property
    def wiki_url(self) -> str:
        """Confluence's address, with Cloud's fixed `/wiki` or Data Center's context path."""
        return f"{self.base_url}/wiki" if self.is_cloud else f"{self.base_url}/confluence"

    def become(self, other: World) -> None:
        """Take over everything of another world but its address; faults and the log of requests end."""
        for each in fields(self):
            if each.name not in ("base_url", "gateway", "snapshots", "faults"):
                setattr(self, each.name, getattr(other, each.name))
        self.faults.clear()
        self.faults.log.clear()
