"""The command `trustsim`, and what every part of it needs: exit codes and loading."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli.output import is_github, say
from simulator.errors import DiskError, MachineryError, Problem, ScenarioError, StoreError

if TYPE_CHECKING:
    from simulator.scenario.reading.load import LoadedScenario, ScenarioFile

EXIT_MET, EXIT_NOT_MET, EXIT_WRONG, EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_NOT_DETERMINED = range(6)

Command = Callable[..., None]

PATH = click.Path(path_type=Path)


FILES = click.argument("files", nargs=-1, required=True, type=PATH)

_SETTINGS = "trustsim.settings"


def _note_settings(context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> None:
    settings: dict[str, str] = {}
    for each in given:
        name, is_pair, value = each.partition("=")
        if not is_pair or not name:
            raise click.BadParameter(f"expected NAME=VALUE, got {each!r}")
        if name in settings:
            raise click.BadParameter(f"{name} is set twice, to {settings[name]} and to {value}")
        settings[name] = value
    context.meta[_SETTINGS] = settings


SET = click.option(
    "--set",
    multiple=True,
    metavar="NAME=VALUE",
    expose_value=False,
    callback=_note_settings,
    help="Give a variable of FILE this value, which is read as YAML. May be given several times.",
)
"""Whatever such a command loads takes these values."""


_ONLY, _SKIP = "trustsim.only", "trustsim.skip"


def _note_tags(context: click.Context, option: click.Parameter, tags: tuple[str, ...]) -> None:
    context.meta[_ONLY if option.name == "only" else _SKIP] = frozenset(tags)


ONLY = click.option(
    "--only",
    multiple=True,
    metavar="TAG",
    expose_value=False,
    callback=_note_tags,
    help="Take only scenarios with this tag; given several times, with any of them.",
)
SKIP = click.option(
    "--skip",
    multiple=True,
    metavar="TAG",
    expose_value=False,
    callback=_note_tags,
    help="Leave out scenarios with this tag. May be given several times.",
)


def _chosen(scenarios: Sequence[LoadedScenario]) -> list[LoadedScenario]:
    """Those that --only and --skip leave. Raises click.BadParameter where there are none."""
    from simulator.scenario.suggestion import did_you_mean

    meta = click.get_current_context().meta
    only, skip = meta.get(_ONLY, frozenset()), meta.get(_SKIP, frozenset())
    known = {tag for loaded in scenarios for tag in loaded.scenario.tags}
    for tag in sorted(only - known):
        message = f"no scenario has the tag {tag!r}{did_you_mean(tag, known)}"
        raise click.BadParameter(message, param_hint="--only")
    left = [it for it in scenarios if not skip.intersection(it.scenario.tags)]
    left = [it for it in left if not only or only.intersection(it.scenario.tags)]
    if scenarios and not left:
        raise click.BadParameter("every scenario has one of these tags", param_hint="--skip")
    return left


def settings() -> Mapping[str, str]:
    """What --set was given; nothing to a command without it."""
    given: Mapping[str, str] = click.get_current_context().meta.get(_SETTINGS, {})
    return given


class Group(click.Group):
    """Commands under one name, whose help says of each in full what it does: click cuts that at a line's end."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A line, or some, for each."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(limit=1000)) for name, command in commands if command]
            )


def with_options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Gives a command these options, in their order: what several commands have, or what is much for one place."""

    def give(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return give


@contextmanager
def exits_of_faults(*, wrong: int, failed: int) -> Iterator[None]:
    """Ends the command with one clear message and an exit code when a fault leaves the block.

    *wrong* is for what its author can mend, a file or the command line; *failed* for the machinery.
    """
    try:
        yield
    except ScenarioError as error:
        for problem in error.problems:
            say(problem, err=True)
        if is_github():
            _annotate(error.problems)
        sys.exit(wrong)
    except click.ClickException as error:
        shown = StringIO()
        error.show(shown)
        say(shown.getvalue().rstrip("\n"), err=True)
        sys.exit(wrong)
    except MachineryError as error:
        say(f"trustsim: {error}", err=True)
        sys.exit(failed)
    except BrokenPipeError:  # whoever read the output has read enough, as `head` does; click knows what to do
        raise
    except OSError as error:  # what an author can mend is reported where it is met
        where = f"{error.filename}: " if error.filename else ""
        say(f"trustsim: {where}{error.strerror or error}", err=True)
        sys.exit(failed)


def _annotate(problems: Sequence[Problem]) -> None:
    from simulator.cli.github import annotate
    from simulator.report.remarks import remark_of

    annotate(map(remark_of, problems), err=True)


@contextmanager
def expects_store(file: Path, hint: str) -> Iterator[None]:
    """Raises click.BadParameter for a file, given as *hint*, that is none of an instance or cannot be used."""
    from simulator.store.fault import faults_of

    try:
        with faults_of(file):
            yield
    except DiskError:
        raise
    except StoreError as error:
        message = str(error) if str(file) in str(error) else f"{file}: {error}"
        raise click.BadParameter(message, param_hint=hint) from error


def words_of(error: BaseException) -> str:
    """What has ended a command, for its results: a fault in its own words, anything else with its kind."""
    match error:
        case MachineryError():
            return str(error)
        case KeyboardInterrupt():
            return f"stopped {error}".rstrip()
    return f"{type(error).__name__}: {error}"


def load(file: Path, kept: Path | None = None) -> LoadedScenario:
    """A checked scenario file, to begin with the files in *kept* where that is given. Raises ScenarioError."""
    # Imported here, so that the fork server makes its imports at the same time and not afterwards.
    from simulator.scenario.reading.load import load

    return load(file, kept, settings())


def load_all(paths: Sequence[Path]) -> list[LoadedScenario]:
    """Loads every file, and all of every folder, before anything is started: of a matrix every combination.

    Of them those that --only and --skip leave. Raises ScenarioError with the problems of all files.
    """
    from simulator.scenario.reading.library import scenarios_in
    from simulator.scenario.reading.load import read

    read_files, scenarios, problems = list["ScenarioFile"](), list["LoadedScenario"](), list[Problem]()
    files = list[Path]()
    for path in paths:
        try:
            is_folder = os.path.isdir(path)  # a Path raises for a name that is too long
            files += scenarios_in(path) if is_folder else [path]
        except ScenarioError as error:
            problems += error.problems
    for file in files:
        try:
            read_files.append(read(file))
        except ScenarioError as error:
            problems += error.problems
    known = {name for each in read_files for name in each.names}
    for each in read_files:
        # What one file knows need not be known to all; what none knows is wrong in each.
        given = {name: it for name, it in settings().items() if name in each.names or name not in known}
        try:
            scenarios += each.all(given)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return _chosen(scenarios)


def make_directory(directory: Path, option: str, *, must_be_new: bool) -> None:
    """Makes the directory that an option names, and those above it. Raises click.BadParameter."""
    try:
        directory.mkdir(parents=True, exist_ok=not must_be_new)
    except FileExistsError:
        raise taken(directory) from None
    except OSError as error:
        raise click.BadParameter(f"{directory}: {error.strerror}", param_hint=option) from error


def taken(directory: Path) -> click.BadParameter:
    """What to raise when the directory of --keep has somebody else's files in it."""
    message = f"{directory} is taken; files of another run are not overwritten: choose another or remove it"
    return click.BadParameter(message, param_hint="--keep")
