"""`trustsim validate` and `schema`: what needs no fleet."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simulator.cli.command import FILES, load_all
from simulator.cli.output import print_json, say


@click.command()
@FILES
def validate(files: tuple[Path, ...]) -> None:
    """Check scenario files and start nothing."""
    for loaded in load_all(files):
        scenario = loaded.scenario
        say(f"{loaded.file}: ok, {len(scenario.instances)} instances, {len(scenario.steps)} steps")


@click.command()
@click.option("--envelope", is_flag=True, help="That of the envelopes between instances.")
@click.option("--result", is_flag=True, help="That of the results that `run --json` writes.")
def schema(envelope: bool, result: bool) -> None:
    """Print the JSON Schema of scenario files, for editors, of what passes between instances, or of results."""
    from simulator.protocol.codec import envelope_schema
    from simulator.report.results import results_schema
    from simulator.scenario.schema import json_schema

    if envelope and result:
        raise click.UsageError("one schema at a time: --envelope or --result")
    described = envelope_schema() if envelope else results_schema() if result else json_schema()
    print_json(json.dumps(described, indent=2))
