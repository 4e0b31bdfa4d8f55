"""The page of a run with a hundred thousand envelopes, and of a fleet with 500 messages a second, in a browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from playwright.async_api import async_playwright
from playwright.sync_api import Page, sync_playwright

from simulator.protocol.http import Request, Response
from simulator.report.files.formats import written
from simulator.report.files.page import beginning, document
from simulator.runtime.clock import EPOCH
from simulator.serving.feed import Feed
from simulator.transport.http import HttpServer, listen
from simulator.viewer import page as page_of
from tests.serving.test_feed import entry
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


# -- a fleet that is up ---------------------------------------------------------------------------------

SECONDS = 20
AT_ONCE = 10
"""Messages every fiftieth of a second."""

LATE = """
() => {
  window.late = [];
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    window.late.push(now - last - 20);
    last = now;
  }, 20);
}
"""


async def measure_live_page(say: Callable[[str], None]) -> Table:
    """Tells a page of 500 messages a second, and has it notice how late it comes to what it wants to do."""
    say("telling a page of 500 messages a second")
    run = beginning("one.yaml", "one", ["prod1", "dev1"], EPOCH)
    feed, number = Feed({**run, "offers": {}, "addresses": {}}), 0

    async def answer(request: Request) -> Response:
        if request.path == "/":
            content = page_of(document("live", "", [])).encode()
            return Response(200, content, content_type="text/html;charset=UTF-8")
        return Response(200, feed.follow(), content_type="text/event-stream")

    listener = listen("127.0.0.1", 0)
    host, port = listener.getsockname()
    async with HttpServer(answer, {listener: None}), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await browser.new_page()
        await page.goto(f"http://{host}:{port}/?token=any#messages")
        await page.locator(".count").wait_for()
        await page.evaluate(LATE)
        began = perf_counter()
        while perf_counter() - began < SECONDS:
            for _ in range(AT_ONCE):
                feed.happened(EPOCH + timedelta(milliseconds=2 * number), [entry(number)], (), (), {"running": {}})
                number += 1
            await asyncio.sleep(1 / 50)
        await page.locator(".count", has_text=f"{number:,} arrows").wait_for()
        late = sorted(await page.evaluate("window.late"))
        await browser.close()
    table = Table(
        "The page of a fleet that is up",
        ("what", "seen"),
        f"In Chromium without a window, for {SECONDS} seconds; late is how long after its time a timer runs.",
    )
    table.rows.append(("messages a second", f"{number / SECONDS:,.0f}"))
    table.rows.append(("late, 95 % under", f"{late[len(late) * 95 // 100]:.0f} ms"))
    table.rows.append(("the latest", f"{late[-1]:.0f} ms"))
    return table
