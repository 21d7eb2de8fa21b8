"""The vendor's documents of each dialect, and the one list of what in them is not so.

They are kept beside the checkout; a test that asks for one where they are absent says so and is skipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pirsync.model import Deployment
from tests.cassettes.player import Interaction, Sent
from tests.openapi import Document, Operation, Problem
from tests.shared import shared


@dataclass(frozen=True)
class Known:
    """A problem that is none: patterns of the operation and of what is wrong where, and why it stands."""

    operation: str
    problem: str
    why: str

    def fits(self, operation: str, problem: str) -> bool:
        return bool(re.fullmatch(self.operation, operation) and re.fullmatch(self.problem, problem, re.DOTALL))


LISTS = frozenset(
    {
        "GET /api/2/field",
        "GET /api/2/issue/{issueIdOrKey}/remotelink",
        "GET /api/2/issuetype",
        "GET /api/2/priority",
        "GET /api/2/project",
        "GET /api/2/project/type",
        "GET /api/2/project/{projectIdOrKey}/components",
        "GET /api/2/project/{projectIdOrKey}/statuses",
        "GET /api/2/project/{projectIdOrKey}/versions",
        "GET /api/2/resolution",
        "GET /api/2/role",
        "GET /api/2/status",
        "GET /api/2/statuscategory",
        "GET /api/2/user/assignable/multiProjectSearch",
        "GET /api/2/user/assignable/search",
        "GET /api/2/user/search",
        "GET /api/2/user/viewissue/search",
        "GET /rest/api/2/issue/{issueIdOrKey}/remotelink",
    }
)
"""Operations of which the documents describe one element where the product answers a list of them."""

NOT_AS_DOCUMENTED = (
    # Jira
    Known(
        ".*/api/[23]/.*",
        r"response.*/items/(from|fromString|to|toString): None is not of type 'string'",
        "null where there was nothing before or is nothing after, as real sites answer",
    ),
    Known(
        "(GET|POST) /rest/api/[23]/(issue|search).*",
        r"response.*/items: .*\('tmpFromAccountId', 'tmpToAccountId' were unexpected\)",
        "real Cloud sites answer them for changes of people",
    ),
    Known(
        "POST /rest/api/[23]/issue/bulkfetch",
        r"response: .*\('expand' was unexpected\)",
        "the document's own example of this answer has it",
    ),
    Known(
        "POST /rest/api/[23]/jql/parse",
        r"response/queries/structure(/where)?: .*",
        "the document's clause forbids every property that its own kinds of clause require",
    ),
    Known(
        "(GET|POST) /rest/api/[23]/search",
        "response: has status 410, which is not in the document",
        "removed from Cloud after these documents were written",
    ),
    Known(
        "GET /rest/api/[23]/serverInfo",
        r"response(/serverTimeZone: 'Etc/UTC' is not of type 'object'|: .*'(displayUrl|default).* unexpected\))",
        "newer than the documents; real sites answer it so",
    ),
    Known(
        ".* /rest/api/2/.*",
        r"response: \{'errorMessages.*\} is not of type 'string'",
        "the copy of version 2 takes some refusals for texts; version 3's document has them so",
    ),
    Known(
        "(GET|POST|PUT) /api/2/.*",
        r"(request|response)(/issues|/issueUpdates)?/(fields|renderedFields)/\w+: .* is not of type 'object'",
        "Data Center's document takes every field's value for an object",
    ),
    Known(
        "(GET|POST|PUT) /api/2/.*",
        r"(request|request/properties/value|response/value): .* is not of type 'string'",
        "Data Center's document takes a property's value for a string; it is any JSON",
    ),
    Known(
        "GET /api/2/search",
        r"request \?(fields|expand): .* is not of type 'object'",
        "Data Center's document takes a list of names for an object",
    ),
    Known(
        r"GET /api/2/issue/\{issueIdOrKey\}/transitions",
        r"request \?expand: is not in the document",
        "Data Center's document leaves it out; without it the answer has no fields",
    ),
    Known(
        r"POST /api/2/issue/\{issueIdOrKey\}/remotelink",
        "response: has status 201, which is not in the document",
        "real sites answer 201 to the first and 200 to the next",
    ),
    Known(
        "GET /rest/api/[23]/issue/createmeta",
        r"response/projects/issuetypes: .*\('untranslatedName' was unexpected\)",
        "real Cloud sites answer it",
    ),
    Known(
        r"GET /rest/api/2/issue/createmeta/\{projectIdOrKey\}/issuetypes",
        "response: .* is not of type 'string'",
        "one copy of the document takes this refusal for a text",
    ),
    Known(
        "GET /rest/api/2/user/picker",
        r"response/users: .*\('accountType' was unexpected\)",
        "the older version's document; the newer one's has it",
    ),
    Known(
        "POST /api/2/component",
        "response: has status 400, which is not in the document",
        "Data Center's document leaves out the refusal of a component without a name",
    ),
    Known(
        r"GET /rest/api/2/issueLink/\{linkId\}",
        r"response/\w+/fields: .*\('issuetype' was unexpected\)",
        "the older version's document; the newer one's has it",
    ),
    Known(
        r"GET /rest/api/2/attachment/content/\{id\}",
        "response: .* is not of type 'object'",
        "one copy of the document takes a file for an object",
    ),
    Known(
        r"POST /api/2/issue/\{issueIdOrKey\}/attachments",
        "response: .* is not of type 'object'",
        "Data Center's document describes one element of the list",
    ),
    Known(
        r"DELETE /api/2/issue/\{issueIdOrKey\}/comment/\{id\}",
        "response: has status 404, which is not in the document",
        "Data Center's document leaves out the refusal of a comment that is not there, which reading one has",
    ),
    Known(
        "GET /api/2/group/member",
        r"request \?groupname: is not in the document",
        "Data Center's document leaves it out, and says 400 when it is empty",
    ),
    Known(
        "POST /rest/api/[23]/issue/bulk",
        r"response(/errors: \{\} is not of type 'array'|: .*\('errorMessages' was unexpected\))",
        "what is not of the call's form is refused before it, in the form of all refusals",
    ),
    # Confluence
    Known(
        r"(GET|POST|PUT) (/wiki)?/rest/api/content/\{id\}/property(/\{key\})?",
        r"(request|response(/results)?)/value: .* is not valid under any of the given schemas",
        "a property's value is any JSON; the documents leave out lists of other things than texts",
    ),
    Known(
        "(GET|POST) /spaces.*",
        r"response(/results)?/(icon|description): None is not of type 'object'",
        "null where it was not asked for",
    ),
    Known(
        r"(GET|POST|PUT) /(pages|spaces/\{id\}/pages).*",
        r"response(/results)?/parent(Id|Type): None is not .*",
        "null for a page at the top of its space",
    ),
    Known(
        r"GET /(pages|blogposts)/\{id\}",
        r"response/\w+/meta/cursor: None is not of type 'string'",
        "null where nothing follows",
    ),
    Known(
        r"(PUT|POST) /(pages|(footer|inline)-comments|rest/api/(content|space)).*",
        "response: has status (400|409), which is not in the document",
        "the documents leave out the refusals of a stale version and of a title or a key that is taken",
    ),
    Known(
        "GET /rest/api/content/search",
        "response: has status 400, which is not in the document",
        "Data Center's document leaves out the refusal of a query",
    ),
    Known(
        "POST /(wiki/)?rest/api/content/archive",
        r"request/pages/id: '\d+' is not of type 'integer'",
        "ids are texts in all answers, and taken as such",
    ),
    Known(
        ".* /rest/api/.*",
        r"response/data/errors: \[\] is not of type 'object'",
        "Data Center's document describes one element of the list",
    ),
    Known(
        r"(GET|DELETE) /attachments/.*",
        r"request \{[\w-]+\}: 'att\d+' (is not of type 'integer'|does not match '\(att\)\?0-9\+')",
        "attachments' ids begin with `att`, as the same document says elsewhere; its pattern lacks brackets",
    ),
    Known(
        r"PUT (/wiki)?/rest/api/content/\{id\}/child/attachment/\{attachmentId\}",
        "request(/version)?: .* is not valid under any of the given schemas",
        "the document takes the version that is sent for one that is answered; its number is enough",
    ),
    Known(
        r"(POST|PUT) /rest/api/space(/\{spaceKey\})?",
        "response: .* is not valid under any of the given schemas",
        "one of three documents leaves `plain` out of what a description may be",
    ),
    Known(
        r"GET /rest/api/content/\{id\}/child/attachment",
        "response: has status 200, which is not in the document",
        "Data Center's document has 201 for a list that is read",
    ),
    Known(
        r"PUT /rest/api/content/\{contentId\}",
        r"request \?expand: is not in the document",
        "a server that does not know it leaves it out; the page is then read again for its body",
    ),
)


@cache
def documents(deployment: Deployment) -> tuple[Document, ...]:
    """Those of a dialect; where several describe an operation, each of them holds."""
    folder = shared("openapi")
    if deployment == "cloud":
        return (
            Document(folder / "jira-v2.2024-02.json", "", LISTS),
            Document(folder / "jira-v2.2025-12-overlaid.json.gz", "", LISTS),
            Document(folder / "jira-v3.2026-04.json.gz", ""),
            Document(folder / "jira-v3.2026-06.json", ""),
            Document(folder / "confluence-v2.2026-05.json.gz", "/wiki/api/v2"),
            Document(folder / "confluence-v2.2026-06.json", "/wiki/api/v2"),
            Document(folder / "confluence-v1.2022-01-legacy.json.gz", ""),
            Document(folder / "confluence-v1.2025-12.json.gz", "/wiki"),
            Document(folder / "confluence-v1.2026-02.json", ""),
        )
    return (
        Document(folder / "jira-dc-10.3.24.json", "/jira/rest", LISTS),
        Document(folder / "confluence-dc-10.0.3.json", "/confluence"),
    )


def places(deployment: Deployment, request: Sent) -> list[tuple[Document, Operation]]:
    """The operation of a request in every document that has it."""
    found = [(document, document.operation(request)) for document in documents(deployment)]
    return [(document, operation) for document, operation in found if operation is not None]


def problems_of(deployment: Deployment, interaction: Interaction) -> set[Problem]:
    """What the documents do not allow about an interaction, explained or not."""
    return {
        problem
        for document, operation in places(deployment, interaction.request)
        for problem in document.problems(operation, interaction)
    }


def is_explained(problem: Problem) -> bool:
    return any(known.fits(problem.operation, f"{problem.where}: {problem.message}") for known in NOT_AS_DOCUMENTED)
