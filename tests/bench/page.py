"""The page of a run with a hundred thousand envelopes, in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.sync_api import Page, sync_playwright

from simulator.report.formats import written
from tests.viewer.test_page import large, result_of

from .table import Table

TIMES = 371
"""How often the run of twelve instances follows itself: 100,170 envelopes."""

ROUNDS = 3

SCROLL = """
async () => {
  const scroller = document.querySelector(".diagram");
  const frames = [];
  let last = performance.now();
  for (let k = 0; k < 120; k++) {
    scroller.scrollTop = (scroller.scrollHeight * k) / 120;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames.sort((a, b) => a - b);
}
"""


def measure_page(directory: Path, say: Callable[[str], None]) -> Table:
    """Opens the page, goes to its messages, and scrolls through them all."""
    table = Table(
        "The page of a run with 100,170 envelopes",
        ("what", "seen", "aim"),
        f"In Chromium without a window; medians of {ROUNDS}.",
    )
    say("writing a page with 100,170 envelopes")
    result = large(result_of("ten-development-one-qa-one-production"), TIMES)
    file = directory / "large.html"
    began = perf_counter()
    file.write_text(written([result], ".html"))
    table.rows.append(("to write it", f"{perf_counter() - began:.1f} s", ""))
    table.rows.append(("its size", f"{file.stat().st_size / 1e6:.1f} MB", "15 MB"))
    small = directory / "small.html"
    small.write_text(written([result_of("documented-example")], ".html"))
    table.rows.append(
        ("the size of that of the documented example", f"{small.stat().st_size / 1e3:.0f} kB", "300 kB")
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened, shown, slowest, ninetieth = [], [], [], []
        for round_ in range(ROUNDS):
            say(f"opening it, {round_ + 1} of {ROUNDS}")
            page = browser.new_page()
            began = perf_counter()
            page.goto(file.as_uri())
            page.locator(".verdict").wait_for()
            opened.append(perf_counter() - began)
            shown.append(_show_messages(page))
            page.get_by_label("Show").select_option("each")
            frames = page.evaluate(SCROLL)
            slowest.append(frames[-1])
            ninetieth.append(frames[len(frames) * 9 // 10])
            page.close()
        browser.close()
    table.rows.append(("to open it", f"{median(opened):.2f} s", "3 s"))
    table.rows.append(("to show its messages", f"{median(shown):.2f} s", ""))
    table.rows.append(("frames while scrolling, 90 % under", f"{median(ninetieth):.0f} ms", ""))
    table.rows.append(("the slowest of them", f"{median(slowest):.0f} ms", "50 ms"))
    return table


def _show_messages(page: Page) -> float:
    began = perf_counter()
    page.get_by_role("navigation").get_by_role("button", name="Messages").click()
    page.locator(".line").first.wait_for()
    return perf_counter() - began
