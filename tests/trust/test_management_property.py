"""The management relation under any sequence of actions in any weather: what holds always, and at rest."""

from __future__ import annotations

from collections import Counter
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed

from hypothesis import given, note
from hypothesis import strategies as st

from simulator.journal import Entry
from simulator.protocol.actions import ChangeType
from simulator.tables import Property
from simulator.trust.designation import AUTO_APPROVAL_DELAY
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.management import Managed, ManagedBy
from tests.fleet import ACCOUNT, HEALTH, RELEASE_OPS, Calm, Fleet, Storm, examples, id_of

NAMES = ("prod1", "prod2", "dev1", "dev2", "other1")
ACTIONS = (
    *("name_manager", "request", "approve", "reject", "delete_manager", "give_up", "promote", "demote"),
    *("wait", *["deliver"] * 4),
)

RELATIONS = (
    ("dev1", "prod1"),
    ("dev1", "prod2"),
    ("dev1", "dev2"),
    ("dev2", "dev1"),
    ("prod1", "prod2"),
    ("prod1", "dev1"),
    ("dev1", "other1"),
    ("dev1", "dev1"),
)
"""Managed and manager; the last three may never be."""

Step = tuple[str, tuple[str, str], str]


@st.composite
def draw_steps(draw: st.DrawFn) -> list[Step]:
    """Up to forty actions around a few relations, so that they meet."""
    relations = draw(st.lists(st.sampled_from(RELATIONS), min_size=1, max_size=4, unique=True))
    step = st.tuples(
        st.sampled_from(ACTIONS),
        st.sampled_from(relations),
        st.sampled_from([HEALTH, HEALTH, HEALTH, RELEASE_OPS]),
    )
    return draw(st.lists(step, min_size=5, max_size=40))


def take(fleet: Fleet, action: str, managed: str, manager: str, application: str) -> Entry:
    """The administrator of the right side takes the action."""
    if action == "request":
        return fleet.request(manager, managed, application)
    if action == "give_up":
        return fleet.delete_managed(manager, managed, application)
    if action == "promote":
        return fleet.act(managed, ChangeType(type="production", environment="production"))
    if action == "demote":
        return fleet.act(manager, ChangeType(type="non_production", environment="test"))
    entry: Entry = getattr(fleet, action)(managed, manager, application)
    return entry


def assert_invariants(fleet: Fleet) -> None:
    """What no instance may ever be, whatever is still under way."""
    for name in NAMES:
        entries: dict[str, DirectoryEntry] = {row.sys_id: row for row in fleet.rows(name, DirectoryEntry)}
        managers = [row for row in fleet.rows(name, ManagedBy) if row.approval.is_in_force]
        managed = [row for row in fleet.rows(name, Managed) if row.status.is_in_force]
        assert not (managers and managed), f"{name} is both managing and managed"
        per_application = Counter(row.application for row in managers)
        assert all(count == 1 for count in per_application.values()), f"{name} has a second manager"
        me = entries[id_of(name)]
        for peer in [entries[row.manager_instance] for row in managers]:
            assert peer.account == me.account == ACCOUNT
            assert peer.type is InstanceType.PRODUCTION or me.type is not InstanceType.PRODUCTION
            assert peer is not me
        for peer in [entries[row.managed_instance] for row in managed]:
            assert peer.account == me.account == ACCOUNT
            assert me.type is InstanceType.PRODUCTION or peer.type is not InstanceType.PRODUCTION


def assert_both_sides_agree(fleet: Fleet) -> None:
    """At rest, what is in force on one side is in force on the other."""
    managed_say = {
        (row.application, id_of(name), row.manager_instance)
        for name in NAMES
        for row in fleet.rows(name, ManagedBy)
        if row.approval.is_in_force
    }
    managers_say = {
        (row.application, row.managed_instance, id_of(name))
        for name in NAMES
        for row in fleet.rows(name, Managed)
        if row.status.is_in_force
    }
    assert managed_say == managers_say


@given(steps=draw_steps(), chance=st.randoms(use_true_random=True), delay=st.sampled_from(["0", "300"]))
@examples(100)
def test_management_stays_sound_in_any_weather(steps: list[Step], chance: Random, delay: str) -> None:
    """Whatever is asked, lost, doubled or reordered: no rule is ever broken, and both sides agree at rest."""
    properties = [Property(name=AUTO_APPROVAL_DELAY, value=delay)]
    with Fleet(*NAMES, accounts={"other1": "umbrella"}, properties=properties) as fleet:
        fleet.weather = Storm(chance)
        for action, (managed, manager), application in steps:
            if action == "deliver":
                fleet.deliver(1 + chance.randrange(4))
            elif action == "wait":
                fleet.jump_to_next_wake()
            else:
                entry = take(fleet, action, managed, manager, application)
                note(f"{action}: {managed} by {manager} for {application}: {entry.outcome} {entry.code}")
            assert_invariants(fleet)
        fleet.weather = Calm()
        fleet.settle()
        assert_invariants(fleet)
        assert_both_sides_agree(fleet)


@given(steps=draw_steps(), chance=st.randoms(use_true_random=True))
@examples(40)
def test_nothing_is_in_force_without_consent(steps: list[Step], chance: Random) -> None:
    """A manager is in force only where the managed side's last word was to name it or to approve it."""
    last_word: dict[tuple[str, str, str], str] = {}
    with Fleet(*NAMES, accounts={"other1": "umbrella"}) as fleet:
        fleet.weather = Storm(chance, lost=0, doubled=0)
        for action, (managed, manager), application in steps:
            if action == "deliver":
                fleet.deliver(1 + chance.randrange(4))
            elif action == "wait":
                fleet.settle()
            else:
                entry = take(fleet, action, managed, manager, application)
                note(f"{action}: {managed} by {manager} for {application}: {entry.outcome} {entry.code}")
                if action not in {"request", "give_up", "promote", "demote"} and not entry.code:
                    last_word[(managed, manager, application)] = action
        fleet.settle()
        for name in NAMES:
            for row in fleet.rows(name, ManagedBy):
                if row.approval.is_in_force:
                    [peer] = [item for item in NAMES if id_of(item) == row.manager_instance]
                    assert last_word.get((name, peer, row.application)) in {"name_manager", "approve"}
