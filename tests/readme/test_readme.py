"""Whether the pages tell the truth."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from simulator.cli.main import cli
from simulator.docs.links import targets_in
from tests.readme.console import PAGES, README, ROOT, blocks, printed_by, without_figures

PAGES_WITH_COMMANDS = [page for page in PAGES if blocks(page)]


def test_every_console_block_is_run() -> None:
    """Whatever is shown as typed into a shell, on every page."""
    for page in PAGES:
        assert len(blocks(page)) == page.read_text().count("```console"), page


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_print_what_the_page_shows(page: Path) -> None:
    """Each in its turn, as a reader types them; `python -m tests.readme.console` brings the pages up to date."""
    for (command, shown), now in zip(blocks(page), printed_by(page), strict=True):
        assert without_figures(now) == without_figures(shown), command


NAMED = re.compile(r"(?:`|^\$ )trustsim ([a-z]+)\b([^`\n]*)", re.MULTILINE)
"""A command that stands in a line of text, or behind a prompt."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_names_exist_with_their_options(page: Path) -> None:
    """Also those that are named in passing; what stands behind `--` or a pipe is somebody else's."""
    context = click.Context(cli)
    for name, words in NAMED.findall(page.read_text()):
        command = cli.get_command(context, name)
        assert command is not None, f"trustsim {name}"
        below = [] if not isinstance(command, click.Group) else command.commands.values()
        known = {option for each in (command, *below) for it in each.params for option in it.opts}
        options = re.findall(r"(?<=\s)--?[a-z][\w-]*", re.split(r" -- | \| | && ", words)[0])
        assert set(options) <= known | {"--help"}, f"trustsim {name}{words}"


def test_first_scenario_is_the_one_that_is_shipped() -> None:
    """The scenario at the top of the README is scenarios/first.yaml."""
    first = re.search(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)
    assert first is not None
    assert first[1] == (ROOT / "scenarios" / "first.yaml").read_text()


def test_make_targets_of_the_pages_exist() -> None:
    """Every `make` command that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^|`)make ([a-z]+)(?:`|\s+[a-z])", page.read_text(), re.MULTILINE)
        assert set(named) <= targets, page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    """Every relative link is a file of the repository, so that it leads somewhere on a forge, too."""
    for target in targets_in(page.read_text()):
        file = target.partition("#")[0]
        if file and not re.match(r"[a-z]+:", file):
            assert (page.parent / file).exists(), target
