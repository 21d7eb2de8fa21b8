"""The walk through what stands around pages: spaces, people, groups and tasks."""

from __future__ import annotations

from tests.sandbox.conformance.walker import Step

_SPACE = {"key": "TEAM", "name": "A team", "description": {"plain": {"value": "Ours.", "representation": "plain"}}}
_SPACES = (
    Step("POST /rest/api/space", _SPACE, keep="team"),
    Step("POST /rest/api/space", _SPACE, status=400),
    Step("PUT /rest/api/space/TEAM", {"name": "The team", "description": _SPACE["description"]}),
    Step("GET /rest/api/space?type=global&expand=description.plain,homepage&limit=2"),
    Step("GET /rest/api/space/TEAM?expand=description.plain,homepage"),
    Step("GET /rest/api/space/NONE", status=404),
    Step("GET /rest/api/space/TEAM/content"),
    Step("GET /rest/api/space/TEAM/content/page?depth=root"),
)
_DELETED = (
    Step("DELETE /rest/api/space/TEAM", keep="task"),
    Step("DELETE /rest/api/space/TEAM", status=404),
    Step("GET /rest/api/longtask/{task[id]}"),
)
_PEOPLE = (Step("GET /rest/api/user/anonymous"), Step("GET /rest/api/group"))

CLOUD = (
    *_SPACES,
    *_DELETED,
    Step("POST /api/v2/spaces", {"key": "NEW", "name": "New"}, keep="new"),
    Step("POST /api/v2/spaces", {"key": "NEW", "name": "New"}, status=400),
    Step("GET /api/v2/spaces?type=global&status=current&sort=-name&description-format=plain"),
    Step("GET /api/v2/spaces/{new[id]}?include-operations=true&include-labels=true&description-format=plain"),
    Step("GET /api/v2/spaces/{new[id]}/operations"),
    Step("GET /api/v2/spaces/999999", status=404),
    *_PEOPLE,
    Step("GET /rest/api/user/memberof?accountId={ana[accountId]}", keep="groups"),
    Step("GET /rest/api/group/by-id?id={groups[results][0][id]}"),
    Step("GET /rest/api/group/{groups[results][0][id]}/membersByGroupId"),
    Step("GET /rest/api/settings/systemInfo"),
    Step("POST /rest/api/user/watch/content/{page[id]}"),
    Step("GET /rest/api/user/watch/content/{page[id]}"),
    Step("DELETE /rest/api/user/watch/content/{page[id]}"),
    Step("POST /api/v2/users-bulk", {"accountIds": ["{ana[accountId]}", "nobody"]}),
    Step("GET /api/v2/tasks?status=incomplete&body-format=storage", keep="tasks"),
    Step("GET /api/v2/tasks/{tasks[results][0][id]}"),
    Step("PUT /api/v2/tasks/{tasks[results][0][id]}", {"status": "complete"}),
    Step("GET /api/v2/tasks/999999", status=404),
)
DATA_CENTER = (
    *_SPACES,
    Step("POST /rest/api/space/TEAM/property", {"key": "mark", "value": {"level": 1}}),
    Step("POST /rest/api/space/TEAM/property/more", {"value": {"level": 1}}),
    Step("GET /rest/api/space/TEAM/property"),
    Step("GET /rest/api/space/TEAM/property/mark"),
    Step("PUT /rest/api/space/TEAM/property/mark", {"key": "mark", "value": {}, "version": {"number": 2}}),
    Step("PUT /rest/api/space/TEAM/property/mark", {"key": "mark", "value": {}, "version": {"number": 2}}, status=409),
    Step("DELETE /rest/api/space/TEAM/property/mark"),
    *_DELETED,
    *_PEOPLE,
    Step("GET /rest/api/user/memberof?username=aruiz"),
    Step("GET /rest/api/user/list?limit=3"),
    Step("GET /rest/api/group/jira-software-users"),
    Step("GET /rest/api/group/jira-software-users/member?limit=2"),
)
