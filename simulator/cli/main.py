"""The entry point: all commands, and every fault as one clear message and its exit code."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from simulator.cli.command import EXIT_FAILED, EXIT_WRONG, exits_of_faults
from simulator.cli.output import never_fail, say
from simulator.cli.stopping import EXIT_STOPPED, stoppable

_COMMANDS = {
    "demo": "demo:demo",
    "run": "run:run",
    "up": "up:up",
    "do": "up:do",
    "exec": "up:exec_",
    "sweep": "explore:sweep",
    "shrink": "explore:shrink",
    "mutate": "explore:mutate",
    "plan": "compare:plan",
    "drift": "compare:drift",
    "show": "look:show",
    "why": "look:why",
    "reach": "look:reach",
    "rollout": "advise:rollout",
    "doctor": "advise:doctor",
    "explain": "advise:explain",
    "validate": "files:validate",
    "fmt": "files:fmt",
    "record": "record:record",
    "schema": "files:schema",
    "broker": "serve:broker",
    "instance": "serve:instance",
    "payload": "payload:payload",
    "ire": "cmdb:ire",
    "store": "records:store",
    "report": "report:report",
    "whatif": "whatif:whatif",
    "import": "importing:import_",
}
"""In which module of this package each is, and its name there."""


class _Commands(click.Group):
    """Imports a command when somebody asks for it: most of the time of a short one went to imports for others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, by name."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"simulator.cli.{module}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
