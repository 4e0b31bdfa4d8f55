"""A fleet that is up on its page: what happens is there as it happens, and the buttons do what they say."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.command import Command, run

from .conftest import SCREENSHOTS, Opens

pytestmark = pytest.mark.chromium

SCENARIO = Path(__file__).parents[2] / "scenarios" / "documented-example.yaml"


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Command]:
    """A fleet that nothing has become of yet."""
    out, scenario = tmp_path / "up.json", tmp_path / "sharing.yaml"
    scenario.write_text(
        SCENARIO.read_text().replace("    version: 1.4.3\n", "    version: 1.4.3\n    data_sharing: true\n")
    )
    words = ("up", scenario, "--no-steps", "--http-port", "0", "--instances-per-process", "3", "--page")
    with Command(tmp_path, *words, "--json", out, XDG_RUNTIME_DIR=str(tmp_path)) as command:
        command.wait_until(lambda: "Ctrl-C stops it" in command.out)
        yield command
        command.process.send_signal(signal.SIGINT)
        assert command.wait().code == 130


@pytest.fixture
def address(up: Command, tmp_path: Path) -> str:
    """Its page."""
    address: str = json.loads((tmp_path / "up.json").read_text())["control"]["page"]
    assert f"page       {address}" in up.out
    return address


def act(page: Page, title: str, *values: str) -> None:
    """Chooses an action and what it is about, presses its button, and waits for the answer."""
    page.locator(".actions").get_by_role("button", name=title, exact=True).click()
    form = page.get_by_role("form", name=title)
    for label, value in zip(form.locator("label").all(), values, strict=True):
        field = label.locator("select, input")
        if field.evaluate("it => it.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.get_by_role("button").click()
    expect(page.locator(".answer")).not_to_have_text("…")


def test_an_administrator_sets_up_trust_and_sees_why_the_rest_is_refused(
    address: str, opens: Opens, tmp_path: Path
) -> None:
    page = opens(address)
    expect(page.locator("header")).to_contain_text("up, fleet time")
    page.get_by_role("navigation").get_by_role("button", name="Messages").click()
    act(page, "Name a manager", "subprod1", "prod1", "Impact Health")
    act(page, "Advance the clock", "10m")
    expect(page.locator(".line", has_text="manager confirmation")).to_be_visible()
    capability = "Proactive Code Check Data Transfer"
    act(page, "Save an item", "prod1", "subprod1", "prod1", "Impact Health", capability)
    act(page, "Sync Trust Profiles", "subprod1", "Impact Health")
    expect(page.locator(".answer")).to_contain_text("refused (profile_is_managed) by subprod1")
    expect(page.locator(".answer")).to_contain_text("of prod1 must edit and sync the profile there")
    act(page, "Sync Trust Profiles", "prod1", "Impact Health")
    expect(page.locator(".line", has_text="trust granted")).to_be_visible()
    done = run(tmp_path, "do", "settle", XDG_RUNTIME_DIR=str(tmp_path))
    assert done.code == 0, "others may do something, too"
    expect(page.locator(".row.step", has_text="settle")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "live-messages.png")
    page.get_by_role("navigation").get_by_role("button", name="Trust").click()
    expect(page.locator("td.yes button")).to_have_attribute("aria-label", "subprod1 trusts prod1: 1.0.0 profile")
    page.get_by_role("combobox", name="Trust for").select_option("Impact Health: data sharing")
    expect(page.get_by_role("button", name="subprod1 grants prod1: by default", exact=True)).to_be_visible()
    page.get_by_role("navigation").get_by_role("button", name="Tables").click()
    page.get_by_role("combobox", name="Instance").select_option("subprod1")
    expect(page.get_by_role("option", name="Trust table (1)")).to_have_count(1)
    expect(page.get_by_role("link", name="subprod2")).to_have_attribute(
        "href", re.compile(r"http://127\.0\.0\.1:\d+/api/now")
    )


def test_what_goes_wrong_is_there_as_it_goes(address: str, up: Command, opens: Opens, browser: Browser) -> None:
    """A second page that comes later is told all of it, too, and one that stays when the fleet ends keeps it."""
    page = opens(address)
    page.get_by_role("navigation").get_by_role("button", name="Messages").click()
    act(page, "Break a link", "prod1", "subprod1", "1h")
    act(page, "Name a manager", "subprod1", "prod1", "Impact Health")
    act(page, "Kill", "subprod2")
    expect(page.locator(".row.step.failed")).to_have_count(0)
    expect(page.locator("header")).to_contain_text("subprod2 is down")
    act(page, "Name a manager", "subprod2", "prod1", "Impact Health")
    expect(page.locator(".answer")).to_contain_text("it is not; a step must start it first")
    act(page, "Start", "subprod2")
    expect(page.locator("header")).not_to_contain_text("is down")
    expect(page.locator(".line", has_text="manager designation")).to_have_count(0)
    act(page, "Advance the clock", "2h")
    expect(page.locator(".line", has_text="manager designation")).to_be_visible()
    other = opens(address)
    other.get_by_role("navigation").get_by_role("button", name="Messages").click()
    expect(other.locator(".count")).to_have_text(page.locator(".count").inner_text())
    expect(other.locator(".row.in-fault").first).to_be_visible()
    first = page.locator(".line").first
    first.hover()
    page.mouse.down()
    page.evaluate(
        "token => fetch('steps', {method: 'POST', headers: {Authorization: token}, body: '[\"settle\"]'})",
        f"Bearer {address.partition('token=')[2]}",
    )
    expect(other.locator(".row.step", has_text="settle")).to_be_visible()
    page.mouse.up()
    details = page.get_by_role("complementary", name="Details")
    expect(details).to_be_visible()  # what is clicked on is not taken away by news meanwhile
    expect(page.locator(".row.step", has_text="settle")).to_be_visible()
    with browser.new_context() as context:  # here it is no fault that a request fails
        last = context.new_page()
        last.goto(address.partition("?")[0])
        expect(last.locator("header")).to_contain_text("with its token")
        last.goto(f"{address}#messages?arrow=1")
        expect(last.get_by_role("complementary", name="Details")).to_contain_text("name manager")
        for each in (page, other):
            each.close()
        up.process.send_signal(signal.SIGINT)
        expect(last.locator("header")).to_contain_text("the fleet does not answer: it has ended")
        act(last, "Kill", "subprod2")
        expect(last.locator(".answer")).to_contain_text("the fleet does not answer")
        expect(last.locator(".line").first).to_be_visible()
        last.get_by_role("navigation").get_by_role("button", name="Tables").click()
        expect(last.get_by_role("main")).to_contain_text("the fleet does not answer")
