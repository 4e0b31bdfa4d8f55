"""`trustsim init`: a scenario to begin with."""

from __future__ import annotations

import json
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from simulator.cli.command import PATH
from simulator.cli.output import result_file, say

STARTERS = ("first", "rollout", "denial", "clone", "domains", "integration")
"""The scenarios to begin with, files in the folder starters."""

SCHEMA = "trustsim.schema.json"
"""The file of the schema, which stands beside the scenario and is named in its first line."""


@click.command(epilog="Example: trustsim init --like denial")
@click.argument("file", type=PATH, required=False)
@click.option(
    "--like", type=click.Choice(STARTERS), default=STARTERS[0], show_default=True, help="What it is about."
)
def init(file: Path | None, like: str) -> None:
    """Write a scenario to begin with, with comments, and beside it the schema for editors.

    The file is FILE; left out, it has the name of what it is about, as first.yaml has. One that is there is not
    overwritten.

    \b
    first        two instances, and trust in one direction
    rollout      a manager distributes trust by a trust profile
    denial       three ways in which a message is refused
    clone        what a clone does to trust, and the way back
    domains      one server from two domains, in strict and in platform mode
    integration  requests to the REST API, and tests beside a fleet

    Exit code 0: written; 2: there is such a file, or it cannot be written.
    """
    from simulator.scenario.schema import json_schema

    target = file or Path(f"{like}.yaml")
    if target.exists() or target.is_symlink():
        raise click.BadParameter(
            f"{target} is there, and is not overwritten: name another file", param_hint="FILE"
        )
    schema = target.with_name(SCHEMA)
    if schema.exists() and not _is_ours(schema):
        raise click.BadParameter(f"{schema} is there, and is not a schema of trustsim's", param_hint="FILE")
    described = json_schema()
    text = files("simulator.cli.starters").joinpath(f"{like}.yaml").read_text(encoding="utf-8")
    with result_file(target) as write, result_file(schema) as write_schema:
        write_schema(json.dumps(described, indent=2) + "\n")
        write(text.replace(f"{like}.yaml", target.name))
    say(f"{target}: a scenario to begin with")
    say(f"{schema}: what editors complete and check it by")
    say(f"next: trustsim run --virtual {target}")


def _is_ours(schema: Path) -> bool:
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads(schema.read_text(encoding="utf-8"))
        return str(found.get("$id", "")).startswith("urn:trustsim:")
    return False
