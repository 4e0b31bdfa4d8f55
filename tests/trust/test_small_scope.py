"""Everything that two or three instances can get into, whatever their administrators do: no invariant breaks.

In some scopes all that follows from an action arrives at once, in others messages are under way and arrive in
every order. SMALL_SCOPE=large adds those that take minutes; `-s` shows how many states there are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from simulator.decision import NOTHING
from simulator.protocol.actions import (
    ApproveManager,
    ChangeType,
    CreateTrustRecord,
    Decommission,
    DeleteManaged,
    DeleteManager,
    DeleteProfileItem,
    DeleteTrustRecord,
    NameManager,
    RejectManager,
    RequestManagement,
    SaveProfileItem,
    Send,
    SyncTrustProfiles,
)
from simulator.trust import designation, record
from tests.fleet import CODE_CHECK, HEALTH, NOTIFY, SCAN_RESULT, VERSION, id_of, tables_of
from tests.trust.small_scope import Explored, Scope

IS_LARGE = os.environ.get("SMALL_SCOPE") == "large"

TWO, THREE = ("prod1", "dev1"), ("prod1", "prod2", "dev1")
ONE_VERSION, TWO_VERSIONS = (VERSION,), (VERSION, "2.0.0")

Actions = Iterator[tuple[str, Any]]


def manage(names: Sequence[str]) -> Actions:
    """Everybody names, asks, approves, rejects, drops and gives up everybody else."""
    for me, peer in permutations(map(id_of, names), 2):
        yield me, NameManager(application=HEALTH, manager=peer)
        yield me, RequestManagement(application=HEALTH, instance=peer)
        yield me, ApproveManager(application=HEALTH, manager=peer)
        yield me, RejectManager(application=HEALTH, manager=peer)
        yield me, DeleteManager(application=HEALTH, manager=peer)
        yield me, DeleteManaged(application=HEALTH, instance=peer)


def name_and_drop(managed: str, manager: str) -> Actions:
    """Only one instance ever has a manager, and always the same."""
    yield id_of(managed), NameManager(application=HEALTH, manager=id_of(manager))
    yield id_of(managed), DeleteManager(application=HEALTH, manager=id_of(manager))


def change_roles(names: Sequence[str]) -> Actions:
    """Everybody is promoted and demoted."""
    for me in map(id_of, names):
        yield me, ChangeType(type="production", environment="production")
        yield me, ChangeType(type="non_production", environment="test")


def give_up(names: Sequence[str]) -> Actions:
    """Everybody is decommissioned."""
    for me in map(id_of, names):
        yield me, Decommission()


def distribute(
    editors: Sequence[str], names: Sequence[str], versions: Sequence[str], active: Sequence[bool]
) -> Actions:
    """The editors edit and sync profiles in which anybody trusts anybody."""
    for me in map(id_of, editors):
        yield me, SyncTrustProfiles(application=HEALTH)
        for trusting, trusted in permutations(map(id_of, names), 2):
            yield (
                me,
                DeleteProfileItem(application=HEALTH, capability=CODE_CHECK, trusting=trusting, trusted=trusted),
            )
            for version in versions:
                for is_active in active:
                    yield (
                        me,
                        SaveProfileItem(
                            application=HEALTH,
                            capability=CODE_CHECK,
                            version=version,
                            trusting=trusting,
                            trusted=trusted,
                            active=is_active,
                        ),
                    )


def trust(names: Sequence[str], versions: Sequence[str]) -> Actions:
    """Everybody trusts anybody by hand, and does not any more."""
    for me, peer in permutations(map(id_of, names), 2):
        yield me, DeleteTrustRecord(application=HEALTH, capability=CODE_CHECK, trustee=peer)
        for version in versions:
            yield me, CreateTrustRecord(application=HEALTH, capability=CODE_CHECK, version=version, trustee=peer)


def send(names: Sequence[str]) -> Actions:
    """Everybody sends everybody messages and data, looking first or not."""
    for me, peer in permutations(map(id_of, names), 2):
        for operation in (NOTIFY, SCAN_RESULT):
            for unchecked in (False, True):
                yield (
                    me,
                    Send(
                        application=HEALTH,
                        capability=CODE_CHECK,
                        operation=operation,
                        recipient=peer,
                        payload={},
                        unchecked=unchecked,
                    ),
                )


@dataclass(frozen=True)
class Case:
    """What is done in a scope, by whom, and its bounds: see Scope."""

    name: str
    actions: Sequence[tuple[str, Any]]
    names: Sequence[str] = TWO
    most_flights: int = 0
    syncs: int | None = None

    def explore(self) -> Explored:
        """Finds every state of the scope."""
        firsts = [tables_of(name, directory=self.names) for name in self.names]
        return Scope(firsts, self.actions, self.most_flights, self.syncs).explore()


ROLES = Case(
    "two, management and roles, one message under way", [*manage(TWO), *change_roles(TWO)], most_flights=1, syncs=0
)
RECORDS = Case(
    "two, records by hand and sends, two messages under way",
    [*trust(TWO, TWO_VERSIONS), *send(TWO)],
    most_flights=2,
    syncs=0,
)
CASES = [
    ROLES,
    RECORDS,
    Case(
        "two, management, profiles, records and sends",
        [*manage(TWO), *distribute(TWO, TWO, ONE_VERSION, [True]), *trust(TWO, ONE_VERSION), *send(TWO)],
    ),
    Case(
        "two, a profile with versions and inactive items, records and sends",
        [
            *name_and_drop("dev1", "prod1"),
            *distribute(["prod1"], TWO, TWO_VERSIONS, [True, False]),
            *trust(TWO, TWO_VERSIONS),
            *send(TWO),
        ],
    ),
    Case(
        "two, a profile, records and sends, one message under way",
        [
            *name_and_drop("dev1", "prod1"),
            *distribute(["prod1"], TWO, ONE_VERSION, [True]),
            *trust(TWO, ONE_VERSION),
            *send(TWO),
        ],
        most_flights=1,
        syncs=2,
    ),
    Case("three, management", [*manage(THREE)], names=THREE),
    Case(
        "two, management, records, roles and decommission, one message under way",
        [
            *name_and_drop("dev1", "prod1"),
            *trust(TWO, ONE_VERSION),
            *change_roles(["dev1"]),
            *give_up(TWO),
            *send(TWO),
        ],
        most_flights=1,
        syncs=0,
    ),
    Case("three, management and decommission", [*manage(THREE), *give_up(THREE)], names=THREE),
    Case(
        "three, a profile of which one instance is managed, and sends",
        [
            *name_and_drop("dev1", "prod1"),
            *distribute(["prod1"], THREE, ONE_VERSION, [True]),
            *send(("prod1", "dev1")),
        ],
        names=THREE,
    ),
]
LARGE = [
    Case(
        "three, a profile of two managed instances, and sends",
        [
            *name_and_drop("dev1", "prod1"),
            *name_and_drop("prod2", "prod1"),
            *distribute(["prod1"], THREE, ONE_VERSION, [True]),
            *send(THREE),
        ],
        names=THREE,
    ),
    Case(
        "two, management, roles, profiles, records and sends",
        [
            *manage(TWO),
            *change_roles(TWO),
            *distribute(TWO, TWO, ONE_VERSION, [True]),
            *trust(TWO, ONE_VERSION),
            *send(TWO),
        ],
    ),
    Case(
        "three, management by asking, a profile with versions and inactive items",
        [
            *manage(THREE),
            *distribute(["prod1"], ("prod1", "dev1"), TWO_VERSIONS, [True, False]),
            *send(("prod1", "dev1")),
        ],
        names=THREE,
    ),
    Case(
        "two, management and roles, two messages under way",
        [*manage(TWO), *change_roles(TWO)],
        most_flights=2,
        syncs=0,
    ),
    Case(
        "two, management, profiles and sends, one message under way",
        [*manage(TWO), *distribute(TWO, TWO, ONE_VERSION, [True]), *send(TWO)],
        most_flights=1,
        syncs=1,
    ),
]


@pytest.mark.parametrize("case", [*CASES, *(LARGE if IS_LARGE else [])], ids=lambda case: case.name)
def test_no_state_breaks_an_invariant(case: Case) -> None:
    """Every administrator's action in every state, and every order of arrival."""
    explored = case.explore()
    found = f"{explored.states:,} states (of one instance: {explored.of_one:,}), {explored.steps:,} steps"
    print(f"\n{case.name}: {found}")  # noqa: T201 - the numbers say how much has been tried
    assert explored.broken == ()


def test_a_confirmation_that_is_not_taken_in_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search does notice: with one of the rules gone, it shows the way to a state that must not be."""
    monkeypatch.setattr(designation, "decide_confirmation", lambda *_: NOTHING)
    [broken, *_] = ROLES.explore().broken
    assert broken.startswith("prod1 manages dev1 for Impact Health: prod1 has it so, and dev1 does not after ")


def test_a_mirror_that_does_not_follow_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for the other relation."""
    monkeypatch.setattr(record, "decide_removed", lambda *_: NOTHING)
    [broken, *_] = RECORDS.explore().broken
    assert "prod1 has it so, and dev1 does not after " in broken or "dev1 has it so, and prod1" in broken
