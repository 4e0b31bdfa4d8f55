"""The entry point: all commands, and every fault as one clear message and its exit code."""

from __future__ import annotations

import sys

import click

from simulator.cli.advise import doctor, explain
from simulator.cli.cmdb import ire, store
from simulator.cli.command import EXIT_FAILED, EXIT_WRONG, exits_of_faults
from simulator.cli.compare import drift, plan
from simulator.cli.demo import demo
from simulator.cli.explore import mutate, shrink, sweep
from simulator.cli.files import schema, validate
from simulator.cli.importing import import_
from simulator.cli.output import never_fail, say
from simulator.cli.records import RECORDS
from simulator.cli.report import report
from simulator.cli.run import run
from simulator.cli.serve import broker, instance
from simulator.cli.stopping import EXIT_STOPPED, stoppable
from simulator.cli.up import do, exec_, up
from simulator.cli.whatif import whatif


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trustsim", prog_name="trustsim")
def cli() -> None:
    """Simulates ServiceNow instances: the trust between their applications, and the CMDB inside each."""


def main() -> None:
    """The entry point: turns every fault into one clear message and its exit code."""
    never_fail()
    try:
        with exits_of_faults(wrong=EXIT_WRONG, failed=EXIT_FAILED), stoppable():
            cli(standalone_mode=False)
    except KeyboardInterrupt as stopped:
        say(f"trustsim: stopped {stopped}".rstrip(), err=True)
        sys.exit(EXIT_STOPPED)


FLEETS = (
    demo,
    run,
    report,
    up,
    do,
    exec_,
    sweep,
    shrink,
    mutate,
    plan,
    drift,
    doctor,
    explain,
    validate,
    schema,
    broker,
    instance,
)
CMDB = (ire, store, whatif, import_)
for command in (*FLEETS, *CMDB):
    cli.add_command(command)
for command in RECORDS:
    store.add_command(command)
