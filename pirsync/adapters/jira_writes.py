"""Writes to Jira, each one request: creates once, the rest upserts that may be sent again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pirsync.errors import Ambiguous
from pirsync.model import COMMENT_PROPERTY, RemoteLink
from pirsync.ports import IssueRef, TicketDraft

from .connection import Connection
from .http import Transport
from .jira_reads import API, issue_path


class JiraWrites:
    """`TrackerWrites` over one connection."""

    def __init__(self, connection: Connection, transport: Transport) -> None:
        self._is_cloud = connection.deployment == "cloud"
        self._transport = transport

    def create_issue(self, draft: TicketDraft) -> IssueRef:
        """`POST issue`, sent once; Rejected with the complaints by field, Ambiguous when the answer was lost."""
        answer = self._transport.create(f"{API}/issue", self._birth(draft))
        if not isinstance(answer, dict) or not answer.get("id") or not answer.get("key"):
            raise Ambiguous(f"POST {API}/issue was answered without id and key: look for the ticket by its mark")
        return IssueRef(id=str(answer["id"]), key=str(answer["key"]))

    def _birth(self, draft: TicketDraft) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "project": {"key": draft.project},
            "issuetype": {"id": draft.type_id},
            "summary": draft.summary,
        }
        if draft.description is not None:
            fields["description"] = draft.description
        if draft.assignee is not None:
            fields["assignee"] = self._account(draft.assignee)
        if draft.due is not None:
            fields["duedate"] = draft.due.isoformat()
        if draft.labels:
            fields["labels"] = list(draft.labels)
        body: dict[str, Any] = {"fields": fields | draft.extra}
        if draft.incident_key is not None:
            # Seen from the ticket: where the incident is the link's source, it is the ticket's inward issue.
            side = "inwardIssue" if draft.link_side == "outward" else "outwardIssue"
            link = {"type": {"id": draft.link_type}, side: {"key": draft.incident_key}}
            body["update"] = {"issuelinks": [{"add": link}]}
        if draft.property_key:
            body["properties"] = [{"key": draft.property_key, "value": draft.property_value}]
        return body

    def edit_issue(self, issue_id: str, fields: Mapping[str, Any]) -> None:
        """`PUT issue`: absolute values, so that a repeat changes nothing more."""
        values = dict(fields)
        if values.get("assignee") is not None:
            values["assignee"] = self._account(str(values["assignee"]))
        self._transport.upsert("PUT", issue_path(issue_id), {"fields": values})

    def add_labels(self, issue_id: str, labels: tuple[str, ...]) -> None:
        """Add labels by `update`, which leaves the others alone."""
        body = {"update": {"labels": [{"add": label} for label in labels]}}
        self._transport.upsert("PUT", issue_path(issue_id), body)

    def set_property(self, issue_id: str, key: str, value: Mapping[str, str]) -> None:
        """Write an issue property."""
        self._transport.upsert("PUT", issue_path(issue_id, "properties", key), dict(value))

    def link(self, type_id: str, inward_key: str, outward_key: str) -> None:
        """`POST issueLink`, where `inwardIssue` is the source; Jira adds no second equal link (facts: section 4.1)."""
        body = {"type": {"id": type_id}, "inwardIssue": {"key": inward_key}, "outwardIssue": {"key": outward_key}}
        self._transport.upsert("POST", f"{API}/issueLink", body)

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """`POST remotelink` with a global id: an upsert that sets all that is left out to nothing."""
        body = {"globalId": link.global_id, "object": {"url": link.url, "title": link.title}}
        self._transport.upsert("POST", issue_path(issue_id, "remotelink"), body)

    def add_comment(self, issue_id: str, body: str, mark: Mapping[str, str]) -> str:
        """`POST comment`, sent once; Ambiguous when the answer was lost."""
        path = issue_path(issue_id, "comment")
        answer = self._transport.create(path, _comment(body, mark))
        if not isinstance(answer, dict) or not answer.get("id"):
            raise Ambiguous(f"POST {path} was answered without an id: look for the comment by its mark")
        return str(answer["id"])

    def edit_comment(self, issue_id: str, comment_id: str, body: str, mark: Mapping[str, str]) -> None:
        """`PUT comment`; only Cloud can be asked to tell nobody."""
        quiet = {"notifyUsers": "false"} if self._is_cloud else {}
        self._transport.upsert("PUT", issue_path(issue_id, "comment", comment_id), _comment(body, mark), quiet)

    def _account(self, account: str) -> dict[str, str]:
        return {"accountId": account} if self._is_cloud else {"name": account}


def _comment(body: str, mark: Mapping[str, str]) -> dict[str, Any]:
    return {"body": body, "properties": [{"key": COMMENT_PROPERTY, "value": dict(mark)}]}
