"""A fault step as the faults that a fleet makes happen."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

from simulator.runtime.faults import (
    BrokerOutage,
    ClockSkew,
    Crash,
    Delay,
    DiskFault,
    Fault,
    HttpFault,
    LinkFault,
    Pause,
    SlowDisk,
)
from simulator.runtime.kinds import Signing, Spread
from simulator.scenario.model import Defect, DelayDefinition, FaultStep, Scenario, WeatherDefinition
from simulator.scenario.topology import instance_id


def faults_of(scenario: Scenario, step: FaultStep) -> list[Fault]:
    """What goes wrong with one step; a partition is several faults that begin and end together."""

    def id_of(name: str) -> str:
        return instance_id(name, scenario.instances[name])

    def ids_of(names: Iterable[str] | None) -> frozenset[str] | None:
        return None if names is None else frozenset(map(id_of, names))

    if step.partition:
        groups = [ids_of(group) for group in step.partition]
        return [LinkFault(senders=one, recipients=other, is_cut=True) for one, other in permutations(groups, 2)]
    if step.isolate:
        alone = ids_of(step.isolate)
        return [LinkFault(senders=alone, is_cut=True), LinkFault(recipients=alone, is_cut=True)]
    if step.cut:
        return [LinkFault(senders=ids_of(step.cut.sender), recipients=ids_of(step.cut.to), is_cut=True)]
    if step.hold:
        return [LinkFault(senders=ids_of(step.hold.sender), recipients=ids_of(step.hold.to), is_held=True)]
    if step.weather:
        return [_weather(step.weather, ids_of(step.weather.sender), ids_of(step.weather.to))]
    if step.defect:
        return [_defect(step.defect.kind, ids_of(step.defect.on), ids_of(step.defect.to))]
    if step.crash:
        return [Crash(id_of(step.crash.instance), step.crash.point)]
    if step.pause:
        return [Pause(id_of(name)) for name in step.pause]
    if step.clock:
        return [ClockSkew(id_of(step.clock.instance), step.clock.ahead - step.clock.behind, step.clock.drift)]
    if step.disk:
        return [DiskFault(id_of(step.disk.instance), step.disk.state)]
    if step.slow_disk:
        return [SlowDisk(id_of(step.slow_disk.instance), step.slow_disk.by)]
    if step.http:
        it = step.http
        return [HttpFault(id_of(name), it.status, it.rate, it.delay) for name in it.on]
    return [BrokerOutage()]


def _defect(kind: Defect, on: frozenset[str] | None, to: frozenset[str] | None) -> LinkFault:
    match kind:
        case Defect.UNSIGNED:
            return LinkFault(senders=on, recipients=to, signing=Signing.MISSING)
        case Defect.SIGNING_KEY_LOST:
            return LinkFault(senders=on, recipients=to, signing=Signing.UNKNOWN_KEY)
        case Defect.POLL_FAILING:
            return LinkFault(recipients=on, is_held=True)
        case Defect.STALE_CONNECTION | Defect.TRUNCATED_TOPIC:
            return LinkFault(senders=on, recipients=to, is_cut=True)
        case Defect.DUPLICATE_CONNECTION:
            return LinkFault(senders=on, recipients=to, duplicate=1.0)


def _weather(
    weather: WeatherDefinition, senders: frozenset[str] | None, recipients: frozenset[str] | None
) -> LinkFault:
    return LinkFault(
        senders=senders,
        recipients=recipients,
        loss=weather.loss,
        burst=weather.burst,
        duplicate=weather.duplicate,
        reorder=weather.reorder,
        corrupt=weather.corrupt,
        replay=weather.replay,
        delay=_delay(weather.delay) if weather.delay else None,
    )


def _delay(delay: DelayDefinition) -> Delay:
    if delay.average is not None:
        return Delay(spread=Spread.EXPONENTIAL, least=delay.least, most=delay.average)
    if delay.most is not None:
        return Delay(spread=Spread.UNIFORM, least=delay.least, most=delay.most)
    return Delay(spread=Spread.CONSTANT, least=delay.least, most=delay.least)
