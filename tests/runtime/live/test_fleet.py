"""A live fleet: start-up, clock, what is settled, stop and kill, and machinery that fails."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random  # noqa: TID251 - seeded
from secrets import token_hex
from typing import Any

import pytest

from simulator.errors import HostError, StoreError, TransportError
from simulator.journal import Outcome
from simulator.protocol.actions import Action, CreateTrustRecord, NameManager, Send
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.signature import signing_key
from simulator.runtime.clock import EPOCH as START
from simulator.runtime.faults import Crash, Pause
from simulator.runtime.kinds import CrashPoint
from simulator.runtime.live.fleet import LiveFleet
from simulator.runtime.live.forkserver import start_fork_server
from simulator.runtime.spec import HostSpec
from simulator.scenario.reading.load import load_text
from simulator.scenario.topology import instance_specs
from simulator.transport.address import BrokerAddress
from simulator.transport.broker import Broker
from simulator.transport.certificate import Certificate
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.external import ExternalBroker
from simulator.transport.mqtt import MqttLink
from tests.transport.nodes import Nodes, three_nodes

BOUND = 20.0
"""Seconds that nothing here should take; only a test that fails waits so long."""

NAMES = ("prod1", "dev1", "dev2")
LAYOUTS = pytest.mark.parametrize("per_process", [1, 100], ids=["own process", "shared process"])

TOPOLOGY = """\
name: A fleet
instances: {{ {instances} }}
applications: {{ App: {{ capabilities: {{ Cap: {{ operations: {{ hand over: data }} }} }} }} }}
steps: [settle]
"""


class Handle:
    """A fleet, with the names of its instances in the place of ids."""

    def __init__(self, fleet: LiveFleet, broker: EmbeddedBroker, id_by_name: dict[str, str]) -> None:
        self.fleet = fleet
        self.broker = broker
        self.id_by_name = id_by_name
        self._numbers = count()

    async def act(self, name: str, action: Action) -> str:
        """Hands an action to an instance; returns its id."""
        now, id_ = self.fleet.now(), self.id_by_name[name]
        envelope = Envelope(
            id=derive_id("act", next(self._numbers)),
            sender=id_,
            recipient=id_,
            cause=None,
            sent_at=now,
            expires_at=now + LIFETIME,
            message=action,
        )
        await self.fleet.act(name, envelope)
        return envelope.id

    async def send(self, sender: str, recipient: str) -> str:
        """Sends data that the recipient's gate decides on."""
        send = Send(
            application="App",
            capability="Cap",
            operation="hand over",
            recipient=self.id_by_name[recipient],
            payload={},
            unchecked=True,
        )
        return self.fleet.post_ids(sender).of(await self.act(sender, send), 0)

    async def trust(self, trustor: str, trustee: str) -> None:
        """Creates a trust record by hand."""
        record = CreateTrustRecord(
            application="App", capability="Cap", version="1.0.0", trustee=self.id_by_name[trustee]
        )
        await self.act(trustor, record)

    async def settled(self) -> None:
        """Waits until nothing is due."""
        async with asyncio.timeout(BOUND):
            while not await self.fleet.is_settled():
                await self.fleet.pause(until=self.fleet.now() + timedelta(seconds=BOUND))

    def column(self, name: str, table: str, column: str) -> list[Any]:
        """One column of a table."""
        return [row[column] for row in self.fleet.show(name, table)]


@asynccontextmanager
async def running(
    directory: Path, per_process: int = 1, names: tuple[str, ...] = NAMES, on: Broker | None = None
) -> AsyncIterator[Handle]:
    """A fleet of these instances on a broker of its own, or on that one."""
    start_fork_server()
    environments = (f"{name}: {'production' if name.startswith('prod') else 'development'}" for name in names)
    text = TOPOLOGY.format(instances=", ".join(environments))
    specs = instance_specs(load_text(text, "fleet.yaml").scenario, "mif", START)
    broker = EmbeddedBroker(preload=None)
    async with LiveFleet(specs, on or broker, directory, per_process) as fleet:
        yield Handle(fleet, broker, {spec.name: spec.id for spec in specs})


def on_nodes() -> AbstractAsyncContextManager[Nodes]:
    """A broker with three nodes."""
    start_fork_server()
    return three_nodes(EmbeddedBroker(preload=None))


# -- faults ---------------------------------------------------------------------------------------------


async def test_whoever_acts_waits_for_the_end_of_a_pause(tmp_path: Path) -> None:
    """Faults begin and end also while an instance is waited for."""
    async with running(tmp_path) as it:
        lasts = timedelta(seconds=0.1)
        await it.fleet.inject(Pause(it.id_by_name["dev1"]), after=timedelta(0), lasts=lasts)
        async with asyncio.timeout(BOUND):
            await it.trust("dev1", "prod1")
        assert it.column("dev1", "sn_mif_trusted_instance", "trusted_instance") == ["prod1"]


@LAYOUTS
async def test_whoever_acts_acts_again_when_a_crash_comes_between(per_process: int, tmp_path: Path) -> None:
    """The instance dies while it is asked; when it is up again it does what it was asked, once."""
    async with running(tmp_path, per_process) as it:
        dev1 = it.id_by_name["dev1"]
        await it.fleet.inject(Pause(dev1), after=timedelta(0), lasts=timedelta(seconds=0.4))
        await it.fleet.inject(Crash(dev1), after=timedelta(seconds=0.1), lasts=timedelta(seconds=0.1))
        async with asyncio.timeout(BOUND):
            await it.trust("dev1", "prod1")
        await it.settled()
        assert it.column("prod1", "sn_mif_trusting_instance", "trusting_instance") == ["dev1"]
        outcomes = [entry.outcome for _, entry in it.fleet.journal("dev1") if entry.kind == "create_trust_record"]
        assert outcomes == ["processed"]


@LAYOUTS
@pytest.mark.parametrize(
    ("point", "is_committed", "is_receipted"),
    [
        (CrashPoint.IN_TRANSACTION, False, False),
        (CrashPoint.AFTER_COMMIT, True, False),
        (CrashPoint.AFTER_PUBLISH, True, True),
    ],
)
async def test_an_instance_dies_at_the_point_that_is_named(
    point: CrashPoint, is_committed: bool, is_receipted: bool, per_process: int, tmp_path: Path
) -> None:
    """What it has committed is in its file, what it has published reaches its peer, and nothing is done twice."""
    async with running(tmp_path, per_process) as it:
        await it.trust("dev1", "prod1")
        await it.settled()
        await it.fleet.inject(Crash(it.id_by_name["prod1"], point), after=timedelta(0), lasts=None)
        message = await it.send("dev1", "prod1")
        async with asyncio.timeout(BOUND):
            while "prod1" not in it.fleet._crashed:
                await it.fleet.pause(until=it.fleet.now() + timedelta(seconds=BOUND))
        await it.fleet.rest()
        assert (message in it.column("prod1", "x_trustsim_journal", "envelope")) == is_committed
        waiting = (await it.fleet._status()).by_id[it.id_by_name["dev1"]]["waiting_for"]
        assert (waiting == {}) == is_receipted
        await it.fleet.calm()
        await it.settled()
        outcomes = [entry.outcome for _, entry in it.fleet.journal("prod1") if entry.envelope == message]
        assert outcomes.count(Outcome.PROCESSED) == 1


@LAYOUTS
@pytest.mark.parametrize("point", list(CrashPoint))
async def test_whoever_acts_on_an_instance_that_dies_waits_until_it_is_back(
    point: CrashPoint, per_process: int, tmp_path: Path
) -> None:
    """And what was done before it died is not done again."""
    async with running(tmp_path, per_process) as it:
        lasts = timedelta(seconds=0.5)
        await it.fleet.inject(Crash(it.id_by_name["dev1"], point), after=timedelta(0), lasts=lasts)
        async with asyncio.timeout(BOUND):
            await it.trust("dev1", "prod1")
        await it.settled()
        done = [entry.outcome for _, entry in it.fleet.journal("dev1") if entry.kind == "create_trust_record"]
        assert done == [Outcome.PROCESSED]
        assert it.column("prod1", "sn_mif_trusting_instance", "trusting_instance") == ["dev1"]


@LAYOUTS
async def test_a_crash_is_called_off_when_its_fault_ends_before_the_next_step(
    per_process: int, tmp_path: Path
) -> None:
    """The instance goes on as if nothing had been planned; when it is stopped meanwhile, it starts as ever."""
    async with running(tmp_path, per_process) as it:
        for end in (it.fleet.calm, lambda: it.fleet.stop(["dev1"])):
            crash = Crash(it.id_by_name["dev1"], CrashPoint.AFTER_COMMIT)
            await it.fleet.inject(crash, after=timedelta(0), lasts=None)
            await end()
            await it.fleet.calm()
            await it.fleet.start(["dev1"])
            await it.trust("dev1", "prod1")
            await it.settled()
            assert not it.fleet._crashed


# -- certificates ---------------------------------------------------------------------------------------


@LAYOUTS
async def test_who_is_refused_is_up_and_nobody_waits_for_it(per_process: int, tmp_path: Path) -> None:
    """What it sends and what is meant for it waits and is not due; with a valid certificate it arrives."""
    async with running(tmp_path, per_process) as it:
        await it.fleet.certify("dev1", Certificate.EXPIRED)
        assert it.fleet.refusal("dev1") == "certificate expired"
        await it.trust("dev1", "prod1")
        await it.send("prod1", "dev1")
        await it.settled()
        assert it.column("prod1", "sn_mif_trusting_instance", "trusting_instance") == []
        await it.fleet.stop(["dev1"])
        await it.fleet.start(["dev1"])
        assert it.fleet.refusal("dev1") == "certificate expired"
        assert it.column("dev1", "x_trustsim_journal", "code").count("certificate_expired") == 2
        await it.fleet.certify("dev1", Certificate.VALID)
        assert it.fleet.refusal("dev1") == ""
        await it.settled()
        assert it.column("prod1", "sn_mif_trusting_instance", "trusting_instance") == ["dev1"]
        assert "capability_message" in it.column("dev1", "x_trustsim_journal", "kind")


# -- the clock ------------------------------------------------------------------------------------------


@LAYOUTS
async def test_advance_moves_all_clocks(per_process: int, tmp_path: Path) -> None:
    """Every instance journals with the moved clock, also one that was down meanwhile; it never goes back."""
    async with running(tmp_path, per_process) as it:
        await it.fleet.stop(["dev2"])
        before = it.fleet.now()
        await it.fleet.advance(timedelta(days=3))
        await it.fleet.advance(timedelta(hours=1))
        assert it.fleet.now() >= before + timedelta(days=3, hours=1)
        await it.fleet.start(["dev2"])
        for name in NAMES:
            await it.trust(name, next(other for other in NAMES if other != name))
            [(_, entry)] = [item for item in it.fleet.journal(name) if item[1].kind == "create_trust_record"]
            assert timedelta(days=3, hours=1) <= entry.at - before <= timedelta(days=3, hours=1, seconds=BOUND)


async def test_advance_makes_timers_due(tmp_path: Path) -> None:
    """A timer that is passed over is due at once, and the fleet is not settled before it is done."""
    async with running(tmp_path) as it:
        await it.act("dev1", NameManager(application="App", manager=it.id_by_name["prod1"]))
        await it.settled()
        assert it.column("dev1", "sn_mif_managed_by_instance", "approval") != ["auto_approved"]
        await it.fleet.advance(timedelta(minutes=6))
        await it.settled()
        assert it.column("dev1", "sn_mif_managed_by_instance", "approval") == ["auto_approved"]


# -- settled --------------------------------------------------------------------------------------------


@LAYOUTS
async def test_settled_is_settled(per_process: int, tmp_path: Path) -> None:
    """However many messages fly, when the fleet says that it is settled every one has been journalled, once."""
    random = Random(7)  # noqa: S311
    async with running(tmp_path, per_process) as it:
        for _ in range(6):
            sent = []
            for _ in range(25):
                sender, recipient = random.sample(NAMES, 2)
                sent.append(await it.send(sender, recipient))
            await it.settled()
            journalled = [entry.envelope for name in NAMES for _, entry in it.fleet.journal(name)]
            assert [journalled.count(id_) for id_ in sent] == [1] * len(sent)
        await it.fleet.stop(NAMES)  # what was delivered is written down with the next transaction, or at the end
        assert [it.fleet.show(name, "x_trustsim_outbox") for name in NAMES] == [[], [], []]


async def test_what_waits_for_one_that_is_down_is_not_due(tmp_path: Path) -> None:
    """The fleet settles while an envelope waits for a stopped instance, and is at work when that comes back."""
    async with running(tmp_path) as it:
        await it.fleet.kill(["dev1"])
        message = await it.send("prod1", "dev1")
        await it.settled()
        assert message not in [entry.envelope for _, entry in it.fleet.journal("dev1")]
        await it.fleet.start(["dev1"])
        await it.settled()
        assert message in [entry.envelope for _, entry in it.fleet.journal("dev1")]


async def test_a_broker_that_restarts_loses_nothing(tmp_path: Path) -> None:
    """What was sent while the broker was away is journalled when the fleet has settled after its return."""
    async with running(tmp_path) as it:
        await it.fleet.stop_broker()
        sent = [await it.send("prod1", "dev1") for _ in range(20)]
        await it.fleet.start_broker()
        await it.settled()
        entries = [entry for _, entry in it.fleet.journal("dev1")]
        decided = [entry.envelope for entry in entries if entry.outcome != "duplicate"]
        assert [decided.count(id_) for id_ in sent] == [1] * len(sent)


# -- start, stop, kill ----------------------------------------------------------------------------------


async def test_a_broker_of_which_a_node_goes_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """In the midst of work the node at which all are is gone, three times, and they go on at the next."""
    async with on_nodes() as nodes, running(tmp_path, on=ExternalBroker(nodes.address)) as it:
        await it.trust("dev1", "prod1")
        sent = []
        for there in ((0, 1), (1, 2), (2, 0)):
            await nodes.only(*there)
            sent += [await it.send("dev1", "prod1") for _ in range(10)]
            await nodes.only(there[1])
            sent += [await it.send("dev1", "prod1") for _ in range(10)]
        await it.settled()
        done = [entry.envelope for _, entry in it.fleet.journal("prod1") if entry.outcome is Outcome.PROCESSED]
        assert [id_ for id_ in done if id_ in sent] == sent


async def test_a_broker_that_is_reached_directly_is_left_and_returned_to(tmp_path: Path) -> None:
    """As if it was stopped: what is sent meanwhile comes afterwards, once; and the broker outlives the fleet."""
    async with on_nodes() as nodes:
        async with running(tmp_path, on=ExternalBroker(nodes.address, direct=True)) as it:
            await it.trust("dev1", "prod1")
            await it.settled()
            await it.fleet.stop_broker()
            sent = await it.send("dev1", "prod1")
            await it.fleet.rest()
            assert sent not in it.column("prod1", "x_trustsim_journal", "envelope")
            await it.fleet.start_broker()
            await it.settled()
            done = [entry.envelope for _, entry in it.fleet.journal("prod1") if entry.outcome is Outcome.PROCESSED]
            assert done.count(sent) == 1
        async with MqttLink(nodes.address, "ann", "in/ann"):
            pass


async def test_twelve_instances_start(tmp_path: Path) -> None:
    """A fleet of twelve starts with a process and a file for each, and all can talk."""
    names = ("prod1", *(f"dev{number:02}" for number in range(1, 12)))
    async with running(tmp_path, names=names) as it:
        assert all(it.fleet.is_running(name) for name in names)
        sent = [await it.send(name, "prod1") for name in names[1:]]
        await it.settled()
        journalled = {entry.envelope for _, entry in it.fleet.journal("prod1")}
        assert journalled.issuperset(sent)
    assert {f"{name}.sqlite" for name in names} <= set(os.listdir(tmp_path))


@LAYOUTS
@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_down_and_up_again(how: str, per_process: int, tmp_path: Path) -> None:
    """Stopped or killed, an instance does nothing, can be looked at, and comes back with what it had."""
    async with running(tmp_path, per_process) as it:
        await it.trust("dev1", "prod1")
        end: Callable[[list[str]], Awaitable[None]] = getattr(it.fleet, how)
        for _ in range(2):
            await end(["dev1"])
            assert not it.fleet.is_running("dev1")
            assert it.fleet.is_running("dev2")
            assert it.column("dev1", "sn_mif_trusted_instance", "trusted_instance") == ["prod1"]
            await end(["dev1"])  # twice is as once
            await it.fleet.start(["dev1"])
            assert it.fleet.is_running("dev1")
            await it.fleet.start(["dev1"])
        message = await it.send("dev2", "dev1")
        await it.settled()
        assert message in [entry.envelope for _, entry in it.fleet.journal("dev1")]


@LAYOUTS
async def test_all_down_and_up_again(per_process: int, tmp_path: Path) -> None:
    """A whole fleet can be killed in the middle of its work, and delivers everything once when it is back."""
    async with running(tmp_path, per_process) as it:
        sent = [await it.send("prod1", name) for name in ("dev1", "dev2") * 20]
        await it.fleet.kill(NAMES)
        assert await it.fleet.is_settled()
        await it.fleet.start(NAMES)
        await it.settled()
        entries = [entry for name in NAMES for _, entry in it.fleet.journal(name)]
        decided = [entry.envelope for entry in entries if entry.outcome != "duplicate"]
        assert [decided.count(id_) for id_ in sent] == [1] * len(sent)


@LAYOUTS
async def test_leaving_ends_all_processes(per_process: int, tmp_path: Path) -> None:
    """No process of the fleet outlives it, neither a host nor the broker."""
    async with running(tmp_path, per_process) as it:
        pids = [host.pid for host in it.fleet._hosts.up()] + [it.broker.pid]
        assert len(pids) == (4 if per_process == 1 else 2)
    for pid in pids:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def _pause(fleet: LiveFleet) -> None:
    await fleet.pause(until=fleet.now() + timedelta(seconds=BOUND))


# -- what fails -----------------------------------------------------------------------------------------


@LAYOUTS
async def test_a_file_that_is_no_database(per_process: int, tmp_path: Path) -> None:
    """An instance that cannot open its file ends the start with its last words: the file and the reason."""
    (tmp_path / "dev1.sqlite").write_bytes(b"this is no database, and is long enough to be none" * 20)
    async with asyncio.timeout(BOUND):
        with pytest.raises(HostError, match=r"(?s)dev1.* ended with exit code 1.*dev1\.sqlite: .*not a database"):
            async with running(tmp_path, per_process):
                pytest.fail("it has started")


async def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    """Where no file can be made the start fails with a fault of the machinery, and not with a hang."""
    async with asyncio.timeout(BOUND):
        with pytest.raises((HostError, StoreError)):
            async with running(tmp_path / "missing"):
                pytest.fail("it has started")


@pytest.mark.parametrize("wait", [LiveFleet.is_settled, _pause], ids=["is_settled", "pause"])
async def test_a_killed_host_is_noticed(wait: Callable[[LiveFleet], Awaitable[Any]], tmp_path: Path) -> None:
    """Whoever waits on a fleet hears of a process that dies, with its last words."""
    async with running(tmp_path) as it:
        victim = it.fleet._hosts.of("dev1").pid
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(HostError, match="the process of dev1 ended with exit code -9"):
            await _until_it_fails(lambda: wait(it.fleet))


@pytest.mark.parametrize("wait", [LiveFleet.is_settled, _pause], ids=["is_settled", "pause"])
async def test_a_killed_broker_is_noticed(wait: Callable[[LiveFleet], Awaitable[Any]], tmp_path: Path) -> None:
    """Whoever waits on a fleet hears of a broker that dies."""
    async with running(tmp_path) as it:
        assert it.broker.pid is not None
        os.kill(it.broker.pid, signal.SIGKILL)
        with pytest.raises(TransportError, match=r"the embedded broker at .* died"):
            await _until_it_fails(lambda: wait(it.fleet))


async def _until_it_fails(wait: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(BOUND):
        while True:
            await wait()


def test_a_host_needs_nothing_of_scenarios() -> None:
    """What a host is given can be read without the types of scenario files, which would slow every start."""
    example = Path(__file__).parents[3] / "scenarios" / "documented-example.yaml"
    specs = instance_specs(load_text(example.read_text(), example.name).scenario, "mif", START)
    assert b"simulator.scenario" not in pickle.dumps(specs)


@pytest.mark.parametrize("per_process", [1, 3])
async def test_who_is_killed_writes_nothing_down_any_more(per_process: int, tmp_path: Path) -> None:
    """What was delivered is in memory until the next transaction; whoever dies before still has to deliver it."""
    async with running(tmp_path, per_process) as it:
        await it.trust("dev1", "prod1")
        await it.settled()
        before = it.fleet.show("dev1", "x_trustsim_outbox")
        assert before, "delivered, and not written down"
        await it.fleet.kill(["dev1"])
        assert it.fleet.show("dev1", "x_trustsim_outbox") == before


@pytest.mark.parametrize(("per_process", "is_gone"), [(1, True), (2, False)])
async def test_a_kill_takes_the_process_where_it_is_the_instance_s_own(
    per_process: int, is_gone: bool, tmp_path: Path
) -> None:
    """By SIGKILL; in a shared one only the instance stops short, and its neighbour goes on."""
    async with running(tmp_path, per_process) as it:
        host = it.fleet._hosts.of("dev1")
        pid = host.pid
        assert pid is not None
        await it.fleet.kill(["dev1"])
        assert host.is_running is not is_gone
        assert _is_there(pid) is not is_gone
        neighbours = [spec.name for spec in host.spec.instances if spec.name != "dev1"]
        assert all(it.fleet.is_running(name) for name in neighbours)
        await it.settled()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_has_the_keys_of_its_own_instances_only(tmp_path: Path) -> None:
    """Nor has it anything from which those of others are derived."""
    text = TOPOLOGY.format(instances="prod1: production, dev1: development")
    scenario = load_text(text, "fleet.yaml").scenario
    secret = token_hex()
    one, other = instance_specs(scenario, "mif", START, secret=secret)
    spec = HostSpec("prod1", (one,), tmp_path, BrokerAddress.at("127.0.0.1", 1883), timedelta(0), 0, {})
    received = pickle.dumps(spec)
    assert one.private_key in received
    assert other.private_key not in received
    assert secret.encode() not in received
    assert other.key.public.encode() in received, "to hear the other it knows the public half"


def test_keys_of_a_run_are_not_those_of_the_scenario_s_seed() -> None:
    """Whoever has read the scenario cannot sign as anybody in a run that has drawn a secret."""
    scenario = load_text(TOPOLOGY.format(instances="prod1: production, dev1: development"), "fleet.yaml").scenario
    foreseen = {signing_key(scenario.seed, spec.id).public for spec in instance_specs(scenario, "mif", START)}
    drawn = [spec.key.public for spec in instance_specs(scenario, "mif", START, secret=token_hex())]
    assert foreseen.isdisjoint(drawn)
