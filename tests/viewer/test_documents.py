"""What is no run alone, on a page: written by the commands that find it, and read in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.cli.command import run

from .conftest import Opens

pytestmark = pytest.mark.chromium

SCENARIOS = Path(__file__).parents[2] / "scenarios"


class Pages:
    """Has commands write pages, and opens them."""

    def __init__(self, directory: Path, opens: Opens) -> None:
        self.directory, self._opens = directory, opens

    def of(self, *words: str | Path, code: int = 0) -> Page:
        result = run(self.directory, *words, "--report", self.directory / "page.html")
        assert result.code == code, result
        return self.open()

    def open(self) -> Page:
        """The page that was written last."""
        page = self._opens((self.directory / "page.html").as_uri())
        serious = [
            it["id"] for it in Axe().run(page).response["violations"] if it["impact"] in ("serious", "critical")
        ]
        assert serious == []
        return page


@pytest.fixture
def pages(tmp_path: Path, opens: Opens) -> Pages:
    return Pages(tmp_path, opens)


def test_a_plan_with_what_would_change_and_flip(pages: Pages) -> None:
    page = pages.of("plan", SCENARIOS / "profile-changes.yaml")
    expect(page.locator(".facts")).to_contain_text("2 to remove on 2 instances; 1 message flips to refused")
    expect(page.get_by_role("region", name="Rows").locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("region", name="Messages that would flip")).to_contain_text("no_trust_record")


def test_drift_with_what_both_sides_have(pages: Pages) -> None:
    kept = pages.directory / "kept"
    run(pages.directory, "run", "--virtual", "-q", "--keep", kept, SCENARIOS / "profile-changes.yaml")
    page = pages.of("drift", kept / "profile-changes")
    expect(page.locator(".facts")).to_contain_text("No drift")
    expect(page.get_by_role("region", name="Both sides").locator("tbody tr")).to_have_count(4)


def test_what_if_in_another_mode_or_order(pages: Pages) -> None:
    file = SCENARIOS / "domains-strict-and-platform.yaml"
    page = pages.of("whatif", "domain-mode", file, code=1)
    expect(page.get_by_role("region", name=re.compile(r"^strict: \d+ payloads$"))).to_contain_text(
        "updates across domains"
    )
    expect(page.get_by_role("region", name="strict: platform, against strict")).to_contain_text("core1 in global")
    page = pages.of("whatif", "order", file, "--shuffles", "3", code=1)
    expect(page.get_by_role("main")).to_contain_text("payloads in 3 orders")


def test_a_sweep_with_the_worst_of_its_seeds(pages: Pages) -> None:
    """Each opens as a run of its own, with the weather that it has met."""
    broken = pages.directory / "broken.yaml"
    text = (SCENARIOS / "documented-example.yaml").read_text()
    broken.write_text(text.replace("trusting: [subprod1, subprod2]", "trusting: subprod1"))
    page = pages.of("sweep", "--seeds", "3", "--jobs", "1", "--weather", "stormy", broken, code=1)
    expect(page.locator(".facts")).to_contain_text("3 broken")
    wrong = page.get_by_role("region", name="What went wrong")
    expect(wrong).to_contain_text("sweep --weather stormy --first-seed 0 --seeds 1")
    page.get_by_role("navigation").get_by_role("button", name="Messages").click()
    expect(page.locator(".row.fault, .row.step").first).to_be_visible()


def test_both_ways_side_by_side(pages: Pages) -> None:
    page = pages.of("run", "--both", "-q", SCENARIOS / "first.yaml")
    expect(page.get_by_role("main")).to_contain_text("They are alike")
    page.get_by_role("combobox", name="Run").select_option("A sub-prod trusts production, in virtual time")
    expect(page.get_by_role("main")).to_contain_text("trustsim run --virtual --seed 0")


def test_what_flipped_stands_side_by_side(pages: Pages) -> None:
    """With both runs to look at, each by its own name."""
    text = (SCENARIOS / "documented-example.yaml").read_text()
    files = {"a": text, "b": text.replace("trusting: [subprod1, subprod2]", "trusting: subprod1")}
    for name, content in files.items():
        file = pages.directory / f"{name}.yaml"
        file.write_text(content)
        assert run(pages.directory, "run", "--virtual", "-q", file, "--json", file.with_suffix(".json")).code < 2
    kept = [pages.directory / f"{name}.json" for name in files]
    assert run(pages.directory, "report", "--compare", *kept, "-o", pages.directory / "page.html").code == 1
    page = pages.open()
    row = page.get_by_role("region", name="What flipped").get_by_role("row", name="verdict the run")
    expect(row).to_have_text(re.compile(r"verdict\s*the run\s*met\s*not met$"))
    page.get_by_role("combobox", name="Run").select_option("Prod 1 manages two sub-prods, after")
    expect(page.locator(".verdict")).to_contain_text("not met")


def test_only_a_page_is_written_there(tmp_path: Path) -> None:
    result = run(tmp_path, "drift", tmp_path, "--report", "drift.pdf")
    assert (result.code, "expected a file name whose suffix" in result.err, ".html" in result.err) == (
        2,
        True,
        True,
    )
