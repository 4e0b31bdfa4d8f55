"""`trustsim doctor` and `explain`: what is wrong with a topology, what a code means, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.catalogue.meaning import Meaning
from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, FILES, PATH, SET, expects_store, load, settings
from simulator.cli.github import annotate
from simulator.cli.output import STANDARD_OUTPUT, is_terminal, print_report, result_file, say
from simulator.cli.reports import SARIF
from simulator.errors import ScenarioError
from simulator.report.files.machine import as_json
from simulator.report.files.sarif import to_sarif
from simulator.report.numbers import counted
from simulator.report.remarks import Remark

if TYPE_CHECKING:
    from simulator.advice.checks.finding import Finding
    from simulator.scenario.failures import Failure


@click.command(epilog="Example: trustsim doctor scenarios")
@FILES
@SET
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write the findings as JSON.")
@SARIF
def doctor(files: tuple[Path, ...], json_file: Path | None, sarif: Path | None) -> None:
    """Check files as a careful administrator would, and start nothing.

    FILES are scenarios, setups of a CMDB, and instances' files. Of a scenario: its topology, and the trust that it
    sets up. Of every CMDB: rules that do nothing, tie or are never reached, dependencies that are missing or too
    deep, lookups, and criteria such as "Default string"; and of an instance's file what the setups that it was
    given have taken away.

    Exit code 0: no errors, perhaps warnings and notes; 1: something will be refused or has no effect; 2: a file is
    wrong. What a scenario expects to be refused is a note.
    """
    from simulator.advice.checks.finding import Severity

    with result_file(json_file) as write, result_file(sarif) as write_sarif:
        findings = _examine_all(files)
        write(as_json([asdict(finding) for finding in findings]))
        write_sarif(to_sarif(map(_remark_of, findings)))
    to_err = STANDARD_OUTPUT in (json_file, sarif)
    annotate(map(_remark_of, findings), err=True)
    for finding in findings:
        style = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}[finding.severity]
        head = Text(f"{finding.place}: ")
        head.append(f"{finding.severity} {finding.code}", style=style).append(f": {finding.found}")
        if is_terminal(err=to_err):
            print_report(Group(head, Padding(Text(finding.remedy, style="dim"), (0, 0, 0, 4))), err=to_err)
        else:  # a line each, for whoever reads them by line
            say(f"{head.plain} ({finding.remedy})", err=to_err)
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    said = ", ".join(counted(number, severity) for severity, number in counts.items() if number)
    say(f"{counted(len(files), 'file')}: {said or 'nothing found'}", err=to_err)
    sys.exit(EXIT_NOT_MET if counts[Severity.ERROR] else EXIT_MET)


def _remark_of(finding: Finding) -> Remark:
    return Remark(
        file=finding.file,
        line=finding.line,
        column=finding.column,
        code=finding.code,
        level=finding.severity.value,
        text=f"{finding.found} ({finding.remedy})",
    )


@click.command(epilog="Example: trustsim rollout scenarios/documented-example.yaml -o rollout.md")
@click.argument("file", type=PATH)
@SET
@click.option("-o", "--output", "output", type=PATH, metavar="OUT", default=STANDARD_OUTPUT,
              help="Write the checklist there; left out, to standard output.")  # fmt: skip
def rollout(file: Path, output: Path) -> None:
    """Make of the scenario FILE a checklist in Markdown for the roll-out in the product.

    It says on which instance who enters what where, which Now Support tickets are needed, how long people wait
    and what they then look at, in order. Nothing is run. What only a rehearsal does, such as faults, and what the
    file expects to be refused is left out, and listed. What the doctor finds to fail stands at the head.

    Exit code 0: done; 2: FILE is wrong.
    """
    from simulator.advice.rollout import make_rollout
    from simulator.report.files.rollout import rollout_markdown

    loaded = load(file)
    with result_file(output) as write:
        write(rollout_markdown(make_rollout(loaded)).rstrip("\n") + ("" if output == STANDARD_OUTPUT else "\n"))


def _examine_all(files: Sequence[Path]) -> list[Finding]:
    """Examines every file. Raises ScenarioError with the problems of all of them, or click.BadParameter."""
    from simulator.advice.examine import examine_file

    findings, problems = [], []
    for file in files:
        try:
            with expects_store(file, "FILES"):
                findings += examine_file(file, settings())
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return findings


@click.command(epilog="Example: trustsim explain no_trust_record")
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a code of a refusal or a finding: the rule, what mostly leads to it, and who changes what.

    CODE may also be one of the numbered ways in which trust fails, such as F2.

    Without CODE: list all.
    """
    from simulator.catalogue.codes import MEANING_BY_CODE
    from simulator.scenario.failures import FAILURES
    from simulator.scenario.suggestion import did_you_mean

    if code is None:
        print_report(_all(MEANING_BY_CODE))
    elif code in MEANING_BY_CODE:
        print_report(_one(code, MEANING_BY_CODE[code]))
    elif failure := next((it for it in FAILURES if it.number == code.upper()), None):
        codes = [name for name, it in MEANING_BY_CODE.items() if failure.number in _pages(it)]
        print_report(_failure(failure, codes))
    else:
        hint = did_you_mean(code, [*MEANING_BY_CODE, *(it.number for it in FAILURES)])
        raise click.BadParameter(f"there is no code {code!r}{hint}", param_hint="CODE")


def _all(meanings: Mapping[str, Meaning]) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for code, meaning in meanings.items():
        table.add_row(code, meaning.when)
    return Group(table, Text("\ntrustsim explain CODE tells more of one.", style="dim"))


def _pages(meaning: Meaning) -> list[str]:
    return meaning.source.split(", ")


def _failure(failure: Failure, codes: Sequence[str]) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("what fails", failure.what)
    table.add_row("how", failure.how)
    if failure.scenario:
        table.add_row("shown by", f"scenarios/{failure.scenario}.yaml")
    if codes:
        table.add_row("codes", ", ".join(codes))
    return Group(Text(failure.number, style="bold"), table)


def _one(code: str, meaning: Meaning) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("when", meaning.when)
    table.add_row("rule", f"{meaning.rule} [{meaning.source}]")
    table.add_row("mostly because", meaning.cause)
    table.add_row("what mends it", meaning.remedy)
    if meaning.scenario:
        table.add_row("shown by", f"scenarios/{meaning.scenario}.yaml")
    return Group(Text(code, style="bold"), table)
