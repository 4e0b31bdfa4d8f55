"""`trustsim payload`: a payload that a class of the CMDB accepts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, PATH, expects_store
from simulator.cli.commands.cmdb import TEXT
from simulator.cli.output import STANDARD_OUTPUT, result_file, say

if TYPE_CHECKING:
    from simulator.store.cmdb.store import CmdbStore


@click.command(epilog="Example: trustsim payload cmdb_ci_app_server_tomcat -o tomcat.json")
@click.argument("class_name", metavar="CLASS")
@click.option("--of", "file", type=PATH, metavar="FILE",
              help="A setup or an instance's file, whose rules count; left out: the base data.")  # fmt: skip
@click.option("--source", type=TEXT, default="Discovery", show_default=True, metavar="NAME",
              help="The data source for which it is tried.")  # fmt: skip
@click.option("-o", "--output", "output", type=PATH, metavar="OUT", default=STANDARD_OUTPUT,
              help="Write it there; left out, to standard output.")  # fmt: skip
def payload(class_name: str, file: Path | None, source: str, output: Path) -> None:
    """Write a body for the Identification and Reconciliation API that makes a CI of CLASS, and all it depends on.

    Every attribute that its identification rule looks at has a value, mandatory ones too; lookup items and
    relations are those that the rules ask for. It is tried before it is written, which changes nothing.

    Exit code 0: an instance with these rules accepts it; 1: it does not, and standard error says why; 2: there is
    no such class or it cannot be identified, or FILE is wrong.
    """
    from simulator.advice.sample import NoSampleError, accepted, sample_for

    with result_file(output) as write, _cmdb(file) as store:
        try:
            body = sample_for(store, class_name)
        except NoSampleError as error:
            raise click.BadParameter(str(error), param_hint="CLASS") from error
        text = json.dumps(body, indent=2)
        objections = accepted(store, text, source)
        write(text)
    for objection in objections:
        say(objection, err=True)
    sys.exit(EXIT_NOT_MET if objections else EXIT_MET)


@contextmanager
def _cmdb(file: Path | None) -> Iterator[CmdbStore]:
    """The CMDB that is meant. Raises ScenarioError for a setup and click.BadParameter for a file that is wrong."""
    from simulator.advice.stream import is_store
    from simulator.errors import Problem, ScenarioError, StoreError
    from simulator.store.beginning import read_beginning
    from simulator.store.cmdb.store import CmdbStore
    from simulator.store.file import MEMORY, connect, connect_with_cmdb
    from simulator.store.setups.configure import configure
    from simulator.store.setups.setup import read_setup

    if file is not None and is_store(file):
        with expects_store(file, "--of"):
            begun = read_beginning(file)
        with closing(connect(MEMORY, begun.content)) as connection:  # a question takes notes; the file stays
            yield CmdbStore(connection)
        return
    with closing(connect_with_cmdb()) as connection:
        store = CmdbStore(connection)
        if file is not None:
            setup = read_setup(file)
            try:
                configure(store, setup)
            except StoreError as error:
                raise ScenarioError([Problem(str(file), 1, 1, str(error))]) from error
        yield store
