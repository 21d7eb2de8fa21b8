"""bugwarrior pulls a person's open issues into Taskwarrior; a second time nothing is new, and what is done goes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pirsync.sandbox import tracker
from tests.clients.stand import FOLDER, SECRET, Failed, Stand, Trial, holds

CONFIG = """
[general]
targets = ["work"]
log_level = "INFO"
taskrc = "{taskrc}"

[work]
service = "jira"
base_uri = "{url}"
username = "{login}"
password = "{secret}"
import_labels_as_tags = true
"""


def taskwarrior() -> Path:
    """The folder of the program `task`: the one that is installed, else unpacked from the distribution's package."""
    if found := shutil.which("task"):
        return Path(found).parent
    place = FOLDER / "taskwarrior"
    place.mkdir(parents=True, exist_ok=True)
    if not (place / "usr/bin/task").exists():
        try:
            subprocess.run(["apt-get", "download", "-q", "taskwarrior"], cwd=place, check=True, capture_output=True)
            for package in place.glob("taskwarrior_*.deb"):
                subprocess.run(["dpkg", "-x", package, place], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Failed("bugwarrior needs Taskwarrior: install the program task") from error
    return place / "usr/bin"


def pull(stand: Stand) -> dict[str, dict[str, Any]]:
    """Pull, and the tasks that are pending then, by the key of their issue."""
    stand.run("bugwarrior", "pull")
    done = subprocess.run(
        ["task", "rc.verbose=nothing", "status:pending", "export"],
        env=stand.environment, cwd=stand.folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {task["jiraid"]: task for task in json.loads(done.stdout)}


def work(stand: Stand) -> str:
    world, ana = stand.world, stand.user("aruiz")
    mine = stand.issue("OPS-12")
    tracker.edit_fields(world, ana, stand.issue("OPS-13"), {"assignee": ana})
    tracker.add_comment(world, ana, mine, "Looking at it.")
    stand.environment["PATH"] = f"{taskwarrior()}:{stand.environment['PATH']}"
    taskrc = stand.write("taskrc", f"data.location={stand.folder / 'tasks'}\nconfirmation=off\n")
    (stand.folder / "tasks").mkdir()
    told = CONFIG.format(taskrc=taskrc, url=stand.jira_url, login=stand.login, secret=SECRET)
    config = stand.write("bugwarrior.toml", told)
    stand.environment.update(BUGWARRIORRC=str(config), TASKRC=str(taskrc))
    with taskrc.open("a", encoding="utf-8") as file:
        file.write(stand.run("bugwarrior", "uda"))
    expected = {
        issue.key: tracker.status_of(world, issue).name
        for issue in world.tracker.issues.values()
        if issue.assignee == ana and issue.resolution_id is None
    }
    tasks = pull(stand)
    holds(expected == {key: task["jirastatus"] for key, task in tasks.items()}, f"{expected} became {tasks}")
    task = tasks["OPS-12"]
    holds(task["jirasummary"] == mine.summary, f"the summary is {task['jirasummary']}")
    holds(task["jiraurl"] == f"{stand.jira_url}/browse/OPS-12", f"the address is {task['jiraurl']}")
    said = " ".join(one["description"] for one in task.get("annotations", []))
    holds("Looking at it." in said, f"the comment is not among the annotations: {said}")
    again = pull(stand)
    holds(
        {key: one["uuid"] for key, one in tasks.items()} == {key: one["uuid"] for key, one in again.items()},
        "a second pull changed the tasks",
    )
    step = next(one for one in tracker.available_transitions(world, mine) if one.needs_resolution)
    resolution = next(iter(world.tracker.resolutions))
    tracker.transition(world, ana, mine, step.id, resolution)
    left = pull(stand)
    holds(set(left) == set(expected) - {"OPS-12"}, f"OPS-12 is resolved, the tasks are {sorted(left)}")
    return (
        f"pulled {len(expected)} issues with comments into Taskwarrior, again without a change, then one was resolved"
    )


TRIALS = [Trial("bugwarrior[jira]", "2.1.0", deployment, False, work) for deployment in ("cloud", "datacenter")]
