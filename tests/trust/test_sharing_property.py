"""Data sharing under any sequence of actions in any weather: what arrives was granted, and mirrors converge."""

from __future__ import annotations

from datetime import timedelta
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed

from hypothesis import given
from hypothesis import strategies as st

from simulator.protocol.actions import ChangeType, SetGrantAccess, ShareData
from simulator.tables import Row
from simulator.trust.application import Application
from simulator.trust.capability import ReceivedData
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.sharing import SharingApplication, TrustConfig
from tests.fleet import Calm, Fleet, Storm, examples, id_of

NAMES = ("prod1", "prod2", "dev1")
APPLICATIONS = ("Subscription Management", "Security Center")
INSTALLED: list[Row] = [
    row
    for name in APPLICATIONS
    for row in (Application(name=name, version="1.0.0"), SharingApplication(application=name))
]
ACTIONS = ("grant", "withdraw", "share", "promote", "demote", "crash", "start", "wait", "deliver", "deliver")

Step = tuple[str, str, str, str]
Grants = dict[tuple[str, str, str], tuple[bool, bool]]
"""By application, grantor and grantee: whether access is granted, and whether that is customised."""

steps = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS), st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(APPLICATIONS)
    ),
    min_size=5,
    max_size=40,
)


def take(fleet: Fleet, action: str, one: str, other: str, application: str) -> bool:
    """The action happens, if its instance is up to take it; whether it was accepted."""
    if one not in fleet.instances:
        return False
    match action:
        case "grant" | "withdraw":
            act = SetGrantAccess(application=application, instance=id_of(other), grant=action == "grant")
            return not fleet.act(one, act).code
        case "share":
            share = ShareData(application=application, recipient=id_of(other), payload={"from": one, "to": other})
            return not fleet.act(one, share).code
        case "promote":
            fleet.act(one, ChangeType(type="production", environment="production"))
        case "demote":
            fleet.act(one, ChangeType(type="non_production", environment="test"))
        case _:
            fleet.crash(one)
    return True


def grants(fleet: Fleet) -> Grants:
    """What the grantors say."""
    return {
        (row.application, name, other): (row.grant_access, row.customised)
        for name in NAMES
        for other in NAMES
        for row in fleet.rows(name, TrustConfig, instance=id_of(other))
    }


def mirrors(fleet: Fleet) -> dict[tuple[str, str, str], bool]:
    """What the grantees show."""
    return {
        (row.application, other, name): row.is_granting_access
        for name in NAMES
        for other in NAMES
        for row in fleet.rows(name, TrustConfig, instance=id_of(other))
    }


def is_production(fleet: Fleet, name: str) -> bool:
    [entry] = fleet.rows(name, DirectoryEntry, sys_id=id_of(name))
    return entry.type is InstanceType.PRODUCTION


@given(steps=steps, chance=st.randoms(use_true_random=True))
@examples(100)
def test_mirrors_converge_in_any_weather(steps: list[Step], chance: Random) -> None:
    """Whatever is lost, doubled, reordered or down for days: at rest every mirror shows its grantor's word.

    What nobody has customised since is the default of the final types, and all that was shared has arrived or has
    waited for too long, and nothing else.
    """
    shared: dict[tuple[str, str], int] = {}
    with Fleet(*NAMES, installed=dict.fromkeys(NAMES, INSTALLED)) as fleet:
        fleet.weather = Storm(chance)
        for action, one, other, application in steps:
            if action == "deliver":
                fleet.deliver(1 + chance.randrange(4))
            elif action == "wait":
                fleet.jump(timedelta(hours=chance.randrange(30)))
            elif action == "start":
                if one not in fleet.instances:
                    fleet.start(one)
            else:
                was_granted = grants(fleet).get((application, one, other), (False, False))[0]
                if take(fleet, action, one, other, application) and action == "share":
                    assert was_granted, f"{one} shares with {other} what it does not grant"
                    shared[one, other] = shared.get((one, other), 0) + 1
        fleet.weather = Calm()
        for name in set(NAMES) - set(fleet.instances):
            fleet.start(name)
        fleet.settle()
        said = grants(fleet)
        assert mirrors(fleet) == {key: value for key, (value, _) in said.items()}
        has_expired = any(entry.kind == "instance_changed" and entry.outcome == "expired"
                          for name in NAMES for entry in fleet.journal(name))  # fmt: skip
        for (_, grantor, grantee), (value, customised) in said.items():
            if not customised and not has_expired:  # else the grantor does not know what its grantee has become
                assert value == (not is_production(fleet, grantor) and is_production(fleet, grantee))
        for name in NAMES:
            for data in fleet.rows(name, ReceivedData):
                assert data.payload["to"] == name
                assert id_of(str(data.payload["from"])) == data.source_instance
        for (one, other), number in shared.items():
            lost = [entry for name in (one, other) for entry in fleet.journal(name)
                    if entry.kind == "shared_data" and entry.outcome == "expired"]  # fmt: skip
            received = fleet.rows(other, ReceivedData, source_instance=id_of(one))
            assert number - len(lost) <= len(received) <= number
