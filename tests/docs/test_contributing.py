"""What contributors read is true: how many files a change takes, and what has changed."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from simulator.docs.links import targets_in

ROOT = Path(__file__).parents[2]
PAGE = ROOT / ".github" / "CONTRIBUTING.md"
MADE = {"scenarios/README.md"}
"""Files that a command makes again."""


def section(title: str) -> str:
    """What stands under a heading of the page."""
    return re.split(r"^## ", PAGE.read_text().partition(f"## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def steps_of(title: str) -> list[str]:
    """The files of a worked example, one for each of its numbered steps."""
    steps = re.findall(r"^\d\. .*?(?=^\d\. |^\n)", section(title), re.MULTILINE | re.DOTALL)
    return [str(Path(targets_in(step)[0]).relative_to("..")) for step in steps]


def naming(pattern: str) -> set[str]:
    """The modules and scenarios in which something stands, in whatever case."""
    listed = subprocess.run(
        ["git", "ls-files", "simulator/*.py", "scenarios"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    return {name for name in listed if re.search(pattern, (ROOT / name).read_text(), re.IGNORECASE)}


def test_the_changelog_begins_with_this_version() -> None:
    """What is released next is described before it is."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "simulator" / "docs" / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (\d+\.\d+\.\d+)", changes, re.MULTILINE)[0] == version


def test_each_example_takes_four_files() -> None:
    """Which are there."""
    for title in ("A new refusal code", "A new step", "A new kind of message"):
        assert len(steps_of(title)) == 4
        assert all((ROOT / file).is_file() for file in steps_of(title))


def test_a_refusal_code_stands_in_the_files_of_the_example_and_in_no_others() -> None:
    """The one that the page takes as its model: what a new one needs is what this one has."""
    assert "`no_such_item`" in section("A new refusal code")
    assert naming("no_such_item") - MADE == set(steps_of("A new refusal code"))


def test_a_kind_of_message_stands_in_the_files_of_the_example_and_in_no_others() -> None:
    """The one that the page names stands where its own subject decides, and otherwise in the same."""
    assert "`GrantState`" in section("A new kind of message")
    *others, decides, last = steps_of("A new kind of message")
    assert decides == "simulator/trust/request.py"
    assert naming(r"\bGrantState\b") == {*others, "simulator/trust/sharing.py", last}
