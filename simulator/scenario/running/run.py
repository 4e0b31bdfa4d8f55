"""One run of a scenario, on a broker or in virtual time."""

from __future__ import annotations

import gc
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.report.result import Failure, RunResult, StepResult
from simulator.runtime.clock import EPOCH, FleetClock
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.witness import Witness
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Progress, Standing
from simulator.scenario.running.runner import Runner
from simulator.scenario.topology import instance_specs
from simulator.transport.broker import Broker

if TYPE_CHECKING:
    from simulator.runtime.listening import Listening
    from simulator.runtime.live.channel import Sites
    from simulator.runtime.live.fleet import LiveFleet
    from simulator.runtime.virtual.fleet import VirtualFleet

F = TypeVar("F", bound=Fleet)

COLLECTED_AFTER = 100_000
"""How many new objects Python's garbage collector waits for in virtual time: some ten megabytes of them."""


async def run_live(
    loaded: LoadedScenario,
    broker: Broker,
    namespace: str,
    directory: Path,
    instances_per_process: int,
    seed: int,
    progress: Progress,
    *,
    at_rest: bool = False,
    sites: Sites | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Runs it on a fleet of processes; *seed* decides only what the weather draws.

    A witness looks at their files after every step; broken invariants are failures. See LiveFleet for the others.
    """
    watching = watched_live(
        loaded, broker, namespace, directory, instances_per_process, seed, progress, sites=sites, tell=tell
    )
    async with watching as watched:
        result = await watched.runner.run(at_rest=at_rest)
        is_settled = await watched.come_to_rest()
    return WatchedRun(loaded, result, tuple(watched.witness.broken), is_settled).as_result()


@dataclass(frozen=True, slots=True)
class Watched(Generic[F]):
    """A fleet that has started, whose steps a witness watches."""

    fleet: F
    runner: Runner
    witness: Witness
    come_to_rest: Callable[[], Awaitable[bool]]
    """Lets it come to rest, and has the witness take a last look; whether it came to rest."""


@asynccontextmanager
async def watched_live(
    loaded: LoadedScenario,
    broker: Broker,
    namespace: str,
    directory: Path,
    instances_per_process: int,
    seed: int,
    progress: Progress,
    listening: Listening | None = None,
    *,
    sites: Sites | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Watched[LiveFleet]]:
    """Starts the scenario's fleet of processes, and ends it; its steps are yet to be taken."""
    witness = Witness(loaded.scenario, loaded.beginnings.waiting)
    runner: Runner

    def look(instance: str) -> None:
        runner.look(instance)

    fleet = live_fleet(
        loaded, broker, namespace, directory, instances_per_process, seed, look, listening, sites=sites, tell=tell
    )
    witness.watch(fleet)
    runner = Runner(loaded, fleet, _Watched(witness, progress), with_tls=broker.authority is not None)

    async def come_to_rest() -> bool:
        await fleet.rest()  # the last message may be done, and its receipt still be on its way
        is_settled = await fleet.is_settled()
        witness.look_everywhere()
        if is_settled and not fleet.is_troubled:
            witness.look_at_the_end()
        return is_settled

    async with fleet:
        yield Watched(fleet, runner, witness, come_to_rest)


def live_fleet(
    loaded: LoadedScenario,
    broker: Broker,
    namespace: str,
    directory: Path,
    instances_per_process: int,
    seed: int,
    on_step: Callable[[str], None],
    listening: Listening | None = None,
    guests: Collection[str] = (),
    *,
    sites: Sites | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> LiveFleet:
    """The scenario's instances on a broker, each with what it begins with; see LiveFleet."""
    from simulator.runtime.live.fleet import LiveFleet

    clock = FleetClock()
    advanced = max(loaded.beginnings.not_before(clock.now()) - clock.now(), timedelta(0))
    # Drawn, as the one thing that no member may know: with it, each could sign as every other.
    secret, with_tls = secrets.token_hex(), broker.authority is not None
    specs = instance_specs(loaded.scenario, namespace, clock.now() + advanced, with_tls=with_tls, secret=secret)
    return LiveFleet(
        loaded.beginnings.given_to(specs),
        broker,
        directory,
        instances_per_process,
        seed,
        on_step=on_step,
        advanced=advanced,
        listening=listening,
        guests=guests,
        sites=sites,
        tell=tell,
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    """Progress that has a witness look after every step."""

    witness: Witness
    progress: Progress

    def begins(self, number: int, line: int, text: str) -> None:
        """See Progress.begins."""
        self.progress.begins(number, line, text)

    def ended(self, step: StepResult) -> None:
        """See Progress.ended."""
        self.witness.look_everywhere()
        self.progress.ended(step)

    def moved(self, standing: Callable[[], Standing]) -> None:
        """See Progress.moved."""
        self.progress.moved(standing)


async def run_virtual(
    loaded: LoadedScenario,
    seed: int,
    directory: Path | None,
    progress: Progress,
    *,
    knows_clients: bool = False,
    at_rest: bool = False,
) -> RunResult:
    """Runs it in virtual time; the same seed gives the same journal. Broken invariants are failures.

    With *knows_clients* as on a broker with TLS.
    """
    watched = await run_watched(loaded, seed, directory, progress, knows_clients=knows_clients, at_rest=at_rest)
    return watched.as_result()


@dataclass(frozen=True, slots=True)
class WatchedRun:
    """A run in virtual time, all of whose steps were watched."""

    loaded: LoadedScenario
    result: RunResult
    """What became of the scenario itself."""
    broken: tuple[str, ...]
    """The invariants that were broken, in words."""
    is_settled: bool
    """Whether it came to rest when the scenario was over and all faults had ended."""

    def as_result(self) -> RunResult:
        """The result in which broken invariants are the failures of a last step."""
        if not self.broken:
            return self.result
        line = self.loaded.line("steps")
        wanted = "what must hold in every fleet"
        step = StepResult(
            number=len(self.result.steps) + 1,
            line=line,
            text="the invariants",
            outcome="",
            reasons=(),
            failures=tuple(Failure(line=line, path=("steps",), wanted=wanted, seen=seen) for seen in self.broken),
            began=self.result.ended,
            ended=self.result.ended,
            seconds=0.0,
        )
        return replace(self.result, steps=(*self.result.steps, step))


async def run_watched(
    loaded: LoadedScenario,
    seed: int,
    directory: Path | None,
    progress: Progress,
    *,
    knows_clients: bool = False,
    in_full: bool = True,
    at_rest: bool = False,
) -> WatchedRun:
    """Runs it in virtual time with a witness, who takes a last look when all has come to rest.

    *in_full*: see Runner.run.
    """
    watching = watched_virtual(loaded, seed, directory, progress, knows_clients=knows_clients, explains=in_full)
    async with watching as watched:
        result = replace(await watched.runner.run(in_full=in_full, at_rest=at_rest), seed=seed)
        is_settled = await watched.come_to_rest()
    return WatchedRun(loaded, result, tuple(watched.witness.broken), is_settled)


@asynccontextmanager
async def watched_virtual(
    loaded: LoadedScenario,
    seed: int,
    directory: Path | None,
    progress: Progress,
    *,
    knows_clients: bool = False,
    explains: bool = True,
) -> AsyncIterator[Watched[VirtualFleet]]:
    """Starts the scenario's fleet in virtual time, and ends it; its steps are yet to be taken."""
    # Imported here, because a run on a broker needs nothing of what an instance imports: its processes do.
    from simulator.runtime.virtual.fleet import VirtualFleet

    with _collecting_seldom():
        witness = Witness(loaded.scenario, loaded.beginnings.waiting)
        begins_at = loaded.beginnings.not_before(EPOCH)
        specs = instance_specs(
            loaded.scenario, DEFAULT_NAMESPACE, begins_at, with_tls=knows_clients, explains=explains
        )
        runner: Runner

        def look(instance: str) -> None:
            witness.look(instance)
            runner.look(instance)

        fleet = VirtualFleet(
            loaded.beginnings.given_to(specs),
            seed,
            directory,
            on_step=look,
            knows_clients=knows_clients,
            begins_at=begins_at,
        )
        witness.watch(fleet)
        runner = Runner(loaded, fleet, progress, with_tls=knows_clients)

        async def come_to_rest() -> bool:
            await fleet.calm()
            is_settled = await runner.patience.settle(loaded.scenario.patience)
            if is_settled and not fleet.is_cut_off:
                witness.look_at_the_end()
            return is_settled

        async with fleet:
            yield Watched(fleet, runner, witness, come_to_rest)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """What a fleet in one process makes stays, hardly ever in circles: to look for those took a sixth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
