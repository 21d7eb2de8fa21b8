"""What a Confluence holds and how it changes, in plain functions that know no HTTP; its face is what this names."""

from __future__ import annotations

from pirsync.sandbox.text.normalise import Refused

from .changes import (
    Conflict,
    TitleTaken,
    add_labels,
    create_page,
    create_space,
    remove_label,
    remove_property,
    set_property,
    set_status,
    update_page,
)
from .nouns import Conversion, Holder, Kind, Labelled, Page, Prop, Space, Status, Task, Version
from .store import (
    Indexed,
    Wiki,
    ancestors,
    as_indexed,
    as_it_is,
    children,
    find_page,
    find_space,
    may_change,
    may_edit,
    may_see,
    space_of,
    status_of,
)

__all__ = [
    "Conflict",
    "Conversion",
    "Holder",
    "Indexed",
    "Kind",
    "Labelled",
    "Page",
    "Prop",
    "Refused",
    "Space",
    "Status",
    "Task",
    "TitleTaken",
    "Version",
    "Wiki",
    "add_labels",
    "ancestors",
    "as_indexed",
    "as_it_is",
    "children",
    "create_page",
    "create_space",
    "find_page",
    "find_space",
    "may_change",
    "may_edit",
    "may_see",
    "remove_label",
    "remove_property",
    "set_property",
    "set_status",
    "space_of",
    "status_of",
    "update_page",
]
