"""The files in which finished runs are told."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import PATH
from simulator.cli.output import result_file
from simulator.report.files.formats import FORMATS, in_words, written

if TYPE_CHECKING:
    from simulator.report.result import Run, UnbegunRun


def check_suffixes(paths: Sequence[Path], known: Container[str], said: str) -> list[str]:
    """The suffix of each file, which says how it is written. Raises click.BadParameter for an unknown one."""
    suffixes = [path.suffix.lower() for path in paths]
    for path, suffix in zip(paths, suffixes, strict=True):
        if suffix not in known:
            raise click.BadParameter(f"{path}: expected a file name whose suffix says what it is to be: {said}")
    return suffixes


def _known(_context: click.Context, _option: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    check_suffixes(paths, FORMATS, in_words())
    return paths


REPORT = click.option(
    "--report",
    "reports",
    multiple=True,
    type=PATH,
    callback=_known,
    metavar="FILE",
    help=f"Write a report; its suffix says which ({in_words()}). May be given several times.",
)


def _is_page(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        check_suffixes([path], [".html"], ".html: a page that shows all of it")
    return path


PAGE = click.option(
    "--report", "page", type=PATH, callback=_is_page, metavar="FILE.html", help="Write the result as a page."
)


def _is_sarif(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None:
        check_suffixes([path], [".sarif"], ".sarif: SARIF, for code scanning and editors")
    return path


SARIF = click.option(
    "--report", "sarif", type=PATH, callback=_is_sarif, metavar="FILE.sarif",
    help="Write what is found as SARIF, for code scanning and editors.",
)  # fmt: skip


@contextmanager
def report_files(
    reports: Sequence[Path],
    *,
    json: Path | None = None,
    junit: Path | None = None,
    with_coverage: bool = False,
) -> Iterator[Callable[[Sequence[Run | UnbegunRun]], None]]:
    """What writes all files that were asked for, once. Raises click.FileError before the work begins."""
    wanted = list(zip(reports, check_suffixes(reports, FORMATS, in_words()), strict=True))
    wanted += [(path, suffix) for path, suffix in ((json, ".json"), (junit, ".xml")) if path]
    with ExitStack() as stack:
        writers = [(stack.enter_context(result_file(path)), suffix) for path, suffix in wanted]

        def write(runs: Sequence[Run | UnbegunRun]) -> None:
            for put, suffix in writers:
                put(written(runs, suffix, with_coverage=with_coverage))

        yield write
