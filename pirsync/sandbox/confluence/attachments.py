"""Attachments over HTTP: Cloud's `/api/v2` reads and deletes them, `/rest/api` of both dialects uploads and fetches."""

from __future__ import annotations

from collections.abc import Iterable
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pirsync.sandbox.edge.http import actor, answer, body_object, empty
from pirsync.sandbox.edge.multipart import parts
from pirsync.sandbox.people import User
from pirsync.sandbox.site import download_path
from pirsync.sandbox.web.view import Missing, acting
from pirsync.sandbox.wiki import Conflict, Page, find_page, may_edit, may_see
from pirsync.sandbox.wiki import attachments as files
from pirsync.sandbox.wiki.attachments import Attachment, Upload
from pirsync.sandbox.wiki.comments import may_see_part, page_of

from .call import Failed, Handler, bad_request, editable_page, number_required, required, visible_page
from .parts import (
    Call,
    account,
    alone,
    flag,
    numbered,
    old_list,
    part,
    several,
    sorted_by,
    version_detail,
    visible_attachment,
)
from .v1_json import Asked, Json, expansions, moment
from .v1_parts_json import attachment_json, attachment_path, media_type_words
from .v2_json import id_name, listing, property_v2_json
from .v2_pages import page_of_path

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_AGES = {"created-date": lambda one: one.created, "modified-date": lambda one: one.current.at}
_SAVED = frozenset({"version", "container", "history", "space"})


# ------------------------------------------------------------ /api/v2


def _all(world: World, request: Request) -> Response:
    user = actor(world, request)
    held = [each for each in world.wiki.attachments.values() if files.find_attachment(world, each.id)]
    return _listed_new(world, request, [each for each in held if may_see_part(world, user, each)])


def _on_page(world: World, request: Request) -> Response:
    return _listed_new(world, request, page_of_path(world, request)[1].attachments)


def _listed_new(world: World, request: Request, held: Iterable[Attachment]) -> Response:
    query = request.query_params
    states = several(request, "status", ("current", "archived", "trashed")) or {"current", "archived"}
    found = [
        each
        for each in held
        if each.status in states
        and query.get("filename", each.name) == each.name
        and query.get("mediaType", each.current.media_type) == each.current.media_type
    ]
    ordered = sorted_by(request, found, _AGES, "created-date")
    return listing(world, request, ordered, lambda each: attachment_v2_json(world, each), 50)


def _read(world: World, request: Request) -> Response:
    user, attachment = visible_attachment(world, request)
    answered = attachment_v2_json(world, attachment, request.query_params.get("version"))
    if request.query_params.get("include-version") == "false":
        del answered["version"]
    own = f"/wiki/api/v2/attachments/{attachment.ref}"
    if flag(request, "include-labels"):
        named = [
            {"id": str(world.wiki.label_ids[name]), "name": name, "prefix": "global"} for name in attachment.labels
        ]
        answered["labels"] = part(named, f"{own}/labels")
    if flag(request, "include-properties"):
        held = [property_v2_json(prop) for prop in attachment.properties.values()]
        answered["properties"] = part(held, f"{own}/properties")
    if flag(request, "include-operations"):
        answered["operations"] = part(_allowed(world, user, attachment), f"{own}/operations")
    if flag(request, "include-versions"):
        versions = [_version_json(each) for each in reversed(attachment.versions)]
        answered["versions"] = part(versions, f"{own}/versions")
    return answer(alone(world, answered))


def _operations(world: World, request: Request) -> Response:
    user, attachment = visible_attachment(world, request)
    return answer({"operations": _allowed(world, user, attachment)})


def _allowed(world: World, user: User | None, attachment: Attachment) -> list[Json]:
    names = ["read", *(["update", "delete"] if may_edit(world, user, page_of(world, attachment)) else [])]
    return [{"operation": name, "targetType": "attachment"} for name in names]


def _versions(world: World, request: Request) -> Response:
    _, attachment = visible_attachment(world, request)
    ordered = sorted_by(request, attachment.versions, {"modified-date": lambda one: one.number}, "-modified-date")
    entity = {"id": attachment.ref, "title": attachment.name}
    return listing(world, request, ordered, lambda each: {**_version_json(each), "attachment": entity})


def _version(world: World, request: Request) -> Response:
    _, attachment = visible_attachment(world, request)
    version = numbered(attachment.versions, request.path_params["number"], lambda one: one.number)
    return answer(version_detail(version, len(attachment.versions)))


def _delete(world: World, request: Request) -> Response:
    user, attachment = visible_attachment(world, request)
    if not may_edit(world, user, page_of(world, attachment)):
        raise Failed(404, "NotFoundException", "Attachment not found")
    if not flag(request, "purge"):
        files.trash_attachment(attachment)
    elif attachment.status == "trashed":
        files.purge_attachment(world, attachment)
    else:
        raise bad_request("Only a trashed attachment can be purged")
    return empty()


def attachment_v2_json(world: World, attachment: Attachment, number: str | None = None) -> Json:
    """An attachment at its newest or the given version."""
    shown = numbered(attachment.versions, number, lambda one: one.number) if number else attachment.current
    links = {"webui": attachment_path(attachment), "download": download_path(world, attachment, shown)}
    return {
        "id": attachment.ref,
        "status": attachment.status if shown is attachment.current else "historical",
        "title": attachment.name,
        "createdAt": moment(attachment.created),
        id_name(page_of(world, attachment)): str(attachment.page_id),
        "mediaType": shown.media_type,
        "mediaTypeDescription": media_type_words(shown.media_type),
        "comment": shown.comment,
        "fileId": attachment.file_id,
        "fileSize": len(shown.data),
        "webuiLink": links["webui"],
        "downloadLink": links["download"],
        "version": _version_json(shown),
        "_links": links,
    }


def _version_json(version: files.FileVersion) -> Json:
    return {
        "number": version.number,
        "message": version.comment,
        "minorEdit": version.minor,
        "authorId": account(version.author),
        "createdAt": moment(version.at),
    }


# ------------------------------------------------------------ /rest/api


def _listed(world: World, request: Request) -> Response:
    user, page = visible_page(world, request)
    query = request.query_params
    asked = Asked(world, user, expansions(query.get("expand", "")))
    found = [
        each
        for each in page.attachments
        if each.status == "current"
        and query.get("filename", each.name) == each.name
        and query.get("mediaType", each.current.media_type) == each.current.media_type
    ]
    return old_list(world, request, found, lambda each: attachment_json(asked, each), 50)


def _create(world: World, request: Request) -> Response:
    uploads = _uploads(request)
    user, page = editable_page(world, request)
    if not (flag(request, "allowDuplicated") and not world.is_cloud):
        # All or none: a name that is taken must not leave the files before it behind.
        for upload in uploads:
            if files.attachment_named(page, files.checked_name(upload.name)) is not None:
                raise files.NameTaken(upload.name)
    return _answered(world, request, user, [_put(world, user, page, upload) for upload in uploads])


def _create_or_update(world: World, request: Request) -> Response:
    uploads = _uploads(request)
    user, page = editable_page(world, request)
    return _answered(world, request, user, [_put(world, user, page, upload) for upload in uploads])


def _put(world: World, user: User, page: Page, upload: Upload) -> Attachment:
    """Attach a file, as the next version of the one of its name if there is one."""
    held = files.attachment_named(page, files.checked_name(upload.name))
    if held is None:
        return files.attach(world, user, page, upload)
    files.upload_again(world, user, held, upload)
    return held


def _answered(world: World, request: Request, user: User, made: list[Attachment]) -> Response:
    asked = Asked(world, user, _SAVED | expansions(request.query_params.get("expand", "")))
    return old_list(world, request, made, lambda each: attachment_json(asked, each), 200)


def _update_data(world: World, request: Request) -> Response:
    uploads = _uploads(request)
    user, attachment = _editable(world, request)
    files.upload_again(world, user, attachment, uploads[0])
    return answer(attachment_json(Asked(world, user, _SAVED), attachment))


def _update(world: World, request: Request) -> Response:
    user, attachment = _editable(world, request)
    body = body_object(request)
    if files.find_attachment(world, str(required(body, "id"))) is not attachment or body.get("type") != "attachment":
        raise bad_request("The id and the type of the body must be those of the attachment")
    number = number_required(body, "version", "number")
    # The documents ask for the current number, and clients in use send the next one: both are taken.
    if number not in (attachment.current.number, attachment.current.number + 1):
        raise Conflict(attachment.current.number, number)
    metadata = body.get("metadata") if isinstance(body.get("metadata"), dict) else {}
    assert isinstance(metadata, dict)
    page = _container(world, user, body) or page_of(world, attachment)
    files.place(world, attachment, page, str(body.get("title") or attachment.name))
    files.describe(attachment, metadata.get("comment"), metadata.get("mediaType"))
    return answer(attachment_json(Asked(world, user, _SAVED), attachment))


def _container(world: World, user: User, body: Json) -> Page | None:
    container = body.get("container")
    if not isinstance(container, dict) or "id" not in container:
        return None
    page = find_page(world, str(container["id"]))
    if page is None or not may_edit(world, user, page):
        raise Failed(403, "PermissionException", "You are not permitted to move the attachment there")
    return page


def _remove(world: World, request: Request) -> Response:
    _, attachment = _editable(world, request)
    files.trash_attachment(attachment)
    return empty()


def _remove_version(world: World, request: Request) -> Response:
    _, attachment = _editable(world, request)
    version = numbered(attachment.versions, request.path_params["number"], lambda one: one.number)
    files.delete_file_version(attachment, version.number)
    return empty()


def _move(world: World, request: Request) -> Response:
    user, attachment = _editable(world, request)
    query = request.query_params
    there = {"container": {"id": query["newContentId"]}} if query.get("newContentId") else {}
    page = _container(world, user, there) or page_of(world, attachment)
    files.place(world, attachment, page, query.get("newName") or attachment.name)
    return empty()


def _editable(world: World, request: Request) -> tuple[User, Attachment]:
    """The attachment of the path, which must hang on the path's page, and who may change it."""
    user, page = editable_page(world, request)
    _, attachment = visible_attachment(world, request, "attachment_id")
    if attachment.page_id != page.id or attachment.status != "current":
        raise Failed(404, "NotFoundException", f"No attachment found with id: {attachment.ref}")
    return user, attachment


def _form(handler: Handler) -> Handler:
    """A call that takes a form: 403 without the header that shows that no browser was tricked into sending it."""

    @wraps(handler)
    def checked(world: World, request: Request) -> Response:
        if request.headers.get("x-atlassian-token", "").lower() not in ("no-check", "nocheck"):
            return PlainTextResponse("XSRF check failed", 403)
        return handler(world, request)

    return checked


def _uploads(request: Request) -> list[Upload]:
    """The files of a form with what is said of each; `Failed` 400 without any."""
    fields = parts(request)
    sent = [field for field in fields if field.name == "file" and field.filename]
    if not sent:
        raise bad_request("At least one file must be sent in the field 'file'")
    words = [field.text for field in fields if field.name == "comment"] or [""]
    minor = any(field.text.strip().lower() == "true" for field in fields if field.name == "minorEdit")
    return [
        Upload(field.filename or "", field.media_type, field.data, words[min(place, len(words) - 1)], minor)
        for place, field in enumerate(sent)
    ]


# ------------------------------------------------------------ bytes


def _download_of(world: World, request: Request) -> Response:
    _, page = visible_page(world, request)
    _, attachment = visible_attachment(world, request, "attachment_id")
    if attachment.page_id != page.id:
        raise Failed(404, "NotFoundException", f"No attachment found with id: {attachment.ref}")
    number = request.query_params.get("version")
    if number is not None and number not in [str(each.number) for each in attachment.versions]:
        raise bad_request(f"The attachment has no version {number}")
    shown = numbered(attachment.versions, number, lambda one: one.number) if number else attachment.current
    return RedirectResponse(world.wiki_url + download_path(world, attachment, shown), 302)


def download(world: World, request: Request) -> Response:
    """The bytes of an attachment, of the query's `version` or the newest, at the address that `_links.download` names.

    A browser that shows the sandbox's own pages fetches them as the person that it acts as.
    """
    is_own_page = request.headers.get("sec-fetch-site") == "same-origin"
    user = acting(world, request) if is_own_page else actor(world, request)
    page = find_page(world, request.path_params["page_id"])
    seen = page is not None and page.status != "trashed" and may_see(world, user, page)
    found = files.attachment_named(page, request.path_params["name"]) if page is not None and seen else None
    number = request.query_params.get("version")
    if found is None or number not in (None, *(str(each.number) for each in found.versions)):
        raise Missing("There is no such file, or not for you.")
    return _bytes_of(numbered(found.versions, number, lambda one: one.number) if number else found.current, found.name)


def _bytes_of(shown: files.FileVersion, name: str) -> Response:
    """An answer with the bytes of a version; whatever a browser might run is only saved."""
    is_image = shown.media_type.startswith("image/") and "svg" not in shown.media_type
    headers = {
        "Content-Disposition": f"{'inline' if is_image else 'attachment'}; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(shown.data, 200, headers, media_type=shown.media_type)


NEW: tuple[Call, ...] = (
    ("GET", "/attachments", _all),
    ("GET", "/pages/{id}/attachments", _on_page),
    ("GET", "/blogposts/{id}/attachments", _on_page),
    ("GET", "/attachments/{id}", _read),
    ("DELETE", "/attachments/{id}", _delete),
    ("GET", "/attachments/{id}/operations", _operations),
    ("GET", "/attachments/{id}/versions", _versions),
    ("GET", "/attachments/{id}/versions/{number}", _version),
)
_ON_CONTENT = "/content/{id}/child/attachment"
_ONE = f"{_ON_CONTENT}/{{attachment_id}}"
OLD: tuple[Call, ...] = (
    ("GET", _ON_CONTENT, _listed),
    ("POST", _ON_CONTENT, _form(_create)),
    ("PUT", _ONE, _update),
    ("POST", f"{_ONE}/data", _form(_update_data)),
)
"""Paths below `/rest/api` of both dialects."""
OLD_CLOUD: tuple[Call, ...] = (
    ("PUT", _ON_CONTENT, _form(_create_or_update)),
    ("GET", f"{_ONE}/download", _download_of),
)
OLD_DC: tuple[Call, ...] = (
    ("DELETE", _ONE, _remove),
    ("DELETE", f"{_ONE}/version/{{number}}", _remove_version),
    ("POST", f"{_ONE}/move", _move),
)
