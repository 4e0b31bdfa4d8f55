"""What runs have exercised of trust, as the options of a command ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from simulator.cli.command import PATH, with_options
from simulator.cli.output import result_file, say
from simulator.cli.reports import check_suffixes
from simulator.report.files.formats import COVERAGE_FORMATS, in_words
from simulator.report.result import Run


def _known(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        check_suffixes([path], COVERAGE_FORMATS, in_words(COVERAGE_FORMATS))
    return path


with_cover = with_options(
    click.option("--cover", is_flag=True,
                 help="Tell what was exercised: items, operations, rules, codes; also in Markdown and on a page."),
    click.option("--cover-report", type=PATH, callback=_known, metavar="FILE",
                 help=f"Write that to a file; its suffix says how ({in_words(COVERAGE_FORMATS)})."),
    click.option("--cover-fail-under", type=click.FloatRange(0, 100), metavar="N",
                 help="Exit code 1 where less than N percent of what the files define was exercised."),
)  # fmt: skip
"""Gives a command the options of coverage."""


@dataclass(frozen=True, slots=True)
class Covering:
    """What is to be told of coverage."""

    is_told: bool
    """Whether a person is told."""
    file: Path | None
    put: Callable[[str], None]
    least: float | None

    def tell(self, runs: Sequence[Run], *, err: bool) -> list[str]:
        """Tells it, and returns what lets the command fail."""
        if not self.is_told and self.file is None:
            return []
        from simulator.report.coverage import coverage_of
        from simulator.report.files.covered import in_lines, objection

        coverage = coverage_of(runs)
        if self.file is not None:
            self.put(COVERAGE_FORMATS[self.file.suffix.lower()].text_of(coverage))
        if self.is_told:
            say("\n".join(in_lines(coverage)) + "\n", err=err)
        said = objection(coverage, self.least)
        return [said] if said else []


@contextmanager
def covering(options: dict[str, Any]) -> Iterator[Covering]:
    """What the options of coverage ask for. Raises click.FileError before the work begins."""
    file, least = options["cover_report"], options["cover_fail_under"]
    with result_file(file) as put:
        yield Covering(options["cover"] or least is not None, file, put, least)
