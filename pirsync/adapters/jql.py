"""A `Query` becomes JQL here and nowhere else: every value quoted by one function, extra JQL in parentheses."""

from __future__ import annotations

import re
from datetime import datetime

from pirsync.ports import Query

ANY_TYPE = "*"
"""In `Query.issue_types`: every type."""

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\])*'")
_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""Control characters and what Unicode calls none: JQL refuses the whole query for one of them."""


def quote(value: str) -> str:
    """A value as a JQL string, safe for reserved words, quotes and backslashes (facts: Jira, section 2.4)."""
    return '"' + _FORBIDDEN.sub("", value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def milliseconds(instant: datetime) -> int:
    """An aware instant as epoch milliseconds, floored to the minute: the one literal that no time zone changes."""
    return int(instant.timestamp()) // 60 * 60_000


def one_of(field: str, values: tuple[str, ...]) -> str:
    """The clause that a field has one of the values."""
    return f"{field} in ({', '.join(quote(value) for value in values)})"


def render(query: Query, created_from: int | None = None) -> str:
    """The whole JQL of a query, in the order of creation.

    `created_from` (epoch milliseconds) continues a search that outgrew the server's window. Raises ValueError for a
    query that names nothing, and for extra JQL that would break out of its parentheses.
    """
    clauses = [_scope(query)]
    if query.updated_since is not None:
        clauses.append(f"updated >= {milliseconds(query.updated_since)}")
    if created_from is not None:
        clauses.append(f"created >= {created_from}")
    return " AND ".join(clauses) + " ORDER BY created ASC, key ASC"


def _scope(query: Query) -> str:
    narrowing = [one_of("project", query.projects)] if query.projects else []
    if query.issue_types and ANY_TYPE not in query.issue_types:
        narrowing.append(one_of("issuetype", query.issue_types))
    if query.extra_jql.strip():
        narrowing.append(f"({_contained(query.extra_jql)})")
    alternatives = [f"({' AND '.join(narrowing)})"] if narrowing else []
    if query.labels:
        alternatives.append(one_of("labels", query.labels))
    alternatives += [f"description ~ {quote(quote(phrase))}" for phrase in query.phrases]
    if not alternatives:
        raise ValueError("a search must name projects, types, labels, phrases or JQL of its own")
    return alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(alternatives)})"


def _contained(extra: str) -> str:
    """A person's JQL, if it stays within parentheses put around it."""
    bare = _QUOTED.sub('""', extra)
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
    if depth != 0 or bare.count('"') % 2 or bare.count("'") % 2:
        raise ValueError("the extra JQL has parentheses or quotes that do not match")
    if _ORDER_BY.search(bare):
        raise ValueError("the extra JQL must not contain ORDER BY")
    return extra.strip()
