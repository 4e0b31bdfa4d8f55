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
def schema(envelope: bool) -> None:
    """Print the JSON Schema of scenario files, for editors, or of what passes between instances."""
    from simulator.protocol.codec import envelope_schema
    from simulator.scenario.schema import json_schema

    print_json(json.dumps(envelope_schema() if envelope else json_schema(), indent=2))
