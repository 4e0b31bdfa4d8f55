"""The pages about a fleet that stays: what they start is started, and what they do on it is done, by a shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.command import Command
from tests.readme.console import GUIDES, block, directory, printed

FREE_PORTS = ("--http-port", "0", "--https-port", "0", "--instances-per-process", "2")


@contextmanager
def up(command: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Command, Path]]:
    """The fleet that a page starts, on free ports and found by nobody else, and a folder to work in."""
    with directory() as where:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(where))
        words = shlex.split(command.removeprefix("trustsim "))
        options = FREE_PORTS if "--https" in words else (*FREE_PORTS[:2], *FREE_PORTS[4:])
        with Command(where, *words, *options, XDG_RUNTIME_DIR=str(where)) as fleet:
            fleet.wait_until(lambda: "Ctrl-C stops it" in fleet.out)
            yield fleet, where


def without_chance(text: str) -> list[str]:
    """The lines of a fleet, without the time of day, ports and folders of its own."""
    for pattern, name in (
        (r"\d\d:\d\d:\d\d", "TIME"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"/\S+/tls/", "FOLDER/"),
        ("─+", "─"),
    ):
        text = re.sub(pattern, name, text)
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines()]


def test_the_fleet_that_is_shown_is_up_and_takes_the_steps_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what stands on the page, line by line; three points stand for what happens besides."""
    command, *shown = block("fleet.md", "text").splitlines()
    assert command.startswith("$ ")
    with up(command.removeprefix("$ "), monkeypatch) as (fleet, where):
        said = iter(without_chance(fleet.out))
        for line in without_chance("\n".join(shown)):
            assert line == "..." or any(line == each for each in said), line
        for step in block("fleet.md", "sh").splitlines():
            assert "✓" in printed(step, where), step


def test_the_program_that_is_shown_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page says: it hears of the trust, and what it sends then is refused, as prod1's lines say."""
    text = (GUIDES / "peer.md").read_text()
    start, trust = (re.search(rf"`(trustsim {verb} [^`]*)`", text) for verb in ("up", "do"))
    assert start is not None
    assert trust is not None
    with up(start[1], monkeypatch) as (fleet, where):
        (where / "guest.py").write_text(block("peer.md", "python"))
        done = printed(f'"$PYTHON" guest.py & {trust[1]} > trust.txt; wait', where)
        assert "trust_granted" in done
        fleet.wait_until(lambda: "refused" in fleet.out)
