"""Applications that are installed, upgraded and removed, and what becomes of trust."""

from __future__ import annotations

from simulator.journal import Outcome
from simulator.protocol.actions import CreateTrustRecord, InstallApplication, RemoveApplication, UpgradeApplication
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.copies import copy
from simulator.trust.management import ManagedBy
from simulator.trust.profile import ProfileItem, TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.states import SyncState
from simulator.trust.sync import SyncStatus
from tests.fleet import CODE_CHECK, HEALTH, Fleet, id_of

REMOVE = RemoveApplication(application=HEALTH)


def upgrade(version: str) -> UpgradeApplication:
    """Another version of the capability."""
    return UpgradeApplication(application=HEALTH, version="9.0.0", capabilities={CODE_CHECK: version})


def install(fleet: Fleet, name: str) -> InstallApplication:
    """The application as that instance has it."""
    types = (Application, Capability, Operation)
    rows = [row for kind in types for row in fleet.rows(name, kind)]
    mine = [row for row in rows if HEALTH in {getattr(row, "application", ""), getattr(row, "name", "")}]
    return InstallApplication(application=HEALTH, rows=copy(mine))


def synced(fleet: Fleet) -> None:
    """dev1 trusts prod1, by the profile of its manager prod1."""
    fleet.manage("prod1", "dev1")
    fleet.save_item("prod1", "dev1", "prod1")
    fleet.sync("prod1")
    fleet.settle()
    assert fleet.rows("prod1", TrustingInstance)


def status(fleet: Fleet, name: str) -> SyncState:
    """Of the last sync of prod1 at that instance."""
    [row] = [row for row in fleet.rows("prod1", SyncStatus) if row.instance == id_of(name)]
    return row.status


def code(fleet: Fleet, name: str) -> tuple[Outcome, str]:
    """How the last envelope ended there."""
    entry = fleet.journal(name)[-1]
    return entry.outcome, entry.code


def test_what_belongs_to_a_removed_application_goes_and_the_others_follow(fleet: Fleet) -> None:
    synced(fleet)
    fleet.act("dev1", REMOVE)
    fleet.settle()
    assert not fleet.rows("dev1", TrustRecord)
    assert HEALTH not in {row.application for row in fleet.rows("dev1", TrustProfile)}
    assert not fleet.rows("dev1", ProfileItem)
    assert not fleet.rows("prod1", TrustingInstance)
    assert status(fleet, "dev1") is SyncState.STALE
    assert [row.approval.is_in_force for row in fleet.rows("dev1", ManagedBy)] == [True]


def test_trust_in_a_trustee_is_the_trustors_word_and_stays_when_the_trustee_removes_its_application(
    fleet: Fleet,
) -> None:
    synced(fleet)
    installation = install(fleet, "prod1")
    fleet.act("prod1", REMOVE)
    fleet.settle()
    assert len(fleet.rows("dev1", TrustRecord)) == len(fleet.rows("prod1", TrustingInstance)) == 1
    fleet.act("prod1", installation)
    fleet.settle()
    fleet.sync("prod1")
    fleet.settle()
    assert not fleet.rows("dev1", TrustRecord), "the profile has no items any more"


def test_a_reinstalled_manager_gives_no_revision_twice(fleet: Fleet) -> None:
    synced(fleet)
    fleet.sync("prod1")
    fleet.settle()
    installation = install(fleet, "prod1")
    fleet.act("prod1", REMOVE)
    fleet.settle()
    fleet.act("prod1", installation)
    fleet.settle()
    fleet.sync("prod1")
    fleet.settle()
    assert status(fleet, "dev1") is SyncState.SYNCED
    assert {row.application: row.revision for row in fleet.rows("dev1", TrustProfile)}[HEALTH] == 3


def test_a_reinstalled_application_has_its_trust_back_after_a_sync(fleet: Fleet) -> None:
    synced(fleet)
    installation = install(fleet, "dev1")
    fleet.act("dev1", REMOVE)
    fleet.act("dev1", installation)
    fleet.settle()
    assert not fleet.rows("dev1", TrustRecord)
    fleet.sync("prod1")
    fleet.settle()
    assert len(fleet.rows("dev1", TrustRecord)) == len(fleet.rows("prod1", TrustingInstance)) == 1


def test_what_is_installed_already_is_not_installed_again(fleet: Fleet) -> None:
    before = fleet.rows("dev1", Application)
    fleet.act("dev1", install(fleet, "prod1"))
    assert code(fleet, "dev1") == (Outcome.REFUSED, "application_installed")
    assert fleet.rows("dev1", Application) == before


def test_only_what_is_installed_is_upgraded_or_removed(fleet: Fleet) -> None:
    fleet.act("dev1", REMOVE)
    for action in (REMOVE, upgrade("2.0.0")):
        fleet.act("dev1", action)
        assert code(fleet, "dev1") == (Outcome.REFUSED, "application_missing")


def test_trust_is_for_the_version_that_is_installed_where_it_is_made(fleet: Fleet) -> None:
    fleet.act("dev1", upgrade("2.0.0"))
    record = CreateTrustRecord(application=HEALTH, capability=CODE_CHECK, version="", trustee=id_of("prod1"))
    fleet.act("dev1", record)
    assert [row.version for row in fleet.rows("dev1", TrustRecord)] == ["2.0.0"]
