"""Comments in Confluence Cloud's `/api/v2`: `footer-comments` and `inline-comments`, each with its replies."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Literal

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.wiki import comments, find_page, may_see
from pirsync.sandbox.wiki.attachments import find_attachment
from pirsync.sandbox.wiki.comments import Comment, find_comment, may_see_part, page_of
from pirsync.sandbox.wiki.markers import mark

from .bodies import SERVED, represented
from .call import Failed, bad_request, number_required, required, text_required
from .parts import (
    Call,
    alone,
    flag,
    known_actor,
    numbered,
    part,
    several,
    sorted_by,
    version_detail,
    visible_attachment,
    visible_comment,
)
from .v1_json import Json, moment
from .v1_parts_json import comment_path
from .v2_json import id_name, listing, property_v2_json, version_v2_json
from .v2_pages import page_of_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

Kind = Literal["footer", "inline"]
_STATES = ("open", "reopened", "resolved", "dangling")
_FORMATS = ("storage",)
_AGES = {"created-date": lambda one: one.created, "modified-date": lambda one: one.current.at}


def calls() -> list[Call]:
    """Method, path below `/api/v2` and handler of every call."""
    found: list[Call] = [("GET", "/attachments/{id}/footer-comments", _on_attachment)]
    kinds: tuple[Kind, ...] = ("footer", "inline")
    for kind in kinds:
        found += [
            ("GET", f"/pages/{{id}}/{kind}-comments", partial(_on_page, kind)),
            ("GET", f"/blogposts/{{id}}/{kind}-comments", partial(_on_page, kind)),
            ("GET", f"/{kind}-comments", partial(_all, kind)),
            ("POST", f"/{kind}-comments", partial(_create, kind)),
            ("GET", f"/{kind}-comments/{{id}}", partial(_read, kind)),
            ("PUT", f"/{kind}-comments/{{id}}", partial(_update, kind)),
            ("DELETE", f"/{kind}-comments/{{id}}", partial(_delete, kind)),
            ("GET", f"/{kind}-comments/{{id}}/children", partial(_replies, kind)),
            ("GET", f"/{kind}-comments/{{id}}/operations", partial(_operations, kind)),
            ("GET", f"/{kind}-comments/{{id}}/versions", partial(_versions, kind)),
            ("GET", f"/{kind}-comments/{{id}}/versions/{{number}}", partial(_version, kind)),
        ]
    return found


def _missing() -> Failed:
    return Failed(404, "NotFoundException", "Comment not found")


def _seen(kind: Kind, world: World, request: Request) -> tuple[User | None, Comment]:
    user, comment = visible_comment(world, request)
    if _kind(comment) != kind:
        raise _missing()
    return user, comment


def _kind(comment: Comment) -> Kind:
    return "inline" if comment.anchor else "footer"


# ------------------------------------------------------------ reading


def _on_page(kind: Kind, world: World, request: Request) -> Response:
    _, page = page_of_path(world, request)
    states = several(request, "resolution-status", _STATES)
    held = [
        each
        for each in comments.comments_of(page)
        if _kind(each) == kind and (not states or comments.resolution(world, each) in states)
    ]
    return _listed(world, request, held)


def _on_attachment(world: World, request: Request) -> Response:
    _, attachment = visible_attachment(world, request)
    return _listed(world, request, comments.comments_on(world, attachment))


def _all(kind: Kind, world: World, request: Request) -> Response:
    user = actor(world, request)
    held = [each for each in world.wiki.comments.values() if find_comment(world, each.id) and _kind(each) == kind]
    return _listed(world, request, [each for each in held if may_see_part(world, user, each)])


def _replies(kind: Kind, world: World, request: Request) -> Response:
    _, comment = _seen(kind, world, request)
    return _listed(world, request, comments.replies(world, comment))


def _listed(world: World, request: Request, found: Iterable[Comment]) -> Response:
    shown = _format(request, _FORMATS)
    states = several(request, "status", ("current", "archived", "trashed", "deleted", "historical", "draft"))
    wanted = found if not states or "current" in states else ()
    ordered, reader = sorted_by(request, wanted, _AGES, "created-date"), actor(world, request)
    return listing(world, request, ordered, lambda each: comment_v2_json(world, reader, each, shown))


def _read(kind: Kind, world: World, request: Request) -> Response:
    user, comment = _seen(kind, world, request)
    shown = _format(request, SERVED)
    answered = comment_v2_json(world, user, comment, shown, request.query_params.get("version"))
    if request.query_params.get("include-version") == "false":
        del answered["version"]
    own = f"/wiki/api/v2/{kind}-comments/{comment.id}"
    if flag(request, "include-properties"):
        held = [property_v2_json(prop) for prop in comment.properties.values()]
        answered["properties"] = answered.get("properties", {}) | part(held, f"{own}/properties")
    if flag(request, "include-operations"):
        answered["operations"] = part(_allowed(world, user, comment), f"{own}/operations")
    if flag(request, "include-likes"):
        answered["likes"] = part([], f"{own}/likes")
    if flag(request, "include-versions"):
        versions = [version_v2_json(each) for each in reversed(comment.versions)]
        answered["versions"] = part(versions, f"{own}/versions")
    return answer(alone(world, answered))


def _operations(kind: Kind, world: World, request: Request) -> Response:
    user, comment = _seen(kind, world, request)
    return answer({"operations": _allowed(world, user, comment)})


def _allowed(world: World, user: User | None, comment: Comment) -> list[Json]:
    names = ["read"]
    if user is not None and comments.may_change_comment(world, user, comment):
        names.append("update")
    if user is not None and comments.may_delete_comment(world, user, comment):
        names.append("delete")
    return [{"operation": name, "targetType": "comment"} for name in names]


def _versions(kind: Kind, world: World, request: Request) -> Response:
    user, comment = _seen(kind, world, request)
    shown = _format(request, _FORMATS)
    ordered = sorted_by(request, comment.versions, {"modified-date": lambda one: one.number}, "-modified-date")
    return listing(
        world,
        request,
        ordered,
        lambda each: {
            **version_v2_json(each),
            "comment": {
                "id": str(comment.id),
                "title": each.title,
                "body": _body(world, user, comment, each.body, shown),
            },
        },
    )


def _version(kind: Kind, world: World, request: Request) -> Response:
    _, comment = _seen(kind, world, request)
    version = numbered(comment.versions, request.path_params["number"], lambda one: one.number)
    return answer(version_detail(version, len(comment.versions)))


# ------------------------------------------------------------ writing


def _create(kind: Kind, world: World, request: Request) -> Response:
    user = known_actor(world, request)
    body = body_object(request)
    text = storage_of(body)
    named = [name for name in ("pageId", "blogPostId", "parentCommentId", "attachmentId") if body.get(name)]
    if len(named) != 1:
        raise bad_request("Exactly one of pageId, blogPostId, attachmentId or parentCommentId must be given")
    if named == ["parentCommentId"]:
        parent = find_comment(world, str(body["parentCommentId"]))
        if parent is None or not may_see_part(world, user, parent) or _kind(parent) != kind:
            raise _missing()
        made = comments.reply(world, user, parent, text)
    elif named == ["attachmentId"] and kind == "footer":
        attachment = find_attachment(world, str(body["attachmentId"]))
        if attachment is None or not may_see_part(world, user, attachment):
            raise Failed(404, "NotFoundException", "Attachment not found")
        made = comments.comment_on(world, user, attachment, text)
    else:
        made = _on_named_page(kind, world, user, body, text)
    return answer(alone(world, comment_v2_json(world, user, made, "storage")), 201)


def _on_named_page(kind: Kind, world: World, user: User, body: Json, text: str) -> Comment:
    of_page, of_post = str(body.get("pageId") or ""), str(body.get("blogPostId") or "")
    page = find_page(world, of_page or of_post)
    wanted = "page" if of_page else "blogpost"
    if page is None or page.kind != wanted or page.status != "current" or not may_see(world, user, page):
        raise Failed(404, "NotFoundException", "Page not found" if of_page else "Blog post not found")
    if kind == "footer":
        return comments.add_comment(world, user, page, text)
    return comments.add_comment(world, user, page, text, mark(world, page, *_selection(body)))


def _selection(body: Json) -> tuple[str, int, int]:
    properties = "inlineCommentProperties"
    return (
        text_required(body, properties, "textSelection"),
        number_required(body, properties, "textSelectionMatchCount"),
        number_required(body, properties, "textSelectionMatchIndex"),
    )


def _update(kind: Kind, world: World, request: Request) -> Response:
    user, comment = _seen(kind, world, request)
    body = body_object(request)
    resolved = body.get("resolved") if kind == "inline" else None
    # Settling a thread is everybody's; changing its words is the author's.
    if user is None or (body.get("body") and not comments.may_change_comment(world, user, comment)):
        raise _missing()
    number = number_required(body, "version", "number")
    text = storage_of(body) if body.get("body") or resolved is None else comment.current.body
    comments.update_comment(world, user, comment, text, number, str(body["version"].get("message") or ""))
    if resolved is True:
        comments.resolve(world, user, comment)
    elif resolved is False:
        comments.reopen(world, user, comment)
    return answer(alone(world, comment_v2_json(world, user, comment, "storage")))


def _delete(kind: Kind, world: World, request: Request) -> Response:
    user, comment = _seen(kind, world, request)
    if user is None or not comments.may_delete_comment(world, user, comment):
        raise _missing()
    comments.delete_comment(world, comment)
    return empty()


def storage_of(body: Json) -> str:
    """The storage text of a comment's `body`, flat or nested; `Failed` 400 for another representation."""
    sent = required(body, "body")
    inner = sent.get("storage", sent) if isinstance(sent, dict) else {}
    if text_required(inner, "representation") != "storage":
        raise bad_request("body.representation must be storage")
    return text_required(inner, "value")


# ------------------------------------------------------------ shape


def comment_v2_json(
    world: World, reader: User | None, comment: Comment, shown: str | None, number: str | None = None
) -> Json:
    """A comment at its newest or the given version, with its body in the format `shown` (None: without)."""
    page = page_of(world, comment)
    version = comment.current if number is None else numbered(comment.versions, number, lambda one: one.number)
    answered: Json = {
        "id": str(comment.id),
        "status": "current" if version is comment.current else "historical",
        "title": version.title,
        id_name(page): str(page.id),
        "version": version_v2_json(version),
        "body": _body(world, reader, comment, version.body, shown),
        "_links": {"webui": comment_path(world, comment)},
    }
    if comment.attachment_id is not None:
        del answered[id_name(page)]
        answered["attachmentId"] = f"att{comment.attachment_id}"
    if comment.parent_id is not None:
        answered["parentCommentId"] = str(comment.parent_id)
    if comment.anchor is not None:
        answered |= {
            "resolutionStatus": comments.resolution(world, comment),
            "properties": {
                "inlineMarkerRef": comment.anchor.ref,
                "inlineOriginalSelection": comment.anchor.selection,
                # The names that the first clients of this API were written for; the site still sends them.
                "inline-marker-ref": comment.anchor.ref,
                "inline-original-selection": comment.anchor.selection,
            },
        }
    if comment.state_by is not None and comment.state_at is not None:
        answered["resolutionLastModifierId"] = comment.state_by.account_id
        answered["resolutionLastModifiedAt"] = moment(comment.state_at)
    return answered


def _body(world: World, reader: User | None, comment: Comment, text: str, shown: str | None) -> Json:
    if shown not in SERVED:
        return {}
    value = represented(world, reader, page_of(world, comment), text, shown)
    return {shown: {"representation": shown, "value": value}}


def _format(request: Request, known_formats: tuple[str, ...]) -> str | None:
    asked = request.query_params.get("body-format")
    if asked is not None and asked not in known_formats:
        raise bad_request(f"Provided value {{{asked}}} for 'body-format' is not valid")
    return asked
