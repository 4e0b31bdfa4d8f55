"""Only instances that have stirred are looked at: nobody else ever has anything to say."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

import pytest

from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.runtime.faults import ClockSkew, Crash, DiskFault, Fault, Pause
from simulator.runtime.kinds import CrashPoint, DiskState
from simulator.runtime.virtual.fleet import VirtualFleet
from simulator.scenario.judging.journals import Journals

from .shipped import FILES, loaded
from .virtual import ID_BY_NAME, MINUTE, SECOND, running

NAMES = {
    *("a-stormy-night", "documented-example", "transport-defects", "readiness"),
    *("broker-restarts-in-mid-flight", "sync-while-an-instance-is-away", "certificates-that-fail"),
}
"""Scenarios with timers, faults of their own, and instances, certificates and brokers that come and go."""
SEEDS = range(3)


async def test_one_that_has_died_comes_back() -> None:
    """An idle instance whose process ends is at work until it is back."""
    async with running() as it:
        await it.inject(Crash(ID_BY_NAME["dev1"], CrashPoint.NOW), lasts=MINUTE)
        assert not await it.fleet.is_settled()
        await it.fleet.advance(MINUTE + SECOND)
        assert await it.fleet.is_settled()


async def test_one_that_is_started_while_its_disk_is_full_comes_up_later() -> None:
    """It is to be up, and is yet to be."""
    async with running() as it:
        await it.fleet.stop(["dev1"])
        assert await it.fleet.is_settled()
        await it.inject(DiskFault(ID_BY_NAME["dev1"], DiskState.FULL), lasts=MINUTE)
        await it.fleet.start(["dev1"])
        assert not await it.fleet.is_settled()
        await it.fleet.advance(MINUTE + SECOND)
        assert await it.fleet.is_settled()


async def test_a_clock_that_steps_makes_a_timer_due() -> None:
    """Nothing has reached the instance, and yet it has something to do."""
    async with running() as it:
        await it.name_manager("dev1", "prod1")
        await it.settle()
        await it.inject(ClockSkew(ID_BY_NAME["prod1"], ahead=10 * MINUTE), lasts=MINUTE)
        assert not await it.fleet.is_settled()


async def test_a_timer_is_due_at_its_time() -> None:
    """An instance that sleeps until its timer is looked at again then."""
    async with running() as it:
        await it.name_manager("dev1", "prod1")
        await it.settle()
        await it.inject(Pause(ID_BY_NAME["prod1"]), lasts=10 * MINUTE)
        assert await it.fleet.is_settled()
        await it.fleet.advance(6 * MINUTE)
        assert not await it.fleet.is_settled()


@pytest.mark.parametrize("file", [file for file in FILES if file.stem in NAMES], ids=lambda file: file.stem)
def test_nobody_is_overlooked(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the fleet is idle, and what is journalled, is what a look at every instance says, at any moment."""
    is_idle, read = VirtualFleet._is_idle, Journals.read
    answers: set[tuple[bool, bool]] = set()

    def look_at_all(self: VirtualFleet, faults: Collection[Fault]) -> bool:
        found = is_idle(self, faults)
        assert found == (not any(map(partial(self._is_at_work, faults), self._instances.values())))
        answers.add((bool(faults), found))
        return found

    def read_all(self: Journals) -> None:
        read(self)
        unread = [name for name in self._read if self._fleet.journal(name, self._read[name])]
        assert unread == []

    monkeypatch.setattr(VirtualFleet, "_is_idle", look_at_all)
    monkeypatch.setattr(Journals, "read", read_all)
    for seed in SEEDS:
        run_seed(loaded(file), PROFILES["stormy"], seed)
    assert {(False, True), (False, False)} <= answers
