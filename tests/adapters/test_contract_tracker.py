"""The contract of `TrackerReads` and `TrackerWrites`, held by the real adapter against the sandbox in both dialects."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pirsync.adapters.shapes import instant
from pirsync.errors import Ambiguous, AuthInDoubt, Rejected
from pirsync.model import RemoteLink
from pirsync.ports import IssueRef, LinkType, Query, TicketDraft, Want
from pirsync.sandbox import tracker as store
from pirsync.sandbox.faults import Rule
from pirsync.sandbox.people import SERVICE, Group
from pirsync.sandbox.tracker import permissions
from pirsync.sandbox.tracker.nouns import Issue

from .sites import Site

INCIDENTS = "OPS"
ACTIONS = "ACT"
WANT = Want(
    fields=("summary", "status", "labels", "duedate", "assignee", "issuelinks", "created", "project", "issuetype"),
    properties=("pirsync.mark",),
)


def incident(site: Site) -> Issue:
    """The first incident that anybody may see and that may be edited."""
    return next(
        issue
        for issue in site.world.tracker.issues.values()
        if issue.key.startswith(f"{INCIDENTS}-")
        and issue.security is None
        and not store.is_read_only(site.world, issue)
    )


def keys_of(site: Site, project: str) -> list[str]:
    return [issue.key for issue in site.world.tracker.issues.values() if issue.key.startswith(f"{project}-")]


def any_link_type(site: Site) -> LinkType:
    return site.tracker.link_types()[0]


def draft(site: Site, **changes: Any) -> TicketDraft:
    screen = site.tracker.create_screen(ACTIONS, "Task")
    assert screen is not None
    plain = {
        "project": ACTIONS,
        "type_id": screen.type_id,
        "summary": "Raise the pool's limit",
        "description": "From the *review*.",
        "assignee": site.jira_account("aruiz"),
        "due": date(2027, 2, 28),
        "labels": ("pirsync", "pirsync-0123"),
        "property_key": "pirsync.mark",
        "property_value": {"mark": "0123", "owner": "o1"},
        "incident_key": incident(site).key,
        "link_type": any_link_type(site).id,
        "link_side": "outward",
    }
    return TicketDraft.model_validate(plain | changes)


def requests_of(site: Site, method: str) -> list[str]:
    return [path for verb, path, _ in site.world.faults.log if verb == method]


# ---------------------------------------------------------------- about the site


def test_who_we_are(site: Site) -> None:
    us = site.tracker.identity()
    assert site.jira_account("svc-pirsync") == us.account
    assert us.active
    assert site.world.deployment == site.tracker.deployment
    assert site.world.jira_url == site.tracker.site_url


def test_the_server_s_clock(site: Site) -> None:
    site.world.clock.advance(86_400)
    assert abs(site.tracker.server_time() - site.world.clock.now()) < timedelta(seconds=5)


def test_expired_credentials_are_doubt_and_never_an_empty_answer(site: Site) -> None:
    site.world.faults.expired = True
    with pytest.raises(AuthInDoubt):
        site.tracker.identity()
    with pytest.raises(AuthInDoubt):
        list(site.tracker.search(Query(projects=(INCIDENTS,)), WANT))


def test_fields_and_statuses(site: Site) -> None:
    fields = site.tracker.fields()
    assert fields["summary"] == "Summary"
    custom = {field.id: field.name for field in site.world.tracker.fields.values() if field.custom}
    assert custom.items() <= fields.items()
    expected = {status.name: status.category for status in site.world.tracker.statuses.values()}
    assert expected == site.tracker.statuses()


def test_issue_types(site: Site) -> None:
    expected = {kind.id: kind.name for kind in site.world.tracker.types.values()}
    assert expected == site.tracker.issue_types()


def test_link_types(site: Site) -> None:
    expected = [
        LinkType(id=kind.id, name=kind.name, inward=kind.inward, outward=kind.outward)
        for kind in site.world.tracker.link_types.values()
    ]
    assert expected == site.tracker.link_types()


def test_permissions(site: Site) -> None:
    names = ("BROWSE_PROJECTS", "CREATE_ISSUES")
    assert site.tracker.permissions(ACTIONS, names) == {"BROWSE_PROJECTS": True, "CREATE_ISSUES": True}


# ---------------------------------------------------------------- search and reads


def test_search_finds_every_issue_once_in_the_order_of_creation(site: Site) -> None:
    found = list(site.tracker.search(Query(projects=(INCIDENTS, ACTIONS)), WANT))
    assert sorted(keys_of(site, INCIDENTS) + keys_of(site, ACTIONS)) == sorted(str(issue["key"]) for issue in found)
    created = [instant(issue["fields"]["created"]) for issue in found]
    assert sorted(created) == created


def test_search_past_one_page(site: Site) -> None:
    project = next(p for p in site.world.tracker.projects.values() if p.key == ACTIONS)
    for number in range(230):
        store.create_issue(site.world, site.person("aruiz"), project, project.type_ids[0], {"summary": f"No. {number}"})
    found = [str(issue["key"]) for issue in site.tracker.search(Query(projects=(ACTIONS,)), WANT)]
    assert sorted(keys_of(site, ACTIONS)) == sorted(found)


def test_search_by_type_extra_jql_and_label(site: Site) -> None:
    labelled = next(issue for issue in site.world.tracker.issues.values() if issue.key.startswith(f"{ACTIONS}-"))
    labelled.labels.append("pirsync-x1")
    done = {
        issue.key
        for issue in site.world.tracker.issues.values()
        if issue.key.startswith(f"{INCIDENTS}-") and store.status_of(site.world, issue).category == "done"
    }
    query = Query(projects=(INCIDENTS,), extra_jql="statusCategory = Done", labels=("pirsync-x1",))
    assert done | {labelled.key} == {str(issue["key"]) for issue in site.tracker.search(query, WANT)}
    assert list(site.tracker.search(Query(labels=("pirsync-none",)), WANT)) == []


def test_search_since_an_instant(site: Site) -> None:
    site.world.clock.advance(86_400)
    changed = incident(site)
    store.edit_fields(site.world, site.person("aruiz"), changed, {"summary": "Changed"})
    since = site.world.clock.now() - timedelta(minutes=2)
    found = site.tracker.search(Query(projects=(INCIDENTS, ACTIONS), updated_since=since), WANT)
    assert [changed.key] == [issue["key"] for issue in found]


def test_jql_that_is_not_understood_is_rejected(site: Site) -> None:
    with pytest.raises(Rejected):
        list(site.tracker.search(Query(projects=("NOSUCHPROJECT",)), WANT))
    with pytest.raises(Rejected):
        list(site.tracker.search(Query(projects=(INCIDENTS,), extra_jql="nonsense ="), WANT))


def test_one_issue_by_id_and_key(site: Site) -> None:
    known = incident(site)
    by_key = site.tracker.issue(known.key, WANT)
    assert by_key is not None
    assert (str(known.id), known.key, known.summary) == (by_key["id"], by_key["key"], by_key["fields"]["summary"])
    by_id = site.tracker.issue(str(known.id), WANT)
    assert by_key == by_id
    assert site.tracker.issue("OPS-99999", WANT) is None
    assert site.tracker.issue("99999999", WANT) is None


def test_expansions_and_properties_of_one_issue(site: Site) -> None:
    known = incident(site)
    site.tracker.set_property(str(known.id), "pirsync.mark", {"mark": "m"})
    want = Want(fields=("description",), expand=("renderedFields", "changelog"), properties=("pirsync.mark",))
    read = site.tracker.issue(known.key, want)
    assert read is not None
    assert read["properties"] == {"pirsync.mark": {"mark": "m"}}
    assert "histories" in read["changelog"]
    assert "description" in read["renderedFields"]


def test_several_issues_without_those_that_are_gone(site: Site) -> None:
    keys = keys_of(site, INCIDENTS)[:2]
    ids = [str(issue.id) for issue in site.world.tracker.issues.values() if issue.key in keys]
    assert sorted(keys) == sorted(str(issue["key"]) for issue in site.tracker.issues([*ids, "99999999"], WANT))
    assert sorted(keys) == sorted(str(issue["key"]) for issue in site.tracker.issues([*keys, "OPS-99999"], WANT))
    assert site.tracker.issues([], WANT) == []


def test_reads_by_id_see_what_search_does_not_yet(site: Site) -> None:
    site.world.faults.lag = 600.0
    born = site.tracker.create_issue(draft(site))
    assert list(site.tracker.search(Query(labels=("pirsync-0123",)), WANT)) == []
    assert [born.key] == [issue["key"] for issue in site.tracker.issues([born.id], WANT)]
    read = site.tracker.issue(born.key, WANT)
    assert read is not None
    assert born.id == read["id"]


def test_the_whole_changelog_oldest_first(site: Site) -> None:
    known = incident(site)
    for number in range(120):
        store.edit_fields(site.world, site.person("aruiz"), known, {"summary": f"No. {number}"})
    histories = site.tracker.changelog(str(known.id))
    assert [history.id for history in known.histories] == [history["id"] for history in histories]
    changes = [item for item in histories[-1]["items"] if item["field"] == "summary"]
    assert [(item["fromString"], item["toString"]) for item in changes] == [("No. 118", "No. 119")]


def test_all_comments_oldest_first_with_their_html(site: Site) -> None:
    known = incident(site)
    before = len(known.comments)
    for number in range(120):
        store.add_comment(site.world, site.person("bokafor"), known, f"Look at *{number}*")
    comments = site.tracker.comments(str(known.id))
    assert before + 120 == len(comments)
    assert "<b>119</b>" in comments[-1]["renderedBody"]
    assert [comment.id for comment in known.comments] == [comment["id"] for comment in comments]


def test_a_restricted_issue_is_seen_by_the_service_account(site: Site) -> None:
    restricted = [issue for issue in site.world.tracker.issues.values() if issue.security is not None]
    for issue in restricted:
        read = site.tracker.issue(issue.key, Want(fields=("security",)))
        assert read is not None
        assert read["fields"]["security"]


# ---------------------------------------------------------------- where tickets are made


def test_the_create_screen_by_name_and_by_id(site: Site) -> None:
    screen = site.tracker.create_screen(ACTIONS, "Task")
    assert screen is not None
    assert (screen.project, screen.type_name) == (ACTIONS, "Task")
    assert screen.fields["summary"] == "Summary"
    assert "summary" in screen.required
    project = next(p for p in site.world.tracker.projects.values() if p.key == ACTIONS)
    assert set(project.screens[screen.type_id]) <= set(screen.fields)
    assert screen == site.tracker.create_screen(ACTIONS, screen.type_id)
    assert site.tracker.create_screen(ACTIONS, "No such type") is None
    assert site.tracker.create_screen("NOSUCHPROJECT", "Task") is None


def test_an_account_has_a_name_whether_it_is_active_or_not(site: Site) -> None:
    found = [site.tracker.person(account) for account in (*map(site.jira_account, ("aruiz", "ileaver")), "aru")]
    assert [(one.name, one.active) if one else None for one in found] == [
        ("Ana Ruiz", True),
        ("Ivo Leaver", False),
        None,
    ]


def test_the_active_members_of_a_group_are_told_to_whom_may_look(site: Site) -> None:
    names = [f"extra-{number}" for number in range(120)]
    for number, name in enumerate(names):
        site.world.people.add(replace(site.person("aruiz"), name=name, account_id=f"712020:{name}", key=f"K{number}"))
    site.world.people.groups += (Group("many", "0d7c0f0e", frozenset({*names, "ileaver"})),)
    found = site.tracker.members("many")
    assert sorted(person.account for person in found) == sorted(map(site.jira_account, names))
    assert {person.name for person in found} == {"Ana Ruiz"}
    with pytest.raises(Rejected, match="nosuch"):
        site.tracker.members("nosuch")
    hidden = [permissions.Rule(name, allowed=False, user=SERVICE.name) for name in ("ADMINISTER", "USER_PICKER")]
    site.world.tracker.rules += hidden
    with pytest.raises(Rejected):
        site.tracker.members("many")
    site.world.tracker.rules[-2:] = []


def test_an_owner_is_one_exact_active_assignable_account(site: Site) -> None:
    account = site.jira_account("aruiz")
    person = site.tracker.assignable(ACTIONS, account)
    assert person is not None
    assert (account, "Ana Ruiz", True) == (person.account, person.name, person.active)
    assert site.tracker.assignable(ACTIONS, site.jira_account("ileaver")) is None
    assert site.tracker.assignable(ACTIONS, site.jira_account("jguest")) is None
    assert site.tracker.assignable(ACTIONS, "aru") is None
    assert site.tracker.assignable(ACTIONS, "ruiz") is None


# ---------------------------------------------------------------- writes


def test_a_ticket_is_born_with_every_carrier(site: Site) -> None:
    born = site.tracker.create_issue(draft(site))
    read = site.tracker.issue(born.key, WANT)
    assert read is not None
    fields = read["fields"]
    assert born == IssueRef(id=str(read["id"]), key=str(read["key"]))
    assert (fields["summary"], fields["duedate"]) == ("Raise the pool's limit", "2027-02-28")
    assert site.jira_account("aruiz") == fields["assignee"]["accountId" if site.world.is_cloud else "name"]
    assert sorted(fields["labels"]) == ["pirsync", "pirsync-0123"]
    assert read["properties"] == {"pirsync.mark": {"mark": "0123", "owner": "o1"}}


@pytest.mark.parametrize(("side", "seen"), [("outward", "outwardIssue"), ("inward", "inwardIssue")])
def test_the_incident_sees_the_ticket_on_the_side_that_was_asked_for(site: Site, side: str, seen: str) -> None:
    born = site.tracker.create_issue(draft(site, link_side=side))
    read = site.tracker.issue(incident(site).key, WANT)
    assert read is not None
    links = [link[seen]["key"] for link in read["fields"]["issuelinks"] if seen in link]
    assert born.key in links


def test_a_link_made_later_is_the_link_made_at_birth(site: Site) -> None:
    kind = any_link_type(site).id
    born = site.tracker.create_issue(draft(site))
    later = site.tracker.create_issue(draft(site, summary="Another", incident_key=None))
    for _ in range(2):
        site.tracker.link(kind, incident(site).key, later.key)
    read = site.tracker.issue(incident(site).key, WANT)
    assert read is not None
    links = [link["outwardIssue"]["key"] for link in read["fields"]["issuelinks"] if "outwardIssue" in link]
    assert [links.count(born.key), links.count(later.key)] == [1, 1]


def test_a_ticket_with_no_more_than_it_must_have(site: Site) -> None:
    least = draft(site, description=None, assignee=None, due=None, labels=(), property_key="", incident_key=None)
    read = site.tracker.issue(site.tracker.create_issue(least).id, WANT)
    assert read is not None
    assert (read["fields"]["duedate"], read["fields"]["labels"]) == (None, [])


def test_a_refused_ticket_names_its_fields(site: Site) -> None:
    with pytest.raises(Rejected) as caught:
        site.tracker.create_issue(draft(site, assignee=site.jira_account("jguest")))
    assert "assignee" in caught.value.fields
    with pytest.raises(Rejected) as caught:
        site.tracker.create_issue(draft(site, summary="two\nlines"))
    assert "summary" in caught.value.fields


def test_a_create_whose_answer_is_lost_is_ambiguous_and_happened_once(site: Site) -> None:
    ticket = draft(site)
    site.world.faults.add(Rule("drop-after", method="POST", path="issue$"))
    site.world.faults.log.clear()
    with pytest.raises(Ambiguous):
        site.tracker.create_issue(ticket)
    assert len(requests_of(site, "POST")) == 1
    found = list(site.tracker.search(Query(labels=("pirsync-0123",)), WANT))
    assert len(found) == 1


def test_edits(site: Site) -> None:
    born = site.tracker.create_issue(draft(site))
    site.tracker.edit_issue(born.id, {"assignee": site.jira_account("bokafor"), "duedate": "2027-03-01"})
    site.tracker.add_labels(born.id, ("late", "pirsync"))
    read = site.tracker.issue(born.id, WANT)
    assert read is not None
    assert read["fields"]["duedate"] == "2027-03-01"
    assert site.jira_account("bokafor") == read["fields"]["assignee"]["accountId" if site.world.is_cloud else "name"]
    assert sorted(read["fields"]["labels"]) == ["late", "pirsync", "pirsync-0123"]
    site.tracker.edit_issue(born.id, {"assignee": None, "duedate": None})
    read = site.tracker.issue(born.id, WANT)
    assert read is not None
    assert (read["fields"]["assignee"], read["fields"]["duedate"]) == (None, None)


def test_a_read_only_issue_refuses_edits(site: Site) -> None:
    closed = [issue for issue in site.world.tracker.issues.values() if store.is_read_only(site.world, issue)]
    for issue in closed:
        with pytest.raises(Rejected):
            site.tracker.add_labels(str(issue.id), ("x",))


def test_properties_are_upserts(site: Site) -> None:
    born = site.tracker.create_issue(draft(site))
    site.tracker.set_property(born.id, "pirsync.mark", {"mark": "new"})
    read = site.tracker.issue(born.id, WANT)
    assert read is not None
    assert read["properties"] == {"pirsync.mark": {"mark": "new"}}


def test_remote_links_are_upserts(site: Site) -> None:
    known = str(incident(site).id)
    first = RemoteLink(global_id="pirsync:page:1", url="https://x.example/1?a=b&c=d", title="Review")
    second = first.model_copy(update={"title": "Renamed"})
    before = site.tracker.remote_links(known)
    site.tracker.put_remote_link(known, first)
    assert [*before, first] == site.tracker.remote_links(known)
    site.tracker.put_remote_link(known, second)
    assert [*before, second] == site.tracker.remote_links(known)


def test_writes_to_what_is_gone_are_rejected(site: Site) -> None:
    with pytest.raises(Rejected):
        site.tracker.edit_issue("99999999", {"duedate": "2027-01-01"})
    with pytest.raises(Rejected):
        site.tracker.put_remote_link("99999999", RemoteLink(global_id="g", url="https://x.example", title="T"))


def test_instants_of_both_products_can_be_read() -> None:
    expected = datetime(2026, 1, 2, 2, 4, 5, 678_000, tzinfo=UTC)
    for text in ("2026-01-02T03:04:05.678+0100", "2026-01-02T02:04:05.678Z", "2026-01-02T03:04:05.678+01:00"):
        assert expected == instant(text)
