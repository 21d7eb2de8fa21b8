"""The sandbox's web page for everybody: by keyboard alone, on a phone, by day and by night, with axe-core's eyes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from pirsync.sandbox import tracker, wiki
from pirsync.sandbox.server import Running
from pirsync.sandbox.site import page_url
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds import seed
from tests.browser.person import BROWSER, DRIVER, LOOK_SECONDS, WAIT_SECONDS, is_gone, started

pytestmark = pytest.mark.browser

PHONE = 360
LONG = "a-name/" * 40


def macro(name: str, inner: str, **parameters: str) -> str:
    given = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters.items())
    return f'<ac:structured-macro ac:name="{name}">{given}{inner}</ac:structured-macro>'


def rich(name: str) -> str:
    words = f'<p>{name} with <a href="https://example.com/">a link</a> and <code>code</code></p>'
    return macro(name, f"<ac:rich-text-body>{words}</ac:rich-text-body>", title=f"The {name}")


def everything(person: str) -> str:
    """A body with all that the page shows, much of it wider than a phone."""
    mention = f'<ac:link><ri:user ri:account-id="{person}" /></ac:link>'
    signs = " ".join(macro("status", "", title=one, colour=one) for one in ("Green", "Red", "Yellow", "Blue", "Purple"))
    issues = macro("jira", "", key="OPS-2") + " " + macro("jira", "", key="OPS-9999")
    tints = '<span style="color: rgb(255,255,0)">a yellow</span> <span style="color: #003366">a navy</span>'
    heads = ("Action item", "Owner", "Due date", "Priority", "Type", "Ticket", "Status", "Closed")
    cells = (
        "Pin it",
        mention,
        '<time datetime="2026-12-24" />',
        "High",
        "Prevent",
        macro("jira", "", key="ACT-1"),
        "",
        "",
    )
    shaded = '<tr><td data-highlight-colour="#000000">black</td><td data-highlight-colour="#ffebe6">red</td></tr>'
    status = "<ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status>"
    task = f"<ac:task>{status}<ac:task-body>call</ac:task-body></ac:task>"
    return "".join(
        (
            macro("toc", ""),
            f'<h1>Part</h1><p>Plain <a href="https://example.com/{LONG}">{LONG}</a> {tints}</p>',
            f'<p>{mention} <time datetime="2026-11-30" /> {signs} <ac:emoticon ac:name="tick" /> {issues}</p>',
            '<p><ac:placeholder>Say it</ac:placeholder> <ac:link><ri:page ri:content-title="Nowhere" /></ac:link> '
            '<ac:inline-comment-marker ac:ref="x">said</ac:inline-comment-marker></p>',
            *(rich(name) for name in ("info", "note", "tip", "warning", "panel", "expand", "excerpt", "roadmap")),
            macro("code", f"<ac:plain-text-body><![CDATA[{LONG * 3}]]></ac:plain-text-body>", title="run.sh"),
            f"<pre>{LONG}</pre><blockquote><p>As was said.</p></blockquote><hr />",
            macro(
                "details",
                f"<ac:rich-text-body><table><tr><th>Owner</th><td>{mention}</td></tr></table></ac:rich-text-body>",
            ),
            "<h2>Actions</h2><table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>",
            "<tr>" + "".join(f"<td><p>{cell}</p></td>" for cell in cells) + "</tr></table>",
            f"<table><tr><th>Shaded</th><th>cells</th></tr>{shaded}</table>",
            f'<ac:task-list>{task}</ac:task-list><ac:image><ri:attachment ri:filename="graph.png" /></ac:image>',
            macro("children", ""),
        )
    )


@dataclass(frozen=True)
class Hands:
    """Somebody without a mouse at a browser on a sandbox; `page` has all that a page can show."""

    chrome: webdriver.Chrome
    world: World
    page: wiki.Page

    def opens(self, path: str) -> None:
        self.chrome.get(self.world.base_url + path)

    def presses(self, *keys: str) -> None:
        """Keys on whatever has the focus."""
        ActionChains(self.chrome).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        return self.chrome.switch_to.active_element

    def walks_to(self, css: str) -> WebElement:
        """Press Tab until that has the focus; every stop on the way shows that it has it."""
        for _ in range(150):
            self.presses(Keys.TAB)
            here = self.focused()
            assert self.is_shown(here), f"nobody sees the focus on {here.get_attribute('outerHTML')}"
            if self.chrome.execute_script("return arguments[0].matches(arguments[1])", here, css):
                return here
        raise AssertionError(f"Tab does not lead to {css}")

    def goes(self, *keys: str) -> None:
        """Press keys that lead to another page, and wait until it is there."""
        old = self.chrome.find_element(By.TAG_NAME, "html")
        self.presses(*keys)
        WebDriverWait(self.chrome, WAIT_SECONDS, LOOK_SECONDS).until(lambda _: is_gone(old))

    def is_shown(self, element: WebElement) -> bool:
        """Whether the focus is visible: a ring around it, and nothing in front of it."""
        shown: bool = self.chrome.execute_script(SHOWN, element)
        return shown

    def issue(self, key: str) -> tracker.Issue:
        found = tracker.find_issue(self.world, key)
        assert found is not None
        return found

    def places(self) -> dict[str, str]:
        """Every kind of page that there is."""
        below = f"/wiki/spaces/OPS/pages/{self.page.id}"
        return {
            "home": "/",
            "issues": "/issues",
            "an issue": "/browse/OPS-2",
            "spaces": "/wiki/spaces",
            "a page": page_url(self.world, self.page),
            "editor": f"{below}/_edit",
            "source": f"{below}/_source",
            "history": f"{below}/_history",
            "comparison": f"{below}/_compare?from=1&to=2",
            "an error": "/browse/NO-1",
        }


SHOWN = """
const here = arguments[0], style = getComputedStyle(here), box = here.getClientRects()[0];
const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
const within = (value, end) => Math.min(Math.max(value, 0), end - 1);
const x = within(box.left + Math.min(box.width, innerWidth) / 2, innerWidth);
const top = document.elementFromPoint(x, within(box.top + Math.min(box.height / 2, 20), innerHeight));
return ring && (here.contains(top) || top.contains(here));
"""


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    if not (BROWSER and DRIVER):
        pytest.skip("chromium and chromedriver are not installed")
    world = World("cloud")
    seed.seed(world)
    author, space = world.people.find("aruiz"), wiki.find_space(world, "OPS")
    assert author is not None and space is not None
    page = wiki.create_page(world, author, space, None, "Everything", everything(author.account_id))
    body = page.current.body.replace("Plain", "Plainer").replace("<hr />", "")
    wiki.update_page(world, author, page, page.title, body, 2, "Made it plainer", False)
    profile = tmp_path_factory.mktemp("profile")
    with Running(world), started(profile, height=900) as chrome:
        yield Hands(chrome, world, page)


def by(chrome: webdriver.Chrome, scheme: str) -> None:
    """Ask for pages as by day (light) or by night (dark)."""
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)


def test_axe_finds_nothing_by_day_or_by_night(hands: Hands) -> None:
    axe = files("selenium_axe_python").joinpath("axe-core/axe.min.js").read_text(encoding="utf-8")
    run = "const done = arguments[1]; axe.run(document, arguments[0]).then(found => done(found.violations))"
    by_day = {"resultTypes": ["violations"]}
    by_night = {**by_day, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found = []
    for name, path in hands.places().items():
        by(hands.chrome, "light")
        hands.opens(path)
        hands.chrome.execute_script(axe)
        for scheme, options in (("light", by_day), ("dark", by_night)):
            by(hands.chrome, scheme)
            for rule in hands.chrome.execute_async_script(run, options):
                found += [f"{name}, {scheme}: {rule['id']} {node['html'][:120]}" for node in rule["nodes"]]
    by(hands.chrome, "light")
    assert found == []


def test_the_night_is_dark_and_the_day_is_light(hands: Hands) -> None:
    hands.opens("/")
    paint = "return getComputedStyle(document.body).backgroundColor"
    shown = []
    for scheme in ("dark", "light"):
        by(hands.chrome, scheme)
        shown.append(hands.chrome.execute_script(paint))
    assert shown == ["rgb(18, 22, 30)", "rgb(247, 248, 250)"]


def test_no_page_is_wider_than_a_phone(hands: Hands) -> None:
    phone = {"width": PHONE, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    hands.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    widths = {}
    try:
        for name, path in hands.places().items():
            hands.opens(path)
            widths[name] = hands.chrome.execute_script("return document.documentElement.scrollWidth")
    finally:
        hands.chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert dict.fromkeys(hands.places(), PHONE) == widths


def test_the_first_stop_leads_past_the_bar(hands: Hands) -> None:
    hands.opens("/issues")
    hands.presses(Keys.TAB)
    assert hands.focused().text == "Skip to the content"
    assert hands.is_shown(hands.focused())
    hands.presses(Keys.ENTER, Keys.TAB)
    assert hands.focused().get_attribute("id") == "words"


def test_every_stop_of_a_page_is_seen_and_the_last_one_leads_out(hands: Hands) -> None:
    hands.opens(page_url(hands.world, hands.page))
    hands.walks_to("#edit")
    hands.walks_to("details summary")
    hands.walks_to(".code pre")
    hands.walks_to(".scroll")
    hands.walks_to("nav.tree a.here")


def test_an_arrow_on_the_choice_of_a_person_does_not_leave_the_page(hands: Hands) -> None:
    hands.opens("/")
    hands.walks_to("#act-as")
    hands.presses("Carl")
    assert "Good to see you, Ana" in hands.chrome.find_element(By.TAG_NAME, "h1").text
    hands.presses(Keys.TAB)
    hands.goes(Keys.ENTER)
    assert "Good to see you, Carl" in hands.chrome.find_element(By.TAG_NAME, "h1").text
    hands.walks_to("#act-as")
    hands.presses("Ana", Keys.TAB)
    hands.goes(Keys.ENTER)


def test_an_issue_is_moved_and_commented_by_keyboard(hands: Hands) -> None:
    hands.opens("/issues")
    hands.walks_to("#words")
    hands.presses("OPS-12")
    hands.goes(Keys.ENTER)
    hands.walks_to("a.key")
    hands.goes(Keys.ENTER)
    hands.walks_to("button[name=transition]")
    hands.goes(Keys.ENTER)
    hands.walks_to("textarea")
    hands.presses("It was the disk.", Keys.TAB)
    hands.goes(Keys.SPACE)
    issue = hands.issue("OPS-12")
    assert issue.comments[-1].body == "It was the disk."
    assert tracker.status_of(hands.world, issue).name == "Resolved"


def test_two_versions_are_compared_by_keyboard(hands: Hands) -> None:
    hands.opens(hands.places()["history"])
    hands.walks_to("input[name=from]")
    hands.presses(Keys.ARROW_UP)
    hands.walks_to("button.primary")
    hands.goes(Keys.ENTER)
    assert hands.chrome.find_element(By.TAG_NAME, "h1").text == "Version 2 to 2"


def test_a_row_with_its_owner_and_date_is_added_by_keyboard(hands: Hands) -> None:
    author, carl = hands.world.people.find("aruiz"), hands.world.people.find("clindqvist")
    assert author is not None and carl is not None
    table = "<table><tr><th>Action item</th><th>Owner</th><th>Due date</th></tr></table>"
    page = wiki.create_page(hands.world, author, wiki.space_of(hands.world, hands.page), None, "Short", table)
    hands.opens(page_url(hands.world, page))
    hands.walks_to("#edit")
    hands.goes(Keys.ENTER)
    hands.walks_to(".add-row")
    hands.presses(Keys.ENTER)
    hands.presses("Rotate the key")
    hands.walks_to(".pick-person")
    hands.presses("Carl", Keys.ENTER)
    hands.walks_to(".pick-date")
    hands.presses("12242026")
    hands.walks_to("#save")
    hands.goes(Keys.ENTER)
    row = (
        "<tr><td><p>Rotate the key</p></td>"
        f'<td><p><ac:link><ri:user ri:account-id="{carl.account_id}" /></ac:link></p></td>'
        '<td><p><time datetime="2026-12-24" /></p></td></tr>'
    )
    assert row in page.current.body
