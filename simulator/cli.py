"""The command line: arguments, one call, an exit code. The only module that prints.

Exit codes: 0 all expectations met, 1 some not met, 2 the scenario or the command line is wrong, 3 the machinery
failed, 4 a sweep is inconclusive, 5 two runs of one seed differ, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from rich.console import Console, RenderableType
from rich.status import Status

from simulator.errors import MachineryError, ScenarioError
from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.compare import differences, first_difference
from simulator.report.machine import to_json, to_junit
from simulator.report.result import RunResult, SeedVerdict, StepResult, Verdict
from simulator.report.terminal import mutate_report, report, step_line, sweep_report
from simulator.runtime.forkserver import start_fork_server
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker

if TYPE_CHECKING:
    from simulator.scenario.load import LoadedScenario

T = TypeVar("T")

EXIT_MET, EXIT_NOT_MET, EXIT_WRONG, EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_NOT_DETERMINED = range(6)
EXIT_STOPPED = 130

_PATH = click.Path(path_type=Path)
_FILES = click.argument("files", nargs=-1, required=True, type=_PATH)
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
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # what is asked to end cleans up, like Ctrl-C
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
    except (KeyboardInterrupt, click.Abort) as stopped:
        where = stopped.__cause__ or stopped  # click makes an Abort of its own of a KeyboardInterrupt
        click.echo(f"trustsim: stopped {where}".rstrip(), err=True)
        sys.exit(EXIT_STOPPED)


# -- run ------------------------------------------------------------------------------------------------


@cli.command()
@_FILES
@click.option("--virtual", is_flag=True, help="Run in virtual time: no broker, no processes, no waiting.")
@click.option("--seed", type=int, default=0, show_default=True, help="What chance is drawn from.")
@click.option("--both", is_flag=True, help="Run on a broker and in virtual time, and compare.")
@click.option("--check-determinism", is_flag=True, help="Run twice in virtual time and compare.")
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
    virtual: bool,
    both: bool,
    seed: int,
    check_determinism: bool,
    broker: str,
    instances_per_process: int,
    keep: Path | None,
    json_file: Path | None,
    junit: Path | None,
    verbose: bool,
) -> None:
    """Run scenario files, one after the other, each on a fleet of its own."""
    virtual |= check_determinism
    if not virtual:
        start_fork_server()
    scenarios = _load_all(files)
    _check(broker, keep, [json_file, junit], scenarios)
    results, is_alike = [], True
    for loaded in scenarios:
        with _directory(loaded, keep) as directory:
            if virtual:
                results.append(_run_virtual(loaded, seed, directory if keep else None))
            else:
                results.append(_run_live(loaded, broker, directory, instances_per_process, seed))
        if check_determinism:
            _check_same(results[-1], _run_virtual(loaded, seed, None))
        if both:
            is_alike &= _check_alike(results[-1], _run_virtual(loaded, seed, None))
        _print(report(results[-1], with_journal=verbose))
    _write(json_file, to_json(results))
    _write(junit, to_junit(results))
    is_met = is_alike and all(result.verdict is Verdict.MET for result in results)
    sys.exit(EXIT_MET if is_met else EXIT_NOT_MET)


def _run_live(
    loaded: LoadedScenario, broker: str, directory: Path, instances_per_process: int, seed: int
) -> RunResult:
    from simulator.scenario.run import run_live

    # On a broker that others use too, runs must not hear each other.
    namespace = f"{DEFAULT_NAMESPACE}-{secrets.token_hex(4)}" if "://" in broker else DEFAULT_NAMESPACE
    with _following(loaded) as progress:
        return _until_stopped(
            run_live(
                loaded,
                _make_broker(broker, directory),
                namespace,
                directory,
                instances_per_process,
                seed,
                progress,
            )
        )


def _run_virtual(loaded: LoadedScenario, seed: int, directory: Path | None) -> RunResult:
    from simulator.scenario.run import run_virtual

    with _following(loaded) as progress:
        return _until_stopped(run_virtual(loaded, seed, directory, progress))


def _check_alike(live: RunResult, virtual: RunResult) -> bool:
    """Says whether a run on a broker and one in virtual time came to the same, and where they did not."""
    found = list(differences(live, virtual))
    verdict = "differ" if found else "are alike"
    click.echo(f"{live.file}: the run on a broker and the one in virtual time {verdict}", err=True)
    for difference in found:
        click.echo(f"  {difference}", err=True)
    return not found


def _check_same(one: RunResult, other: RunResult) -> None:
    """Ends the command with exit code 5, at the first difference, when two runs were not the same."""
    difference = first_difference(one, other)
    if difference is None:
        click.echo(f"{one.file}: two runs with seed {one.seed} are the same, journal {one.fingerprint}", err=True)
        return
    click.echo(f"{one.file}: two runs with seed {one.seed} differ, first in\n  {difference[0]}\n  {difference[1]}")
    sys.exit(EXIT_NOT_DETERMINED)


def _print(renderable: RenderableType) -> None:
    """Prints to a terminal as it is, and elsewhere in 100 columns without the blanks that fill a line."""
    console = Console()
    if console.is_terminal:
        console.print(renderable)
        return
    console = Console(width=int(os.environ.get("COLUMNS", "100")))
    with console.capture() as capture:
        console.print(renderable)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


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


def _load(file: Path) -> LoadedScenario:
    # Imported here, so that the fork server makes its imports at the same time and not afterwards.
    from simulator.scenario.load import load

    return load(file)


def _load_all(files: Sequence[Path]) -> list[LoadedScenario]:
    """Loads every file before anything is started. Raises ScenarioError with the problems of all of them."""
    scenarios, problems = [], []
    for file in files:
        try:
            scenarios.append(_load(file))
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
        with _uninterrupted():  # or a Ctrl-C between making and knowing it would leave it behind
            temporary = tempfile.TemporaryDirectory(prefix="trustsim-")
        with temporary as name:
            yield Path(name)
        return
    directory = _kept(loaded, keep)
    _make_directory(directory, "--keep", must_be_new=True)
    yield directory


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Lets Ctrl-C and SIGTERM wait for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


class _Follower:
    """Shows on standard error how a run goes: in place on a terminal, as plain lines otherwise."""

    def __init__(self, loaded: LoadedScenario, status: Status | None) -> None:
        self._total = len(loaded.scenario.steps) + bool(loaded.scenario.expect)
        self._name = loaded.scenario.name
        self._file = loaded.file
        self._status = status
        self.where = "before the first step"

    def begins(self, number: int, line: int, text: str) -> None:
        self.where = f"in step {number} of {self._total} ({self._file}:{line}): {text}"
        if self._status:
            self._status.update(f"{self._name}: {number}/{self._total} {text}")

    def ended(self, step: StepResult) -> None:
        if not self._status:
            click.echo(step_line(step, self._total), err=True)


@contextmanager
def _following(loaded: LoadedScenario) -> Iterator[_Follower]:
    """Follows one run, and says where it was when it is stopped."""
    scenario, console = loaded.scenario, Console(stderr=True)
    with ExitStack() as stack:
        status = None
        if console.is_terminal:
            starting = f"{scenario.name}: starting {len(scenario.instances)} instances"
            status = stack.enter_context(console.status(starting))
        else:
            click.echo(f"{scenario.name} ({loaded.file})", err=True)
        follower = _Follower(loaded, status)
        try:
            yield follower
        except KeyboardInterrupt:
            raise KeyboardInterrupt(follower.where) from None


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


# -- sweep ----------------------------------------------------------------------------------------------


@cli.command()
@click.argument("file", type=_PATH)
@click.option(
    "--seeds", type=click.IntRange(1), default=100, show_default=True, metavar="N", help="How many seeds."
)
@click.option("--first-seed", type=int, default=0, show_default=True, metavar="SEED", help="The first of them.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="J",
              help="How many at a time; left out: one for each processor.")  # fmt: skip
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|FILE",
              help="How bad the weather is; a YAML file sets it key by key.")  # fmt: skip
@click.option("--fail-fast", is_flag=True, help="Stop at the first seed that does not hold.")
def sweep(file: Path, seeds: int, first_seed: int, jobs: int, weather: str, fail_fast: bool) -> None:
    """Run a scenario in virtual time under many seeds, each with weather of its own.

    The product's invariants are checked after every step of every instance, and the scenario's expectations
    where they stand. Exit code 0: all seeds held; 1: one was broken; 4: none was, but one was inconclusive.
    """
    from simulator.scenario.storms import load_profile
    from simulator.scenario.sweep import sweep as run_sweep

    loaded, profile = _load(file), load_profile(weather)
    began, results = time.monotonic(), []
    console = Console(stderr=True)
    with console.status(f"{loaded.scenario.name}: sweeping") as status:
        for result in run_sweep(loaded, profile, range(first_seed, first_seed + seeds), jobs):
            results.append(result)
            rate = len(results) / (time.monotonic() - began)
            status.update(f"{loaded.scenario.name}: {len(results)}/{seeds} seeds, {rate:.1f} seeds/s")
            if result.verdict is not SeedVerdict.HELD and fail_fast:
                break
    _print(sweep_report(loaded.file, loaded.scenario.name, weather, results, time.monotonic() - began))
    verdicts = {result.verdict for result in results}
    if SeedVerdict.BROKEN in verdicts:
        sys.exit(EXIT_NOT_MET)
    sys.exit(EXIT_INCONCLUSIVE if SeedVerdict.INCONCLUSIVE in verdicts else EXIT_MET)


@cli.command()
@click.argument("file", type=_PATH)
@click.option("--seed", type=int, required=True, metavar="SEED", help="A seed that a sweep found not to hold.")
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|FILE",
              help="How bad the weather of that sweep was.")  # fmt: skip
@click.option("-o", "--output", type=_PATH, metavar="OUT.yaml",
              help="Where the small scenario goes; left out: FILE-seed-SEED.yaml, here.")  # fmt: skip
@click.option("--max-runs", type=click.IntRange(1), default=500, show_default=True, metavar="N",
              help="How many runs shrinking may take.")  # fmt: skip
def shrink(file: Path, seed: int, weather: str, output: Path | None, max_runs: int) -> None:
    """Make of a seed under which a scenario fails a small scenario that fails in the same way.

    Steps, faults, instances and expectations that the failure does not need are left out, and what stays is made
    simpler. The storm is written out as `fault` steps. Exit code 2: the scenario does not fail under this seed.
    """
    from simulator.scenario.pieces import Size
    from simulator.scenario.shrink import shrink as run_shrink
    from simulator.scenario.storms import load_profile

    loaded, profile = _load(file), load_profile(weather)
    output = output or Path(f"{file.stem}-seed-{seed}.yaml")
    if output.resolve() == file.resolve():
        raise click.BadParameter("this is the scenario that is to be shrunk", param_hint="--output")
    with Console(stderr=True).status(f"{loaded.scenario.name}: shrinking") as status:

        def show(runs: int, size: Size) -> None:
            status.update(f"{loaded.scenario.name}: {runs} of at most {max_runs} runs, {size}")

        shrunk = run_shrink(loaded, profile, seed, max_runs, show)
    if shrunk is None:
        message = f"{file} does not fail under seed {seed} in {weather} weather, so there is nothing to shrink"
        raise click.BadParameter(message, param_hint="--seed")
    again = f"trustsim run --virtual --seed {seed} {output}"
    _write(
        output,
        shrunk.as_file(
            [f"Shrunk from: trustsim shrink --seed {seed} --weather {weather} {file}", f"Fails with: {again}"]
        ),
    )
    click.echo(shrunk.in_words())
    click.echo(f"written to {output}, fails with: {again}")


@cli.command()
@click.argument("file", type=_PATH)
@click.option(
    "--seeds", type=click.IntRange(1), default=20, show_default=True, metavar="N", help="How many seeds at most."
)
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, metavar="J",
              help="How many rules at a time; left out: one for each processor.")  # fmt: skip
@click.option("--weather", default="stormy", show_default=True, metavar="calm|mild|stormy|FILE",
              help="How bad the weather is; a YAML file sets it key by key.")  # fmt: skip
def mutate(file: Path, seeds: int, jobs: int, weather: str) -> None:
    """Switch off one rule of the product at a time, and tell which breaks a scenario would notice.

    Each broken rule is swept until an invariant or an expectation of the scenario shows it. Exit code 0: the table
    is complete; 1: the scenario does not hold with all rules on, so it can tell nothing.
    """
    from simulator.scenario.mutants import MUTANTS, try_out
    from simulator.scenario.storms import load_profile
    from simulator.scenario.sweep import sweep as run_sweep

    loaded, profile = _load(file), load_profile(weather)
    began, results = time.monotonic(), []
    with Console(stderr=True).status(f"{loaded.scenario.name}: sweeping with all rules on") as status:
        held = list(run_sweep(loaded, profile, range(seeds), jobs))
        if any(result.verdict is not SeedVerdict.HELD for result in held):
            status.stop()
            _print(sweep_report(loaded.file, loaded.scenario.name, weather, held, time.monotonic() - began))
            sys.exit(EXIT_NOT_MET)
        for result in try_out(loaded, profile, held, jobs):
            results.append(result)
            status.update(f"{loaded.scenario.name}: {len(results)}/{len(MUTANTS)} rules, last {result.name}")
    _print(mutate_report(loaded.file, loaded.scenario.name, weather, seeds, results))


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
@click.argument("file", type=_PATH)
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

    specs = {spec.name: spec for spec in instance_specs(_load(file).scenario, namespace)}
    if name not in specs:
        raise click.BadParameter(f"{file} has no instance {name}; it has: {', '.join(specs)}", param_hint="NAME")
    _make_directory(directory, "--directory", must_be_new=False)
    spec, address = specs[name], _address(broker)
    link = MqttLink(address, identity=spec.id, inbox=spec.inbox)

    def announce() -> None:
        click.echo(f"{name} listens on {address}, topic {spec.inbox}; Ctrl-C stops it")

    _until_stopped(LiveInstance(spec, directory, link, FleetClock()).run(announce))
