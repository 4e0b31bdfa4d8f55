"""The site is made without a warning, holds together, and has what is shipped on it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from simulator.cli.main import cli
from simulator.docs.gallery import looks
from simulator.docs.links import Links
from simulator.docs.written import broken_links
from simulator.refusal import RefusalCode
from simulator.store.cmdb.base import base_classes

ROOT = Path(__file__).parents[2]
SHIPPED = {path.name for path in (ROOT / "scenarios").glob("*.yaml")}


def test_the_site_is_made_and_has_what_is_shipped(tmp_path: Path) -> None:
    """As `make docs` makes it, without a warning; in one test, for every worker with a part of it would make one.

    The gallery leaves no scenario out, the reference no command, code or class. The keyboard reaches what scrolls,
    and a heading has a level.
    """
    site = tmp_path / "site"
    made = subprocess.run(
        [sys.executable, "-m", "simulator.docs", site], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (made.returncode, made.stderr, made.stdout) == (0, "", f"{site / 'index.html'}\n")
    pages = {page.relative_to(site).as_posix(): page.read_text() for page in site.rglob("*.html")}
    for stem in (name.removesuffix(".yaml") for name in SHIPPED):
        assert f"../runs/{stem}.svg" in pages[f"gallery/{stem}.html"]
        assert f"../runs/{stem}.html" in pages[f"gallery/{stem}.html"]
    commands, refusals, classes = (pages[f"reference/{name}.html"] for name in ("commands", "refusals", "classes"))
    assert all(f"Usage: trustsim {name}" in commands for name in cli.list_commands(click.Context(cli)))
    assert all(f'id="{code.value.replace("_", "-")}"' in refusals for code in RefusalCode)
    assert all(name in classes for name in base_classes())
    for name, text in pages.items():
        if not name.startswith("runs/"):  # these have tests of their own
            assert text.count("<pre") == text.count('<pre tabindex="0"'), name
            assert text.count('role="heading"') == text.count('role="heading" aria-level='), name


def test_the_gallery_says_of_every_scenario_what_to_look_for() -> None:
    """And of none that there is not."""
    assert looks().keys() == SHIPPED
    assert all(looks().values())


def test_a_link_to_no_file_has_its_page_and_line(tmp_path: Path) -> None:
    """So has one that leads out of the repository; what stands within code is no link."""
    links = Links(tmp_path, {"docs/page.md": "page.md", "docs/other.md": "sub/other.md"})
    text = "`[a](nowhere.md)`\n\n[b](other.md#place) and\n[c](gone.md)"
    assert links.rewritten(text, "docs/page.md") == text.replace("other.md", "sub/other.md")
    assert links.problems == ["docs/page.md:4: the link gone.md leads to no file"]


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ('<a href="other.html#there">', []),
        ('<a href="gone.html">', ["page.html: gone.html leads to no file"]),
        ('<a href="other.html#gone">', ["page.html: other.html#gone leads to no place on that page"]),
        ('<img src="gone.svg">', ["page.html: gone.svg leads to no file"]),
        ('<a href="https://example.com/">', []),
        (
            '<script src="https://example.com/a.js">',
            ["page.html: https://example.com/a.js is fetched from elsewhere"],
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_found(link: str, problem: list[str], tmp_path: Path) -> None:
    """Of what has been written, however it came there; and nothing is fetched from elsewhere."""
    (tmp_path / "page.html").write_text(link)
    (tmp_path / "other.html").write_text('<p id="there">')
    assert broken_links(tmp_path) == problem
