"""The walk through Jira: at least one step with success for every route, and the usual refusals."""

from __future__ import annotations

from typing import Any

from pirsync.sandbox.tracker import find_issue
from pirsync.sandbox.world import Deployment, World
from tests.sandbox.conformance import jira_issue_steps as issue
from tests.sandbox.conformance import jira_setting_steps as setting
from tests.sandbox.conformance.walker import Step

_TASK = {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}, "summary": "Raise the alarm earlier"}
_LINKED = {"type": {"name": "Action item"}, "inwardIssue": {"key": "OPS-1"}, "outwardIssue": {"key": "{issue[key]}"}}
_PAGE_LINK = {"globalId": "page=1", "object": {"url": "https://wiki.example.com/1", "title": "Review"}}


def names(world: World, version: str) -> dict[str, Any]:
    """What the steps know before they ask: people as this dialect names them, and a text as this version has it."""
    ana, incident = world.people.find("aruiz"), find_issue(world, "OPS-1")
    assert ana is not None and incident is not None
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "Hm"}]}
    return {
        "ana": {"accountId": ana.account_id} if world.is_cloud else {"name": ana.name},
        "found_ana": "query=ana" if world.is_cloud else "username=ana",
        "asked_ana": f"accountId={ana.account_id}" if world.is_cloud else f"username={ana.name}",
        "text": {"type": "doc", "version": 1, "content": [paragraph]} if version == "3" else "Hm",
        "incident": {"key": incident.key, "id": str(incident.id)},
    }


def steps(deployment: Deployment) -> tuple[Step, ...]:
    """The walk in a dialect."""
    return (*_BOTH, *(_CLOUD if deployment == "cloud" else _DATA_CENTER), *issue.ENDS)


_SETTING = (
    Step("GET /myself"),
    Step("GET /myself", by="", status=401),
    Step("GET /serverInfo"),
    Step("GET /project/ACT", keep="project"),
    Step("GET /project/NONE", status=404),
    Step("GET /issue/createmeta/ACT/issuetypes"),
    Step("GET /issue/createmeta/ACT/issuetypes/{project[issueTypes][0][id]}"),
    Step("GET /user/assignable/search?project=ACT"),
    Step("GET /user?{asked_ana}"),
    Step("GET /user?{asked_ana}x", status=404),
)
_ISSUES = (
    Step("POST /issue", {"fields": {**_TASK, "description": "{text}", "labels": ["late"]}}, keep="issue"),
    Step("POST /issue", {"fields": {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}}}, status=400),
    Step("POST /issue", {"fields": _TASK}, keep="other"),
    Step("GET /issue/{issue[key]}?expand=changelog,transitions,names,schema,renderedFields"),
    Step("GET /issue/OPS-1"),
    Step("GET /issue/ACT-9999", status=404),
    Step("PUT /issue/{issue[key]}", {"fields": {"summary": "Raise it earlier"}, "update": {"labels": [{"add": "x"}]}}),
    Step("PUT /issue/{issue[key]}", {"fields": {"nonsense": 1}}, status=400),
    Step("PUT /issue/{issue[id]}/assignee", "{ana}"),
    Step("GET /issue/{issue[key]}/transitions?expand=transitions.fields"),
    Step("POST /issue/{issue[key]}/transitions", {"transition": {"id": "21"}}),
    Step("POST /issue/{issue[key]}/transitions", {"transition": {"id": "99"}}, status=400),
    Step("POST /issueLink", _LINKED),
    Step("POST /issueLink", {**_LINKED, "type": {"name": "No such"}}, status=404),
)
_COMMENTS = (
    Step("POST /issue/{issue[key]}/comment", {"body": "{text}"}, keep="comment"),
    Step("GET /issue/{issue[key]}/comment?expand=renderedBody"),
    Step("GET /issue/{issue[key]}/comment/{comment[id]}"),
    Step("GET /issue/{issue[key]}/comment/1", status=404),
    Step("PUT /issue/{issue[key]}/comment/{comment[id]}", {"body": "{text}"}),
    Step("PUT /comment/{comment[id]}/properties/mark", {"level": 1}),
    Step("GET /comment/{comment[id]}/properties/mark"),
)
_PARTS = (
    Step("POST /issue/{issue[key]}/remotelink", _PAGE_LINK, keep="remote"),
    Step("POST /issue/{issue[key]}/remotelink", _PAGE_LINK),
    Step("POST /issue/{issue[key]}/remotelink", {"object": {"url": "https://wiki.example.com/2"}}, status=400),
    Step("GET /issue/{issue[key]}/remotelink"),
    Step("PUT /issue/{issue[key]}/properties/mark", {"level": 1}),
    Step("GET /issue/{issue[key]}/properties"),
    Step("GET /issue/{issue[key]}/properties/mark"),
    Step("GET /issue/{issue[key]}/properties/none", status=404),
)
_RESOURCES = (*issue.ISSUES, *issue.LINKS, *issue.COMMENTS, *issue.FILES)
_BOTH = (
    *_SETTING,
    *setting.LISTS,
    *setting.PARTS,
    *setting.SCREENS,
    *setting.PEOPLE,
    *_ISSUES,
    *_COMMENTS,
    *_PARTS,
    *_RESOURCES,
)

_CLOUD = (
    *setting.CLOUD,
    Step("GET /mypermissions?permissions=BROWSE_PROJECTS,CREATE_ISSUES"),
    Step("GET /search/jql?jql=project%3DACT&fields=*all&expand=changelog,names,schema"),
    Step("GET /search/jql?jql=nonsense%3D1", status=400),
    Step("POST /search/jql", {"jql": "project = OPS", "fields": ["summary", "status"], "maxResults": 5}),
    Step("GET /search?jql=project%3DACT", status=410),
    Step("POST /search", {"jql": "project = ACT"}, status=410),
    Step("POST /issue/bulkfetch", {"issueIdsOrKeys": ["OPS-1", "{issue[id]}", "ACT-9999"], "fields": ["*all"]}),
    Step("POST /search/approximate-count", {"jql": "project = OPS"}),
    Step("POST /search/approximate-count", {"jql": "order by key"}, status=400),
    Step("POST /changelog/bulkfetch", {"issueIdsOrKeys": ["OPS-1", "OPS-2"], "fieldIds": ["status"], "maxResults": 2}),
    Step("POST /changelog/bulkfetch", {"issueIdsOrKeys": []}, status=400),
    Step("POST /jql/match", {"issueIds": [1], "jqls": ["project = OPS", "nonsense = 1"]}),
    Step("POST /jql/parse?validation=strict", {"queries": ["project = ACT order by key", "nonsense ="]}),
    Step(
        "POST /jql/parse?validation=none",
        {
            "queries": [
                "not (a in ('b c', 1) or issue.property[k].p is empty) order by cf[1] desc",
                "status was not in (Done, f(x)) by currentUser() and status changed from a to b during (-1d, now())",
            ]
        },
    ),
    Step("GET /issue/{issue[key]}/changelog"),
    *issue.CLOUD,
)
_DATA_CENTER = (
    *setting.DATA_CENTER,
    Step("GET /mypermissions?projectKey=ACT"),
    Step("GET /search?jql=project%3DACT&fields=*all&expand=changelog,names,schema"),
    Step("GET /search?jql=nonsense%3D1", status=400),
    Step("POST /search", {"jql": "project = OPS", "fields": ["summary", "status"], "maxResults": 5}),
)
