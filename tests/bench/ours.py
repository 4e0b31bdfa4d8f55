"""Laps of ours: the bare agenda, seeds of a scenario, and seeds of the same as bare datagrams.

`python -m tests.bench.ours` serves them.
"""

from __future__ import annotations

from functools import partial

from simulator.exploration.storms import PROFILES, WeatherProfile
from simulator.exploration.sweep import run_seed
from simulator.report.result import SeedVerdict
from simulator.runtime.virtual.agenda import Agenda, Microseconds
from simulator.scenario.reading.load import load_text

from .datagrams import LOSSY as LOSSY_LINK
from .datagrams import run_seeds
from .laps import serve

STAR = """
name: a star
instances: { hub: production, s1: development, s2: development, s3: development, s4: development, s5: development }
applications:
  App:
    capabilities: { Jobs: { operations: { work: { kind: message, answer: { done: true } } } } }
steps:
  - create_trust_record: { on: hub, trustee: [s1, s2, s3, s4, s5] }
  - send: { from: [s1, s2, s3, s4, s5], to: hub, operation: work, unchecked: true }
  - send: { from: [s1, s2, s3], to: hub, operation: work, unchecked: true }
  - settle
expect:
  - { table: sn_mif_message, on: hub, count: 8 }
  - { table: sn_mif_message_answer, on: [s1, s2, s3], count: 2 }
  - { table: sn_mif_message_answer, on: [s4, s5], count: 1 }
"""
"""Eight jobs: five spokes ask a hub, which answers; unchecked, so that no spoke waits to hear of its trust."""

LOSSY = WeatherProfile(loss=0.1, delay_seconds=0.05)
"""What simloop's network can do too: see theirs.py."""

WEATHER = {"calm": PROFILES["calm"], "lossy": LOSSY, "stormy": PROFILES["stormy"]}

_STAR = load_text(STAR, "star.yaml")


def _seeds(weather: WeatherProfile, times: int, lap: int) -> None:
    for seed in range(lap * times, (lap + 1) * times):
        verdict = run_seed(_STAR, weather, seed).verdict
        assert verdict is SeedVerdict.HELD, f"seed {seed}: {verdict}"


class _Ticking:
    """Does nothing, again and again, like a SimPy process that waits for time-outs."""

    __slots__ = ("_agenda", "_delay", "_left")

    def __init__(self, agenda: Agenda, delay: Microseconds, times: int) -> None:
        self._agenda = agenda
        self._delay = delay
        self._left = times

    def tick(self) -> None:
        """Adds the next tick, if there is one."""
        self._left -= 1
        if self._left:
            self._agenda.add(self._agenda.now + self._delay, self.tick)


def _agenda(processes: int, times: int, lap: int) -> None:
    agenda = Agenda()
    for number in range(processes):
        agenda.add(0, _Ticking(agenda, 1000 + number, times // processes).tick)
    while agenda.next_at() is not None:
        agenda.step()


if __name__ == "__main__":
    serve(
        {f"events {processes}": partial(_agenda, processes) for processes in (10, 1000)}
        | {name: partial(_seeds, weather) for name, weather in WEATHER.items()}
        | {"calm datagrams": partial(run_seeds, None), "lossy datagrams": partial(run_seeds, LOSSY_LINK)}
    )
