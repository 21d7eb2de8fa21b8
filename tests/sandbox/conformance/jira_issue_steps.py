"""The walk through an issue's own resources: what is made, changed and taken away again beside its fields."""

from __future__ import annotations

from tests.sandbox.conformance.walker import File, Step

_TASK = {"project": {"key": "ACT"}, "issuetype": {"name": "Task"}, "summary": "Practise the restore"}
_SUMMARY_ALONE = {"summary": "No project"}
_TARGET = {"url": "https://wiki.example.com/2", "title": "Runbook"}

ISSUES = (
    Step("POST /issue/bulk", {"issueUpdates": [{"fields": _TASK}, {"fields": _SUMMARY_ALONE}]}, keep="bulk"),
    Step("POST /issue/bulk", {"issueUpdates": [{"fields": _SUMMARY_ALONE}]}, status=400),
    Step("POST /issue/bulk", [], status=400),
    Step("GET /issue/{bulk[issues][0][key]}?expand=operations,editmeta&fields=attachment,watches,votes"),
    Step("PUT /issue/{bulk[issues][0][key]}", {"update": {"labels": [{"set": ["a"]}, {"add": "b"}, {"remove": "a"}]}}),
    Step("GET /issue/{bulk[issues][0][key]}/watchers"),
    Step("DELETE /issue/{bulk[issues][0][key]}/watchers?{asked_ana}"),
    Step("GET /issue/{bulk[issues][0][key]}/votes"),
    Step("POST /issue/{bulk[issues][0][key]}/votes", status=404),
    Step("POST /issue/{bulk[issues][0][key]}/votes", by="aruiz"),
    Step("DELETE /issue/{bulk[issues][0][key]}/votes", by="aruiz"),
    Step("POST /issue/{bulk[issues][0][key]}/watchers", "", by="aruiz"),
)
LINKS = (
    Step("GET /issue/OPS-1?fields=issuelinks", keep="linked"),
    Step("GET /issueLink/{linked[fields][issuelinks][0][id]}"),
    Step("DELETE /issueLink/{linked[fields][issuelinks][0][id]}"),
    Step("GET /issueLink/1", status=404),
    Step("POST /issue/{issue[key]}/remotelink", {"globalId": "g2", "object": _TARGET}, keep="remote"),
    Step("GET /issue/{issue[key]}/remotelink/{remote[id]}"),
    Step("GET /issue/{issue[key]}/remotelink?globalId=g2"),
    Step("PUT /issue/{issue[key]}/remotelink/{remote[id]}", {"globalId": "g3", "object": _TARGET}),
    Step("DELETE /issue/{issue[key]}/remotelink/{remote[id]}"),
    Step("DELETE /issue/{issue[key]}/remotelink/{remote[id]}", status=404),
    Step("DELETE /issue/{issue[key]}/remotelink?globalId=page%3D1"),
)
COMMENTS = (
    Step("GET /comment/{comment[id]}/properties"),
    Step("DELETE /comment/{comment[id]}/properties/mark"),
    Step("DELETE /comment/{comment[id]}/properties/mark", status=404),
    Step("DELETE /issue/{issue[key]}/comment/{comment[id]}"),
    Step("DELETE /issue/{issue[key]}/comment/{comment[id]}", status=404),
)
FILES = (
    Step("GET /attachment/meta"),
    Step("POST /issue/{issue[key]}/attachments", File("log 1.txt"), keep="files"),
    Step("GET /attachment/{files[0][id]}"),
    Step("GET /attachment/1", status=404),
)
ENDS = (
    Step("DELETE /issue/{issue[key]}/properties/mark"),
    Step("DELETE /issue/{issue[key]}/properties/mark", status=404),
    Step("DELETE /attachment/{files[0][id]}"),
    Step("DELETE /issue/{bulk[issues][0][key]}"),
    Step("DELETE /issue/{bulk[issues][0][key]}", status=404),
)

CLOUD = (
    Step("POST /comment/list?expand=renderedBody", {"ids": [1, 2]}),
    Step("POST /comment/list", {"ids": []}, status=400),
    Step("GET /issue/{issue[key]}/changelog", keep="log"),
    Step("POST /issue/{issue[key]}/changelog/list", {"changelogIds": [1]}),
    Step("GET /label?maxResults=2"),
    Step("GET /attachment/content/{files[0][id]}?redirect=false"),
    Step("PUT /issue/{issue[key]}?returnIssue=true", {"fields": {"labels": ["late"]}}),
)
