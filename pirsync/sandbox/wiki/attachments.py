"""Files on wiki pages: one attachment for each name, a version for each upload; a trashed one leaves its name free."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pirsync.sandbox.people import User
from pirsync.sandbox.text.normalise import Refused

from .nouns import Page, Prop

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

LONGEST_NAME = 255


class NameTaken(Refused):
    """The page has an attachment of that name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Cannot add a new attachment with same file name as an existing attachment: {name}")


@dataclass(frozen=True)
class Upload:
    """What a client sends: a file with its name and type, and a word about it."""

    name: str
    media_type: str
    data: bytes
    comment: str = ""
    minor: bool = False


@dataclass(frozen=True)
class FileVersion:
    """One upload of an attachment; `author` None means that the account is gone."""

    number: int
    at: datetime
    author: User | None
    comment: str
    minor: bool
    media_type: str
    data: bytes


@dataclass
class Attachment:
    """One file on a page; its versions are the uploads under its name, `labels` as those of a page."""

    id: int
    page_id: int
    name: str
    file_id: str
    created: datetime
    status: Literal["current", "trashed"] = "current"
    versions: list[FileVersion] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    labelled: dict[str, datetime] = field(default_factory=dict)
    properties: dict[str, Prop] = field(default_factory=dict)

    @property
    def current(self) -> FileVersion:
        """The newest upload."""
        return self.versions[-1]

    @property
    def ref(self) -> str:
        """The id as the API writes it, e.g. `att98310`."""
        return f"att{self.id}"


def find_attachment(world: World, ref: str | int) -> Attachment | None:
    """The attachment of this id, with or without `att`, in whatever status; None when its page is gone."""
    text = str(ref).removeprefix("att")
    found = world.wiki.attachments.get(int(text)) if text.isascii() and text.isdigit() else None
    return found if found is not None and found.page_id in world.wiki.pages else None


def attachment_named(page: Page, name: str) -> Attachment | None:
    """The page's current attachment of exactly that name."""
    return next((each for each in page.attachments if each.name == name and each.status == "current"), None)


def attach(world: World, actor: User, page: Page, upload: Upload) -> Attachment:
    """A new attachment at version 1; `NameTaken`, `Refused` for a name that is none."""
    name = checked_name(upload.name)
    if attachment_named(page, name) is not None:
        raise NameTaken(name)
    new = Attachment(world.wiki.new_id(), page.id, name, world.wiki.new_uuid(), world.clock.now())
    upload_again(world, actor, new, upload)
    page.attachments.append(new)
    world.wiki.attachments[new.id] = new
    return new


def upload_again(world: World, actor: User, attachment: Attachment, upload: Upload) -> FileVersion:
    """The next version of an attachment; it keeps its name, whatever the file is called."""
    number = attachment.current.number + 1 if attachment.versions else 1
    media_type = upload.media_type or mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
    saved = FileVersion(
        number, world.clock.now(), actor, upload.comment, upload.minor, media_type.partition(";")[0], upload.data
    )
    attachment.versions.append(saved)
    return saved


def describe(attachment: Attachment, comment: str | None, media_type: str | None) -> None:
    """Change what is said of the newest upload, without a new version; None leaves a thing as it is."""
    newest = attachment.current
    attachment.versions[-1] = replace(
        newest,
        comment=newest.comment if comment is None else comment,
        media_type=newest.media_type if media_type is None else media_type,
    )


def place(world: World, attachment: Attachment, page: Page, name: str) -> None:
    """Rename an attachment or move it to another page; `NameTaken`, `Refused`."""
    name = checked_name(name)
    held = attachment_named(page, name)
    if held is not None and held is not attachment:
        raise NameTaken(name)
    world.wiki.pages[attachment.page_id].attachments.remove(attachment)
    page.attachments.append(attachment)
    attachment.page_id, attachment.name = page.id, name


def trash_attachment(attachment: Attachment) -> None:
    """Put an attachment into the trash."""
    attachment.status = "trashed"


def purge_attachment(world: World, attachment: Attachment) -> None:
    """Delete an attachment with all its versions for good."""
    world.wiki.pages[attachment.page_id].attachments.remove(attachment)
    del world.wiki.attachments[attachment.id]


def delete_file_version(attachment: Attachment, number: int) -> None:
    """Delete one version; those above move down by one. `Refused` for the only one."""
    if len(attachment.versions) == 1:
        raise Refused("The only version of an attachment cannot be removed")
    kept = [version for version in attachment.versions if version.number != number]
    attachment.versions[:] = [replace(version, number=place) for place, version in enumerate(kept, start=1)]


def checked_name(name: str) -> str:
    """The last part of a path as a file's name; `Refused` when it is empty, too long, or holds control characters."""
    name = name.replace("\\", "/").rpartition("/")[2].strip()
    if not name or len(name) > LONGEST_NAME or any(ord(char) < ord(" ") for char in name):
        raise Refused(f"The file name is not valid: {name}")
    return name
