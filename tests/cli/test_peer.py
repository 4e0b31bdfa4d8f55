"""A program of somebody's own takes part in a fleet, without knowing how that is made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.errors import MachineryError, NoFleetError
from simulator.peer import Peer
from simulator.protocol.messages import CapabilityMessage

from .command import HEAD, Command, run

SCENARIO = (
    HEAD.format(name="Two and a guest").replace("}\n", ", guest: test }\n", 1)
    + """\
steps:
  - create_trust_record: { on: prod1, trustee: guest, application: App, capability: Cap }
"""
)
LIMIT = 20.0
"""Seconds that nothing here should take."""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """A fleet that keeps a place for the guest."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "guest.yaml").write_text(SCENARIO)
    options = ("--http-port", "0", "--instances-per-process", "2", "--guest", "guest")
    with Command(tmp_path, "up", tmp_path / "guest.yaml", *options, XDG_RUNTIME_DIR=str(tmp_path)) as command:
        command.wait_until(lambda: "Ctrl-C stops it" in command.out)
        yield command


async def test_a_guest_sends_and_receives_as_its_instance(fleet: Command, tmp_path: Path) -> None:
    """What it sends is decided by the other side's trust; what the others send comes once it is confirmed."""
    async with asyncio.timeout(LIMIT), Peer.guest("guest") as me:
        granted = await me.receive()
        assert (granted.sender, granted.message.kind) == ("prod1", "trust_granted")
        await granted.confirm()
        await me.send("prod1", "App", "Cap", "act", {"score": 7})
        await me.send("subprod1", "App", "Cap", "act")
        answer = await me.receive()
        assert (answer.sender, answer.message.kind) == ("prod1", "capability_answer")
        await answer.confirm()
        trust = ("create_trust_record", "on=subprod1", "trustee=guest", "application=App", "capability=Cap")
        send = ("send", "from=subprod1", "to=guest", "application=App", "capability=Cap", "operation=hand over")
        done = await asyncio.to_thread(run, tmp_path, "do", *trust, *send, XDG_RUNTIME_DIR=str(tmp_path))
        assert done.code == 0, done
        messages = []
        for _ in range(2):  # the second is held back until the first one has its receipt
            messages.append(await me.receive())
            await messages[-1].confirm()
        assert [it.message.kind for it in messages] == ["trust_granted", "capability_message"]
        assert isinstance(messages[1].message, CapabilityMessage)
        assert messages[1].message.operation == "hand over"
    fleet.wait_until(lambda: "prod1  processed capability message from guest, App > Cap > act" in fleet.out)
    fleet.wait_until(lambda: "subprod1  refused capability message from guest" in fleet.out)


def test_who_is_no_guest_is_told(fleet: Command) -> None:
    with pytest.raises(MachineryError, match="prod1 is no guest of the fleet; `trustsim up --guest prod1`"):
        Peer.guest("prod1")


def test_without_a_fleet_there_is_no_guest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(NoFleetError, match="no fleet is up; start one with `trustsim up FILE`"):
        Peer.guest("guest")


async def test_a_peer_beside_instances_of_their_own(tmp_path: Path) -> None:
    """Its key derives from the scenario's seed there, as theirs do."""
    (tmp_path / "guest.yaml").write_text(SCENARIO)
    with Command(tmp_path, "broker", "--port", "0") as broker:
        broker.wait_until(lambda: "Ctrl-C stops it" in broker.out)
        url = next(word for word in broker.out.replace(";", " ").split() if word.startswith("mqtt://"))
        with Command(
            tmp_path, "instance", tmp_path / "guest.yaml", "prod1", "--broker", url, "--directory", tmp_path
        ) as prod1:
            prod1.wait_until(lambda: "Ctrl-C stops it" in prod1.out)
            async with asyncio.timeout(LIMIT), Peer.of(tmp_path / "guest.yaml", "guest", url) as me:
                await me.send("prod1", "App", "Cap", "act")
                with pytest.raises(KeyError, match="guest has no operation App > Cap > dance"):
                    await me.send("prod1", "App", "Cap", "dance")
