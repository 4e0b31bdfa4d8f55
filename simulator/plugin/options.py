"""What a command line and an ini file say to the plugin."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

_FILES = "trustsim_files"
_LIVE = "trustsim_live"
_ALL = 100


def declare(parser: pytest.Parser) -> None:
    """All options, in a group of their own."""
    group = parser.getgroup("trustsim", "scenarios of trust between instances (trustsim)")
    group.addoption(
        "--trustsim-live",
        action="store_true",
        help="Run scenarios as processes on a broker; left out: in virtual time.",
    )
    group.addoption(
        "--trustsim-broker",
        default="embedded",
        metavar="embedded|mosquitto|URL",
        help="The broker of live runs: one of each run's own, or one that exists. Left out: embedded.",
    )
    group.addoption(
        "--trustsim-seed", type=int, default=0, metavar="N", help="What chance is drawn from. Left out: 0."
    )
    group.addoption(
        "--trustsim-cover",
        action="store_true",
        help="Tell what was exercised of trust: items, operations, rules, codes.",
    )
    group.addoption(
        "--trustsim-cover-report", type=Path, metavar="FILE", help="Write that to a file, as .json or .md."
    )
    group.addoption(
        "--trustsim-cover-fail-under",
        type=float,
        metavar="N",
        help="Fail where less than N percent of what the scenarios define was exercised.",
    )
    parser.addini(
        _FILES,
        "Which files in folders are looked into for scenarios, as globs of names or paths; empty: none.",
        type="linelist",
        default=["*.yaml", "*.yml"],
    )
    parser.addini(_LIVE, "Whether scenarios run live, as with --trustsim-live.", type="bool", default=False)


def check(config: pytest.Config) -> None:
    """Raises pytest.UsageError for what nobody can mean."""
    if (said := broker(config)) not in {"embedded", "mosquitto"}:
        from simulator.transport.choice import chosen

        try:
            chosen(said)
        except ValueError as error:
            raise pytest.UsageError(f"--trustsim-broker: {error}") from None
    least = cover_fail_under(config)
    if least is not None and not 0 <= least <= _ALL:
        raise pytest.UsageError(f"--trustsim-cover-fail-under: expected a percentage from 0 to 100, got {least:g}")
    if (file := cover_report(config)) is not None:
        from simulator.report.files.formats import COVERAGE_FORMATS, in_words

        if file.suffix.lower() not in COVERAGE_FORMATS:
            expected = f"expected a file name whose suffix says what it is to be: {in_words(COVERAGE_FORMATS)}"
            raise pytest.UsageError(f"--trustsim-cover-report: {file}: {expected}")


def is_wanted(config: pytest.Config, file: Path) -> bool:
    """Whether a file in a folder is looked into."""
    path = file.relative_to(config.rootpath).as_posix() if file.is_relative_to(config.rootpath) else str(file)
    return any(fnmatch(path if "/" in glob else file.name, glob) for glob in config.getini(_FILES))


def is_live(config: pytest.Config) -> bool:
    """Whether scenarios run as processes on a broker."""
    return bool(config.getoption("--trustsim-live") or config.getini(_LIVE))


def broker(config: pytest.Config) -> str:
    """The broker of live runs, by its kind or its address."""
    return str(config.getoption("--trustsim-broker"))


def seed(config: pytest.Config) -> int:
    """What chance is drawn from."""
    return int(config.getoption("--trustsim-seed"))


def is_covered(config: pytest.Config) -> bool:
    """Whether anybody wants to know what was exercised."""
    asked = config.getoption("--trustsim-cover"), cover_report(config)
    return any(asked) or cover_fail_under(config) is not None


def cover_report(config: pytest.Config) -> Path | None:
    """Where that is written."""
    file: Path | None = config.getoption("--trustsim-cover-report")
    return file


def cover_fail_under(config: pytest.Config) -> float | None:
    """The least percentage."""
    least: float | None = config.getoption("--trustsim-cover-fail-under")
    return least
