"""Whether the README tells the truth."""

from __future__ import annotations

import re

import pytest

from tests.readme.console import README, READMES, ROOT, before, blocks, directory, printed, without_figures

COMMANDS = dict(blocks())


def test_every_console_block_is_run() -> None:
    """Whatever is shown as typed into a shell, in every README, and each command once."""
    fences = sum(readme.read_text().count("```console") for readme in READMES)
    assert len(COMMANDS) == fences > 0


@pytest.mark.parametrize("command", COMMANDS)
def test_command_prints_what_the_readme_shows(command: str) -> None:
    """Every command prints what stands there; `python -m tests.readme.console` brings the README up to date."""
    with directory() as where:
        for earlier in before(command):
            printed(earlier, where)
        assert without_figures(printed(command, where)) == without_figures(COMMANDS[command])


def test_first_scenario_is_the_one_that_is_shipped() -> None:
    """The scenario at the top of the README is scenarios/first.yaml."""
    first = re.search(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert first is not None
    assert first[1] == (ROOT / "scenarios" / "first.yaml").read_text()


def test_make_targets_of_the_readme_exist() -> None:
    """Every `make` command that the README names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)", README.read_text(), re.MULTILINE))
    assert named <= targets


def test_links_of_the_readme_lead_somewhere() -> None:
    """Every relative link of the README is a file."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (ROOT / target).exists(), target
