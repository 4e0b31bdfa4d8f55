"""Each kind of fault does what it says, and in the end everything is delivered exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.errors import HostError
from simulator.journal import Outcome
from simulator.runtime.faults import (
    BrokerOutage,
    ClockSkew,
    Crash,
    Delay,
    DiskFault,
    Fault,
    LinkFault,
    Pause,
    SlowDisk,
)
from simulator.runtime.kinds import CrashPoint, DiskState, Spread
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.faults import faults_of
from simulator.trust.management import Managed
from simulator.trust.states import Approval

from .virtual import ID_BY_NAME, LATENCY, MINUTE, SECOND, TOPOLOGY, Virtual, running

MANY = 60

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

RETRIES = [timedelta(seconds=seconds) for seconds in (0, 2, 6, 14, 30)]
"""When an envelope is published that gets no receipt, after it was sent."""


def cut(it: Virtual, sender: str, recipient: str) -> LinkFault:
    """Nothing arrives on this way."""
    return LinkFault(
        senders=frozenset({it.id_by_name[sender]}), recipients=frozenset({it.id_by_name[recipient]}), is_cut=True
    )


async def test_fine_weather() -> None:
    """Without a fault everything is there after a millisecond, and nothing comes twice."""
    async with running() as it:
        messages = await it.send_all("dev1", "prod1", 2)
        await it.settle()
        assert it.delays("dev1", messages) == [LATENCY, LATENCY]
        assert not it.entries("prod1", outcome=Outcome.DUPLICATE)
        await it.assert_delivered_once()


# -- the network ----------------------------------------------------------------------------------------


async def test_a_partition() -> None:
    """Two groups do not reach each other while it lasts; within a group all goes on."""
    async with running() as it:
        await it.inject(cut(it, "dev1", "prod1"), MINUTE)
        await it.inject(cut(it, "prod1", "dev1"), MINUTE)
        cut_off = await it.send("dev1", "prod1", 0)
        back = await it.send("prod1", "dev1", 0, "act")
        reachable = await it.send("dev2", "prod1", 0)
        await it.fleet.advance(MINUTE - SECOND)
        assert it.is_done(reachable)
        assert not it.is_done(cut_off)
        assert not it.is_done(back)
        assert not await it.fleet.is_settled()
        await it.settle()
        assert it.is_done(cut_off)
        await it.assert_delivered_once()
        assert it.answers("prod1") == 1


async def test_a_cut_of_one_way() -> None:
    """Messages arrive and receipts do not: the sender repeats itself, and every repeat is recognised."""
    async with running() as it:
        await it.inject(cut(it, "prod1", "dev1"), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(MINUTE - SECOND)
        assert it.is_done(message)
        assert len(it.entries("prod1", message, outcome=Outcome.DUPLICATE)) == len(RETRIES) - 1
        assert not await it.fleet.is_settled()
        await it.assert_delivered_once()


async def test_what_has_reached_a_paused_instance_outlives_the_broker() -> None:
    """As on a broker, it waits at the instance, and is handled when that goes on."""
    async with running() as it:
        await it.inject(Pause(it.id_by_name["prod1"]), SECOND)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(2 * LATENCY)
        await it.fleet.stop_broker()
        await it.fleet.advance(SECOND)
        assert it.is_done(message)
        await it.fleet.start_broker()
        await it.assert_delivered_once()


async def test_what_is_held_comes_in_order_when_it_is_released() -> None:
    """Nothing arrives before the end; then all of it does, as it was sent."""
    async with running() as it:
        await it.inject(LinkFault(recipients=frozenset({it.id_by_name["prod1"]}), is_held=True), SECOND)
        messages = [
            await it.send("dev1", "prod1", 0),
            await it.send("dev2", "prod1", 0),
            await it.send("dev2", "prod1", 0, application="Other"),
            await it.send("dev1", "prod1", 0, application="Other"),
        ]
        await it.fleet.advance(SECOND - LATENCY)
        assert not it.entries("prod1", *messages)
        await it.settle()
        assert [entry.envelope for entry in it.entries("prod1", *messages)] == messages
        assert it.entries("prod1", *messages)[0].at == it.entries("prod1", *messages)[-1].at
        await it.assert_delivered_once()


async def test_loss() -> None:
    """Some messages need a second try, others none."""
    async with running() as it:
        await it.inject(LinkFault(loss=0.3))
        messages = [await it.send("dev1", "prod1", number) for number in range(MANY)]
        assert await it.settle() > RETRIES[1]
        duplicates = it.entries("prod1", outcome=Outcome.DUPLICATE)
        assert 0 < len(duplicates) < MANY
        assert it.numbers("prod1", "dev1") == list(range(MANY))
        assert len(messages) == MANY
        await it.assert_delivered_once()


async def test_a_loss_takes_several_in_a_row() -> None:
    """With a burst of three, what is lost is lost thrice, and arrives with the fourth try."""
    async with running() as it:
        way = frozenset({it.id_by_name["dev1"]})
        await it.inject(LinkFault(senders=way, loss=0.05, burst=3))
        delays = []
        for number in range(MANY):
            message = await it.send("dev1", "prod1", number)
            await it.settle()
            delays += it.delays("dev1", [message])
        assert set(delays) == {LATENCY, RETRIES[3] + LATENCY}
        await it.assert_delivered_once()


async def test_duplicates() -> None:
    """What arrives twice is recognised."""
    async with running() as it:
        await it.inject(LinkFault(senders=frozenset({it.id_by_name["dev1"]}), duplicate=1.0))
        messages = await it.send_all("dev1", "prod1", MANY)
        await it.settle()
        assert len(it.entries("prod1", *messages, outcome=Outcome.DUPLICATE)) == MANY
        await it.assert_delivered_once()


async def test_reordering() -> None:
    """What is sent later arrives earlier, but never of the same channel."""
    async with running() as it:
        await it.inject(LinkFault(reorder=0.5))
        messages = await it.send_all("dev1", "prod1", MANY)
        await it.settle()
        arrived = [entry.envelope for entry in it.entries("prod1", *messages, outcome=Outcome.PROCESSED)]
        assert arrived != messages
        assert sorted(arrived) == sorted(messages)
        assert it.numbers("prod1", "dev1", "App") == list(range(0, MANY, 2))
        assert it.numbers("prod1", "dev1", "Other") == list(range(1, MANY, 2))
        await it.assert_delivered_once()


async def test_a_changed_byte() -> None:
    """It makes an envelope unreadable or spoils its signature, and the true one is sent again."""
    async with running() as it:
        await it.inject(LinkFault(senders=frozenset({it.id_by_name["dev1"]}), corrupt=0.5))
        await it.send_all("dev1", "prod1", MANY)
        await it.settle()
        spoiled = it.entries("prod1", outcome=Outcome.UNREADABLE) + it.entries("prod1", outcome=Outcome.REFUSED)
        assert len(spoiled) > MANY // 4
        assert {entry.code for entry in spoiled} <= {"", "signature_invalid", "unknown_sender", "not_addressed"}
        await it.assert_delivered_once()


async def test_replays() -> None:
    """Old payloads that come once more change nothing."""
    async with running() as it:
        await it.inject(LinkFault(senders=frozenset({it.id_by_name["dev1"]}), replay=1.0))
        for number in range(MANY):
            await it.send("dev1", "prod1", number)
            await it.settle()
        replayed = it.entries("prod1", outcome=Outcome.DUPLICATE)
        assert len(replayed) == MANY - 1
        assert 1 < len({entry.envelope for entry in replayed}) < MANY
        assert it.numbers("prod1", "dev1") == list(range(MANY))
        await it.assert_delivered_once()


@pytest.mark.parametrize("spread", Spread)
async def test_delays(spread: Spread) -> None:
    """Constant, uniform or exponential: payloads come that much later."""
    least, most = timedelta(milliseconds=100), timedelta(milliseconds=300)
    async with running() as it:
        delay = Delay(spread=spread, least=least, most=most)
        await it.inject(LinkFault(senders=frozenset({it.id_by_name["dev1"]}), delay=delay))
        delays = []
        for number in range(MANY):
            message = await it.send("dev1", "prod1", number)
            await it.settle()
            delays += [taken - LATENCY for taken in it.delays("dev1", [message])]
        match spread:
            case Spread.CONSTANT:
                assert set(delays) == {least}
            case Spread.UNIFORM:
                assert least <= min(delays) < least * 1.5
                assert most * 0.85 < max(delays) <= most
            case Spread.EXPONENTIAL:
                assert least <= min(delays) < least * 1.5
                assert most * 1.5 < max(delays) <= least + most * 10
        await it.assert_delivered_once()


async def test_a_broker_outage() -> None:
    """What is on its way is lost, nothing passes while it lasts, and all goes on at its end."""
    async with running() as it:
        on_its_way = await it.send("dev1", "prod1", 0)
        await it.inject(BrokerOutage(), MINUTE)
        during = await it.send("dev2", "prod1", 0)
        await it.fleet.advance(MINUTE - LATENCY)
        assert not it.entries("prod1", on_its_way, during)
        assert not await it.fleet.is_settled()
        await it.fleet.advance(LATENCY * 3)
        assert it.is_done(on_its_way)
        assert it.is_done(during)
        await it.assert_delivered_once()


# -- instances ------------------------------------------------------------------------------------------


async def test_a_crash() -> None:
    """Nothing is done while it is down; when it is back it says so, and gets what waits for it at once."""
    async with running() as it:
        await it.inject(Crash(it.id_by_name["prod1"]), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(MINUTE - LATENCY)
        assert not it.entries("prod1", message)
        assert it.fleet.is_running("prod1")
        assert not await it.fleet.is_settled()
        await it.fleet.advance(LATENCY * 4)
        assert it.is_done(message)
        await it.assert_delivered_once()


async def test_a_crash_in_the_transaction() -> None:
    """Nothing of the envelope has happened; it comes again."""
    async with running() as it:
        await it.inject(Crash(it.id_by_name["prod1"], CrashPoint.IN_TRANSACTION), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(SECOND)
        assert not it.entries("prod1", message)
        await it.settle()
        assert [entry.outcome for entry in it.entries("prod1", message)] == [Outcome.PROCESSED]
        await it.assert_delivered_once()


async def test_a_crash_after_the_commit() -> None:
    """The message was processed, and neither its receipt nor its answer has left; both come later."""
    async with running() as it:
        await it.inject(Crash(it.id_by_name["dev1"], CrashPoint.AFTER_COMMIT), MINUTE)
        message = await it.send("prod1", "dev1", 0, "act")
        await it.fleet.advance(SECOND)
        assert it.is_done(message)
        assert it.answers("prod1") == 0
        await it.settle()
        assert it.answers("prod1") == 1
        assert it.entries("dev1", message, outcome=Outcome.DUPLICATE)
        await it.assert_delivered_once()


async def test_a_crash_after_publishing() -> None:
    """Receipt and answer have left; what got no receipt itself is published again, and recognised."""
    async with running() as it:
        await it.inject(Crash(it.id_by_name["dev1"], CrashPoint.AFTER_PUBLISH), MINUTE)
        message = await it.send("prod1", "dev1", 0, "act")
        await it.fleet.advance(SECOND)
        assert it.is_done(message)
        assert it.answers("prod1") == 1
        assert not await it.fleet.is_settled()
        await it.settle()
        assert not it.entries("dev1", message, outcome=Outcome.DUPLICATE)
        repeats = it.entries("prod1", outcome=Outcome.DUPLICATE)
        assert [entry.kind for entry in repeats] == ["capability_answer"]
        await it.assert_delivered_once()


@pytest.mark.parametrize("point", CrashPoint)
async def test_a_crash_while_somebody_acts(point: CrashPoint) -> None:
    """Whoever acts waits until the instance is back, and nothing is done twice."""
    async with running() as it:
        began = it.fleet.now()
        await it.inject(Crash(it.id_by_name["dev1"], point), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        assert it.fleet.now() - began == MINUTE
        await it.settle()
        assert it.is_done(message)
        await it.assert_delivered_once()


async def test_who_is_away_for_too_long_is_not_waited_for() -> None:
    """It would have forgotten what it has done when it comes back, and do it again."""
    async with running() as it:
        began = it.fleet.now()
        await it.inject(Crash(it.id_by_name["dev1"], CrashPoint.AFTER_COMMIT), DAY * 9)
        with pytest.raises(HostError, match="dev1 does not come back"):
            await it.send("dev1", "prod1", 0)
        assert it.fleet.now() - began < DAY


@pytest.mark.parametrize("who", ["dev1", "prod1"])
async def test_a_clock_far_ahead_makes_nobody_forget(who: str) -> None:
    """Neither the action that it has just done, nor the message that has expired by its clock."""
    async with running() as it:
        await it.inject(ClockSkew(it.id_by_name[who], DAY * 4), DAY)
        await it.inject(Crash(it.id_by_name[who], CrashPoint.AFTER_COMMIT), HOUR * 2)
        message = await it.send("dev1", "prod1", 0)
        await it.settle()
        done = [entry for entry in it.entries(who) if entry.envelope == message or entry.kind == "send"]
        assert [entry.outcome for entry in done if entry.outcome is not Outcome.DUPLICATE] == [done[0].outcome]


async def test_a_pause() -> None:
    """It does nothing, and what reaches it waits and is done in order when it is over."""
    async with running() as it:
        await it.inject(Pause(it.id_by_name["prod1"]), SECOND)
        messages = [
            await it.send("dev1", "prod1", 0),
            await it.send("dev2", "prod1", 0),
            await it.send("dev1", "prod1", 0, application="Other"),
        ]
        await it.fleet.advance(SECOND - LATENCY)
        assert not it.entries("prod1", *messages)
        assert not await it.fleet.is_settled()
        await it.fleet.advance(LATENCY)
        assert [entry.envelope for entry in it.entries("prod1", *messages)] == messages
        await it.assert_delivered_once()


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
async def test_a_clock_that_is_off(ahead: timedelta) -> None:
    """The instance journals with its own clock, until it is set right."""
    async with running() as it:
        await it.inject(ClockSkew(it.id_by_name["prod1"], ahead), MINUTE)
        off = await it.send("dev1", "prod1", 0)
        await it.settle()
        await it.fleet.advance(MINUTE)
        right = await it.send("dev1", "prod1", 1)
        await it.settle()
        assert it.delays("dev1", [off, right]) == [ahead + LATENCY, LATENCY]
        await it.assert_delivered_once()


async def test_a_clock_that_drifts() -> None:
    """It gains so many seconds a second, and an hour as the instance sees it is over sooner."""
    async with running() as it:
        await it.inject(ClockSkew(it.id_by_name["prod1"], drift=0.25))
        await it.fleet.advance(100 * SECOND)
        message = await it.send("dev1", "prod1", 0)
        await it.settle()
        assert it.delays("dev1", [message])[0] - LATENCY == pytest.approx(25 * SECOND, abs=LATENCY)
        await it.name_manager("dev1", "prod1")
        await it.fleet.advance(4 * MINUTE - SECOND)
        assert not it.fleet.load("prod1", Managed)
        await it.fleet.advance(2 * SECOND)
        assert [row.status for row in it.fleet.load("prod1", Managed)] == [Approval.AUTO_APPROVED]
        await it.assert_delivered_once()


@pytest.mark.parametrize("state", DiskState)
async def test_a_disk_at_fault(state: DiskState) -> None:
    """Nothing can be committed, so nothing is acted on or acknowledged, until it is over."""
    async with running() as it:
        await it.inject(DiskFault(it.id_by_name["prod1"], state), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(MINUTE - LATENCY)
        assert not it.entries("prod1", message)
        assert not await it.fleet.is_settled()
        await it.settle()
        assert it.is_done(message)
        await it.assert_delivered_once()


@pytest.mark.parametrize("state", DiskState)
async def test_whoever_acts_waits_for_the_disk(state: DiskState) -> None:
    """And what was to be done is done once."""
    async with running() as it:
        began = it.fleet.now()
        await it.inject(DiskFault(it.id_by_name["dev1"], state), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        assert MINUTE <= it.fleet.now() - began <= MINUTE + 2 * SECOND
        await it.settle()
        assert it.is_done(message)
        await it.assert_delivered_once()


async def test_a_slow_disk() -> None:
    """Each transaction takes longer and the next one waits for it; what comes of it leaves when it is over."""
    async with running() as it:
        await it.inject(SlowDisk(it.id_by_name["prod1"], SECOND), MINUTE)
        messages = [await it.send(name, "prod1", 0) for name in ("dev1", "dev2")]
        await it.fleet.advance(MINUTE - SECOND)
        first, second = it.entries("prod1", *messages, outcome=Outcome.PROCESSED)
        assert second.at - first.at == SECOND
        assert all(it.is_done(message) for message in messages)
        await it.assert_delivered_once()


async def test_who_dies_in_a_slow_transaction_has_said_nothing() -> None:
    """The transaction is in the file, its answer and receipt are not on their way: they are repeated later."""
    async with running() as it:
        await it.inject(SlowDisk(it.id_by_name["prod1"], SECOND), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(LATENCY * 2)
        assert it.is_done(message)
        await it.inject(Crash(it.id_by_name["prod1"]), SECOND * 3)
        await it.settle()
        assert it.entries("prod1", message, outcome=Outcome.DUPLICATE)
        await it.assert_delivered_once()


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-2)])
async def test_a_clock_that_steps_in_the_middle_of_a_repeat(ahead: timedelta) -> None:
    """While a sender repeats itself its clock steps and later steps back: it neither stops nor floods."""
    async with running() as it:
        await it.inject(cut(it, "dev1", "prod1"), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.inject(ClockSkew(it.id_by_name["dev1"], ahead), SECOND * 10, SECOND * 30)
        await it.fleet.advance(MINUTE * 10)
        assert it.is_done(message)
        assert len(it.entries("prod1", message)) == 1
        await it.assert_delivered_once()


async def test_an_instance_stops_although_its_disk_is_at_fault() -> None:
    """It can write nothing down any more, which only repeats deliveries when it is started again."""
    async with running() as it:
        message = await it.send("dev1", "prod1", 0)
        await it.settle()
        await it.inject(DiskFault(it.id_by_name["dev1"], DiskState.FULL), MINUTE)
        await it.fleet.stop(["dev1"])
        await it.fleet.start(["dev1"])
        await it.settle()
        assert it.entries("prod1", message, outcome=Outcome.DUPLICATE)
        await it.assert_delivered_once()


# -- when they begin and end ----------------------------------------------------------------------------


async def test_a_fault_begins_later() -> None:
    """Before its time it has no effect."""
    async with running() as it:
        await it.inject(BrokerOutage(), MINUTE, after=SECOND)
        before = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(SECOND)
        within = await it.send("dev1", "prod1", 1)
        await it.fleet.advance(SECOND)
        assert it.is_done(before)
        assert not it.is_done(within)
        await it.assert_delivered_once()


async def test_calm_ends_what_has_no_end() -> None:
    """A fault without a length lasts until then, however long that is."""
    async with running() as it:
        await it.inject(BrokerOutage())
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(timedelta(hours=12))
        assert not it.is_done(message)
        await it.fleet.calm()
        await it.settle()
        assert it.is_done(message)
        await it.assert_delivered_once()


async def test_two_faults_of_a_kind_end_one_by_one() -> None:
    """The instance goes on when the last of two pauses is over."""
    async with running() as it:
        await it.inject(Pause(it.id_by_name["prod1"]), SECOND)
        await it.inject(Pause(it.id_by_name["prod1"]), MINUTE)
        message = await it.send("dev1", "prod1", 0)
        await it.fleet.advance(2 * SECOND)
        assert not it.is_done(message)
        await it.settle()
        assert it.is_done(message)
        await it.assert_delivered_once()


# -- as a scenario says it ------------------------------------------------------------------------------


PROD1, DEV1, DEV2 = (frozenset({id_}) for id_ in ID_BY_NAME.values())
"""Stand for the instances in the faults below."""

STEPS: list[tuple[str, list[Fault]]] = [
    (
        "partition: [prod1, [dev1, dev2]]",
        [
            LinkFault(senders=PROD1, recipients=DEV1 | DEV2, is_cut=True),
            LinkFault(senders=DEV1 | DEV2, recipients=PROD1, is_cut=True),
        ],
    ),
    ("isolate: dev1", [LinkFault(senders=DEV1, is_cut=True), LinkFault(recipients=DEV1, is_cut=True)]),
    ("cut: { from: dev1, to: prod1 }", [LinkFault(senders=DEV1, recipients=PROD1, is_cut=True)]),
    ("hold: { to: [dev1, dev2] }", [LinkFault(recipients=DEV1 | DEV2, is_held=True)]),
    (
        "weather: { from: dev1, loss: 30%, burst: 3, duplicate: 0.1, reorder: 20%, corrupt: 5%, replay: 1 }",
        [LinkFault(senders=DEV1, loss=0.3, burst=3, duplicate=0.1, reorder=0.2, corrupt=0.05, replay=1)],
    ),
    (
        "weather: { delay: { least: 2s } }",
        [LinkFault(delay=Delay(spread=Spread.CONSTANT, least=2 * SECOND, most=2 * SECOND))],
    ),
    (
        "weather: { delay: { least: 1s, most: 2s } }",
        [LinkFault(delay=Delay(spread=Spread.UNIFORM, least=SECOND, most=2 * SECOND))],
    ),
    (
        "weather: { delay: { least: 1s, average: 2s } }",
        [LinkFault(delay=Delay(spread=Spread.EXPONENTIAL, least=SECOND, most=2 * SECOND))],
    ),
    ("broker_outage: true", [BrokerOutage()]),
    (
        "crash: { instance: dev1, point: after_publish }",
        [Crash(instance, CrashPoint.AFTER_PUBLISH) for instance in DEV1],
    ),
    ("pause: [dev1, dev2]", [Pause(instance) for names in (DEV1, DEV2) for instance in names]),
    (
        "clock: { instance: dev1, behind: 1m, drift: 0.01 }",
        [ClockSkew(instance, -MINUTE, 0.01) for instance in DEV1],
    ),
    ("clock: { instance: dev1, ahead: 1m }", [ClockSkew(instance, MINUTE) for instance in DEV1]),
    ("slow_disk: { instance: dev1, by: 200ms }", [SlowDisk(instance, MINUTE / 300) for instance in DEV1]),
    ("disk: { instance: dev1, state: locked }", [DiskFault(instance, DiskState.LOCKED) for instance in DEV1]),
]


@pytest.mark.parametrize(("text", "faults"), STEPS, ids=[text.partition(":")[0] for text, _ in STEPS])
def test_a_step_as_faults(text: str, faults: list[Fault]) -> None:
    """What a scenario says goes wrong is what goes wrong."""
    loaded = load_text(TOPOLOGY.replace("steps: [settle]", f"steps:\n  - fault: {{ {text} }}"), "fault.yaml")
    [step] = loaded.scenario.steps
    assert step.fault is not None
    assert faults_of(loaded.scenario, step.fault) == faults
