"""`trustsim whatif`: the same payloads in another mode for domains, in another order, or by other rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, PATH, SET, Group, expects_store, settings
from simulator.cli.output import STANDARD_OUTPUT, print_report, result_file
from simulator.cli.reports import PAGE
from simulator.report.files.machine import as_json
from simulator.report.pages import whatif_to_html
from simulator.report.terminal.whatif import mode_report, order_report, rules_report
from simulator.report.whatif import as_objects

if TYPE_CHECKING:
    from simulator.advice.stream import Stream

_JSON = click.option("--json", "json_file", type=PATH, metavar="OUT", help="Write the result as JSON.")


@click.group(cls=Group, epilog="Example: trustsim whatif order cmdb.yaml")
def whatif() -> None:
    """Do what the CMDB of an instance was told again, otherwise than it was.

    FILE is a scenario, which is run once in virtual time, or an instance's file that `run --keep` or `store init`
    made. Every instance's payloads are replayed on fresh stores in memory; nothing is written to files.
    """


@whatif.command(epilog="Example: trustsim whatif domain-mode cmdb.yaml")
@click.argument("file", type=PATH)
@SET
@click.option("--switch-at", type=click.IntRange(1), metavar="N",
              help="Switch before the Nth payload; left out, in the middle.")  # fmt: skip
@_JSON
@PAGE
def domain_mode(file: Path, switch_at: int | None, json_file: Path | None, page: Path | None) -> None:
    """Compare strict and platform domain separation, and platform switched on in the middle.

    \b
    merged      several CIs in strict mode, and one here
    split       one CI in strict mode, and several here
    duplicate   CIs for which a payload leaves a de-duplication task
    across      a CI that a caller of another domain updates

    Exit code 0: the mode makes no difference; 1: it does; 2: FILE is wrong or has no payloads.
    """
    from simulator.advice.domain_mode import compare_modes

    with result_file(json_file) as write, result_file(page) as write_page:
        try:
            compared = [compare_modes(stream, switch_at) for stream in _streams(file)]
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--switch-at") from error
        for each in compared:
            print_report(mode_report(each), err=json_file == STANDARD_OUTPUT)
        write(as_json(as_objects(compared)))
        write_page(whatif_to_html(f"Strict and platform mode: {file}", compared))
    sys.exit(EXIT_NOT_MET if any(each.differs for each in compared) else EXIT_MET)


@whatif.command(epilog="Example: trustsim whatif order cmdb.yaml --shuffles 50")
@click.argument("file", type=PATH)
@SET
@click.option("--shuffles", type=click.IntRange(1), default=20, show_default=True, metavar="N")
@click.option("--seed", type=int, default=0, show_default=True, help="What the orders are drawn from.")
@_JSON
@PAGE
def order(file: Path, shuffles: int, seed: int, json_file: Path | None, page: Path | None) -> None:
    """Shuffle the payloads, and show every attribute that ends otherwise, with two short orders that show it.

    Payloads do not move across setups, and the times of the calls stay. Exit code 0: the order does not matter; 1:
    it does; 2: FILE is wrong or has no payloads.
    """
    from simulator.advice.order import check_order

    with result_file(json_file) as write, result_file(page) as write_page:
        checks = [check_order(stream, shuffles, seed) for stream in _streams(file)]
        for check in checks:
            print_report(order_report(check), err=json_file == STANDARD_OUTPUT)
        write(as_json(as_objects(checks)))
        write_page(whatif_to_html(f"Other orders: {file}", checks))
    sys.exit(EXIT_NOT_MET if any(check.findings for check in checks) else EXIT_MET)


@whatif.command(epilog="Example: trustsim whatif rules cmdb.yaml --rules new.yaml")
@click.argument("file", type=PATH)
@SET
@click.option("--rules", "rules_file", type=PATH, required=True, metavar="NEW.yaml",
              help="A setup with what is to change: rules, properties, classes.")  # fmt: skip
@_JSON
@PAGE
def rules(file: Path, rules_file: Path, json_file: Path | None, page: Path | None) -> None:
    """Compare the rules as they are with changed ones, which are in force before the first payload.

    \b
    merged      several CIs by the rules as they are, and one here
    split       one CI by the rules as they are, and several here
    duplicate   CIs for which a payload leaves a de-duplication task here
    unique      CIs for which none is left here
    refused     an item that has an error here only
    accepted    an item that has none here
    owner       an attribute that ends with another value, or is another source's
    class       a CI that ends in another class

    Exit code 0: the rules make no difference; 1: they do; 2: a file is wrong, or there are no payloads.
    """
    from simulator.advice.changed_rules import compare_rules
    from simulator.store.setups.setup import read_setup

    changed = read_setup(rules_file)
    streams = _streams(file)
    with (
        result_file(json_file) as write,
        result_file(page) as write_page,
        expects_store(rules_file, "--rules"),
    ):
        compared = [compare_rules(stream, changed) for stream in streams]
        for each in compared:
            print_report(rules_report(each), err=json_file == STANDARD_OUTPUT)
        write(as_json(as_objects(compared)))
        write_page(whatif_to_html(f"Changed rules: {file}, {rules_file}", compared))
    sys.exit(EXIT_NOT_MET if any(each.differs for each in compared) else EXIT_MET)


def _streams(file: Path) -> list[Stream]:
    """The streams in a file. Raises click.BadParameter where there are none."""
    from simulator.advice.stream import streams_of

    with expects_store(file, "FILE"):
        return streams_of(file, settings())
