"""The command line: arguments, one call, an exit code. The only module that prints.

Exit codes: 0 all expectations met, 1 some not met, 2 the scenario or the command line is wrong, 3 the machinery
failed, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from simulator.errors import MachineryError, ScenarioError
from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.machine import to_json, to_junit
from simulator.report.result import RunResult, StepResult, Verdict
from simulator.report.terminal import report, step_line
from simulator.runtime.forkserver import start_fork_server
from simulator.scenario.load import LoadedScenario, load
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker

T = TypeVar("T")

EXIT_MET, EXIT_NOT_MET, EXIT_WRONG, EXIT_FAILED, EXIT_STOPPED = 0, 1, 2, 3, 130

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
_BROKER = click.option(
    "--broker",
    default="embedded",
    show_default=True,
    metavar="embedded|mosquitto|mqtt://[USER:PASSWORD@]HOST:PORT",
    help="A broker of the run's own, or one that exists.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="trustsim", prog_name="trustsim")
def cli() -> None:
    """Simulates ServiceNow instances that trust, or do not trust, each other's applications."""


def main() -> None:
    """The entry point: turns every fault into one clear message and its exit code."""
    try:
        cli(standalone_mode=False)
    except ScenarioError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(EXIT_WRONG)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_WRONG)
    except MachineryError as error:
        click.echo(f"trustsim: {error}", err=True)
        sys.exit(EXIT_FAILED)
    except (KeyboardInterrupt, click.Abort):
        click.echo("trustsim: stopped", err=True)
        sys.exit(EXIT_STOPPED)


# -- run ------------------------------------------------------------------------------------------------


@cli.command()
@_FILES
@_BROKER
@click.option("--instances-per-process", type=click.IntRange(1), default=1, show_default=True, metavar="N")
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the instances' SQLite files here."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JSON."
)
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the results as JUnit XML.")
@click.option("-v", "--verbose", is_flag=True, help="Also show what every instance journalled.")
def run(
    files: tuple[Path, ...],
    broker: str,
    instances_per_process: int,
    keep: Path | None,
    json_file: Path | None,
    junit: Path | None,
    verbose: bool,
) -> None:
    """Run scenario files, one after the other, each on a fleet of its own."""
    start_fork_server()
    scenarios = _load_all(files)
    _check(broker, keep, [json_file, junit], scenarios)
    results = []
    for loaded in scenarios:
        with _directory(loaded, keep) as directory:
            ran = _run_one(loaded, broker, directory, instances_per_process)
            results.append(_until_stopped(ran))
        Console().print(report(results[-1], with_journal=verbose))
    _write(json_file, to_json(results))
    _write(junit, to_junit(results))
    is_met = all(result.verdict is Verdict.MET for result in results)
    sys.exit(EXIT_MET if is_met else EXIT_NOT_MET)


async def _run_one(loaded: LoadedScenario, broker: str, directory: Path, instances_per_process: int) -> RunResult:
    from simulator.runtime.fleet import LiveFleet
    from simulator.scenario.runner import Runner
    from simulator.scenario.topology import instance_specs

    # On a broker that others use too, runs must not hear each other.
    namespace = f"{DEFAULT_NAMESPACE}-{secrets.token_hex(4)}" if "://" in broker else DEFAULT_NAMESPACE
    specs = instance_specs(loaded.scenario, namespace)
    with _progress(loaded) as progress:
        async with LiveFleet(specs, _make_broker(broker, directory), directory, instances_per_process) as fleet:
            return await Runner(loaded, fleet, progress).run()


def _check(
    broker: str, keep: Path | None, outputs: Sequence[Path | None], scenarios: Sequence[LoadedScenario]
) -> None:
    """Finds what would only go wrong when the first scenario is run, or after the last one was."""
    if broker not in {"embedded", "mosquitto"}:
        _address(broker)
    directories = [_kept(loaded, keep) for loaded in scenarios] if keep else []
    for index, directory in enumerate(directories):
        if directory.exists() or directory in directories[:index]:
            raise _taken(directory)
    for file in outputs:
        _write(file, "")


def _load_all(files: Sequence[Path]) -> list[LoadedScenario]:
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


def _make_broker(choice: str, directory: Path) -> Broker:
    from simulator.transport.embedded import EmbeddedBroker
    from simulator.transport.external import ExternalBroker
    from simulator.transport.mosquitto import MosquittoBroker

    if choice == "embedded":
        return EmbeddedBroker(preload=None)
    if choice == "mosquitto":
        return MosquittoBroker(directory)
    return ExternalBroker(_address(choice))


def _address(text: str) -> BrokerAddress:
    try:
        return BrokerAddress.parse(text)
    except ValueError as error:
        raise click.BadParameter(
            f"expected embedded, mosquitto or an address: {error}", param_hint="--broker"
        ) from error


@contextmanager
def _directory(loaded: LoadedScenario, keep: Path | None) -> Iterator[Path]:
    """Where the files of one run go; they are gone afterwards unless they are to be kept."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="trustsim-") as temporary:
            yield Path(temporary)
        return
    directory = _kept(loaded, keep)
    _make_directory(directory, "--keep", must_be_new=True)
    yield directory


def _kept(loaded: LoadedScenario, keep: Path) -> Path:
    return keep / Path(loaded.file).stem


def _taken(directory: Path) -> click.BadParameter:
    message = f"{directory} is taken; files of another run are not overwritten: choose another or remove it"
    return click.BadParameter(message, param_hint="--keep")


def _make_directory(directory: Path, option: str, *, must_be_new: bool) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=not must_be_new)
    except FileExistsError:
        raise _taken(directory) from None
    except OSError as error:
        raise click.BadParameter(f"{directory}: {error.strerror}", param_hint=option) from error


@contextmanager
def _progress(loaded: LoadedScenario) -> Iterator[Callable[[StepResult], None]]:
    """Shows each step as it ends, on standard error: in place on a terminal, as plain lines otherwise."""
    total = len(loaded.scenario.steps) + bool(loaded.scenario.expect)
    console = Console(stderr=True)
    if not console.is_terminal:
        click.echo(f"{loaded.scenario.name} ({loaded.file})", err=True)
        yield lambda step: click.echo(step_line(step, total), err=True)
        return
    with console.status(f"{loaded.scenario.name}: starting {len(loaded.scenario.instances)} instances") as status:
        yield lambda step: status.update(f"{loaded.scenario.name}: {step_line(step, total)}")


def _write(file: Path | None, text: str) -> None:
    if file is None:
        return
    try:
        file.write_text(text)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from error


def _until_stopped(work: Coroutine[Any, Any, T]) -> T:
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
            is_stopped = True
            for number in before:
                signal.signal(number, signal.SIG_IGN)
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
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if is_stopped else handler)


# -- the rest -------------------------------------------------------------------------------------------


@cli.command()
@_FILES
def validate(files: tuple[Path, ...]) -> None:
    """Check scenario files and start nothing."""
    for loaded in _load_all(files):
        scenario = loaded.scenario
        click.echo(f"{loaded.file}: ok, {len(scenario.instances)} instances, {len(scenario.steps)} steps")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from simulator.scenario.format import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=1883, show_default=True, help="0 takes a free one.")
def broker(host: str, port: int) -> None:
    """Serve the embedded broker by itself, until Ctrl-C."""
    from simulator.transport.broker import serve
    from simulator.transport.embedded import EmbeddedBroker

    start_fork_server()

    def announce(address: BrokerAddress) -> None:
        click.echo(f"serving MQTT 3.1.1 on {address}; Ctrl-C stops it")

    _until_stopped(serve(EmbeddedBroker(host, port, preload=None), announce))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--broker", required=True, metavar="mqtt://[USER:PASSWORD@]HOST:PORT", help="The broker to use.")
@click.option("--directory", type=click.Path(path_type=Path, file_okay=False), default=Path(), metavar="DIR",
              help="Where the instance's SQLite file is or goes; left out: here.")  # fmt: skip
@click.option("--namespace", default=DEFAULT_NAMESPACE, show_default=True, help="The first level of all topics.")
def instance(file: Path, name: str, broker: str, directory: Path, namespace: str) -> None:
    """Serve the instance NAME of the topology in FILE until Ctrl-C, for a test of your own to talk to."""
    from simulator.runtime.clock import FleetClock
    from simulator.runtime.live import LiveInstance
    from simulator.scenario.topology import instance_specs
    from simulator.transport.mqtt import MqttLink

    specs = {spec.name: spec for spec in instance_specs(load(file).scenario, namespace)}
    if name not in specs:
        raise click.BadParameter(f"{file} has no instance {name}; it has: {', '.join(specs)}", param_hint="NAME")
    _make_directory(directory, "--directory", must_be_new=False)
    spec, address = specs[name], _address(broker)
    link = MqttLink(address, identity=spec.id, inbox=spec.inbox)

    def announce() -> None:
        click.echo(f"{name} listens on {address}, topic {spec.inbox}; Ctrl-C stops it")

    _until_stopped(LiveInstance(spec, directory, link, FleetClock()).run(announce))
