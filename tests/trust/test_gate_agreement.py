"""The gate and a second, naive one say the same of any message in any state, at its sender and its receiver."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed

from hypothesis import given
from hypothesis import strategies as st

from simulator.protocol.actions import Send
from simulator.protocol.messages import (
    CapabilityAnswer,
    CapabilityMessage,
    ManagementRequest,
    PeerMessage,
    TrustProfileSync,
    TrustRemoved,
)
from simulator.protocol.operations import OperationKind
from simulator.tables import Row, Tables
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.capability import decide_send
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.gate import admit, judge
from simulator.trust.record import Origin, TrustingInstance, TrustRecord
from tests.fleet import examples
from tests.trust import naive_gate
from tests.trust.naive_gate import ADMITTED, State

ME, PEERS = "me", ("one", "two", "three")
APPLICATIONS, CAPABILITIES, OPERATIONS = ("A", "B"), ("c", "d"), ("m", "n")
VERSIONS = ("1.10", "1.9", "2.0")

RECEIVER = {
    *("unknown_instance", "other_account", "instance_retired"),
    *("application_missing", "capability_unknown", "operation_unknown"),
    *("application_too_old", "application_differs", "wrong_direction"),
    *("no_trust_record", "no_trusting_instance", "version_mismatch", ADMITTED),
}
SENDER = RECEIVER - {"application_too_old", "application_differs", "wrong_direction"} | {"self_trust"}


def draw_state(chance: Random) -> State:
    """What an instance might know: most of everything, mostly in the first version."""
    places = [(app, cap) for app in APPLICATIONS for cap in CAPABILITIES]

    def draw_trust() -> list[tuple[str, str, str, str]]:
        return [
            (app, cap, peer, draw_version(chance))
            for app, cap in places
            for peer in (*PEERS, ME)
            if chance.random() < 0.7
        ]

    return State(
        me=ME,
        instances=[(ME, "acme", chance.random() < 0.03)]
        + [
            (peer, "acme" if chance.random() < 0.9 else "umbrella", chance.random() < 0.05)
            for peer in PEERS
            if chance.random() < 0.9
        ],
        applications=[
            (app, draw_version(chance), chance.choice(("", "", "", "1.10")), chance.random() < 0.2)
            for app in APPLICATIONS
            if chance.random() < 0.9
        ],
        capabilities=[(*place, draw_version(chance)) for place in places if chance.random() < 0.9],
        operations=[
            (*place, name, chance.choice(list(OperationKind)))
            for place in places
            for name in OPERATIONS
            if chance.random() < 0.9
        ],
        trusted=draw_trust(),
        trusting=draw_trust(),
    )


def draw_version(chance: Random) -> str:
    """The first, or in one of five cases any."""
    return VERSIONS[0] if chance.random() < 0.8 else chance.choice(VERSIONS)


def draw_message(chance: Random) -> PeerMessage:
    """A capability message, or in one of ten cases a message that needs no trust."""
    application, capability, operation = draw_operation(chance)
    if chance.random() < 0.1:
        return chance.choice(
            (
                ManagementRequest(application=application),
                TrustProfileSync(application=application, revision=1, items=()),
                TrustRemoved(application=application, capability=capability),
                CapabilityAnswer(
                    application=application, capability=capability, operation=operation, request="", payload={}
                ),
            )
        )
    return CapabilityMessage(
        application=application,
        application_version=draw_version(chance),
        capability=capability,
        version=draw_version(chance),
        operation=operation,
        operation_kind=chance.choice(list(OperationKind)),
        payload={},
    )


def draw_send(chance: Random) -> Send:
    """An application of mine sends, to anyone."""
    application, capability, operation = draw_operation(chance)
    return Send(
        application=application,
        capability=capability,
        operation=operation,
        recipient=chance.choice((*PEERS, *PEERS, ME)),
        payload={},
        unchecked=chance.random() < 0.1,
    )


def draw_operation(chance: Random) -> tuple[str, str, str]:
    """One of those there may be."""
    return chance.choice(APPLICATIONS), chance.choice(CAPABILITIES), chance.choice(OPERATIONS)


def tables_of(state: State) -> Tables:
    """The same state as the simulator keeps it."""
    return Tables(state.me, rows_of(state))


def rows_of(state: State) -> Iterator[Row]:
    for instance, account, is_retired in state.instances:
        yield DirectoryEntry(
            sys_id=instance,
            name=instance,
            account=account,
            type=InstanceType.PRODUCTION,
            environment="production",
            release="Zurich",
            public_key="",
            retired=is_retired,
        )
    for name, version, minimum, same in state.applications:
        yield Application(name=name, version=version, minimum_version=minimum, same_version=same)
    for application, name, version in state.capabilities:
        yield Capability(application=application, name=name, version=version)
    for application, capability, name, kind in state.operations:
        kind = OperationKind(kind)
        yield Operation(application=application, capability=capability, name=name, kind=kind, answer=None)
    for application, capability, trustee, version in state.trusted:
        yield TrustRecord(
            application=application,
            capability=capability,
            trusted_instance=trustee,
            version=version,
            origin=Origin.PROFILE,
        )
    for application, capability, trustor, version in state.trusting:
        yield TrustingInstance(
            application=application, capability=capability, trusting_instance=trustor, version=version
        )


def assert_receivers_agree(chance: Random) -> str:
    """One message in one state; returns what both gates say of it."""
    state, message, sender = draw_state(chance), draw_message(chance), chance.choice(PEERS)
    tables = tables_of(state)
    refusal = admit(tables, message, sender)
    code = refusal.code if refusal else ADMITTED
    assert code == naive_gate.receive(state, sender, message)
    assert code == (judge(tables, message, sender) or ADMITTED)
    return code


def assert_senders_agree(chance: Random) -> str:
    """One send in one state; returns what both gates say of it."""
    state, action = draw_state(chance), draw_send(chance)
    decision = decide_send(tables_of(state), action, "cause")
    code = decision.refusal.code if decision.refusal else ADMITTED
    assert code == naive_gate.send(state, action)
    assert len(decision.posts) == (code == ADMITTED)
    return code


@given(chance=st.randoms(use_true_random=True))
@examples(2000)
def test_receivers_agree(chance: Random) -> None:
    """Whatever comes from whomever, whatever the receiver knows, with and without an explanation."""
    assert_receivers_agree(chance)


@given(chance=st.randoms(use_true_random=True))
@examples(2000)
def test_senders_agree(chance: Random) -> None:
    """Whatever is to be sent to whomever; nothing leaves that is refused."""
    assert_senders_agree(chance)


def test_what_is_drawn_has_every_answer() -> None:
    """Gates that agree only where nothing is refused would prove nothing: every code comes up often."""
    chance = Random(0)  # noqa: S311 - nothing secret is drawn
    received = Counter(assert_receivers_agree(chance) for _ in range(2000))
    sent = Counter(assert_senders_agree(chance) for _ in range(2000))
    assert received.keys() == RECEIVER
    assert sent.keys() == SENDER
    assert min([*received.values(), *sent.values()]) > 20
