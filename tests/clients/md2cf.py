"""md2cf publishes a folder of Markdown: pages below pages, labels and a file; a second time nothing changes."""

from __future__ import annotations

from tests.clients.stand import SECRET, Stand, Trial, holds

GUIDE = """---
title: Handbook
labels:
  - handbook
  - on-call
---
# Who to call

Call **Ana** & *Carl*, then see [the site](https://example.com/?a=1&b=2).

| Who | When |
| --- | ---- |
| Ana | always |

```python
print("<done>")
```

![the graph](graph.png)
"""
CHAPTER = "# First chapter\n\n1. Look\n2. Think\n"
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + b"\x1f\x15\xc4\x89"


def publish(stand: Stand, *more: str) -> str:
    told = ["--host", f"{stand.wiki_url}/rest/api", "--username", stand.login, "--password", SECRET, "--space", "OPS"]
    return stand.run(
        "md2cf", *told, "--parent-title", "Operations", "--only-changed", "--replace-all-labels", *more, "docs"
    )


def work(stand: Stand) -> str:
    stand.write("docs/handbook.md", GUIDE)
    stand.write("docs/chapters/first.md", CHAPTER)
    stand.write("docs/graph.png", PIXEL)
    publish(stand, "--message", "From the repository")
    if not stand.world.is_cloud:
        # Data Center keeps no message of a first version, which is where md2cf remembers what it published.
        publish(stand, "--message", "From the repository")
    handbook, first = stand.page("Handbook"), stand.page("First chapter")
    body = handbook.current.body
    holds("<strong>Ana</strong> &amp; <em>Carl</em>" in body, f"the words are not there: {body}")
    holds('ac:name="code"' in body and 'print("<done>")' in body, f"the code is not there: {body}")
    holds('<ri:attachment ri:filename="graph.png"' in body, f"the picture is not there: {body}")
    holds("From the repository" in handbook.current.message, f"the message is {handbook.current.message!r}")
    holds({"handbook", "on-call"} == set(handbook.labels), f"the labels are {handbook.labels}")
    folder = stand.page("chapters")
    holds(first.parent_id == folder.id, "the chapter is not below its folder")
    before = {one.id: len(one.versions) for one in (handbook, first, folder)}
    publish(stand)
    after = {one.id: len(one.versions) for one in (handbook, first, folder)}
    holds(before == after, f"nothing had changed, but the versions went from {before} to {after}")
    stand.write("docs/chapters/first.md", CHAPTER + "3. Act\n")
    publish(stand)
    holds("<li>Act" in first.current.body, f"the third step is not there: {first.current.body}")
    holds(len(first.versions) == before[first.id] + 1, "the chapter has no new version")
    holds(len(handbook.versions) == before[handbook.id], "the handbook has a new version")
    return "published three pages with labels and a file, again without a change, then one of them changed"


TRIALS = [Trial("md2cf", "2.3.0", deployment, False, work) for deployment in ("cloud", "datacenter")]
