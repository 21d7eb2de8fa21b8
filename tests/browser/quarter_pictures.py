"""Pictures of the quarter's pages: `python -m tests.browser.quarter_pictures FOLDER cloud` saves what a reader sees.

Both incidents' reviews on each day that somebody looks, and everything else in the space at the end.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from selenium import webdriver

from pirsync.sandbox.people import SERVICE
from tests.browser.person import started
from tests.quarter import LOOKS, P1, P3, Quarter, play, served


def main() -> None:
    """Play the quarter and save the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("deployment", choices=("cloud", "datacenter"))
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    with (
        served(told.deployment) as quarter,
        tempfile.TemporaryDirectory() as profile,
        started(Path(profile), width=1180) as chrome,
    ):
        play(quarter, lambda day: look(quarter, chrome, day, told.folder))


def look(quarter: Quarter, chrome: webdriver.Chrome, day: int, folder: Path) -> None:
    """Save what each page shows on that day."""
    reviews = {quarter.page(key).id: key for key in (P1, P3)}
    for page in list(quarter.sandbox.wiki.pages.values()):
        ours = page.versions[0].author == SERVICE
        if page.id in reviews or (ours and day == LOOKS[-1]):
            found = quarter.bench.world.wiki.page(str(page.id))
            assert found is not None
            chrome.get(found.url)
            height = int(chrome.execute_script("return document.body.scrollHeight"))
            chrome.set_window_size(1180, min(height + 200, 9000))
            name = reviews.get(page.id) or page.title.replace(" ", "-")
            chrome.save_screenshot(str(folder / f"{quarter.sandbox.deployment}-day-{day:02}-{name}.png"))


if __name__ == "__main__":
    main()
