"""A browser for all tests of the page, and pages that report whatever goes wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
"""Where the tests leave what they have seen, for people to look at."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window; gone before other tests want an event loop of their own."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium executable on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


Opens = Callable[..., Page]
"""Opens an address, a file's or a server's, and returns the page; options go to the browser's context."""


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Pages on which nothing may go wrong, and that ask for nothing beside themselves and their own server."""
    contexts, problems = [], list[str]()

    def open_(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1300, "height": 850}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: problems.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: problems.append(str(error)))
        own = url.split("?")[0].split("#")[0]
        page.on("request", lambda it: problems.extend([] if _is_own(it.url, own) else [f"asks for {it.url}"]))
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert problems == []


def _is_own(url: str, own: str) -> bool:
    if url.startswith("data:"):
        return True
    return url.split("#")[0] == own if own.startswith("file:") else url.startswith(own)
