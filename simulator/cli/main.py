"""The entry point: all commands, and every fault as one clear message and its exit code."""

from __future__ import annotations

import sys
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from simulator.cli.command import EXIT_FAILED, EXIT_WRONG, Group, exits_of_faults
from simulator.cli.output import never_fail, say
from simulator.cli.stopping import EXIT_STOPPED, stoppable

_GROUPS = {
    "Write scenarios": {
        "init": ("init:init", "Write a scenario to begin with, with comments."),
        "validate": ("files:validate", "Check scenario files, and start nothing."),
        "fmt": ("files:fmt", "Lay out YAML files in one way; what they say stays."),
        "schema": ("files:schema", "Print the JSON Schema of scenario files, for editors."),
        "record": ("record:record", "Make a scenario of what passes on a broker."),
        "import": ("importing:import_", "Make a file to rehearse with of a real instance's rules."),
    },
    "Run them": {
        "demo": ("demo:demo", "Run the documented example, from any folder."),
        "run": ("run:run", "Run scenario files, live or in virtual time."),
        "report": ("report:report", "Make reports of results, or compare two of them."),
    },
    "Understand what happens": {
        "show": ("look:show", "Print a table or view of the instances."),
        "why": ("look:why", "Say why one instance may ask something of another, or not."),
        "reach": ("look:reach", "Say all that one instance may do to the others."),
        "explain": ("advise:explain", "Explain the code of a refusal or a finding."),
        "doctor": ("advise:doctor", "Check files as a careful administrator would."),
    },
    "Plan a change": {
        "plan": ("compare:plan", "Show what Sync Trust Profiles would change."),
        "drift": ("compare:drift", "Compare trust profiles with both sides' tables."),
        "rollout": ("advise:rollout", "Make a checklist for the roll-out in the product."),
        "whatif": ("whatif:whatif", "Replay a CMDB's work with other rules, order or mode."),
    },
    "Explore many runs": {
        "sweep": ("explore:sweep", "Run a scenario under many seeds, each with its weather."),
        "shrink": ("explore:shrink", "Make a small scenario of a seed that fails."),
        "mutate": ("explore:mutate", "Tell which broken rules a scenario would notice."),
    },
    "Keep a fleet up": {
        "up": ("up:up", "Start a fleet with its REST API, and keep it up."),
        "do": ("up:do", "Take steps on a fleet that is up."),
        "exec": ("up:exec_", "Run a command, such as tests, beside a fleet."),
        "broker": ("serve:broker", "Serve the embedded broker by itself."),
        "instance": ("serve:instance", "Serve one instance of a file by itself."),
    },
    "Work on a CMDB": {
        "payload": ("payload:payload", "Write a payload that a class accepts."),
        "ire": ("cmdb:ire", "Call the Identification and Reconciliation API."),
        "store": ("records:store", "Make an instance's file, and edit its records."),
    },
}
"""By what somebody wants to do: each command with its module in this package, its name there, and what it does."""

_COMMANDS = {name: command for group in _GROUPS.values() for name, command in group.items()}


class _Commands(Group):
    """Imports a command when somebody asks for it: most of the time of a short one went to imports for others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, as they are listed."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"simulator.cli.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """All of them by what they are for; none is imported for it."""
        for group, commands in _GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(_LONGEST), does) for name, (_, does) in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The same for a shell, which asks at every key."""
        named = [(name, does) for name, (_, does) in _COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(name, help=does) for name, does in named] + click.Command.shell_complete(
            self, ctx, incomplete
        )


_LONGEST = max(map(len, _COMMANDS))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: trustsim init first.yaml && trustsim run --virtual first.yaml",
)
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
