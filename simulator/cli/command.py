"""The command `trustsim`, and what every part of it needs: exit codes, loading, stopping."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli.output import say
from simulator.errors import DiskError, MachineryError, ScenarioError, StoreError
from simulator.transport.address import BrokerAddress

if TYPE_CHECKING:
    from simulator.scenario.load import LoadedScenario

T = TypeVar("T")


EXIT_MET, EXIT_NOT_MET, EXIT_WRONG, EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_NOT_DETERMINED = range(6)
EXIT_STOPPED = 130


PATH = click.Path(path_type=Path)


FILES = click.argument("files", nargs=-1, required=True, type=PATH)


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


def load(file: Path) -> LoadedScenario:
    """A checked scenario file. Raises ScenarioError."""
    # Imported here, so that the fork server makes its imports at the same time and not afterwards.
    from simulator.scenario.load import load

    return load(file)


def load_all(files: Sequence[Path]) -> list[LoadedScenario]:
    """Loads every file before anything is started. Raises ScenarioError with the problems of all of them."""
    scenarios, problems = [], []
    for file in files:
        try:
            scenarios.append(load(file))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return scenarios


def until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """Runs *work* to its end. Ctrl-C and SIGTERM let it clean up, and then this raises KeyboardInterrupt.

    Only the first one counts: what follows it, until this process ends, is bounded and must not be left half done.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    is_stopped = False

    async def cancellable() -> T:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None

        def stop(*_: object) -> None:
            nonlocal is_stopped
            if not is_stopped:
                is_stopped = True
                loop.call_soon_threadsafe(task.cancel)

        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # as it is for SIGINT in the background of a script
                signal.signal(number, stop)
        return await work

    try:
        return asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        if is_stopped:  # not SIG_IGN, of which Python complains when a signal is just coming in
            signal.pthread_sigmask(signal.SIG_BLOCK, before)
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


def address_of(text: str) -> BrokerAddress:
    """The address in the option --broker. Raises click.BadParameter."""
    try:
        return BrokerAddress.parse(text)
    except ValueError as error:
        raise click.BadParameter(
            f"expected embedded, mosquitto or an address: {error}", param_hint="--broker"
        ) from error


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
