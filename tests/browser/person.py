"""Somebody at a browser: sees what is on the screen, and acts through links, buttons and fields alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

BROWSER, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
WAIT_SECONDS = 60
LOOK_SECONDS = 0.05


def is_gone(element: WebElement) -> bool:
    """Whether another page has taken an element's place; on a busy machine the driver says so in two ways."""
    try:
        element.is_enabled()
    except StaleElementReferenceException:
        return True
    except WebDriverException as error:
        if "does not belong to the document" in str(error):
            return True
        raise
    return False


@contextmanager
def started(profile: Path, width: int = 1280, height: int = 1400) -> Iterator[webdriver.Chrome]:
    """A browser without a window on the screen, with a new profile in a folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    size, folder = f"--window-size={width},{height}", f"--user-data-dir={profile}"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, folder):
        options.add_argument(argument)
    chrome = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield chrome
    finally:
        chrome.quit()


@dataclass(frozen=True)
class Action:
    """What a person types into one row of an action table; `owner` is a display name."""

    words: str
    owner: str
    due: date


@dataclass(frozen=True)
class ShownRow:
    """One row of an action table as it looks: the ticket's key, the status in words, and the colour of its lozenge."""

    action: str
    ticket: str
    status: str
    colour: str
    closed: bool


class Person:
    """The one whose hands are on the browser."""

    def __init__(self, chrome: webdriver.Chrome, url: str) -> None:
        self.chrome = chrome
        self.url = url

    # ------------------------------------------------------------ anywhere

    def opens(self, path: str) -> None:
        """Go to a place on the site."""
        self.chrome.get(self.url + path)

    def clicks(self, element: WebElement) -> None:
        """Bring something to the middle of the screen and click it."""
        self.chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def follows(self, element: WebElement) -> None:
        """Click what leads to another page, and wait until it is there."""
        old = self.chrome.find_element(By.TAG_NAME, "html")
        self.clicks(element)
        WebDriverWait(self.chrome, WAIT_SECONDS, LOOK_SECONDS).until(lambda _: is_gone(old))

    def link(self, words: str) -> WebElement:
        """The link that says exactly that."""
        return self.chrome.find_element(By.LINK_TEXT, words)

    def button(self, words: str) -> WebElement:
        """The button that says exactly that."""
        return self.chrome.find_element(By.XPATH, f"//button[normalize-space()='{words}']")

    def becomes(self, name: str) -> None:
        """Act as somebody else, by the choice in the bar on top."""
        choice = Select(self.chrome.find_element(By.ID, "act-as"))
        if choice.first_selected_option.text == name:
            return
        choice.select_by_visible_text(name)
        self.follows(self.button("Switch"))

    def text(self, css: str) -> str:
        """The words of the first element that fits."""
        return self.chrome.find_element(By.CSS_SELECTOR, css).text.strip()

    def texts(self, css: str) -> list[str]:
        """The words of each element that fits."""
        return [found.text.strip() for found in self.chrome.find_elements(By.CSS_SELECTOR, css)]

    # ------------------------------------------------------------ an issue

    def opens_issue(self, key: str) -> None:
        """Find an issue in Jira's list by its key, and open it."""
        self.follows(self.link("Jira"))
        self.chrome.find_element(By.ID, "words").send_keys(key)
        self.follows(self.button("Show"))
        self.follows(self.link(key))

    def status(self) -> str:
        """The status of the issue that is open."""
        return self.text(".issue-status .lozenge").upper()

    def moves_to(self, wanted: str, *steps: str) -> None:
        """Press the workflow's buttons in turn, until the status is the wanted one."""
        for step in steps:
            self.follows(self.button(step))
        shown = self.status()
        assert wanted.upper() == shown, f"after {', '.join(steps)} the status is {shown}"

    # ------------------------------------------------------------ a page

    def types(self, actions: Sequence[Action], message: str) -> None:
        """Write actions into the open page's action table with the editor, each in a new row, and save."""
        self.follows(self.chrome.find_element(By.ID, "edit"))
        head = "//table[.//th[normalize-space()='Action item']]"
        table = self.chrome.find_element(By.XPATH, head)
        adder = f"button.add-row[data-for='{table.get_attribute('data-table')}']"
        for action in actions:
            self.clicks(self.chrome.find_element(By.CSS_SELECTOR, adder))
            row = table.find_elements(By.TAG_NAME, "tr")[-1]
            row.find_element(By.CSS_SELECTOR, "td[contenteditable]").send_keys(action.words)
            Select(row.find_element(By.CSS_SELECTOR, "select.pick-person")).select_by_visible_text(action.owner)
            row.find_element(By.CSS_SELECTOR, "input.pick-date").send_keys(f"{action.due:%m%d%Y}")
        self.chrome.find_element(By.NAME, "message").send_keys(message)
        self.follows(self.chrome.find_element(By.ID, "save"))

    def rows(self) -> list[ShownRow]:
        """The rows of the open page's action table that have an action."""
        found = [
            self._row(row)
            for row in self.chrome.find_elements(By.CSS_SELECTOR, ".body table tr:has(td a[href*='/browse/'])")
        ]
        return [row for row in found if row is not None]

    def _row(self, row: WebElement) -> ShownRow | None:
        table = row.find_element(By.XPATH, "./ancestor::table[1]")
        heads = [head.text for head in table.find_elements(By.TAG_NAME, "th")]
        if "Action item" not in heads:
            return None
        cells = dict(zip(heads, row.find_elements(By.TAG_NAME, "td"), strict=False))
        status = cells["Status"].find_element(By.CSS_SELECTOR, ".lozenge")
        colour = next(name for name in (status.get_attribute("class") or "").split() if name.startswith("lozenge-"))
        return ShownRow(
            action=cells["Action item"].text,
            # A smart link on Cloud shows more than the key.
            ticket=cells["Ticket"].find_element(By.CSS_SELECTOR, ".chip b, a[href*='/browse/']").text.split()[0],
            status=status.text.upper(),
            colour=colour.removeprefix("lozenge-"),
            closed=cells["Closed"].text.strip() not in ("", "—"),
        )

    def summary(self, label: str) -> str:
        """What the open page's summary says beside a label."""
        return self.chrome.find_element(By.XPATH, f"//tr[th[normalize-space()='{label}']]/td").text
