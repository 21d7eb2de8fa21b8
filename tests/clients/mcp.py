"""mcp-atlassian does an assistant's work over stdio: issues, searches, transitions, comments, links, pages, labels."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from pirsync.sandbox import tracker
from tests.clients.stand import SECRET, Failed, Stand, Trial, holds


@dataclass
class Tools:
    """A running server's tools, called one after the other: JSON-RPC, a message on a line."""

    stdin: IO[str]
    stdout: IO[str]
    number: int = 0

    def ask(self, method: str, **parameters: Any) -> Any:
        """The result of one request; Failed when it answers with an error or not at all."""
        self.number += 1
        self.tell({"id": self.number, "method": method, "params": parameters})
        for line in self.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method} {parameters}: {answer['error']}")
                return answer["result"]
        raise Failed(f"{method} {parameters}: the server has ended")

    def tell(self, message: dict[str, Any]) -> None:
        """Send one message."""
        self.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.stdin.flush()

    def __call__(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers, read as JSON; Failed when it says that it failed."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        text = "".join(part.get("text", "") for part in result["content"])
        if result.get("isError"):
            raise Failed(f"{tool} {arguments}: {text}")
        answer = json.loads(text)
        if isinstance(answer, dict) and (answer.get("error") or answer.get("success") is False):
            raise Failed(f"{tool} {arguments}: {text}")
        return answer


@contextmanager
def served(stand: Stand) -> Iterator[Tools]:
    """The client's server, started as an assistant starts it, and greeted."""
    told = {"JIRA_URL": stand.jira_url, "CONFLUENCE_URL": stand.wiki_url}
    if stand.world.is_cloud:
        told |= dict.fromkeys(("JIRA_USERNAME", "CONFLUENCE_USERNAME"), stand.login)
        told |= dict.fromkeys(("JIRA_API_TOKEN", "CONFLUENCE_API_TOKEN"), SECRET)
    else:
        told |= dict.fromkeys(("JIRA_PERSONAL_TOKEN", "CONFLUENCE_PERSONAL_TOKEN"), SECRET)
    with (stand.folder / "mcp.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [stand.program / "mcp-atlassian"], cwd=stand.folder, env=stand.environment | told,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            tools = Tools(cast("IO[str]", process.stdin), cast("IO[str]", process.stdout))
            client = {"name": "sandbox", "version": "1"}
            tools.ask("initialize", protocolVersion="2025-03-26", capabilities={}, clientInfo=client)
            tools.tell({"method": "notifications/initialized"})
            yield tools
        finally:
            process.kill()  # it keeps no state, and does not end by itself while its input is open
            process.communicate()


def issues(stand: Stand, tools: Tools) -> tracker.Issue:
    """Make, read, change, move, comment and link issues; the one that was made."""
    made = tools(
        "jira_create_issue", project_key="ACT", summary="Rotate the key", issue_type="Task",
        description="Do it **soon** & well.", additional_fields=json.dumps({"labels": ["keys"]}),
    )  # fmt: skip
    issue = stand.issue(made["issue"]["key"])
    holds((issue.summary, list(issue.labels)) == ("Rotate the key", ["keys"]), f"the issue is {issue}")
    holds("*soon*" in (issue.description or ""), f"the description is {issue.description!r}")
    read = tools("jira_get_issue", issue_key=issue.key, fields="*all")
    holds(read["summary"] == "Rotate the key", f"it reads {read}")
    who = stand.user("bokafor").email if stand.world.is_cloud else "bokafor"
    tools("jira_update_issue", issue_key=issue.key, fields=json.dumps({"summary": "Rotate both keys"}))
    tools(
        "jira_assign_issue",
        issue_key=issue.key,
        assignee=who,
    )
    holds((issue.summary, issue.assignee) == ("Rotate both keys", stand.user("bokafor")), f"the issue is {issue}")
    steps = tools("jira_get_transitions", issue_key=issue.key)
    start = next(step for step in steps if step["name"] == "Start")
    tools("jira_transition_issue", issue_key=issue.key, transition_id=str(start["id"]), comment="On it")
    holds(tracker.status_of(stand.world, issue).name == "In Progress", "the issue is not in progress")
    said = tools("jira_add_comment", issue_key=issue.key, body="Half *done*")
    tools("jira_edit_comment", issue_key=issue.key, comment_id=str(said["id"]), body="All done")
    holds([one.body for one in issue.comments] == ["On it", "All done"], f"the comments are {issue.comments}")
    return issue


def searches(tools: Tools, issue: tracker.Issue) -> None:
    """Find it by JQL, by project and page by page, and read its history."""
    found = tools("jira_search", jql='project = ACT AND labels = keys AND status = "In Progress"')
    holds([one["key"] for one in found["issues"]] == [issue.key], f"the search found {found}")
    everything = tools("jira_search", jql="project in (OPS, ACT) ORDER BY key", limit=5)
    holds(len(everything["issues"]) == 5, f"a page of five has {len(everything['issues'])}")
    project = tools("jira_get_project_issues", project_key="ACT", limit=50)
    holds(issue.key in [one["key"] for one in project["issues"]], "the project does not have it")
    fields = tools("jira_search_fields", keyword="severity", limit=3)
    holds("Severity" in [one["name"] for one in fields], f"the field was not found: {fields}")
    dates = tools("jira_get_issue_dates", issue_key=issue.key, include_status_changes=True)
    holds("In Progress" in json.dumps(dates), f"the dates do not tell of the transition: {dates}")


def links(stand: Stand, tools: Tools, issue: tracker.Issue) -> None:
    """Link it to an incident and to a web page, and take the first link back."""
    kinds = tools("jira_get_link_types")
    name = kinds[0]["name"]
    tools("jira_create_issue_link", link_type=name, inward_issue_key="OPS-12", outward_issue_key=issue.key)
    made = tracker.links_of(stand.world, issue)
    holds(len(made) == 1, f"the links are {made}")
    tools("jira_create_remote_issue_link", issue_key=issue.key, url="https://example.com/keys", title="About keys")
    holds([one.title for one in issue.remote_links] == ["About keys"], f"they are {issue.remote_links}")
    tools("jira_remove_issue_link", link_id=str(made[0].id))
    holds(not tracker.links_of(stand.world, issue), "the link is still there")


def pages(stand: Stand, tools: Tools) -> None:
    """Make, read, change, find, label and comment a page, and read what changed."""
    above = stand.page("On call")
    tools(
        "confluence_create_page", space_key="OPS", title="Key rotation", parent_id=str(above.id),
        content="# Steps\n\nDo **this** & that.\n",
    )  # fmt: skip
    page = stand.page("Key rotation")
    holds(page.parent_id == above.id, "it is not below its parent")
    holds("<strong>this</strong> &amp; that" in page.current.body, f"its body is {page.current.body}")
    read = tools("confluence_get_page", page_id=str(page.id))
    holds("**this**" in json.dumps(read), f"it reads {read}")
    by_title = tools("confluence_get_page", title="Key rotation", space_key="OPS")
    holds(str(page.id) in json.dumps(by_title), f"by its title it reads {by_title}")
    tools(
        "confluence_update_page",
        page_id=str(page.id),
        title=page.title,
        content="# Steps\n\nDo *nothing*.\n",
        version_comment="Less",
    )
    holds("<em>nothing</em>" in page.current.body and page.current.message == "Less", f"it is {page.current}")
    diff = tools("confluence_get_page_diff", page_id=str(page.id), from_version=1, to_version=2)
    holds("nothing" in json.dumps(diff), f"the difference is {diff}")
    below = tools("confluence_get_page_children", parent_id=str(above.id))
    holds("Key rotation" in json.dumps(below), f"the children are {below}")
    found = tools("confluence_search", query='type = page AND title = "Key rotation"')
    holds("Key rotation" in json.dumps(found), f"the search found {found}")
    tools("confluence_add_label", page_id=str(page.id), name="keys")
    holds([one["name"] for one in tools("confluence_get_labels", page_id=str(page.id))] == ["keys"], "it has no label")
    holds(list(page.labels) == ["keys"], f"the labels are {page.labels}")
    comment = tools("confluence_add_comment", page_id=str(page.id), body="Is this *right*?")
    tools("confluence_reply_to_comment", comment_id=str(comment["comment"]["id"]), body="It is.")
    said = json.dumps(tools("confluence_get_comments", page_id=str(page.id)))
    holds("right" in said and "It is." in said, f"the comments are {said}")
    tools("confluence_delete_page", page_id=str(page.id))
    holds(page.status != "current", "the page is still there")


def work(stand: Stand) -> str:
    with served(stand) as tools:
        issue = issues(stand, tools)
        searches(tools, issue)
        links(stand, tools, issue)
        pages(stand, tools)
        tools("jira_delete_issue", issue_key=issue.key)
        holds(tracker.find_issue(stand.world, issue.key) is None, "the issue is still there")
        return f"called {tools.number - 1} tools: issues, searches, transitions, comments, links, pages, labels"


TRIALS = [
    Trial("mcp-atlassian", "0.23.1", "cloud", True, work),
    Trial("mcp-atlassian", "0.23.1", "datacenter", False, work),
]
