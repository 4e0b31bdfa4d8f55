"""Every scenario that is shipped, on every broker and in both process layouts: all its expectations are met.

In virtual time they are run in tests/simulation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from simulator.report.compare import differences
from simulator.report.result import Verdict
from simulator.scenario.reading.load import load
from simulator.scenario.running.brokers import secure_broker
from simulator.scenario.running.run import run_virtual
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.mosquitto import MosquittoBroker, find_mosquitto
from tests.simulation.shipped import FILES

from .running import Unseen, in_full, run

NEEDS_MOSQUITTO = (
    pytest.mark.mosquitto,
    pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine"),
)


@dataclass(frozen=True)
class Setting:
    """Where a scenario runs."""

    broker: Broker
    instances_per_process: int = 1


SETTINGS = {"embedded": False, "in one process": False, "mosquitto": True, "tls": True, "external": True}
"""Where scenarios run, and whether that needs Mosquitto."""

SLOW = {"a-stormy-night"}
"""What waits for the wall clock, for faults to end."""


@pytest.fixture
async def setting(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Setting]:
    """Each kind of broker with a process for each instance, and all instances in one process."""
    async with AsyncExitStack() as stack:
        match request.param:
            case "embedded":
                setting = Setting(EmbeddedBroker(preload=None))
            case "in one process":
                setting = Setting(EmbeddedBroker(preload=None), instances_per_process=100)
            case "mosquitto":
                setting = Setting(MosquittoBroker(tmp_path))
            case "tls":
                setting = Setting(secure_broker(load(request.getfixturevalue("file")), tmp_path))
            case _:
                target = MosquittoBroker(tmp_path, username="ann", password="s3cret/@:")  # noqa: S106
                stack.push_async_callback(target.stop)
                port = (await target.start()).node.port
                setting = Setting(
                    ExternalBroker(BrokerAddress.parse(f"mqtt://ann:s3cret%2F%40%3A@127.0.0.1:{port}"))
                )
        yield setting


def test_there_are_scenarios() -> None:
    """The documented example is one of those that are run here."""
    assert "documented-example.yaml" in [file.name for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_fault_begins_as_another_ends(file: Path) -> None:
    """On a broker a moment passes between two steps: a message might slip through between the two faults."""
    now, begins, ends = timedelta(0), set(), set()
    for step in load(file).scenario.steps:
        now += step.advance or timedelta(0)
        if step.fault:
            begins.add(now + step.fault.after)
            ends.add(now + step.fault.after + (step.fault.lasts or timedelta.max / 2))
    assert not begins & ends


def pairs() -> list[ParameterSet]:
    """All files in all settings, but the ones that wait for seconds only in the two that differ most."""
    return [
        pytest.param(setting, file, id=f"{setting}-{file.stem}", marks=NEEDS_MOSQUITTO if needs else ())
        for setting, needs in SETTINGS.items()
        for file in FILES
        if file.stem not in SLOW or setting in {"in one process", "mosquitto"}
    ]


@pytest.mark.parametrize(("setting", "file"), pairs(), indirect=["setting"])
async def test_all_expectations_are_met(file: Path, setting: Setting, tmp_path: Path) -> None:
    """The scenario does what it says, as it does in virtual time, and nothing is processed twice."""
    result = await run(load(file), setting.broker, tmp_path, setting.instances_per_process)
    assert result.verdict is Verdict.MET, "\n" + in_full(result)
    assert len(result.steps) >= len(load(file).scenario.steps)
    outcomes = [(entry.instance, entry.envelope) for entry in result.journal if entry.outcome == "processed"]
    assert len(outcomes) == len(set(outcomes)), "an envelope was processed twice"
    knows_clients = setting.broker.authority is not None
    virtual = await run_virtual(load(file), 0, None, Unseen(), knows_clients=knows_clients)
    assert list(differences(result, virtual)) == [], "live and in virtual time it comes to the same"
    weathers = [step.fault.weather for step in load(file).scenario.steps if step.fault]
    if not any(weather and weather.corrupt for weather in weathers):
        assert "unreadable" not in {entry.outcome for entry in result.journal}
