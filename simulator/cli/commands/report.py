"""`trustsim report`: results that were kept, as reports, and held against each other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import click
from rich.cells import cell_len

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, PATH
from simulator.cli.output import print_report, result_file
from simulator.cli.reports import check_suffixes, report_files
from simulator.errors import Problem, ScenarioError
from simulator.report.files.formats import in_words
from simulator.report.flips import Flip, flips_between, flips_report, flips_to_json, flips_to_markdown
from simulator.report.pages import flips_to_html
from simulator.report.result import Run, RunResult
from simulator.report.results import runs_of
from simulator.report.terminal import run as terminal
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file

_Compared = Callable[[Sequence[Flip], Sequence[Run], Sequence[Run]], str]
"""Makes a text of what flipped between two results."""

_COMPARED: dict[str, _Compared] = {
    ".html": flips_to_html,
    ".md": lambda flips, *_: flips_to_markdown(flips),
    ".json": lambda flips, *_: flips_to_json(flips),
}


@click.command(epilog="Example: trustsim report result.json -o report.html")
@click.argument("results", nargs=-1, required=True, type=PATH, metavar="RESULT.json...")
@click.option("--compare", is_flag=True, help="Show what flipped between two results.")
@click.option("-o", "--output", "outputs", multiple=True, type=PATH, metavar="FILE",
              help=f"Where the report goes; its suffix says which ({in_words()}; of --compare .html, .md and "
              ".json). May be given several times.")  # fmt: skip
def report(results: tuple[Path, ...], compare: bool, outputs: tuple[Path, ...]) -> None:
    """Make reports of what `trustsim run --json` has written; without -o show it.

    With --compare A.json B.json: the verdicts, steps, messages, trust and rows of tables that are not the same.
    Exit code 0: nothing flipped; 1: something has; 2: a file is none of `trustsim run --json`.
    """
    if not compare:
        if len(results) != 1:
            raise click.UsageError("give one file of results, or two with --compare")
        _report(results[0], outputs)
        return
    if len(results) != 2:
        raise click.UsageError("--compare takes two files of results, the one from before first")
    suffixes = check_suffixes(outputs, _COMPARED, "of --compare: .html: a page, .md: Markdown, .json: JSON")
    with ExitStack() as stack:
        writers = [stack.enter_context(result_file(path)) for path in outputs]
        before, after = map(_read, results)
        flips = flips_between(before, after)
        for suffix, write in zip(suffixes, writers, strict=True):
            write(_COMPARED[suffix](flips, before, after))
    print_report(flips_report(flips))
    sys.exit(EXIT_NOT_MET if flips else EXIT_MET)


def _report(file: Path, outputs: Sequence[Path]) -> None:
    with report_files(outputs) as write:
        runs = _read(file)
        write(runs)
    if outputs:
        return
    match runs:
        case [RunResult() as run]:
            print_report(terminal.report(run, verbose=False))
        case _:
            width = max((cell_len(run.told_file) for run in runs), default=0)
            for each in runs:
                print_report(terminal.run_line(each, width))
            print_report(terminal.closing(runs))


def _read(file: Path) -> list[Run]:
    text = read_file(file, MAX_BYTES_OF_DATA)
    try:
        return runs_of(text)
    except ValueError as error:
        raise ScenarioError(
            [Problem(str(file), 1, 1, f"expected what `trustsim run --json` writes: {error}")]
        ) from error
