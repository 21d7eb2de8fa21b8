"""CQL about people: which accounts a query on `user.` fields means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pirsync.sandbox.people import User

from .syntax import BadQuery, Condition, Joined, Node, Not, conditions, read
from .text import contains

if TYPE_CHECKING:
    from pirsync.sandbox.world import World

_OPERATORS = {
    "type": {"=", "in"},
    "user.accountid": {"=", "!=", "in", "not in"},
    "user.userkey": {"=", "!=", "in", "not in"},
    "user.fullname": {"~", "!~", "=", "!="},
}


def search_people(world: World, actor: User | None, text: str) -> list[User]:
    """The active people that the query means, in the directory's order; nobody for an anonymous actor.

    `BadQuery` when it is malformed or about anything but people.
    """
    query = read(text)
    for condition in conditions(query.where):
        if condition.operator not in _OPERATORS.get(condition.field, ()):
            raise BadQuery(f"Could not parse cql : Unsupported CQL field '{condition.field}' for this resource")
    people = world.people.all() if actor is not None else ()
    return [one for one in people if one.active and (query.where is None or _holds(query.where, one, actor))]


def _holds(node: Node, user: User, actor: User | None) -> bool:
    if isinstance(node, Not):
        return not _holds(node.part, user, actor)
    if isinstance(node, Joined):
        parts = (_holds(part, user, actor) for part in node.parts)
        return all(parts) if node.word == "and" else any(parts)
    return _is_meant(node, user, actor)


def _is_meant(condition: Condition, user: User, actor: User | None) -> bool:
    negated = condition.operator in ("!=", "!~", "not in")
    own = actor.account_id if actor else ""
    values = [value if isinstance(value, str) else own for value in condition.values]
    if condition.field == "type":
        return "user" in values
    if condition.field == "user.fullname":
        return all(contains(user.display_name, value) for value in values) is not negated
    return bool({user.account_id, user.user_key}.intersection(values)) is not negated
