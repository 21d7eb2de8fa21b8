"""Watchers and votes over HTTP: people beside an issue who change nothing in it."""

from __future__ import annotations

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer, body_json, empty
from pirsync.sandbox.people import User
from pirsync.sandbox.tracker import Invalid

from .call import ISSUE, Call, Table
from .nouns_json import user_json


def watchers(call: Call) -> Response:
    """GET watchers."""
    issue, view = call.issue, call.view
    people = [call.world.people.find(name) for name in issue.watchers]
    return answer(
        {
            "self": f"{view.rest}/issue/{issue.key}/watchers",
            "isWatching": call.user is not None and call.user.name in issue.watchers,
            "watchCount": len(issue.watchers),
            "watchers": [user_json(view, one) for one in people if one is not None],
        }
    )


def watch(call: Call) -> Response:
    """POST watchers: the body is the account as a JSON string, absent for oneself; 204."""
    actor, issue = call.signed_in(), call.issue
    sent = body_json(call.request)
    user = actor if sent in ({}, None, "") else _account(call, sent if isinstance(sent, str) else "")
    if user.name not in issue.watchers:
        issue.watchers.append(user.name)
        issue.changed.add("watches")
    return empty()


def unwatch(call: Call) -> Response:
    """DELETE watchers: Cloud by `accountId`, Data Center by `username`; 204."""
    call.signed_in()
    issue, name = call.issue, "accountId" if call.world.is_cloud else "username"
    if not call.text(name):
        raise Invalid(f"The query parameter '{name}' is required.")
    user = _account(call, call.text(name) or "")
    if user.name in issue.watchers:
        issue.watchers.remove(user.name)
        issue.changed.add("watches")
    return empty()


def _account(call: Call, ref: str) -> User:
    user = call.world.people.find(ref) if ref else None
    if user is None or ref not in ((user.account_id,) if call.world.is_cloud else (user.name, user.key)):
        raise Invalid(f"The user '{ref}' does not exist.", status=404)
    return user


def votes(call: Call) -> Response:
    """GET votes."""
    issue, view = call.issue, call.view
    people = [call.world.people.find(name) for name in issue.voters]
    return answer(
        {
            "self": f"{view.rest}/issue/{issue.key}/votes",
            "votes": len(issue.voters),
            "hasVoted": call.user is not None and call.user.name in issue.voters,
            "voters": [user_json(view, one) for one in people if one is not None],
        }
    )


def vote(call: Call) -> Response:
    """POST votes: 204, on Data Center 200; not for the reporter's own issue, nor for a resolved one."""
    actor, issue = call.signed_in(), call.issue
    if issue.reporter == actor:
        raise Invalid("You cannot vote for an issue you have reported.", status=404)
    if issue.resolution_id is not None:
        raise Invalid("You cannot vote for an issue that is resolved.", status=404)
    if actor.name not in issue.voters:
        issue.voters.append(actor.name)
        issue.changed.add("votes")
    return empty(204 if call.world.is_cloud else 200)


def unvote(call: Call) -> Response:
    """DELETE votes: 204; 404 where there is no vote of this account."""
    actor, issue = call.signed_in(), call.issue
    if actor.name not in issue.voters:
        raise Invalid("You have not voted for this issue.", status=404)
    issue.voters.remove(actor.name)
    issue.changed.add("votes")
    return empty()


BOTH: Table = [
    ("GET", ISSUE + "/watchers", watchers),
    ("POST", ISSUE + "/watchers", watch),
    ("DELETE", ISSUE + "/watchers", unwatch),
    ("GET", ISSUE + "/votes", votes),
    ("POST", ISSUE + "/votes", vote),
    ("DELETE", ISSUE + "/votes", unvote),
]
