"""The part of Jira's walk that asks what a site is configured with: lists, projects, screens, people."""

from __future__ import annotations

from pirsync.sandbox.tracker.setup import ACTION_ITEM, DONE, RESTRICTED, TASK
from tests.sandbox.conformance.walker import Step

_TEXT_FIELD = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
_PROJECT = {"key": "NEW", "name": "A new project", "projectTypeKey": "software"}

LISTS = (
    Step("GET /configuration"),
    Step("GET /permissions"),
    Step("GET /field"),
    Step("POST /field", {"name": "Root cause", "type": _TEXT_FIELD}, status=201),
    Step("POST /field", {"name": "", "type": "nonsense"}, status=400),
    Step("GET /status"),
    Step(f"GET /status/{DONE}"),
    Step("GET /status/Nowhere", status=404),
    Step("GET /statuscategory"),
    Step("GET /statuscategory/done"),
    Step("GET /issuetype"),
    Step(f"GET /issuetype/{TASK}"),
    Step("GET /issuetype/1", status=404),
    Step("GET /issueLinkType"),
    Step(f"GET /issueLinkType/{ACTION_ITEM}"),
    Step("GET /issueLinkType/1", status=404),
    Step("GET /priority"),
    Step("GET /priority/3"),
    Step("GET /priority/99", status=404),
    Step("GET /resolution", keep="resolutions"),
    Step("GET /resolution/{resolutions[0][id]}"),
    Step("GET /resolution/1", status=404),
)
PARTS = (
    Step("GET /project"),
    Step("GET /project/type"),
    Step("GET /project/type/software"),
    Step("POST /component", {"name": "Checkout", "project": "ACT", "description": "Paying"}, status=201, keep="part"),
    Step("POST /component", {"project": "ACT"}, status=400),
    Step("GET /component/{part[id]}"),
    Step("GET /component/1", status=404),
    Step("GET /project/ACT/components"),
    Step("POST /version", {"name": "1.0", "project": "ACT", "projectId": 30001}, status=201, keep="version"),
    Step("GET /version/{version[id]}"),
    Step("GET /version/1", status=404),
    Step("GET /project/ACT/versions"),
    Step("GET /project/ACT/version?maxResults=1"),
    Step("GET /project/ACT?expand=description,lead,url"),
    Step("GET /project/ACT/statuses"),
    Step("GET /project/ACT/role"),
    Step("GET /project/ACT/role/10002"),
    Step("GET /project/ACT/role/1", status=404),
    Step("GET /role"),
    Step("GET /role/10002"),
    Step("GET /project/OPS/securitylevel"),
    Step(f"GET /securitylevel/{RESTRICTED}"),
    Step("GET /securitylevel/1", status=404),
    Step("GET /issuesecurityschemes", keep="schemes"),
    Step("GET /issuesecurityschemes/{schemes[issueSecuritySchemes][0][id]}"),
    Step("GET /project/OPS/issuesecuritylevelscheme"),
    Step("PUT /project/ACT/properties/mark", {"level": 1}, status=201),
    Step("GET /project/ACT/properties"),
    Step("GET /project/ACT/properties/mark"),
    Step("DELETE /project/ACT/properties/mark", status=204),
    Step("DELETE /project/ACT/properties/mark", status=404),
)
SCREENS = (
    Step("GET /issue/OPS-1/editmeta"),
    Step("GET /issue/createmeta/NONE/issuetypes", status=400),
    Step(f"GET /issue/createmeta/OPS/issuetypes/{TASK}"),
)
PEOPLE = (
    Step("GET /user/search?{found_ana}"),
    Step("GET /user/assignable/search?issueKey=OPS-1&{found_ana}"),
    Step("GET /user/assignable/multiProjectSearch?projectKeys=ACT,OPS&{found_ana}"),
    Step("GET /user/viewissue/search?issueKey=OPS-1&{found_ana}"),
    Step("GET /user/picker?query=an&showAvatar=true"),
    Step("GET /group/member?groupname=jira-administrators"),
    Step("GET /groups/picker?query=jira"),
)
CLOUD = (
    Step("GET /field/search?type=custom&query=sev"),
    Step(f"GET /statuses?id={DONE}"),
    Step("GET /statuses/search?statusCategory=DONE&maxResults=2"),
    Step("GET /issuetype/project?projectId={project[id]}&level=0"),
    Step("GET /priority/search?onlyDefault=true"),
    Step("GET /resolution/search?maxResults=1"),
    Step("GET /project/search?query=a&orderBy=-name&expand=lead,description,issueTypes&maxResults=1"),
    Step("GET /project/ACT/component?query=pay"),
    Step("GET /issue/createmeta?projectKeys=ACT&issuetypeNames=Task&expand=projects.issuetypes.fields"),
    Step("GET /user/bulk?{asked_ana}&accountId=nobody"),
    Step("GET /user/groups?{asked_ana}"),
    Step("GET /users?maxResults=5"),
    Step("GET /users/search?startAt=2"),
    Step("GET /group/bulk"),
    Step("POST /project", {**_PROJECT, "leadAccountId": "{ana[accountId]}"}, status=201),
    Step("POST /project", {**_PROJECT, "leadAccountId": "{ana[accountId]}"}, status=400),
    Step("DELETE /project/NEW", status=204),
    Step("DELETE /project/NEW", status=404),
)
DATA_CENTER = (
    Step("GET /../../auth/1/session"),
    Step("GET /issuetype/page"),
    Step("GET /priority/page"),
    Step("GET /resolution/page"),
    Step("GET /issue/createmeta", status=404),
    Step("POST /project", {**_PROJECT, "lead": "{ana[name]}"}, status=201),
    Step("POST /project", {**_PROJECT, "lead": "{ana[name]}"}, status=400),
    Step("DELETE /project/NEW", status=204),
    Step("DELETE /project/NEW", status=404),
)
