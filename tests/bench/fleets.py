"""Virtual fleets: what a message costs, how much faster than time itself a quiet day goes, and what size costs."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from simulator.protocol import signature
from simulator.protocol.actions import Send
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.runtime.virtual.fleet import VirtualFleet, finish
from simulator.scenario.reading.load import LoadedScenario, load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual

from .worker import APPLICATION, CAPABILITY, OPERATION, Pair, filler

ROUND_TRIP = timedelta(milliseconds=3)
"""Longer than a message and its receipt are on their way in fine weather."""

SHIFT = timedelta(hours=2)

QUIET = """
name: a quiet shift
instances: { prod: production, dev1: development, dev2: development, qa: test }
applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }
steps:
  - name_manager: { on: [dev1, dev2, qa], manager: prod }
  - advance: 10m
  - save_profile_item: { on: prod, trusting: [dev1, dev2, qa], trusted: prod }
  - sync_trust_profiles: { on: prod }
  - advance: 50m
  - send: { from: [dev1, dev2, qa], to: prod, operation: hand over }
  - advance: 1h
expect:
  - { table: sn_mif_sync_data, on: prod, count: 3 }
"""
"""Three timers, and some thirty messages."""

BUSIER = """
name: a message a minute
instances: { prod: production, dev: development }
applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }
steps:
  - create_trust_record: { on: dev, trustee: prod }
%s
expect:
  - { table: sn_mif_sync_data, on: prod, count: 120 }
"""
MINUTE = "  - send: { from: dev, to: prod, operation: hand over, unchecked: true }\n  - advance: 1m\n"

GROUP = 10
"""Instances: one for production, the others for development."""


# -- what a message costs -------------------------------------------------------------------------------


async def send_messages(pairs: Sequence[Pair], times: int) -> tuple[float, float]:
    """Every near end sends so many, one after the other; seconds and processor seconds for a message.

    A message is done with when its sender has the receipt.
    """
    actions = [
        Send(
            application=APPLICATION,
            capability=CAPABILITY,
            operation=OPERATION,
            recipient=pair.far.id,
            payload={"findings": "x" * filler(pair)},
        )
        for pair in pairs
    ]
    async with VirtualFleet([end for pair in pairs for end in (pair.near, pair.far)], seed=1) as fleet:
        began, busy = perf_counter(), process_time()
        for number in range(times):
            for pair, action in zip(pairs, actions, strict=True):
                now = fleet.now()
                id_ = f"{pair.number:08x}{number:024x}"
                envelope = Envelope(
                    id=id_,
                    sender=pair.near.id,
                    recipient=pair.near.id,
                    cause=None,
                    sent_at=now,
                    expires_at=now + LIFETIME,
                    message=action,
                )
                await fleet.act(pair.near.name, envelope)
            await fleet.advance(ROUND_TRIP)
        seconds, cpu = perf_counter() - began, process_time() - busy
        assert await fleet.is_settled()
        arrived = sum(len(fleet.show(pair.far.name, "sn_mif_sync_data")) for pair in pairs)
    assert arrived == times * len(pairs), f"{times * len(pairs)} sent, {arrived} arrived"
    return seconds / arrived, cpu / arrived


@contextmanager
def every_signature_verified() -> Iterator[None]:
    """Verifies also what this very process has signed, which is recognised otherwise."""
    most, signature._MADE_HERE_MOST = signature._MADE_HERE_MOST, 0
    signature._MADE_HERE.clear()
    try:
        yield
    finally:
        signature._MADE_HERE_MOST = most


# -- faster than time -----------------------------------------------------------------------------------


def quiet_shifts() -> dict[str, LoadedScenario]:
    """Scenarios of two hours in which little happens."""
    return {
        "3 timers, 3 messages, one sync": load_text(QUIET, "quiet.yaml"),
        "a message a minute": load_text(BUSIER % (MINUTE * 120), "busier.yaml"),
    }


def run_shift(loaded: LoadedScenario) -> float:
    """Runs it, bringing the fleet up included; seconds."""
    began = perf_counter()
    result = finish(run_virtual(loaded, 1, None, Unfollowed()))
    seconds = perf_counter() - began
    assert not result.failures, result.failures
    return seconds


# -- size -----------------------------------------------------------------------------------------------


def sparse(size: int) -> str:
    """A scenario of groups; each instance for development trusts its production, and sends it one message."""
    instances, steps, productions = [], [], []
    for group in range(size // GROUP):
        production, devs = f"prod{group}", [f"dev{group}-{number}" for number in range(1, GROUP)]
        all_devs = f"[{', '.join(devs)}]"
        productions.append(production)
        instances += [f"  {production}: production", *(f"  {dev}: development" for dev in devs)]
        steps += [
            f"  - create_trust_record: {{ on: {all_devs}, trustee: {production} }}",
            f"  - send: {{ from: {all_devs}, to: {production}, operation: hand over, unchecked: true }}",
        ]
    lines = [
        "name: groups",
        "applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }",
        *("instances:", *instances),
        *("steps:", *steps, "  - settle"),
        "expect:",
        f"  - {{ table: sn_mif_sync_data, on: [{', '.join(productions)}], count: {GROUP - 1} }}",
    ]
    return "\n".join(lines)


def hub(size: int) -> str:
    """A scenario of one instance that manages all others, syncs its profile to them and has a message of each."""
    return f"""
name: a hub
auto_approval: 5m
instances: {{ prod: production, dev: {{ environment: development, count: {size - 1} }} }}
applications: {{ App: {{ capabilities: {{ Cap: {{ operations: {{ hand over: data }} }} }} }} }}
steps:
  - name_manager: {{ on: dev, manager: prod }}
  - advance: 10m
  - save_profile_item: {{ on: prod, trusting: dev, trusted: prod }}
  - sync_trust_profiles: {{ on: prod }}
  - settle
  - send: {{ from: dev, to: prod, operation: hand over }}
  - settle
expect:
  - {{ table: sn_mif_sync_data, on: prod, count: {size - 1} }}
"""


SHAPES = {"groups": sparse, "hub": hub}


def peak() -> int:
    """The most memory that this process has had, in bytes.

    The kernel's ru_maxrss counts that of the process it was started from too, where it tells of the one itself.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _measure_size(shape: str, size: int) -> None:
    """Runs a fleet of that size in this process; prints seconds to load and to run, messages, peak memory."""
    before = peak()
    began = perf_counter()
    loaded = load_text(SHAPES[shape](size), f"{shape}.yaml")
    read = perf_counter()
    result = finish(run_virtual(loaded, 1, None, Unfollowed()))
    ran = perf_counter()
    assert not result.failures, result.failures
    messages = sum(entry.sender != entry.instance for entry in result.journal)
    sys.stdout.write(json.dumps([read - began, ran - read, messages, before, peak()]))


if __name__ == "__main__":
    _measure_size(sys.argv[1], int(sys.argv[2]))
