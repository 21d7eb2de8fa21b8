"""The page editor in a real browser: what is typed and picked is what is saved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from pirsync.sandbox import wiki
from pirsync.sandbox.server import Running
from pirsync.sandbox.site import page_url
from pirsync.sandbox.world import World
from pirsync.sandbox.worlds import seed
from tests.browser.person import BROWSER, DRIVER, started

BODY = (
    "<p>Untouched&mdash;bytes</p><p><ac:placeholder>What happened?</ac:placeholder></p>"
    "<table><tr><th>Action item</th><th>Owner</th><th>Due date</th></tr>"
    "<tr><td><p>Old</p></td><td></td><td></td></tr></table>"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="chromium and chromedriver are not installed"),
]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One browser for all of them: each test has a world, and with it a site, of its own."""
    with started(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def opened(chrome: webdriver.Chrome, world: World) -> wiki.Page:
    """A page, open in the editor."""
    author, space = world.people.find("aruiz"), wiki.find_space(world, "OPS")
    assert author is not None and space is not None
    page = wiki.create_page(world, author, space, None, "Review", BODY)
    chrome.get(world.base_url + page_url(world, page))
    chrome.find_element(By.ID, "edit").click()
    return page


def save(chrome: webdriver.Chrome, page: wiki.Page) -> str:
    """Press Save and wait for the new version; its body."""
    chrome.find_element(By.ID, "save").click()
    WebDriverWait(chrome, 60).until(lambda _: page.current.number == 2)
    return page.current.body


def test_a_row_with_an_owner_and_a_date_is_added(chrome: webdriver.Chrome) -> None:
    world = World("cloud")
    seed.seed(world)
    with Running(world):
        page = opened(chrome, world)
        before = page.current.body
        chrome.find_element(By.CSS_SELECTOR, "button.add-row").click()
        row = chrome.find_elements(By.CSS_SELECTOR, ".editing tr")[-1]
        row.find_element(By.CSS_SELECTOR, "td[contenteditable]").send_keys("Rotate the key & <tell>")
        Select(row.find_element(By.CSS_SELECTOR, "select.pick-person")).select_by_visible_text("Carl Lindqvist")
        row.find_element(By.CSS_SELECTOR, "input.pick-date").send_keys("12242026")
        after = save(chrome, page)
    carl = world.people.find("clindqvist")
    assert carl is not None
    cells = (
        "<tr><td><p>Rotate the key &amp; &lt;tell&gt;</p></td>"
        f'<td><p><ac:link><ri:user ri:account-id="{carl.account_id}" /></ac:link></p></td>'
        '<td><p><time datetime="2026-12-24" /></p></td></tr>'
    )
    assert after == before.replace("</tbody>", f"{cells}</tbody>")


def test_a_prompt_gives_way_to_words_and_enter_begins_a_paragraph(chrome: webdriver.Chrome) -> None:
    world = World("datacenter")
    seed.seed(world)
    with Running(world):
        page = opened(chrome, world)
        before = page.current.body
        prompt = chrome.find_element(By.CSS_SELECTOR, ".placeholder")
        prompt.click()
        chrome.switch_to.active_element.send_keys("It broke.", Keys.ENTER)
        chrome.switch_to.active_element.send_keys("Then it worked.")
        after = save(chrome, page)
    assert after == before.replace(
        "<p><ac:placeholder>What happened?</ac:placeholder></p>", "<p>It broke.</p><p>Then it worked.</p>"
    )


def test_words_are_added_to_a_cell(chrome: webdriver.Chrome) -> None:
    world = World("cloud")
    seed.seed(world)
    with Running(world):
        page = opened(chrome, world)
        before = page.current.body
        cell = chrome.find_elements(By.CSS_SELECTOR, ".editing td[contenteditable]")[0]
        cell.find_element(By.CSS_SELECTOR, "p").click()
        cell.send_keys(Keys.END, " and new")
        after = save(chrome, page)
    assert after == before.replace("<p>Old</p>", "<p>Old and new</p>")
