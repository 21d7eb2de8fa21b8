"""The picture in the README: `python -m tests.browser.picture` plays the demo and takes it from the real page.

What stands between the summary and the action table is folded away, so that both fit.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.browser.person import started
from tests.site import site

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "review.png"
FOLD = """
const blocks = [...document.querySelector('.body').children];
const from = blocks.findIndex(b => b.tagName === 'H2');
const to = blocks.findIndex(b => b.tagName === 'H2' && b.textContent.trim() === 'Action items');
const end = blocks.findIndex(b => b.tagName === 'H2' && b.textContent.trim() === 'Review record');
blocks.forEach((b, i) => { if ((i >= from && i < to) || i >= end) b.style.display = 'none'; });
return document.querySelector('.body').getBoundingClientRect().bottom + 40;
"""


def take() -> None:
    """Play the demo on Cloud, open its page in a browser, and save what a reader sees."""
    with site("cloud") as place, tempfile.TemporaryDirectory() as profile, started(Path(profile)) as chrome:
        story = place.story()
        place.settle()
        page = story.page(story.incident())
        story.type_rows(page)
        place.settle()
        for row in story.review(page).rows[:2]:
            story.finish(row.ticket or "")
        place.settle()
        shown = place.bench.world.wiki.page(str(page.id))
        assert shown is not None
        chrome.get(shown.url)
        height = chrome.execute_script(FOLD)
        chrome.set_window_size(1280, int(height) + 140)
        chrome.execute_script(FOLD)
        chrome.save_screenshot(str(PICTURE))


if __name__ == "__main__":
    take()
