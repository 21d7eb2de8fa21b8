"""How a changelog tells that an issue got or lost components and versions: one entry for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .nouns import Item, Project

PARTS = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}
"""What a changelog calls the fields that hold parts of the project, by field id."""


def part_items(project: Project, field_id: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Item]:
    """The entries of a change from some part ids to others, what was taken away first."""
    known = project.components if field_id == "components" else project.versions
    names = {one.id: one.name for one in known}
    for number in old:
        if number not in new:
            yield Item(PARTS[field_id], field_id, number, names.get(number), None, None)
    for number in new:
        if number not in old:
            yield Item(PARTS[field_id], field_id, None, None, number, names.get(number))
