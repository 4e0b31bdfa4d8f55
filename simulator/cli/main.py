"""The entry point: all commands, and every fault as one clear message and its exit code."""

from __future__ import annotations

import signal
import sys

import click

from simulator.cli.advise import doctor, explain
from simulator.cli.cmdb import ire, store
from simulator.cli.command import EXIT_FAILED, EXIT_STOPPED, EXIT_WRONG, exits_of_faults
from simulator.cli.compare import drift, plan
from simulator.cli.demo import demo
from simulator.cli.explore import mutate, shrink, sweep
from simulator.cli.files import schema, validate
from simulator.cli.output import never_fail, say
from simulator.cli.records import RECORDS
from simulator.cli.run import run
from simulator.cli.serve import broker, instance
from simulator.cli.whatif import whatif


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trustsim", prog_name="trustsim")
def cli() -> None:
    """Simulates ServiceNow instances: the trust between their applications, and the CMDB inside each."""


def main() -> None:
    """The entry point: turns every fault into one clear message and its exit code."""
    never_fail()
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is asked to end cleans up, like Ctrl-C
    try:
        with exits_of_faults(wrong=EXIT_WRONG, failed=EXIT_FAILED):
            cli(standalone_mode=False)
    except (KeyboardInterrupt, click.Abort) as stopped:
        where = stopped.__cause__ or stopped  # click makes an Abort of its own of a KeyboardInterrupt
        say(f"trustsim: stopped {where}".rstrip(), err=True)
        sys.exit(EXIT_STOPPED)


FLEETS = (demo, run, sweep, shrink, mutate, plan, drift, doctor, explain, validate, schema, broker, instance)
CMDB = (ire, store, whatif)
for command in (*FLEETS, *CMDB):
    cli.add_command(command)
for command in RECORDS:
    store.add_command(command)
