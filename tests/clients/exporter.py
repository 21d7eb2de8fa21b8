"""confluence-markdown-exporter exports a space to Markdown, and a second time only the page that has changed."""

from __future__ import annotations

import json
import re

from pirsync.sandbox import wiki
from tests.clients.stand import SECRET, Failed, Stand, Trial, holds

BODY = (
    '<h2>Steps</h2><p>Look at <strong>the queue</strong> &amp; wait, then see <ac:structured-macro ac:name="jira">'
    '<ac:parameter ac:name="key">OPS-2</ac:parameter></ac:structured-macro>.</p>'
    "<table><tbody><tr><th>Who</th><th>When</th></tr><tr><td>Ana</td><td>always</td></tr></tbody></table>"
    '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>'
    '<ac:plain-text-body><![CDATA[echo "<done>"]]></ac:plain-text-body></ac:structured-macro>'
)


def settings(stand: Stand) -> str:
    site = stand.url if stand.world.is_cloud else stand.wiki_url
    known = {"username": stand.login, "api_token": SECRET}
    jira = stand.url if stand.world.is_cloud else stand.jira_url
    export = {"output_path": str(stand.folder / "out"), "skip_unchanged": True, "enable_jira_enrichment": True}
    return json.dumps({"auth": {"confluence": {site: known}, "jira": {jira: known}}, "export": export})


def exported(stand: Stand, title: str) -> str:
    for path in (stand.folder / "out").rglob("*.md"):
        if path.stem == title.replace(":", "_"):
            return path.read_text(encoding="utf-8")
    found = sorted(str(path.relative_to(stand.folder)) for path in (stand.folder / "out").rglob("*"))
    raise Failed(f"{title} was not exported; there are {found}")


def work(stand: Stand) -> str:
    author, space = stand.user("aruiz"), wiki.find_space(stand.world, "OPS")
    assert space is not None
    above = stand.page("On call")
    page = wiki.create_page(stand.world, author, space, above, "Queue runbook", BODY)
    config = stand.write("config.json", settings(stand))
    stand.environment.update(CME_CONFIG_PATH=str(config), CI="true")
    where = f"{stand.wiki_url}/spaces/OPS" if stand.world.is_cloud else f"{stand.wiki_url}/display/OPS"
    stand.run("cme", "spaces", where)
    text = re.sub(r" +", " ", exported(stand, "Queue runbook"))
    summary = stand.issue("OPS-2").summary
    pieces = (
        "## Steps",
        "**the queue** & wait",
        "| Ana | always |",
        '```bash\necho "<done>"\n```',
        f"[[OPS-2] {summary}]",
    )
    for piece in pieces:
        holds(piece in text, f"{piece!r} was not exported: {text}")
    seen = [
        one
        for one in stand.world.wiki.pages.values()
        if one.space_id == space.id and wiki.may_see(stand.world, author, one)
    ]
    for one in seen:
        exported(stand, one.title)
    times = {path: path.stat().st_mtime_ns for path in (stand.folder / "out").rglob("*.md")}
    body = page.current.body.replace("wait", "breathe")
    wiki.update_page(stand.world, author, page, page.title, body, 2, "", False)
    stand.run("cme", "spaces", where)
    changed = [path.stem for path, time in times.items() if path.stat().st_mtime_ns != time]
    holds("**the queue** & breathe" in exported(stand, "Queue runbook"), "the change was not exported")
    holds(changed == ["Queue runbook"], f"one page had changed, but {changed} were written")
    return f"exported a space of {len(seen)} pages with a table, code and an issue, then again the one that changed"


TRIALS = [
    Trial("confluence-markdown-exporter", "5.5.0", "cloud", True, work),
    Trial("confluence-markdown-exporter", "5.5.0", "datacenter", False, work),
]
