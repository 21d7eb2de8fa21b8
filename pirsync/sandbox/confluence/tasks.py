"""Tasks of wiki pages in Cloud's `/api/v2`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from pirsync.sandbox.edge.http import actor, answer, body_object
from pirsync.sandbox.wiki import may_edit, may_see
from pirsync.sandbox.wiki.tasks import InlineTask, find_task, tasks_of, tick

from .call import Failed, bad_request, text_required
from .parts import Call, account, several
from .v1_json import Json, moment
from .v2_json import id_name, listing

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.world import World

_STATES = ("complete", "incomplete")


def _listed(world: World, request: Request) -> Response:
    user = actor(world, request)
    states = several(request, "status", _STATES)
    ids, spaces, pages = several(request, "task-id"), several(request, "space-id"), several(request, "page-id")
    made, given, ticked = (
        several(request, "created-by"),
        several(request, "assigned-to"),
        several(request, "completed-by"),
    )
    found = [
        task
        for page in world.wiki.pages.values()
        if page.status == "current"
        and (not pages or str(page.id) in pages)
        and (not spaces or str(page.space_id) in spaces)
        and may_see(world, user, page)
        for task in tasks_of(page)
        if (not ids or str(task.id) in ids)
        and (not states or task.state in states)
        and (not made or account(task.made.author) in made)
        and (not given or task.assignee in given)
        and (not ticked or (task.ticked is not None and account(task.ticked.author) in ticked))
    ]
    shown = _format(request)
    return listing(world, request, found, lambda task: _shape(task, shown))


def _read(world: World, request: Request) -> Response:
    _, task = _visible(world, request)
    return answer(_shape(task, _format(request)))


def _update(world: World, request: Request) -> Response:
    user, task = _visible(world, request)
    state = text_required(body_object(request), "status")
    if state not in _STATES:
        raise bad_request("status must be complete or incomplete")
    if user is None or not may_edit(world, user, task.page):
        raise Failed(404, "NotFoundException", "Task not found")
    changed = tick(world, user, task, "complete" if state == "complete" else "incomplete")
    return answer(_shape(changed, _format(request)))


def _visible(world: World, request: Request) -> tuple[User | None, InlineTask]:
    user = actor(world, request)
    task = find_task(world, request.path_params["id"])
    if task is None or task.page.status != "current" or not may_see(world, user, task.page):
        raise Failed(404, "NotFoundException", "Task not found")
    return user, task


def _format(request: Request) -> str:
    shown = request.query_params.get("body-format", "")
    if shown not in ("", "storage"):
        raise bad_request(f"Provided value {{{shown}}} for 'body-format' is not valid")
    return shown


def _shape(task: InlineTask, shown: str) -> Json:
    answered: Json = {
        "id": str(task.id),
        "localId": task.local_id,
        "spaceId": str(task.page.space_id),
        id_name(task.page): str(task.page.id),
        "status": task.state,
        "body": {"storage": {"representation": "storage", "value": task.body}} if shown == "storage" else {},
        "createdBy": account(task.made.author),
        "assignedTo": task.assignee,
        "createdAt": moment(task.made.at),
        "updatedAt": moment(task.changed.at),
        "dueAt": moment(task.due) if task.due else None,
    }
    if task.ticked is not None:
        answered |= {"completedBy": account(task.ticked.author), "completedAt": moment(task.ticked.at)}
    return {name: value for name, value in answered.items() if value is not None}


NEW: tuple[Call, ...] = (
    ("GET", "/tasks", _listed),
    ("GET", "/tasks/{id}", _read),
    ("PUT", "/tasks/{id}", _update),
)
