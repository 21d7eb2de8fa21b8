"""Every recorded real answer beside the sandbox's in the same situation: the same status, and every key.

What is not served, and what differs, is listed with its reason; a reason that is not needed any more is a failure.
"""

from __future__ import annotations

from functools import cache

import pytest

from pirsync.sandbox.server import Running
from pirsync.sandbox.world import Deployment, World
from pirsync.sandbox.worlds.seed import seed
from tests.documents import Known
from tests.sandbox.conformance.jira_steps import names
from tests.sandbox.conformance.recorded import SITUATION, Recording, missing_keys, prepare, recordings, step_of
from tests.sandbox.conformance.walker import Walked, walk
from tests.shared import shared

NOT_SERVED: dict[tuple[Deployment, str], str] = {
    ("cloud", "GET agile/1.0/epic/*/issue"): "not served: boards and epics are another product's API",
    ("datacenter", "GET search/jql"): "not served: no Data Center has it; the site stood behind something that did",
}
"""Calls of which the recordings are skipped."""

_ARCHIVES = "GET search(/jql)?"
DIFFERENT: dict[Deployment, tuple[Known, ...]] = {
    "cloud": (
        Known(".*", ".*/(author|assignee|reporter|creator)/(key|name)", "archived before Cloud took names away"),
        Known(".*", ".*/(aggregate)?progress/percent", "only where time was logged, which is not served"),
        Known(".*", ".*/(timetracking|worklog/worklogs)/.*", "only where time was logged, which is not served"),
        Known(".*", ".*/project/projectCategory(/.*)?", "the sandbox's projects have no category"),
        Known("GET issue/.*", "fields/dataclassification", "only sites that classify their data have it"),
        Known(_ARCHIVES, "issues/fields/(closedSprints|epic|flagged|sprint)(/.*)?", "answers of boards have it"),
        Known(_ARCHIVES, "issues/changelog/histories/historyMetadata(/.*)?", "only changes by an app have it"),
        Known(_ARCHIVES, "issues/fields/issuetype/untranslatedName", "only types that an app brought have it"),
        Known(_ARCHIVES, "issues/operations(/.*)?", "what a page offers to click, which the sandbox's own pages know"),
        Known("GET content", "results/_expandable/(childTypes|schedulePublish(Date|Info))", "of newer kinds and plans"),
        Known("GET content", "results/(descendants(/.*)?|body/_expandable/(dynamic|editor2))", "not expanded here"),
        Known("GET content", "results/version/syncRev(Source)?", "only pages that were edited together have it"),
        Known("GET issue/createmeta", ".*/fields/(attachment|issuerestriction|parent|reporter)(/.*)?", "other screens"),
        Known("GET issue/createmeta", ".*/(entityId|scope)(/.*)?", "only types of a team-managed project have it"),
    ),
    "datacenter": (
        Known(".*", ".*/(aggregate)?progress/percent", "only where time was logged, which is not served"),
        Known(".*", ".*/(timetracking|worklog)/.*", "only where time was logged, which is not served"),
        Known(".*", ".*/projectCategory(/.*)?", "the sandbox's projects have no category"),
        Known("GET issue/.*", "fields/comment/comments/visibility(/.*)?", "only comments for a role or group have it"),
        Known("GET issue/.*", "fields/assignee/accountId", "written into the recording by its project"),
        Known("GET issue/createmeta/.*", "fields(/.*)?", "some versions' name for what others call values"),
        Known("GET project/.*", "roles/.*", "the site's own roles"),
        Known(_ARCHIVES, "issues/fields/(closedSprints|epic|flagged|sprint)(/.*)?", "answers of boards have it"),
    ),
}
"""Keys that the sandbox lacks, by call."""

DIALECTS: tuple[Deployment, ...] = ("cloud", "datacenter")
each_dialect = pytest.mark.parametrize("deployment", DIALECTS)


@cache
def recorded(deployment: Deployment) -> tuple[Recording, ...]:
    return tuple(one for one in recordings(shared("recorded")) if one.deployment == deployment)


@cache
def replayed(deployment: Deployment) -> tuple[tuple[Recording, Walked], ...]:
    """Every recording of a call that is served, with what the sandbox answered."""
    world = World(deployment)
    seed(world)
    prepare(world)
    (kind,) = [one for one in world.tracker.types.values() if one.name == "Task"]
    served = [one for one in recorded(deployment) if (deployment, one.call) not in NOT_SERVED]
    of_jira, of_wiki = [one for one in served if one.is_of_jira], [one for one in served if not one.is_of_jira]
    with Running(world):
        steps = [*SITUATION, *(step_of(one) for one in of_jira)]
        walked = walk(world, f"{world.jira_url}/rest/api/2", steps, {**names(world, "2"), "type": {"id": kind.id}})
        walked += walk(world, f"{world.wiki_url}/rest/api", [step_of(one) for one in of_wiki], {})
    assert [one for one in walked[: len(SITUATION)] if not one.went_as_expected] == []
    return tuple(zip([*of_jira, *of_wiki], walked[len(SITUATION) :], strict=True))


@cache
def missing(deployment: Deployment) -> frozenset[tuple[str, str]]:
    """The keys that the sandbox's answers lack, each with its call."""
    return frozenset(
        (one.call, path)
        for one, walked in replayed(deployment)
        for path in missing_keys(one.body, walked.interaction.response.body)
    )


@each_dialect
def test_the_sandbox_answers_with_the_status_that_real_sites_did(deployment: Deployment) -> None:
    different = [
        (one.name, one.status, walked.interaction.response)
        for one, walked in replayed(deployment)
        if not walked.went_as_expected
    ]
    assert different == []


@each_dialect
def test_the_sandbox_answers_every_key_that_real_sites_did(deployment: Deployment) -> None:
    known = DIFFERENT[deployment]
    assert sorted(one for one in missing(deployment) if not any(each.fits(*one) for each in known)) == []


@each_dialect
def test_every_difference_that_is_explained_is_still_there(deployment: Deployment) -> None:
    known = DIFFERENT[deployment]
    assert [each.why for each in known if not any(each.fits(*one) for one in missing(deployment))] == []


def test_a_key_that_only_the_real_answer_has_is_found() -> None:
    ours = {"issues": [{"id": "1", "fields": {"status": {"id": "1"}, "assignee": None}}]}
    real = {"issues": [{"key": "A-1", "fields": {"status": {"name": "Open"}, "customfield_1": 1}}]}
    assert missing_keys(real, ours) == {"issues/key", "issues/fields/status/name"}
