"""The sandbox's APIs: the route table of each, and the walk through it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from starlette.routing import Match, Route

from pirsync.sandbox.confluence import cloud as confluence_cloud
from pirsync.sandbox.confluence import datacenter as confluence_dc
from pirsync.sandbox.jira import routes as jira
from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.seed import seed
from tests.sandbox.conformance import jira_steps, wiki_steps
from tests.sandbox.conformance.walker import Walked, walk


@dataclass(frozen=True)
class Api:
    """One version of one product's API in one dialect."""

    deployment: Deployment
    product: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.deployment}-{self.product}{self.version}"


APIS = (
    Api("cloud", "jira", "2"),
    Api("cloud", "jira", "3"),
    Api("datacenter", "jira", "2"),
    Api("cloud", "confluence"),
    Api("datacenter", "confluence"),
)
each_api = pytest.mark.parametrize("api", APIS, ids=str)


def root_of(world: World, api: Api) -> str:
    """The address that an API's steps are relative to."""
    return f"{world.jira_url}/rest/api/{api.version}" if api.product == "jira" else world.wiki_url


@cache
def walked(api: Api) -> tuple[Walked, ...]:
    """The walk through an API of a fresh world."""
    return walk_of(api)[1]


@cache
def walk_of(api: Api) -> tuple[World, tuple[Walked, ...]]:
    """The same, with the world as it was left."""
    world = World(api.deployment)
    seed(world)
    if api.product == "jira":
        names, steps = jira_steps.names(world, api.version), jira_steps.steps(api.deployment)
    else:
        names, steps = wiki_steps.names(world), wiki_steps.steps(api.deployment)
    with Running(world):
        return world, tuple(walk(world, root_of(world, api), steps, names))


@cache
def routes(api: Api) -> list[Route]:
    """The route table of an API, in the order in which it is looked through."""
    world = World(api.deployment)
    if api.product == "jira":
        return jira.routes(world)
    return confluence_cloud.routes(world) if world.is_cloud else confluence_dc.routes(world)


def named(route: Route) -> str:
    """A route as it is told of: its method and path."""
    return f"{min((route.methods or set()) - {'HEAD'})} {route.path}"


def route_of(api: Api, one: Walked) -> str | None:
    """The route that a step took, as the router finds it."""
    world = World(api.deployment)
    above = (world.jira_url if api.product == "jira" else world.wiki_url).removeprefix(world.base_url)
    request = one.interaction.request
    scope = {"type": "http", "method": request.method, "path": request.path.removeprefix(above), "root_path": ""}
    return next((named(route) for route in routes(api) if route.matches(scope)[0] is Match.FULL), None)
