"""The world of a dry run: reads go through to the real one, writes are kept in memory and seen by later reads."""

from __future__ import annotations

from pirsync.ports import TrackerReads, World

from .memory_state import StateOverlay
from .overlay_tracker import OverlayTracker
from .overlay_wiki import OverlayWiki


def wiki_address(tracker: TrackerReads) -> str:
    """Where the wiki's invented pages are said to live: beside Jira, for no read tells the wiki's own address."""
    return f"{tracker.site_url}/wiki" if tracker.deployment == "cloud" else tracker.site_url


def overlay(base: World) -> World:
    """A world in which the same rounds run as in `base`, and which never writes to it. Every write is accepted."""
    tracker = OverlayTracker(base.tracker, base.clock)
    wiki = OverlayWiki(base.wiki, base.clock, wiki_address(base.tracker))
    return World(
        tracker=tracker,
        tracker_writes=tracker,
        wiki=wiki,
        wiki_writes=wiki,
        state=StateOverlay(base.state),
        clock=base.clock,
    )
