"""A scenario at its end, in virtual time, for who wants to look at what it has come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from simulator.protocol.topics import DEFAULT_NAMESPACE
from simulator.runtime.clock import EPOCH
from simulator.runtime.fleet import KnownFleet
from simulator.runtime.virtual.fleet import VirtualFleet, finish
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.runner import Runner
from simulator.scenario.topology import instance_specs

T = TypeVar("T")


def at_the_end(loaded: LoadedScenario, look: Callable[[KnownFleet, Sequence[int]], T]) -> T:
    """What *look* finds when all steps are taken and all has come to rest; it hears which lines are not met."""
    return finish(_at_the_end(loaded, look))


async def _at_the_end(loaded: LoadedScenario, look: Callable[[KnownFleet, Sequence[int]], T]) -> T:
    begins_at = loaded.beginnings.not_before(EPOCH)
    specs = loaded.beginnings.given_to(instance_specs(loaded.scenario, DEFAULT_NAMESPACE, begins_at))
    async with VirtualFleet(specs, seed=0, begins_at=begins_at) as fleet:
        result = await Runner(loaded, fleet, Unfollowed()).run(in_full=False, at_rest=True)
        return look(fleet, sorted({failure.line for failure in result.failures}))
