"""The sandbox's own calls that grant and deny permissions of its Jira: `/__sandbox/permissions`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pirsync.sandbox.edge.http import BadBody, body_object
from pirsync.sandbox.tracker.permissions import PERMISSIONS, Rule

if TYPE_CHECKING:
    from pirsync.sandbox.world import World


def routes(world: World) -> list[Route]:
    """The calls; they need no credential, and no fault hits them."""
    table = (("GET", _listed), ("POST", _added), ("DELETE", _cleared))
    return [
        Route("/__sandbox/permissions", partial(handler, world), methods=[method], name=f"permissions-{method}")
        for method, handler in table
    ]


def _listed(world: World, _request: Request) -> Response:
    rules = []
    for rule in world.tracker.rules:
        project = world.tracker.projects.get(rule.project)
        named = {"user": rule.user or None, "project": project.key if project else None}
        rules.append({"permission": rule.permission, "allowed": rule.allowed, **named})
    return JSONResponse({"rules": rules})


def _added(world: World, request: Request) -> Response:
    """Body `{permission, allowed, user, project}`, or `{rules: [...]}` of several.

    `user` is any name of an account, `project` a key or id; without them the rule is for all. Of the rules that fit,
    the newest decides. 400 when a rule names something unknown, and then none is added.
    """
    try:
        sent = body_object(request)
        rules = [_rule(world, one) for one in sent.get("rules", [sent])]
    except (BadBody, KeyError, TypeError, ValueError) as error:
        return JSONResponse({"error": str(error)}, 400)
    world.tracker.rules.extend(rules)
    return _listed(world, request)


def _rule(world: World, sent: dict[str, Any]) -> Rule:
    if sent["permission"] not in PERMISSIONS:
        raise ValueError(f"permission must be one of {', '.join(PERMISSIONS)}")
    if not isinstance(sent["allowed"], bool):
        raise TypeError("allowed must be true or false")
    user = world.people.find(str(sent["user"])) if sent.get("user") else None
    project = world.tracker.project(str(sent["project"])) if sent.get("project") else None
    if sent.get("user") and user is None:
        raise ValueError(f"nobody is called {sent['user']}")
    if sent.get("project") and project is None:
        raise ValueError(f"no project is called {sent['project']}")
    return Rule(sent["permission"], sent["allowed"], user.name if user else "", project.id if project else "")


def _cleared(world: World, request: Request) -> Response:
    world.tracker.rules.clear()
    return _listed(world, request)
