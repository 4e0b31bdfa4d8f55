"""Sync Trust Profiles: what is distributed, what each instance makes of it, and what its manager is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.journal import Outcome
from simulator.protocol.envelope import LIFETIME
from simulator.protocol.messages import SyncItem, TrustProfileSync, TrustSyncResult
from simulator.trust.management import Managed
from simulator.trust.profile import ProfileItem
from simulator.trust.record import Origin, TrustingInstance, TrustRecord
from simulator.trust.states import SyncState
from simulator.trust.sync import SyncStatus
from tests.fleet import CODE_CHECK, HEALTH, INVENTORY, VERSION, Fleet, health, id_of, release_ops

from .profiles import profile_of


def record(trustee: str, capability: str = CODE_CHECK, origin: Origin = Origin.PROFILE) -> TrustRecord:
    return TrustRecord(
        application=HEALTH,
        capability=capability,
        trusted_instance=id_of(trustee),
        version=VERSION,
        origin=origin,
    )


def mirror(trustor: str, capability: str = CODE_CHECK) -> TrustingInstance:
    return TrustingInstance(
        application=HEALTH, capability=capability, trusting_instance=id_of(trustor), version=VERSION
    )


def status_of(fleet: Fleet, instance: str, manager: str = "prod1") -> SyncStatus:
    [row] = fleet.rows(manager, SyncStatus, application=HEALTH, instance=id_of(instance))
    return row


# -- distributing --------------------------------------------------------------------------------------------


def test_sync_makes_records_on_the_trustor_and_mirrors_on_the_trustee(managed: Fleet) -> None:
    """After a sync each trusting instance has its record, and the trusted one lists who trusts it."""
    managed.sync("prod1")
    assert status_of(managed, "dev1").status is SyncState.PENDING
    managed.deliver()
    assert managed.rows("dev1", TrustRecord) == managed.rows("dev2", TrustRecord) == [record("prod1")]
    assert managed.rows("prod1", TrustingInstance) == [mirror("dev1"), mirror("dev2")]
    assert {(row.instance, row.status, row.code) for row in managed.rows("prod1", SyncStatus)} == {
        (id_of("dev1"), SyncState.SYNCED, ""),
        (id_of("dev2"), SyncState.SYNCED, ""),
    }


def test_each_instance_gets_its_own_items_only(managed: Fleet) -> None:
    """A managed instance receives the items in which it is the trusting one, and no other."""
    managed.sync("prod1")
    managed.deliver()
    [item] = managed.rows("dev1", ProfileItem)
    assert (item.trusting_instance, item.trusted_instance) == (id_of("dev1"), id_of("prod1"))
    profile = profile_of(managed, "dev1")
    assert (profile.name, profile.manager_instance, profile.revision) == (
        "Trust Profile for Impact Health",
        id_of("prod1"),
        1,
    )


def test_instance_that_does_not_answer_stays_pending(managed: Fleet) -> None:
    """One instance that is away does not hold up the others, and follows when it comes back."""
    managed.stop("dev2")
    managed.sync("prod1")
    managed.deliver()
    assert status_of(managed, "dev1").status is SyncState.SYNCED
    assert status_of(managed, "dev2").status is SyncState.PENDING
    managed.start("dev2")
    managed.settle()
    assert status_of(managed, "dev2").status is SyncState.SYNCED
    assert managed.rows("dev2", TrustRecord) == [record("prod1")]


def test_sync_that_nobody_took_in_for_thirty_six_hours_is_stale(managed: Fleet) -> None:
    """A sync is pending until it expires, then stale; the next one reaches the instance that is back (Q16)."""
    managed.stop("dev2")
    managed.sync("prod1")
    managed.advance(LIFETIME - timedelta(seconds=1))
    assert status_of(managed, "dev2").status is SyncState.PENDING
    managed.advance(timedelta(seconds=1))
    assert (status_of(managed, "dev1").status, status_of(managed, "dev2").status) == (
        SyncState.SYNCED,
        SyncState.STALE,
    )
    managed.start("dev2")
    managed.settle()
    assert status_of(managed, "dev2").status is SyncState.STALE
    assert managed.rows("dev2", TrustRecord) == []
    managed.sync("prod1")
    assert status_of(managed, "dev2").status is SyncState.PENDING
    managed.settle()
    assert status_of(managed, "dev2").status is SyncState.SYNCED
    assert managed.rows("dev2", TrustRecord) == [record("prod1")]


def test_expiry_of_an_older_sync_says_nothing_about_the_newest(managed: Fleet) -> None:
    """Of two syncs that wait for an instance the older expires first; the status is the newer one's."""
    managed.stop("dev2")
    managed.sync("prod1")
    managed.advance(timedelta(hours=1))
    managed.sync("prod1")
    managed.advance(LIFETIME - timedelta(hours=1))
    assert len(managed.entries("prod1", Outcome.EXPIRED)) == 1
    assert status_of(managed, "dev2").status is SyncState.PENDING
    managed.advance(timedelta(hours=1))
    assert status_of(managed, "dev2").status is SyncState.STALE


def test_sync_that_was_answered_is_not_stale_without_its_receipt(managed: Fleet) -> None:
    """A result tells the manager that the sync was taken in, even where the receipt for it never came."""
    managed.stop("dev2")
    managed.sync("prod1")
    managed.inject_message("dev2", "prod1", TrustSyncResult(application=HEALTH, revision=1))
    managed.advance(LIFETIME)
    assert [entry.kind for entry in managed.entries("prod1", Outcome.EXPIRED)] == ["trust_profile_sync"]
    assert status_of(managed, "dev2").status is SyncState.SYNCED


def test_trusting_instance_that_is_not_managed_is_skipped_and_shown(managed: Fleet) -> None:
    """An item for an instance that is not managed is reported, and the others proceed (Q13)."""
    managed.save_item("prod1", "prod2", "prod1")
    managed.sync("prod1")
    managed.settle()
    assert status_of(managed, "prod2").status is SyncState.NOT_MANAGED
    assert status_of(managed, "dev1").status is SyncState.SYNCED
    assert managed.rows("prod2", TrustRecord) == []


def test_pending_request_does_not_make_managed(fleet: Fleet) -> None:
    """Without the managed side's consent nothing is distributed (F3)."""
    fleet.request("prod1", "dev1")
    fleet.deliver()
    fleet.save_item("prod1", "dev1", "prod1")
    fleet.sync("prod1")
    fleet.settle()
    assert status_of(fleet, "dev1").status is SyncState.NOT_MANAGED
    assert fleet.rows("dev1", TrustRecord) == []


def test_relation_that_ends_while_a_sync_is_under_way_refuses_it(managed: Fleet) -> None:
    """A sync that finds its sender no manager any more is refused, and the manager sees the code."""
    managed.sync("prod1")
    managed.delete_manager("dev1", "prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == []
    assert (status_of(managed, "dev1").status, status_of(managed, "dev1").code) == (
        SyncState.REFUSED,
        "not_my_manager",
    )
    assert managed.rows("dev2", TrustRecord) == [record("prod1")]


@pytest.mark.parametrize("standing", ["never", "ex-manager", "pending"])
def test_only_the_approved_manager_may_sync(fleet: Fleet, standing: str) -> None:
    """A sync from anybody but the approved manager for the application is refused and answered."""
    if standing == "ex-manager":
        fleet.manage("prod1", "dev1")
        fleet.delete_manager("dev1", "prod1")
        fleet.deliver()
    elif standing == "pending":
        fleet.request("prod1", "dev1")
        fleet.deliver()
    item = SyncItem(capability=CODE_CHECK, version=VERSION, trusted=id_of("prod1"))
    fleet.inject_message("prod1", "dev1", TrustProfileSync(application=HEALTH, revision=7, items=(item,)))
    entry = fleet.journal("dev1")[-1]
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "not_my_manager")
    expected = "has the approval pending_approval" if standing == "pending" else "does not exist"
    assert expected in entry.explanation
    assert not fleet.rows("dev1", TrustRecord)
    assert profile_of(fleet, "dev1").revision == 0


def test_application_that_the_managed_instance_lacks_refuses_the_sync() -> None:
    """Where the application is not installed the whole sync is refused, and the manager sees why."""
    with Fleet("prod1", "dev1", installed={"dev1": release_ops()}) as fleet:
        fleet.manage("prod1", "dev1")
        fleet.save_item("prod1", "dev1", "prod1")
        fleet.sync("prod1")
        fleet.settle()
        assert (status_of(fleet, "dev1").status, status_of(fleet, "dev1").code) == (
            SyncState.REFUSED,
            "application_missing",
        )


def test_item_that_cannot_be_applied_is_left_out_and_named() -> None:
    """Items are applied one by one: the one that cannot be is reported with its code, the other holds."""
    only_inventory = [
        row for row in health() if CODE_CHECK not in {getattr(row, "name", ""), getattr(row, "capability", "")}
    ]
    with Fleet("prod1", "dev1", installed={"dev1": only_inventory}) as fleet:
        fleet.manage("prod1", "dev1")
        fleet.save_item("prod1", "dev1", "prod1", CODE_CHECK)
        fleet.save_item("prod1", "dev1", "prod1", INVENTORY)
        fleet.sync("prod1")
        fleet.settle()
        assert fleet.rows("dev1", TrustRecord) == [record("prod1", INVENTORY)]
        row = status_of(fleet, "dev1")
        assert (row.status, row.code) == (SyncState.SYNCED, "capability_unknown")
        assert row.detail == f"{CODE_CHECK} > prod1: capability_unknown"


def test_unknown_trusted_instance_is_left_out(managed: Fleet) -> None:
    """An item whose trusted instance the receiver does not know is left out with its code (Q14)."""
    items = (
        SyncItem(capability=CODE_CHECK, version=VERSION, trusted=id_of("prod9")),
        SyncItem(capability=CODE_CHECK, version=VERSION, trusted=id_of("prod2")),
    )
    managed.inject_message("prod1", "dev1", TrustProfileSync(application=HEALTH, revision=1, items=items))
    assert managed.rows("dev1", TrustRecord) == [record("prod2")]


def test_sync_cannot_make_an_instance_trust_itself(fleet: Fleet) -> None:
    """An item whose trusted instance is the receiver itself is left out with a code; nothing breaks."""
    fleet.manage("prod1", "dev1")
    fleet.sync("prod1")
    fleet.settle()
    item = SyncItem(capability=CODE_CHECK, version=VERSION, trusted=id_of("dev1"))
    fleet.inject_message("prod1", "dev1", TrustProfileSync(application=HEALTH, revision=2, items=(item,)))
    fleet.settle()
    assert fleet.rows("dev1", TrustRecord) == []
    assert status_of(fleet, "dev1").detail == f"{CODE_CHECK} > dev1: self_trust"


def test_manager_applies_its_own_items_at_once(managed: Fleet) -> None:
    """Items in which the manager itself trusts are applied on sync without a message to itself (Q12)."""
    managed.save_item("prod1", "prod1", "dev1")
    assert managed.rows("prod1", TrustRecord) == []
    managed.sync("prod1")
    assert managed.rows("prod1", TrustRecord) == [record("dev1")]
    assert status_of(managed, "prod1").status is SyncState.SYNCED
    managed.deliver()
    assert managed.rows("dev1", TrustingInstance) == [mirror("prod1")]


# -- changes take effect with the next sync -----------------------------------------------------------------------


@pytest.mark.parametrize("change", ["deactivate", "delete"])
@pytest.mark.parametrize("others", [True, False])
def test_item_that_goes_takes_its_record_with_the_next_sync(managed: Fleet, change: str, others: bool) -> None:
    """An inactive or deleted item changes nothing before the sync, and removes record and mirror with it (Q11)."""
    if others:
        managed.save_item("prod1", "dev1", "prod2", INVENTORY)
    managed.sync("prod1")
    managed.settle()
    if change == "delete":
        managed.delete_item("prod1", "dev1", "prod1")
    else:
        managed.save_item("prod1", "dev1", "prod1", active=False)
    managed.settle()
    assert record("prod1") in managed.rows("dev1", TrustRecord)
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == ([record("prod2", INVENTORY)] if others else [])
    assert managed.rows("prod1", TrustingInstance) == [mirror("dev2")]


def test_changed_version_reaches_record_and_mirror(managed: Fleet) -> None:
    """A new version in an item changes the record and its mirror with the next sync."""
    managed.sync("prod1")
    managed.settle()
    managed.save_item("prod1", "dev1", "prod1", version="2.0.0")
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == [replace(record("prod1"), version="2.0.0")]
    assert replace(mirror("dev1"), version="2.0.0") in managed.rows("prod1", TrustingInstance)


def test_sync_again_changes_no_row_and_tells_each_trustee_again(managed: Fleet) -> None:
    """A sync that brings nothing new leaves items, records and mirrors untouched; every trustee is told anew."""
    managed.save_item("prod1", "dev1", "prod2")
    managed.save_item("prod1", "prod1", "dev1")
    managed.sync("prod1")
    managed.settle()
    before, journal = rows_that_a_sync_makes(managed), managed.journal("prod2")
    managed.now += timedelta(hours=1)
    managed.sync("prod1")
    managed.settle()
    assert rows_that_a_sync_makes(managed) == before
    [told] = managed.journal("prod2")[len(journal) :]
    assert (told.kind, told.outcome, told.sender) == ("trust_granted", Outcome.PROCESSED, id_of("dev1"))
    assert status_of(managed, "dev1").revision == 2


def rows_that_a_sync_makes(fleet: Fleet) -> list[object]:
    """Items, records and mirrors everywhere, with their system fields."""
    tables = (ProfileItem.TABLE, TrustRecord.TABLE, TrustingInstance.TABLE)
    return [fleet.show(name, table) for name in fleet.names for table in tables]


def test_sync_mends_a_mirror_that_never_heard_of_its_record(fleet: Fleet) -> None:
    """A trustee that was away too long learns of the trust from the next sync, as the refusal advises (Q16)."""
    fleet.manage("prod1", "dev1")
    fleet.save_item("prod1", "dev1", "prod2")
    fleet.crash("prod2")
    fleet.sync("prod1")
    fleet.advance(LIFETIME + timedelta(hours=1))
    fleet.start("prod2")
    fleet.settle()
    assert fleet.rows("dev1", TrustRecord) == [record("prod2")]
    assert fleet.rows("prod2", TrustingInstance) == []
    fleet.sync("prod1")
    fleet.settle()
    assert fleet.rows("prod2", TrustingInstance) == [mirror("dev1")]


@pytest.mark.parametrize("change", ["deactivate", "delete"])
def test_manager_s_own_last_item_goes_with_the_next_sync(fleet: Fleet, change: str) -> None:
    """When the manager's only item as trustor goes, its record goes with the next sync (Q11, Q12)."""
    fleet.save_item("prod1", "prod1", "dev1")
    fleet.sync("prod1")
    fleet.settle()
    if change == "delete":
        fleet.delete_item("prod1", "prod1", "dev1")
    else:
        fleet.save_item("prod1", "prod1", "dev1", active=False)
    fleet.sync("prod1")
    fleet.settle()
    assert fleet.rows("prod1", TrustRecord) == []
    assert fleet.rows("dev1", TrustingInstance) == []
    assert fleet.rows("prod1", SyncStatus) == [], (
        "the profile has nothing for it any more, now as after the next sync"
    )


def test_instance_that_is_managed_no_more_leaves_the_result(managed: Fleet) -> None:
    """The sync result lists the instances of the last sync and no others."""
    managed.sync("prod1")
    managed.settle()
    managed.delete_manager("dev2", "prod1")
    managed.delete_item("prod1", "dev2", "prod1")
    managed.deliver()
    managed.sync("prod1")
    managed.settle()
    assert [row.instance for row in managed.rows("prod1", SyncStatus)] == [id_of("dev1")]
    assert managed.rows("dev2", TrustRecord) == [record("prod1")]


# -- manual records ---------------------------------------------------------------------------------------------


def test_manual_records_stay_beside_profile_records(managed: Fleet) -> None:
    """A managed instance may create records by hand, and no sync removes them (Q10, Q27)."""
    managed.create_record("dev1", "prod2")
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == [record("prod2", origin=Origin.MANUAL), record("prod1")]
    managed.delete_item("prod1", "dev1", "prod1")
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == [record("prod2", origin=Origin.MANUAL)]
    assert managed.rows("prod2", TrustingInstance) == [mirror("dev1")]


def test_profile_wins_over_a_manual_record_with_the_same_key(managed: Fleet) -> None:
    """An item with a manual record's key makes it the profile's, and takes it along when it goes (Q10)."""
    managed.create_record("dev1", "prod1", version="0.9.0")
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == [record("prod1")]
    managed.delete_item("prod1", "dev1", "prod1")
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == []


def test_next_sync_brings_back_what_was_deleted_by_hand(managed: Fleet) -> None:
    """A profile's record that was deleted by hand comes back with the next sync."""
    managed.sync("prod1")
    managed.settle()
    managed.delete_record("dev1", "prod1")
    managed.settle()
    assert mirror("dev1") not in managed.rows("prod1", TrustingInstance)
    managed.sync("prod1")
    managed.settle()
    assert managed.rows("dev1", TrustRecord) == [record("prod1")]
    assert mirror("dev1") in managed.rows("prod1", TrustingInstance)


def test_manual_trust_needs_no_manager(fleet: Fleet) -> None:
    """Without a manager an administrator creates and deletes records by hand; the trustee follows (F1)."""
    fleet.create_record("dev1", "prod1")
    fleet.settle()
    assert fleet.rows("prod1", TrustingInstance) == [mirror("dev1")]
    fleet.delete_record("dev1", "prod1")
    fleet.settle()
    assert not [*fleet.rows("dev1", TrustRecord), *fleet.rows("prod1", TrustingInstance)]
    assert fleet.delete_record("dev1", "prod1").code == "no_such_record"


@pytest.mark.parametrize(
    ("trustee", "capability", "code"),
    [
        ("dev1", CODE_CHECK, "self_trust"),
        ("prod9", CODE_CHECK, "unknown_instance"),
        ("prod1", "Teleport", "capability_unknown"),
    ],
)
def test_impossible_manual_record_is_refused(fleet: Fleet, trustee: str, capability: str, code: str) -> None:
    """A record by hand needs another, known instance and a capability that is offered."""
    assert fleet.create_record("dev1", trustee, capability).code == code
    assert fleet.rows("dev1", TrustRecord) == []


# -- revisions ----------------------------------------------------------------------------------------------------


def test_revision_never_goes_backwards(managed: Fleet) -> None:
    """An older revision is refused, and what the newer one brought stays (Q17)."""
    managed.sync("prod1")
    managed.sync("prod1")
    managed.settle()
    managed.inject_message("prod1", "dev1", TrustProfileSync(application=HEALTH, revision=1, items=()))
    entry = managed.journal("dev1")[-1]
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, "stale_revision")
    assert "dev1 has revision 2" in entry.explanation
    assert managed.rows("dev1", TrustRecord) == [record("prod1")]
    managed.settle()
    assert status_of(managed, "dev1").status is SyncState.SYNCED, "the refusal of revision 1 is no news of 2"


@pytest.mark.parametrize("state", [SyncState.SYNCED, SyncState.PENDING])
def test_answer_to_an_older_revision_says_nothing_about_the_newest(managed: Fleet, state: SyncState) -> None:
    """A late answer to an earlier sync does not touch the status of the last one."""
    managed.sync("prod1")
    managed.settle()
    managed.sync("prod1")
    if state is SyncState.SYNCED:
        managed.settle()
    before = status_of(managed, "dev1")
    assert (before.status, before.revision) == (state, 2)
    late = TrustSyncResult(application=HEALTH, revision=1, refusal="not_my_manager")
    managed.inject_message("dev1", "prod1", late)
    assert status_of(managed, "dev1") == before


@pytest.mark.parametrize("lost", [1, 2, 5])
def test_manager_whose_file_is_old_counts_on_and_one_press_of_sync_heals(lost: int, tmp_path: Path) -> None:
    """A backup is put back: the refusal says which revision there is, and the next sync has a newer one (Q17)."""
    with Fleet("prod1", "dev1", "dev2", directory=tmp_path) as fleet:
        fleet.manage("prod1", "dev1", "dev2")
        fleet.save_item("prod1", "dev1", "prod1")
        fleet.sync("prod1")
        fleet.settle()
        fleet.back_up("prod1", tmp_path / "backup")
        for _ in range(lost):
            fleet.sync("prod1")
            fleet.settle()
        newest = profile_of(fleet, "dev1").revision
        fleet.put_back("prod1", tmp_path / "backup")
        fleet.settle()
        fleet.save_item("prod1", "dev1", "dev2")

        fleet.sync("prod1")
        fleet.settle()
        assert (status_of(fleet, "dev1").status, status_of(fleet, "dev1").code) == ("refused", "stale_revision")
        assert profile_of(fleet, "prod1").distributed == newest == 1 + lost
        assert fleet.rows("dev1", TrustRecord) == [record("prod1")], "no revision says two things"

        fleet.sync("prod1")
        fleet.settle()
        assert [status_of(fleet, name).status for name in ("dev1", "dev2")] == ["synced", "synced"]
        assert profile_of(fleet, "dev1").revision == newest + 1
        assert fleet.rows("dev1", TrustRecord) == [record("prod1"), record("dev2")]


def test_what_is_counted_on_from_is_told_by_whom_a_sync_went_to_only(fleet: Fleet) -> None:
    """Nobody else can raise a manager's revisions."""
    late = TrustSyncResult(application=HEALTH, revision=1, refusal="stale_revision", newest=700)
    fleet.inject_message("dev1", "prod1", late)
    assert profile_of(fleet, "prod1").distributed == 0


def test_result_nobody_asked_for_is_ignored(fleet: Fleet) -> None:
    """A sync result from an instance that no sync went to changes nothing."""
    fleet.inject_message("dev1", "prod1", TrustSyncResult(application=HEALTH, revision=3))
    assert fleet.rows("prod1", SyncStatus) == []


def test_new_manager_starts_its_own_revisions(managed: Fleet) -> None:
    """After a change of the manager the new one's first revision counts, although the old one's was higher."""
    managed.sync("prod1")
    managed.sync("prod1")
    managed.settle()
    managed.delete_manager("dev1", "prod1")
    managed.deliver()
    managed.manage("prod2", "dev1")
    managed.save_item("prod2", "dev1", "prod2", INVENTORY)
    managed.sync("prod2")
    managed.settle()
    assert status_of(managed, "dev1", manager="prod2").status is SyncState.SYNCED
    assert managed.rows("dev1", TrustRecord) == [record("prod2", INVENTORY)]
    assert [row.managed_instance for row in managed.rows("prod2", Managed)] == [id_of("dev1")]
