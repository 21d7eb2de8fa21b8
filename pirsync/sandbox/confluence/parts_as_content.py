"""Comments and attachments as content of `/rest/api`: `/content/{id}` knows them by their ids like pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_object, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import Page, comments, find_page, may_edit, may_see
from pirsync.sandbox.wiki import attachments as files
from pirsync.sandbox.wiki.attachments import Attachment, find_attachment
from pirsync.sandbox.wiki.comments import Comment, find_comment, may_see_part, page_of
from pirsync.sandbox.wiki.markers import mark

from .call import Failed, Handler, bad_request, not_found, number_required, required, text_required
from .parts import Call, editable_content, known_actor, numbered, old_list, several, visible_content
from .v1_json import Asked, Json, expansions
from .v1_parts_json import attachment_json, comment_json, part_history_json

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_SAVED = frozenset({"body.storage", "version", "container", "history", "ancestors", "space", "extensions.resolution"})
_INLINE = ("numMatches", "matchIndex", "lastFetchTime", "serializedHighlights")
"""What an inline comment must bring beside its selection: the editor's own notes of where it stands."""


def or_part(of_page: Handler, of_part: Handler) -> Handler:
    """A call on `/content/{id}`: `of_part` answers it for the ids of comments and attachments, `of_page` for others."""

    def chosen(world: World, request: Request) -> Response:
        ref = request.path_params["id"]
        is_part = find_comment(world, ref) is not None or find_attachment(world, ref) is not None
        return (of_part if is_part and find_page(world, ref) is None else of_page)(world, request)

    return chosen


def or_comment(of_page: Handler) -> Handler:
    """`POST /content`: a body of type `comment` makes one, any other is for `of_page`."""

    def chosen(world: World, request: Request) -> Response:
        return (create_comment if body_object(request).get("type") == "comment" else of_page)(world, request)

    return chosen


def _seen(world: World, request: Request) -> tuple[User | None, Comment | Attachment]:
    user, found = visible_content(world, request)
    if isinstance(found, Page):
        raise not_found(found.id)
    return user, found


def _asked(world: World, request: Request, user: User | None) -> Asked:
    return Asked(world, user, expansions(request.query_params.get("expand", "")))


def read(world: World, request: Request) -> Response:
    """A comment or an attachment, in an old version where `status=historical` and `version` say so."""
    user, found = _seen(world, request)
    query, asked = request.query_params, _asked(world, request, user)
    status = query.get("status", "current")
    number = query.get("version") if status in ("historical", "any") else None
    if isinstance(found, Comment):
        if status not in ("current", "any", "historical"):
            raise not_found(found.id)
        version = numbered(found.versions, number, lambda one: one.number) if number else None
        return answer(_alone(world, comment_json(asked, found, version)))
    if status not in (found.status, "any", "historical"):
        raise not_found(found.ref)
    upload = numbered(found.versions, number, lambda one: one.number) if number else None
    return answer(_alone(world, attachment_json(asked, found, upload)))


def history(world: World, request: Request) -> Response:
    """Who made a comment or an attachment, and its newest version."""
    user, found = _seen(world, request)
    return answer(part_history_json(Asked(world, user, frozenset({"history.lastUpdated"})), found))


def update(world: World, request: Request) -> Response:
    """The next version of a comment; an attachment is changed below its page."""
    user, found = editable_content(world, request)
    if not isinstance(found, Comment):
        raise bad_request("Attachments are updated by their own resource")
    body = body_object(request)
    if body.get("type") != "comment":
        raise bad_request("type is required, and content cannot change it")
    if not isinstance(body.get("version"), dict) or body["version"].get("number") is None:
        raise bad_request("Must supply an incremented version when updating Content. No version supplied.")
    message = str(body["version"].get("message") or "")
    comments.update_comment(world, user, found, _storage(body), number_required(body, "version", "number"), message)
    return answer(_alone(world, comment_json(Asked(world, user, _SAVED), found)))


def delete(world: World, request: Request) -> Response:
    """Delete a comment for good; put an attachment into the trash, or with `status=trashed` out of it."""
    user, found = _seen(world, request)
    page = page_of(world, found)
    if isinstance(found, Comment):
        if user is None or not comments.may_delete_comment(world, user, found):
            raise Failed(403, "PermissionException", f"Could not delete Content with id: {found.id}")
        comments.delete_comment(world, found)
        return empty()
    if not may_edit(world, user, page):
        raise Failed(403, "PermissionException", f"Could not delete Content with id: {found.ref}")
    if request.query_params.get("status", "current") != found.status:
        raise not_found(found.ref)
    if found.status == "trashed":
        files.purge_attachment(world, found)
    else:
        files.trash_attachment(found)
    return empty()


# ------------------------------------------------------------ comments


def create_comment(world: World, request: Request) -> Response:
    """A comment on a page, on an attachment, or below another comment, whose id is the last of `ancestors`."""
    user = known_actor(world, request)
    body = body_object(request)
    text = _storage(body)
    extensions = body.get("extensions") if isinstance(body.get("extensions"), dict) else {}
    assert isinstance(extensions, dict)
    above = body.get("ancestors") or []
    container = _container(world, user, str(required(body, "container", "id")))
    if isinstance(above, list) and above:
        parent = find_comment(world, str(above[-1].get("id"))) if isinstance(above[-1], dict) else None
        if parent is None or not may_see_part(world, user, parent) or _container_of(world, parent) is not container:
            raise bad_request("The parent comment does not exist in this container")
        made = comments.reply(world, user, parent, text)
    elif isinstance(container, Attachment):
        made = comments.comment_on(world, user, container, text)
    elif extensions.get("location") == "inline":
        properties = extensions.get("inlineProperties") or {}
        missing = [name for name in _INLINE if properties.get(name) in (None, "")]
        if missing:
            return _invalid(missing)
        selection = text_required(properties, "originalSelection")
        place = number_required(properties, "numMatches"), number_required(properties, "matchIndex")
        made = comments.add_comment(world, user, container, text, mark(world, container, selection, *place))
    else:
        made = comments.add_comment(world, user, container, text)
    return answer(_alone(world, comment_json(Asked(world, user, _SAVED), made)))


def _container(world: World, user: User, ref: str) -> Page | Attachment:
    page, attachment = find_page(world, ref), find_attachment(world, ref)
    if page is not None and page.status == "current" and may_see(world, user, page):
        return page
    if attachment is not None and attachment.status == "current" and may_see_part(world, user, attachment):
        return attachment
    raise not_found(ref)


def _container_of(world: World, comment: Comment) -> Page | Attachment | None:
    return find_attachment(world, comment.attachment_id) if comment.attachment_id else page_of(world, comment)


def _invalid(missing: list[str]) -> Response:
    errors = [{"message": {"key": name, "args": []}} for name in missing]
    data = {"authorized": True, "valid": False, "errors": errors, "successful": False}
    message = "Could not create content with type comment"
    return answer({"statusCode": 400, "data": data, "message": message, "reason": "Bad Request"}, 400)


def comments_below(world: World, request: Request) -> Response:
    """The comments on a page or an attachment, or the replies to a comment; `depth=all` gives whole threads."""
    user, found = visible_content(world, request)
    asked = _asked(world, request, user)
    places = several(request, "location", ("inline", "footer", "resolved"))
    if request.query_params.get("depth", "") not in ("", "root", "all"):
        raise bad_request("depth must be empty or all")
    if isinstance(found, Comment):
        below = list(comments.replies(world, found))
    elif isinstance(found, Attachment):
        below = list(comments.comments_on(world, found))
    else:
        below = list(comments.comments_of(found))
    if request.query_params.get("depth") == "all":
        below = [each for top in below for each in _thread(world, top)]
    shown = [each for each in below if not places or _place(each) in places]
    return old_list(world, request, shown, lambda each: comment_json(asked, each))


def _thread(world: World, comment: Comment) -> list[Comment]:
    return [comment, *(each for answer in comments.replies(world, comment) for each in _thread(world, answer))]


def _place(comment: Comment) -> str:
    if comment.anchor is None:
        return "footer"
    return "resolved" if comment.state == "resolved" else "inline"


def _storage(body: Json) -> str:
    sent: Any = required(body, "body", "storage")
    if not isinstance(sent, dict) or sent.get("representation") != "storage":
        raise bad_request("body.storage.representation must be storage")
    return text_required(body, "body", "storage", "value")


def _alone(world: World, value: Json) -> Json:
    context = "/wiki" if world.is_cloud else "/confluence"
    return {**value, "_links": {**value["_links"], "base": world.wiki_url, "context": context}}


BELOW: tuple[Call, ...] = (("GET", "/content/{id}/child/comment", comments_below),)
