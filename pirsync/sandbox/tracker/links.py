"""Links: between two issues, told in both their histories, and from an issue to something outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pirsync.sandbox.people import User

from .changes import record
from .nouns import Issue, Item, Link, RemoteLink
from .store import links_of, touch

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def link_issues(world: World, actor: User, type_id: str, source: Issue, destination: Issue) -> Link:
    """Link two issues, "source <outward> destination"; a link that exists already is returned and nothing changes."""
    existing = [one for one in links_of(world, source) if (one.type_id, one.destination) == (type_id, destination.id)]
    for link in existing:
        if link.source == source.id:
            return link
    link = Link(str(world.tracker.next_id()), type_id, source.id, destination.id)
    world.tracker.link_sources[link.id] = source.id
    kind = world.tracker.link_types[type_id]
    for here, there, words in ((source, destination, kind.outward), (destination, source, kind.inward)):
        world.tracker.links.setdefault(here.id, []).append(link)
        text = f"This issue {words} {there.key}"
        record(world, actor, here, [Item("Link", "issuelinks", None, None, there.key, text)])
    return link


def find_link(world: World, number: str) -> Link | None:
    """The link between issues with this id."""
    source = world.tracker.link_sources.get(number)
    held = world.tracker.links.get(source, []) if source is not None else []
    return next((link for link in held if link.id == number), None)


def unlink(world: World, actor: User, link: Link) -> None:
    """Remove a link from both its issues, each with an entry in its history."""
    tracker = world.tracker
    source, destination = tracker.issues[link.source], tracker.issues[link.destination]
    kind = tracker.link_types[link.type_id]
    for here, there, words in ((source, destination, kind.outward), (destination, source, kind.inward)):
        tracker.links[here.id].remove(link)
        text = f"This issue {words} {there.key}"
        record(world, actor, here, [Item("Link", "issuelinks", there.key, text, None, None)])


def put_remote_link(world: World, issue: Issue, sent: dict[str, Any]) -> tuple[RemoteLink, bool]:
    """Create the remote link, or replace the one with the same `globalId`; the flag is True when it was created."""
    global_id = sent.get("globalId") or ""
    found = next((one for one in issue.remote_links if global_id and one.global_id == global_id), None)
    if found is not None:
        return replace_remote_link(world, issue, found, sent), False
    touch(world, issue)
    issue.remote_links.append(_remote_link(str(world.tracker.next_id()), sent))
    return issue.remote_links[-1], True


def replace_remote_link(world: World, issue: Issue, found: RemoteLink, sent: dict[str, Any]) -> RemoteLink:
    """Put what was sent in the remote link's place; nothing of what it was stays but its id."""
    touch(world, issue)
    link = _remote_link(found.id, sent)
    issue.remote_links[issue.remote_links.index(found)] = link
    return link


def _remote_link(number: str, sent: dict[str, Any]) -> RemoteLink:
    return RemoteLink(number, sent.get("globalId") or "", sent["object"]["url"], sent["object"]["title"], sent)


def delete_remote_link(world: World, issue: Issue, link: RemoteLink) -> None:
    """Remove a link to something outside."""
    touch(world, issue)
    issue.remote_links.remove(link)
