"""`trustsim plan` and `drift`: what a sync would change, and what has moved apart since."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from simulator.cli.command import EXIT_MET, EXIT_NOT_MET, PATH, SET, exits_of_faults, expects_store, load
from simulator.cli.output import STANDARD_OUTPUT, print_report, result_file
from simulator.cli.reports import PAGE
from simulator.report.files.machine import drift_to_json, plan_to_json
from simulator.report.pages import drift_to_html, plan_to_html
from simulator.report.terminal.drift import drift_report
from simulator.report.terminal.plan import plan_report

EXIT_NOTHING, EXIT_ERROR, EXIT_CHANGES = range(3)
_DETAILED = "--detailed-exitcode"


class _DetailedExit(click.Command):
    """A command whose exit code 2 may say something else than that a file or the command line is wrong."""

    def make_context(self, info_name: str | None, args: list[str], *others: Any, **options: Any) -> click.Context:
        """As any command does it; where asked, a mistake on the command line is an error like all others."""
        if _DETAILED not in args:
            return super().make_context(info_name, args, *others, **options)
        with exits_of_faults(wrong=EXIT_ERROR, failed=EXIT_ERROR):
            return super().make_context(info_name, args, *others, **options)

    def invoke(self, context: click.Context) -> Any:
        """As any command does it; where asked, every fault is an error."""
        if not context.params["detailed_exitcode"]:
            return super().invoke(context)
        with exits_of_faults(wrong=EXIT_ERROR, failed=EXIT_ERROR):
            return super().invoke(context)


@click.command(cls=_DetailedExit, epilog="Example: trustsim plan scenarios/documented-example.yaml")
@click.argument("file", type=PATH)
@SET
@click.option("--at", metavar="LINE|end", help="Plan before the step that begins on this line, or at the end.")
@click.option("--replay", type=PATH, metavar="JOURNAL",
              help="Judge the messages in this file, which `run --json` wrote, not those of FILE.")  # fmt: skip
@click.option("--json", "json_file", type=PATH, metavar="OUT", help="Write the plan as JSON.")
@PAGE
@click.option(_DETAILED, is_flag=True, help="Exit with 2 when something would change, and with 1 for every error.")
def plan(
    file: Path,
    at: str | None,
    replay: Path | None,
    json_file: Path | None,
    page: Path | None,
    *,
    detailed_exitcode: bool,
) -> None:
    """Show what Sync Trust Profiles would change, and which messages would flip.

    The scenario FILE is run in virtual time up to a moment, all faults end and all instances come back; then every
    instance that keeps a trust profile syncs it. Rows of trust tables and their mirrors are shown as added (+),
    removed (-) or changed (~). Every message that FILE sends anywhere, or that a journal recorded, is judged
    before and after: it may flip to processed (+) or to refused (-).

    The moment is before the last sync of FILE, so that the plan shows what that sync does; where profile items are
    saved or deleted after it, or nothing is synced, it is the end of the steps. The plan names the other syncs.

    Exit code 0, whatever would change. With --detailed-exitcode as terraform's: 0 nothing to change, 1 an error
    (also a wrong file or command line, for which other commands have 2), 2 changes.
    """
    from simulator.advice.messages import messages_of, recorded_messages
    from simulator.advice.plan import make_plan, moment_of

    loaded = load(file)
    try:
        moment = moment_of(loaded, at)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--at") from error
    messages = recorded_messages(replay, loaded) if replay else messages_of(loaded)
    with result_file(json_file) as write, result_file(page) as write_page:
        made = make_plan(loaded, moment, messages)
        print_report(plan_report(made), err=json_file == STANDARD_OUTPUT)
        write(plan_to_json(made))
        write_page(plan_to_html(made))
    sys.exit(EXIT_CHANGES if made.changes and detailed_exitcode else EXIT_NOTHING)


@click.command(epilog="Example: trustsim drift kept")
@click.argument("directory", metavar="DIR", type=PATH)
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write every line as JSON.")
@PAGE
def drift(directory: Path, json_file: Path | None, page: Path | None) -> None:
    """Compare the trust profiles and both sides' tables in the files that `run --keep DIR` made.

    \b
    SYNCED                  as the profile says, and known on both sides
    MANUAL                  a trust record by hand, outside any profile: no drift
    NOT SENT                saved, deactivated or deleted, and never synced
    STALE                   one side has an older revision of the profile
    LEFT OUT                arrived, and forbidden by a rule of the trustor
    ORPHANED                a profile has brought it, and none has it any more
    CONTRADICTS             one side has it so, the other does not know
    PEER REVOKED UNNOTICED  one side ended the management unnoticed

    Nothing is written to the files. Exit code 0: no drift; 1: drift; 2: DIR has no whole fleet.
    """
    from simulator.advice.drift import find_drift
    from simulator.scenario.reading.beginnings import fleet_in

    with result_file(json_file) as write, result_file(page) as write_page:
        with expects_store(directory, "DIR"):
            found = find_drift(fleet_in(directory))
        print_report(drift_report(found), err=json_file == STANDARD_OUTPUT)
        write(drift_to_json(found))
        write_page(drift_to_html(found))
    sys.exit(EXIT_NOT_MET if found.is_drift else EXIT_MET)
