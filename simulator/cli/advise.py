"""`trustsim doctor` and `explain`: what is wrong with a topology, what a code means, and what mends it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, FILES, PATH, load_all, print_report, write
from simulator.trust.catalogue import MEANINGS, Meaning


@click.command()
@FILES
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write the findings as JSON.")
def doctor(files: tuple[Path, ...], json_file: Path | None) -> None:
    """Check topologies and the trust that scenarios set up, as a careful administrator would, and start nothing.

    Exit code 0: no errors, perhaps warnings and notes; 1: something will be refused or has no effect; 2: a file is
    wrong. What a scenario expects to be refused is a note.
    """
    from simulator.advice.doctor import examine
    from simulator.advice.finding import Severity

    scenarios = load_all(files)
    findings = [finding for loaded in scenarios for finding in examine(loaded)]
    write(json_file, json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    for finding in findings:
        style = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}[finding.severity]
        head = Text(f"{finding.file}:{finding.line}:{finding.column}: ")
        head.append(f"{finding.severity} {finding.code}", style=style).append(f": {finding.found}")
        print_report(Group(head, Padding(Text(finding.remedy, style="dim"), (0, 0, 0, 4))))
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    said = ", ".join(
        f"{number} {severity}{'' if number == 1 else 's'}" for severity, number in counts.items() if number
    )
    click.echo(f"{len(scenarios)} {'file' if len(scenarios) == 1 else 'files'}: {said or 'nothing found'}")
    sys.exit(EXIT_NOT_MET if counts[Severity.ERROR] else EXIT_MET)


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a code of a refusal or a finding: the rule, what mostly leads to it, and who changes what.

    Without CODE: list all.
    """
    from simulator.scenario.references import did_you_mean
    from simulator.trust.findings import FINDINGS

    meanings = {**{refusal.value: meaning for refusal, meaning in MEANINGS.items()}, **FINDINGS}
    if code is None:
        print_report(_all(meanings))
    elif code in meanings:
        print_report(_one(code, meanings[code]))
    else:
        hint = did_you_mean(code, meanings)
        raise click.BadParameter(f"there is no code {code!r}{hint}", param_hint="CODE")


def _all(meanings: Mapping[str, Meaning]) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for code, meaning in meanings.items():
        table.add_row(code, meaning.when)
    return Group(table, Text("\ntrustsim explain CODE tells more of one.", style="dim"))


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
