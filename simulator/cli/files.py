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
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from simulator.scenario.schema import json_schema

    print_json(json.dumps(json_schema(), indent=2))
