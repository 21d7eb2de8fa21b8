"""markdown-to-confluence publishes a tree of Markdown, again without a change, and again with one file changed."""

from __future__ import annotations

import re

from tests.clients.stand import SECRET, Stand, Trial, holds

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db4"
    "0000000049454e44ae426082"
)
INDEX = """---
title: Payments runbook
tags: [runbook, payments]
---

What to do when **payments** stop: see [the steps](steps.md) & stay calm.

> [!WARNING]
> Do not restart twice.

![the graph](graph.png)
"""
STEPS = """---
title: Payment steps
---

- [x] Look at the queue
- [ ] Call the provider

| Step | Who |
| ---- | --- |
| 1    | Ana |

```bash
systemctl status "queue" && echo <ok>
```
"""


def publish(stand: Stand) -> None:
    path, version = ("/wiki/", "v2") if stand.world.is_cloud else ("/confluence/", "v1")
    told = ["--domain", stand.url.removeprefix("https://"), "--path", path, "--api-version", version]
    told += ["--username", stand.login, "--api-key", SECRET, "--space", "OPS"]
    stand.run("md2conf", "docs", *told, "--keep-hierarchy", "--loglevel", "info")


def work(stand: Stand) -> str:
    stand.write("docs/index.md", INDEX)
    stand.write("docs/steps.md", STEPS)
    stand.write("docs/graph.png", PIXEL)
    publish(stand)
    runbook, steps = stand.page("Payments runbook"), stand.page("Payment steps")
    body = runbook.current.body
    holds("<strong>payments</strong>" in body and "&amp; stay calm" in body, f"the words are not there: {body}")
    holds('ac:name="note"' in body and "Do not restart twice." in body, f"the warning is not there: {body}")
    holds("graph.png" in body, f"the picture is not there: {body}")
    holds(f"/pages/{steps.id}" in body or "Payment steps" in body, f"the link to the steps is not there: {body}")
    holds({"runbook", "payments"} <= set(runbook.labels), f"the labels are {runbook.labels}")
    holds(steps.parent_id == runbook.id, "the steps are not below the runbook")
    holds("<ac:task-status>complete</ac:task-status>" in steps.current.body, f"no task is done: {steps.current.body}")
    source = (stand.folder / "docs/steps.md").read_text(encoding="utf-8")
    told = re.search(r"confluence[-_]page[-_]id: *['\"]?(\d+)", source)
    holds(told is not None and told[1] == str(steps.id), f"the file does not tell its page: {source[:200]}")
    before = {one.id: len(one.versions) for one in (runbook, steps)}
    publish(stand)
    after = {one.id: len(one.versions) for one in (runbook, steps)}
    holds(before == after, f"nothing had changed, but the versions went from {before} to {after}")
    stand.write("docs/steps.md", source.replace("Call the provider", "Call the provider twice"))
    publish(stand)
    holds("Call the provider twice" in steps.current.body, f"the change is not there: {steps.current.body}")
    holds(len(steps.versions) == before[steps.id] + 1, "the steps have no new version, or several")
    holds(len(runbook.versions) == before[runbook.id], "the runbook has a new version")
    return "published two pages with labels, tasks and a picture, again without a change, then one of them changed"


TRIALS = [Trial("markdown-to-confluence", "0.6.5", deployment, True, work) for deployment in ("cloud", "datacenter")]
