"""A finished run on a page: all of it, in a file, for everybody who looks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from simulator.report.arrows import arrows_of
from simulator.report.files.formats import written
from simulator.report.files.page import FATES
from simulator.report.result import BrokenRun, Run, RunResult, StepResult
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual

from .conftest import SCREENSHOTS, Opens

pytestmark = pytest.mark.chromium

SCENARIOS = Path(__file__).parents[2] / "scenarios"
VIEWS = ("Overview", "Messages", "Trust", "Tables", "CMDB")


@cache
def result_of(name: str) -> RunResult:
    """A run in virtual time."""
    return finish(run_virtual(load(SCENARIOS / f"{name}.yaml"), 0, None, Unfollowed()))


Writes = Callable[..., str]
"""Writes the page of runs, and returns its address."""


@pytest.fixture
def write(tmp_path: Path) -> Writes:
    def write_(*results: Run) -> str:
        file = tmp_path / "run.html"
        file.write_text(written(results, ".html"))
        return file.as_uri()

    return write_


def go(page: Page, view: str) -> None:
    page.get_by_role("navigation").get_by_role("button", name=view, exact=True).click()


def all_rows(page: Page) -> list[tuple[int, str, int]]:
    """Every row of the diagram with an arrow, by scrolling through it: place, fate, and how many it stands for."""
    found: dict[int, tuple[int, str, int]] = {}
    scroller = page.locator(".diagram")
    height = scroller.evaluate("it => it.clientHeight")
    for top in range(0, scroller.evaluate("it => it.scrollHeight"), height):
        scroller.evaluate("(it, top) => { it.scrollTop = top; it.dispatchEvent(new Event('scroll')); }", top)
        lines = page.locator(".line").evaluate_all(
            "all => all.map(it => [Number(it.dataset.arrow), it.classList[1], Number(it.dataset.number)])"
        )
        found |= {place: (place, fate, number) for place, fate, number in lines}
    return list(found.values())


@pytest.mark.parametrize("name", ["documented-example", "transport-defects", "data-sharing"])
def test_every_arrow_is_drawn_and_none_beside_the_journal(name: str, opens: Opens, write: Writes) -> None:
    result = result_of(name)
    page = opens(write(result))
    go(page, "Messages")
    rows = all_rows(page)
    assert Counter(fate for _, fate, _ in rows) == Counter(str(arrow.fate) for arrow in arrows_of(result))
    assert len(rows) == len(result.journal) + len(result.undelivered)
    for level in ("alike", "pair"):
        page.get_by_label("Show").select_option(level)
        numbers: Counter[str] = Counter()
        bundled = all_rows(page)
        for _, fate, number in bundled:
            numbers[fate] += number
        assert numbers == Counter(str(arrow.fate) for arrow in arrows_of(result)), "a bundle cuts nothing"
        assert len(bundled) < len(rows)


def test_the_verdict_and_what_failed_come_first(opens: Opens, write: Writes, tmp_path: Path) -> None:
    source = (SCENARIOS / "documented-example.yaml").read_text()
    broken = tmp_path / "broken.yaml"
    broken.write_text(source.replace("advance: 10m", "advance: 1m").replace("auto_approved", "approved"))
    result = finish(run_virtual(load(broken), 0, None, Unfollowed()))
    page = opens(write(result))
    expect(page.locator("main > :first-child")).to_contain_text("✗ not met")
    failures = page.locator("main section").first
    expect(failures).to_contain_text("What failed")
    first = result.failures[0]
    expect(failures).to_contain_text(f"broken.yaml:{first.line}")
    expect(failures).to_contain_text(first.wanted)
    expect(failures).to_contain_text(first.seen)
    other = opens(write(BrokenRun(file="gone.yaml", name="Gone", error="the broker is gone")))
    expect(other.get_by_role("region", name="Runs")).to_contain_text("error")
    expect(other.get_by_role("main")).to_contain_text("the broker is gone")


def test_an_arrow_tells_why_and_who_must_change_what(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("documented-example")))
    go(page, "Messages")
    page.locator(".line.refused").first.click()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_contain_text("no_trusting_instance")
    expect(details).to_contain_text("What would change it: an administrator")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    page.locator(".line", has_text="trust granted").first.click()
    expect(details).to_contain_text("Came of")
    expect(details).to_contain_text("sync trust profiles")
    expect(details).to_contain_text("sn_mif_trusting_instance of prod1")
    details.get_by_role("button", name="trust profile sync").click()
    expect(details).to_contain_text("sn_mif_trusted_instance of subprod1")


def test_the_keyboard_reaches_everything(opens: Opens, write: Writes) -> None:
    """Views, then the first row, then along the rows; Enter opens one, Escape comes back to it."""
    page = opens(write(result_of("documented-example")))
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Messages":
            break
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.row *')"):
            break
    page.keyboard.press("End")
    last = page.evaluate("document.activeElement.textContent")
    assert "step 10" in last
    page.keyboard.press("ArrowUp")
    assert "no_trust_record" in page.evaluate("document.activeElement.textContent")
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert re.search(r"from subprod\d to prod1, refused \(no_trust_record\), 00:10", label)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label
    page.keyboard.press("Home")
    assert "step 1," in page.evaluate("document.activeElement.textContent")


def test_filters_and_search(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("ten-development-one-qa-one-production")))
    go(page, "Messages")
    count = page.locator(".count")
    page.get_by_placeholder("search").fill("dev07 sync")
    expect(count).to_have_text(re.compile(r"^\d of 270 arrows$"))
    assert {text.count("sync") for text in page.locator(".line .what").all_inner_texts()} == {1}
    page.get_by_placeholder("search").fill("")
    page.get_by_text("Outcomes").click()
    page.get_by_role("checkbox", name="refused").check()
    expect(page.locator(".line").first).to_have_class("line refused")
    expect(page.get_by_role("checkbox", name="refused")).to_be_focused()
    page.get_by_placeholder("search").fill("no_trust_record")
    expect(count).to_have_text(re.compile(r"^[1-9]\d* of 270 arrows$"))
    address = page.url
    again = opens(address)
    expect(again.locator(".count")).to_have_text(count.inner_text())
    go(page, "Trust")
    page.go_back()
    expect(count).to_have_text(again.locator(".count").inner_text())


def test_an_address_shows_what_it_filters_by(opens: Opens, write: Writes) -> None:
    """What makes no sense in it is left out; what the run has nothing of is seen to be asked for."""
    address = write(result_of("documented-example"))
    page = opens(f"{address}#messages?arrow=999999&step=x&run=77&fates=nonsense")
    expect(page.locator(".count")).to_have_text("32 arrows")
    other = opens(f"{address}#messages?step=77&application=Nobody&instances=nobody")
    expect(other.locator(".count")).to_have_text("0 of 32 arrows")
    expect(other.get_by_role("combobox", name="Step")).to_have_value("77")
    expect(other.get_by_role("combobox", name="Application")).to_have_value("Nobody")
    expect(other.get_by_role("checkbox", name="nobody")).to_be_checked()


def test_trust_at_any_time_with_how_it_came_to_be(opens: Opens, write: Writes) -> None:
    result = result_of("documented-example")
    page = opens(write(result))
    go(page, "Trust")
    yes = page.locator("td.yes button")
    expect(yes).to_have_count(len(result.trust))
    yes.first.click()
    expect(page.locator(".history")).to_contain_text("there is now application Impact Health")
    page.locator(".history").get_by_role("button", name="trust profile sync").click()
    expect(page.get_by_role("complementary", name="Details")).to_contain_text("prod1 → subprod1")
    slider = page.get_by_role("slider")
    box = slider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 5)
    page.mouse.down()
    for part in (0.7, 0.3, 0):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + 5)
    page.mouse.up()
    expect(slider).to_have_value("0")
    expect(yes).to_have_count(0)
    expect(page.get_by_text("Nobody manages anybody.")).to_be_visible()
    slider.fill("2")
    expect(page.locator(".tree")).to_contain_text("managed side: awaiting manager confirmation")


def test_equal_rows_of_trust_share_one(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("ten-development-one-qa-one-production")))
    go(page, "Trust")
    assert page.locator(".matrix tbody tr").count() == 12
    page.get_by_label("equal ones together").check()
    assert page.locator(".matrix tbody tr").count() == 2
    page.locator(".matrix tbody summary").click()
    expect(page.locator(".matrix tbody")).to_contain_text("qa, dev01, dev02")


def test_tables_have_the_names_and_labels_of_the_product(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("documented-example")))
    go(page, "Tables")
    page.get_by_role("combobox", name="Instance").select_option("prod1")
    page.get_by_role("combobox", name="Table").select_option("Managed Instances (2)")
    shown = page.get_by_role("region", name="Managed Instances")
    expect(shown).to_have_text(
        re.compile("Application.*Managed Instance.*Status.*Impact Health.*subprod1.*Auto-Approved", re.DOTALL)
    )
    page.get_by_placeholder("search").fill("subprod2")
    expect(shown.locator("tbody tr")).to_have_count(1)


def test_a_cmdb_tells_what_was_tried_and_who_won(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("reconciliation-and-reclassification")))
    go(page, "CMDB")
    for closed in page.locator("details:has-text('UPDATE') > summary").all():
        if closed.is_visible():
            closed.click()
    expect(page.get_by_role("region", name="Identification: what was tried").first).to_contain_text(
        "Hardware Rule"
    )
    expect(page.get_by_role("region", name="Reconciliation: who won each attribute").first).to_be_visible()


@pytest.mark.parametrize(("scheme", "name"), [("light", "a-stormy-night"), ("dark", "cmdb-over-trust")])
def test_nobody_is_left_out(scheme: str, name: str, opens: Opens, write: Writes) -> None:
    """Nothing that axe calls serious, in any view, in either colour scheme; the screenshots are kept."""
    page = opens(write(result_of(name), result_of("documented-example")), color_scheme=scheme)
    for view in VIEWS:
        go(page, view)
        if view == "Messages":
            page.locator(".line").first.click()
        found = Axe().run(page).response["violations"]
        serious = [(it["id"], it["nodes"][0]["html"]) for it in found if it["impact"] in ("serious", "critical")]
        assert serious == [], view
        page.screenshot(path=SCREENSHOTS / f"{scheme}-{view.lower()}.png")


def test_on_a_phone_nothing_is_wider_than_the_screen(opens: Opens, write: Writes) -> None:
    page = opens(write(result_of("ten-development-one-qa-one-production")), viewport={"width": 390, "height": 780})
    for view in VIEWS:
        go(page, view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, view
        page.screenshot(path=SCREENSHOTS / f"phone-{view.lower()}.png")
    go(page, "Messages")
    page.locator(".line").first.click()
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport()


def test_in_print_there_is_every_row(opens: Opens, write: Writes) -> None:
    result = result_of("ten-development-one-qa-one-production")
    page = opens(write(result))
    go(page, "Messages")
    assert page.locator(".line").count() < len(result.journal)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".line").count() == len(result.journal)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.screenshot(path=SCREENSHOTS / "print-messages.png", full_page=True)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator(".line")).not_to_have_count(len(result.journal))


def test_in_print_nothing_is_wider_than_paper(opens: Opens, write: Writes, tmp_path: Path) -> None:
    """More instances than there is room for lanes, and a table with a great many columns."""
    text = (SCENARIOS / "documented-example.yaml").read_text().partition("steps:")[0]
    more = "".join(f"  dev{number}: development\n" for number in range(40))
    names = ", ".join(f"dev{number}" for number in range(40))
    wide = tmp_path / "wide.yaml"
    wide.write_text(
        text.replace("instances:\n", f"instances:\n{more}")
        + f"steps:\n  - name_manager: {{ on: [{names}], manager: prod1 }}\n  - settle\n"
    )
    many = finish(run_virtual(load(wide), 0, None, Unfollowed()))
    page = opens(write(many, result_of("duplicates-remediated")), viewport={"width": 720, "height": 1000})
    go(page, "Messages")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.scrollWidth") <= 720
    expect(page.locator(".line", has_text="from dev39 to prod1").locator(".way")).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("combobox", name="Run").select_option("1")
    go(page, "Tables")
    page.get_by_role("combobox", name="Table").select_option("cmdb")
    page.emulate_media(media="print")
    assert page.locator(".scrolls").evaluate("it => it.scrollWidth <= it.clientWidth")


def test_text_of_a_run_is_only_ever_text(opens: Opens, write: Writes) -> None:
    """Names that would be markup, end the script that holds the data, or read as a comment in it."""
    bad = "</script><script>document.title='had'</script><!--<img src=x onerror=document.title='had'>\u2028"
    result = result_of("documented-example")
    refused = next(entry for entry in result.journal if entry.code)
    journal = [replace(entry, explanation=bad) if entry == refused else entry for entry in result.journal]
    folded = {"capability": "One,\nin two lines"}
    changes = tuple(
        replace(it, after={**it.after, **folded}) if it.after and "trusted_instance" in it.after else it
        for it in result.alterations
    )
    page = opens(write(replace(result, name=bad, journal=tuple(journal), alterations=changes)))
    expect(page.get_by_role("heading", level=1)).to_have_text(bad)
    go(page, "Messages")
    page.locator(".line.refused").first.click()
    expect(page.get_by_role("complementary", name="Details")).to_contain_text("<img src=x onerror")
    assert page.title().startswith("</script>")
    go(page, "Trust")
    page.get_by_role("combobox", name="Trust for").select_option(label="Impact Health > One, in two lines")
    expect(page.locator("td.yes button").first).to_be_visible()


def test_the_same_run_gives_the_same_page_and_a_small_one() -> None:
    """Of one seed, each run anew: for people who compare files, or keep them."""
    loaded = load(SCENARIOS / "documented-example.yaml")
    pages = [written([finish(run_virtual(loaded, 5, None, Unfollowed()))], ".html") for _ in range(2)]
    assert pages[0] == pages[1]
    assert len(pages[0].encode()) < 300_000


def large(result: RunResult, times: int) -> RunResult:
    """The same run, that many times one after the other."""
    journal, steps = [], []
    for turn in range(times):
        later = timedelta(hours=turn)
        journal += [
            replace(
                entry,
                at=entry.at + later,
                envelope=f"{turn:08x}{entry.envelope[8:]}",
                cause=entry.cause and f"{turn:08x}{entry.cause[8:]}",
            )
            for entry in result.journal
        ]
        steps += [again(step, turn * len(result.steps), later) for step in result.steps]
    return replace(result, journal=tuple(journal), steps=tuple(steps), ended=result.ended + timedelta(hours=times))


def again(step: StepResult, number: int, later: timedelta) -> StepResult:
    return replace(
        step, number=step.number + number, began=step.began + later, ended=step.ended + later, actions=()
    )


def test_of_many_envelopes_each_is_there(opens: Opens, write: Writes, tmp_path: Path) -> None:
    """In bundles at first; each can be reached, and a file of a hundred thousand can be mailed."""
    result = large(result_of("ten-development-one-qa-one-production"), 40)
    number = len(result.journal)
    assert number > 10_000
    url = write(result)
    assert (tmp_path / "run.html").stat().st_size < 15_000_000 * number / 100_000
    page = opens(url)
    go(page, "Messages")
    expect(page.locator(".count")).to_contain_text(f"{number:,} arrows, in")
    page.get_by_label("Show").select_option("pair")
    bundle = page.locator(".line:not([data-number='1'])").first
    held = bundle.get_attribute("data-number")
    bundle.click()
    expect(page.locator(".count")).to_have_text(f"{held} of {number:,} arrows")
    page.get_by_role("button", name="show all again").click()
    page.get_by_label("Show").select_option("each")
    expect(page.locator(".count")).to_have_text(f"{number:,} arrows")
    page.locator(".line").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("Number(document.activeElement.closest('.row').getAttribute('aria-posinset'))") > number


def test_the_page_knows_every_fate() -> None:
    script = (Path(__file__).parents[2] / "simulator" / "viewer" / "model.js").read_text()
    said = re.search(r"FATES = (\[.*?\])", script)
    assert said is not None
    assert json.loads(said[1]) == [str(fate) for fate in FATES]
