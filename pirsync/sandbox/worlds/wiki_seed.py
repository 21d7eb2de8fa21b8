"""The wiki that a new sandbox has: spaces OPS and SEC, a parent for reviews, and pages as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pirsync.sandbox.wiki import add_labels, create_page, create_space, find_page

if TYPE_CHECKING:
    from pirsync.sandbox.people import User
    from pirsync.sandbox.world import World

REVIEWS = "Post-incident reviews"
"""The title of the page in OPS below which reviews are kept."""

_REVIEWS_BODY = (
    "<p>One page for each incident of severity 1 or 2, written within five working days.</p>"
    '<ac:structured-macro ac:name="children" ac:schema-version="2"><ac:parameter ac:name="sort">creation</ac:parameter>'
    '<ac:parameter ac:name="reverse">true</ac:parameter></ac:structured-macro>'
)
_ON_CALL = (
    '<ac:structured-macro ac:name="toc" />'
    "<h2>Who is on call</h2><table><tr><th>Team</th><th>First</th><th>Second</th></tr>"
    '<tr><td>Payments</td><td><ac:link><ri:user ri:username="aruiz" /></ac:link></td>'
    '<td><ac:link><ri:user ri:username="bokafor" /></ac:link></td></tr>'
    '<tr><td>Platform</td><td><ac:link><ri:user ri:username="hweiss" /></ac:link></td><td>&mdash;</td></tr></table>'
    '<ac:structured-macro ac:name="info" ac:schema-version="1"><ac:rich-text-body>'
    "<p>Hand-over is every Monday at 10:00&nbsp;UTC. Don&rsquo;t swap without telling the other team.</p>"
    "</ac:rich-text-body></ac:structured-macro>"
    "<h2>Before you go to bed</h2><ac:task-list><ac:task><ac:task-id>1</ac:task-id>"
    "<ac:task-status>incomplete</ac:task-status><ac:task-body>Charge the phone</ac:task-body></ac:task></ac:task-list>"
)
_RUNBOOK = (
    "<p>Use this when the queue of card payments grows for more than <b>ten minutes</b>.</p>"
    '<ac:structured-macro ac:name="status" ac:schema-version="1"><ac:parameter ac:name="title">REVIEWED</ac:parameter>'
    '<ac:parameter ac:name="colour">Green</ac:parameter></ac:structured-macro>'
    "<ol><li>Look at the <em>age</em> of the oldest message, not at the count.</li>"
    "<li>Drain one consumer:"
    '<ac:structured-macro ac:name="code" ac:schema-version="1"><ac:parameter ac:name="language">bash</ac:parameter>'
    "<ac:plain-text-body><![CDATA[queuectl drain --consumer c1 && echo '<drained>']]></ac:plain-text-body>"
    "</ac:structured-macro></li><li>If that does not help, call the second on call.</li></ol>"
    '<ac:structured-macro ac:name="expand" ac:schema-version="1">'
    '<ac:parameter ac:name="title">Why a drain</ac:parameter>'
    '<ac:rich-text-body><p>A restart loses what the consumer holds.</p><p><time datetime="2026-02-11" /></p>'
    "</ac:rich-text-body></ac:structured-macro>"
)


def seed(world: World) -> None:
    """Fill an empty wiki; the pages are Hanna Weiss's and Ana Ruiz's."""
    hanna, ana = _person(world, "hweiss"), _person(world, "aruiz")
    operations = create_space(world, hanna, "OPS", "Operations")
    home = find_page(world, operations.homepage_id)
    create_page(world, hanna, operations, home, REVIEWS, _REVIEWS_BODY)
    create_page(world, ana, operations, home, "On call", _ON_CALL)
    runbook = create_page(world, hanna, operations, home, "Runbook: payment queue", _RUNBOOK)
    add_labels(world, runbook, ["runbook", "payments"])
    create_space(world, hanna, "SEC", "Security")


def _person(world: World, name: str) -> User:
    user = world.people.find(name)
    assert user is not None, f"{name} is one of the sandbox's people"
    return user
