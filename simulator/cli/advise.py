"""`trustsim explain`: what a code means, and what mends it."""

from __future__ import annotations

import click
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.cli.command import print_report
from simulator.decision import RefusalCode
from simulator.trust.catalogue import MEANINGS, Meaning


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a refusal code: the rule, what mostly leads to it, and who changes what. Without CODE: list all."""
    from simulator.scenario.references import did_you_mean

    if code is None:
        print_report(_all())
        return
    if code not in set(RefusalCode):
        hint = did_you_mean(code, [known.value for known in RefusalCode])
        raise click.BadParameter(f"there is no code {code!r}{hint}", param_hint="CODE")
    print_report(_one(code, MEANINGS[RefusalCode(code)]))


def _all() -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for code, meaning in MEANINGS.items():
        table.add_row(code, meaning.when)
    return Group(table, Text("\ntrustsim explain CODE tells more of one.", style="dim"))


def _one(code: str, meaning: Meaning) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("refused when", meaning.when)
    table.add_row("rule", f"{meaning.rule} [{meaning.source}]")
    table.add_row("mostly because", meaning.cause)
    table.add_row("what mends it", meaning.remedy)
    if meaning.scenario:
        table.add_row("shown by", f"scenarios/{meaning.scenario}.yaml")
    return Group(Text(code, style="bold"), table)
