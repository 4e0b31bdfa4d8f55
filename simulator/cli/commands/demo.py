"""`trustsim demo`: the documented example, out of the package."""

from __future__ import annotations

import click

from simulator.cli.commands.run import run
from simulator.cli.output import say


@click.command(epilog="Example: trustsim demo --virtual")
@click.option("--virtual", is_flag=True, help="Run in virtual time: no broker, no processes, no waiting.")
@click.pass_context
def demo(context: click.Context, virtual: bool) -> None:
    """Run the documented example, and say where it and the other examples are: copies are good to begin with."""
    from simulator.scenario.reading.library import EXAMPLES

    say(f"the examples are in {EXAMPLES}", err=True)
    context.invoke(run, files=(EXAMPLES / "documented-example.yaml",), virtual=virtual)
