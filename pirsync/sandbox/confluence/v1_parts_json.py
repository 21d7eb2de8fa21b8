"""How comments and attachments look in Confluence's older API (`/rest/api`): content like pages, with `extensions`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from pirsync.sandbox.site import download_path, web_path
from pirsync.sandbox.wiki import Version, space_of
from pirsync.sandbox.wiki.attachments import Attachment, FileVersion
from pirsync.sandbox.wiki.comments import Comment, page_of, replies, resolution, threads_up

from .bodies import SERVED, represented
from .v1_json import Asked, Json, content_json, label_json, moment, plain_list, space_json, user_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_PARTS = ("container", "metadata", "operations", "children", "restrictions", "history", "ancestors", "body", "version")


def comment_json(asked: Asked, comment: Comment, version: Version | None = None) -> Json:
    """A comment at its newest or the given version, with the expansions that were asked for."""
    world, shown = asked.world, version or comment.current
    plain = Asked(world, asked.actor)
    answer: Json = {
        "id": str(comment.id),
        "type": "comment",
        "status": "current" if shown is comment.current else "historical",
        "title": shown.title,
    }
    if asked.wants("container"):
        answer["container"] = content_json(asked.below("container"), page_of(world, comment))
    if asked.wants("ancestors"):
        answer["ancestors"] = [comment_json(plain, above) for above in threads_up(world, comment)]
    if asked.wants("children"):
        below = plain_list(
            (comment_json(asked.below("children.comment"), each) for each in replies(world, comment)), 0, 25
        )
        answer["children"] = {"comment": below} if asked.wants("children.comment") else {"_expandable": {"comment": ""}}
    if asked.wants("body"):
        answer["body"] = _body_json(asked, comment, shown)
    answer |= _common(asked, comment, shown)
    answer["extensions"] = _extensions(asked, comment)
    answer["_expandable"] = _unexpanded(asked, comment, answer)
    answer["_links"] = {
        "self": f"{world.wiki_url}/rest/api/content/{comment.id}",
        "webui": comment_path(world, comment),
    }
    return answer


def comment_path(world: World, comment: Comment) -> str:
    """Where a browser sees the comment, relative to the wiki's address."""
    mark = "?" if world.is_cloud else "&"
    return f"{web_path(world, page_of(world, comment))}{mark}focusedCommentId={comment.id}"


def _extensions(asked: Asked, comment: Comment) -> Json:
    extensions: Json = {"location": "inline" if comment.anchor else "footer"}
    unexpanded = {"resolution": ""}
    if comment.anchor is not None:
        if asked.wants("extensions.inlineProperties"):
            extensions["inlineProperties"] = {
                "originalSelection": comment.anchor.selection,
                "markerRef": comment.anchor.ref,
            }
        else:
            unexpanded["inlineProperties"] = ""
    if asked.wants("extensions.resolution"):
        state: Json = {"status": resolution(asked.world, comment) if comment.anchor else "open"}
        if comment.state_by is not None and comment.state_at is not None:
            state["lastModifier"] = user_json(asked.world, comment.state_by)
            state["lastModifiedDate"] = moment(comment.state_at)
        extensions["resolution"] = state
        del unexpanded["resolution"]
    return {**extensions, "_expandable": unexpanded}


def attachment_json(asked: Asked, attachment: Attachment, version: FileVersion | None = None) -> Json:
    """An attachment at its newest or the given version, with the expansions that were asked for."""
    world, shown = asked.world, version or attachment.current
    answer: Json = {
        "id": attachment.ref,
        "type": "attachment",
        "status": attachment.status if shown is attachment.current else "historical",
        "title": attachment.name,
    }
    if asked.wants("container"):
        answer["container"] = content_json(asked.below("container"), page_of(world, attachment))
    if asked.wants("ancestors"):
        answer["ancestors"] = []
    answer |= _common(asked, attachment, shown)
    answer["metadata"] = {"mediaType": shown.media_type, **answer.get("metadata", {"_expandable": {"labels": ""}})}
    answer["extensions"] = {"mediaType": shown.media_type, "fileSize": len(shown.data), "comment": shown.comment}
    if shown.comment:
        answer["metadata"]["comment"] = shown.comment
    if world.is_cloud:
        answer["extensions"] |= {
            "mediaTypeDescription": media_type_words(shown.media_type),
            "fileId": attachment.file_id,
            "collectionName": f"contentId-{attachment.page_id}",
        }
    answer["_expandable"] = _unexpanded(asked, attachment, answer)
    answer["_links"] = {
        "self": f"{world.wiki_url}/rest/api/content/{attachment.ref}",
        "webui": attachment_path(attachment),
        "download": download_path(world, attachment, shown),
    }
    return answer


def attachment_path(attachment: Attachment) -> str:
    """Where a browser sees the attachment, relative to the wiki's address."""
    preview = urlencode({"preview": f"/{attachment.page_id}/{attachment.id}/{attachment.name}"})
    return f"/pages/viewpageattachments.action?pageId={attachment.page_id}&{preview}"


def media_type_words(media_type: str) -> str:
    """What the site calls a kind of file."""
    kind, _, sub = media_type.partition("/")
    if kind == "image":
        return f"{sub.removeprefix('x-').partition('+')[0].upper()} Image"
    return {"application/pdf": "PDF Document", "text/plain": "Text File", "application/zip": "Zip Archive"}.get(
        media_type, "File"
    )


def part_version_json(world: World, part: Comment | Attachment, version: Version | FileVersion) -> Json:
    """A version's number, author, time and message."""
    ref = part.ref if isinstance(part, Attachment) else str(part.id)
    return {
        "by": user_json(world, version.author),
        "when": moment(version.at),
        "friendlyWhen": f"{version.at:%b %d, %Y}",
        "message": version.message if isinstance(version, Version) else version.comment,
        "number": version.number,
        "minorEdit": version.minor,
        "contentTypeModified": False,
        "_expandable": {"collaborators": "", "content": f"/rest/api/content/{ref}"},
        "_links": {"self": f"{world.wiki_url}/rest/api/content/{ref}/version/{version.number}"},
    }


def part_history_json(asked: Asked, part: Comment | Attachment) -> Json:
    """Who made a comment or an attachment and when, and its newest version if `history.lastUpdated` is asked for."""
    ref = part.ref if isinstance(part, Attachment) else str(part.id)
    answer: Json = {
        "latest": True,
        "createdBy": user_json(asked.world, part.versions[0].author),
        "createdDate": moment(part.created),
        "contributors": {"_expandable": {"publishers": ""}},
        "_expandable": {"nextVersion": ""},
        "_links": {"self": f"{asked.world.wiki_url}/rest/api/content/{ref}/history"},
    }
    if asked.wants("history.lastUpdated"):
        answer["lastUpdated"] = part_version_json(asked.world, part, part.current)
    return answer


def _body_json(asked: Asked, comment: Comment, version: Version) -> Json:
    """The forms of the body that were asked for, and names of what else there is."""
    page, content = page_of(asked.world, comment), {"content": f"/rest/api/content/{comment.id}"}
    wanted = [form for form in SERVED if asked.wants(f"body.{form}")]
    shown = {
        form: {
            "value": represented(asked.world, asked.actor, page, version.body, form),
            "representation": form,
            "embeddedContent": [],
            "_expandable": content,
        }
        for form in wanted
    }
    return {**shown, "_expandable": {form: "" for form in (*SERVED, "editor") if form not in wanted}}


def _common(asked: Asked, part: Comment | Attachment, shown: Version | FileVersion) -> Json:
    world = asked.world
    found: Json = {}
    if asked.wants("space"):
        found["space"] = space_json(world, space_of(world, page_of(world, part)))
    if asked.wants("version"):
        found["version"] = part_version_json(world, part, shown)
    if asked.wants("history"):
        found["history"] = part_history_json(asked, part)
    if asked.wants("operations"):
        found["operations"] = [
            {"operation": "read", "targetType": "comment" if isinstance(part, Comment) else "attachment"}
        ]
    if asked.wants("metadata"):
        named = part.labels if isinstance(part, Attachment) else []
        found["metadata"] = {"_expandable": {"currentuser": "", "properties": ""}}
        if asked.wants("metadata.labels"):
            found["metadata"]["labels"] = plain_list(label_json(world, name) for name in named)
    return found


def _unexpanded(asked: Asked, part: Comment | Attachment, answer: Json) -> Json:
    page = page_of(asked.world, part)
    above = f"/rest/api/space/{space_of(asked.world, page).key}"
    known = {name: "" for name in _PARTS if name not in answer}
    places = {"container": f"/rest/api/content/{page.id}", "space": above}
    return {**known, **{name: place for name, place in places.items() if name not in answer}}
