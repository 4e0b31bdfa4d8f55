"""`trustsim validate`, `fmt` and `schema`: what needs no fleet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click

from simulator.cli import watching
from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, FILES, ONLY, SET, SKIP, load_all, settings
from simulator.cli.output import STANDARD_OUTPUT, print_json, result_file, say
from simulator.cli.reports import SARIF
from simulator.cli.watching import WATCH
from simulator.errors import Problem, ScenarioError
from simulator.report.numbers import counted


@click.command(epilog="Example: trustsim validate scenarios")
@FILES
@SET
@ONLY
@SKIP
@click.option("--expanded", is_flag=True,
              help="Print the plain scenario that FILE stands for, with every step written out.")  # fmt: skip
@SARIF
@WATCH
def validate(files: tuple[Path, ...], expanded: bool, sarif: Path | None, watch: bool) -> None:
    """Check scenario files and start nothing."""
    if watch:
        watching.watch(files)
    if expanded:
        say(_expanded(files))
        return
    with result_file(sarif) as write:
        try:
            scenarios = load_all(files)
        except ScenarioError as error:
            if sarif:
                write(_as_sarif(error.problems))
            raise
        if sarif:
            write(_as_sarif([]))
    for loaded in scenarios:
        scenario = loaded.scenario
        sizes = f"{counted(len(scenario.instances), 'instance')}, {counted(len(scenario.steps), 'step')}"
        say(f"{loaded.told_file}: ok, {sizes}")


def _as_sarif(problems: Sequence[Problem]) -> str:
    from simulator.report.files.sarif import to_sarif
    from simulator.report.remarks import remark_of

    return to_sarif(map(remark_of, problems))


def _expanded(files: Sequence[Path]) -> str:
    """The text of the only scenario, plain. Raises ScenarioError, and click.UsageError for several."""
    from simulator.report.naming import with_combination
    from simulator.scenario.reading.load import read
    from simulator.scenario.writing.written import written

    every = [source for file in files for source in read(file).plain(settings())]
    if len(every) > 1:
        told = ", ".join(with_combination(source.file, source.combination) for source in every)
        raise click.UsageError(f"--expanded prints one scenario; choose it (of a matrix with --set): {told}")
    [source] = every
    title = f"Expanded from {with_combination(source.file, source.combination)}"
    return written(cast("dict[str, Any]", source.data), [title]).rstrip("\n")


@click.command(epilog="Example: trustsim fmt --check scenarios")
@FILES
@click.option("--check", is_flag=True, help="Change nothing, and say which files would be changed.")
def fmt(files: tuple[Path, ...], check: bool) -> None:
    """Lay out YAML files the way all scenario files are: indentation, spaces, empty lines and lines too long.

    Of a folder, all that are in it and below; - is standard input, whose layout goes to standard output. What a
    file says stays, and so do its comments, quotes and order; what one writes in one line and what as a block does
    too, but for lines of more than 120 characters.

    Exit code 0: done, or nothing to do; 1: --check has found files that would be changed; 2: a file is wrong, and
    the others were laid out.
    """
    from simulator.scenario.writing.layout import laid_out

    problems: list[Problem] = []
    changed, number = 0, 0
    for file, text in _texts(files, problems):
        number += 1
        try:
            after = laid_out(text, str(file))
        except ScenarioError as error:
            problems += error.problems
            continue
        if file == STANDARD_OUTPUT and not check:
            say(after.removesuffix("\n"))
        elif after != text:
            changed += 1
            say(f"{file}: {'would be laid out anew' if check else 'laid out anew'}")
            if not check:
                with result_file(file) as write:
                    write(after)
    if problems:
        raise ScenarioError(problems)
    if files != (STANDARD_OUTPUT,):
        say(f"{counted(number, 'file')}, {changed} {'to change' if check else 'changed'}")
    sys.exit(EXIT_NOT_MET if check and changed else EXIT_MET)


def _texts(files: Sequence[Path], problems: list[Problem]) -> Iterator[tuple[Path, str]]:
    """All files that are meant, with what is in them; those that cannot be read become problems."""
    from simulator.store.setups.document import read_file

    for path in files:
        if path == STANDARD_OUTPUT:
            yield path, sys.stdin.read()
            continue
        found = [path]
        if path.is_dir():
            found = sorted(it for it in path.rglob("*") if it.suffix in {".yaml", ".yml"} and it.is_file())
            found = [it for it in found if not any(part.startswith(".") for part in it.relative_to(path).parts)]
            if not found:
                problems.append(Problem(str(path), 1, 1, "there is no YAML file in this folder, nor below it"))
        for file in found:
            try:
                yield file, read_file(file)
            except ScenarioError as error:
                problems += error.problems


@click.command(epilog="Example: trustsim schema > trustsim.schema.json")
@click.option("--envelope", is_flag=True, help="That of the envelopes between instances.")
@click.option("--part", is_flag=True, help="That of files that scenarios include.")
@click.option("--result", is_flag=True, help="That of the results that `run --json` writes.")
def schema(envelope: bool, part: bool, result: bool) -> None:
    """Print the JSON Schema of scenario files, for editors, of what passes between instances, or of results."""
    from simulator.protocol.codec import envelope_schema
    from simulator.report.results import results_schema
    from simulator.scenario.schema import json_schema, part_schema

    asked = [
        make
        for is_asked, make in ((envelope, envelope_schema), (part, part_schema), (result, results_schema))
        if is_asked
    ]
    if len(asked) > 1:
        raise click.UsageError("one schema at a time: --envelope, --part or --result")
    described = (asked or [json_schema])[0]()
    print_json(json.dumps(described, indent=2))
