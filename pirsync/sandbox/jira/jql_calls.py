"""Cloud's calls about JQL itself: what a query is made of, what is wrong with it, and which issues it matches."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from pirsync.sandbox.edge.http import answer
from pirsync.sandbox.jql.search import Search, matching, search
from pirsync.sandbox.jql.syntax import BadQuery, parse
from pirsync.sandbox.jql.tree_json import query_json
from pirsync.sandbox.tracker import Invalid

from .call import Call, Table
from .nouns_json import JSON
from .search import strings

_MODES = ("strict", "warn", "none")


def parse_queries(call: Call) -> Response:
    """`jql/parse`: for each query its structure, or the errors that it has, as `validation` asks."""
    user, mode = call.signed_in(), call.text("validation") or "strict"
    if mode not in _MODES:
        raise Invalid(f"The validation mode must be one of strict, warn and none, but was '{mode}'.")
    texts = strings(call.body().get("queries"))
    if not texts or not all(texts):
        raise Invalid("The list of queries and the queries in it must not be empty.")
    return answer({"queries": [_parsed(Search(call.world, user), text, mode) for text in texts]})


def _parsed(run: Search, text: str, mode: str) -> JSON:
    value: JSON = {"query": text}
    try:
        query = parse(text)
        if mode != "none":
            search(run, query)
    except BadQuery as error:
        return {**value, "errors": list(error.messages)}
    if run.problems:
        value["errors"] = list(dict.fromkeys(run.problems))
    if run.warnings:
        value["warnings"] = list(dict.fromkeys(run.warnings))
    return value if run.problems and mode == "strict" else {**value, "structure": query_json(query)}


def match_issues(call: Call) -> Response:
    """`jql/match`: for each query which of the issues it matches, or what is wrong with it."""
    body, user = call.body(), call.signed_in()
    numbers: Any = body.get("issueIds")
    if not isinstance(numbers, list) or not all(type(one) is int for one in numbers):
        raise Invalid("'issueIds' must be a list of issue ids.")
    issues = call.world.tracker.issues
    asked = [issues[number] for number in dict.fromkeys(numbers) if number in issues]
    matches: list[JSON] = []
    for text in strings(body.get("jqls")):
        run, errors, found = Search(call.world, user), [], []
        try:
            found = matching(run, parse(text), asked)
            errors = list(dict.fromkeys(run.problems))
        except BadQuery as error:
            errors = list(error.messages)
        matches.append({"matchedIssues": [] if errors else [one.id for one in found], "errors": errors})
    return answer({"matches": matches})


CLOUD: Table = [("POST", "/jql/parse", parse_queries), ("POST", "/jql/match", match_issues)]
