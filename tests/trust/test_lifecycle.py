"""Promote and demote: what the instance becomes, who hears of it, and which relations end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from simulator.journal import Entry, Outcome
from simulator.protocol.actions import ChangeType, CloneOver, Decommission, Rename, Restore, Upgrade
from simulator.protocol.envelope import LIFETIME
from simulator.protocol.messages import Payload
from simulator.trust.copies import COPIED_ROWS, QuarantinedRow, copy
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.profile import TrustProfile
from simulator.trust.record import TrustingInstance, TrustRecord
from simulator.trust.sharing import TrustConfig
from simulator.trust.sync import SyncStatus
from tests.fleet import ACCOUNT, Fleet, id_of


def promote(fleet: Fleet, name: str) -> Entry:
    return fleet.act(name, ChangeType(type="production", environment="production"))


def demote(fleet: Fleet, name: str) -> Entry:
    return fleet.act(name, ChangeType(type="non_production", environment="test"))


def type_of(fleet: Fleet, name: str, seen_by: str) -> InstanceType:
    [entry] = fleet.rows(seen_by, DirectoryEntry, sys_id=id_of(name))
    return entry.type


def test_all_of_the_account_hear_of_a_promotion(fleet: Fleet) -> None:
    """The promoted instance knows at once, the others when its message has come."""
    promote(fleet, "dev1")
    assert type_of(fleet, "dev1", seen_by="dev1") == "production"
    assert type_of(fleet, "dev1", seen_by="prod1") == "non_production"
    fleet.deliver()
    assert {type_of(fleet, "dev1", seen_by=name) for name in ("prod1", "prod2", "dev2")} == {"production"}


def test_another_account_hears_nothing() -> None:
    """An instance of another account is told nothing, and would not listen."""
    with Fleet("prod1", "other1", accounts={"other1": "umbrella"}) as fleet:
        demote(fleet, "prod1")
        fleet.deliver()
        assert fleet.entries("other1", Outcome.PROCESSED) == []
        assert type_of(fleet, "prod1", seen_by="other1") == "production"


def test_to_become_what_one_is_tells_nobody(fleet: Fleet) -> None:
    """Promoting a production instance changes nothing."""
    promote(fleet, "prod1")
    fleet.deliver()
    assert fleet.journal("dev1") == []


def test_it_outlives_a_restart_on_both_sides(fleet: Fleet) -> None:
    """What an instance has become is in the files, although the topology says otherwise."""
    demote(fleet, "prod2")
    fleet.deliver()
    for name in ("prod2", "dev1"):
        fleet.stop(name)
        fleet.start(name)
    assert {type_of(fleet, "prod2", seen_by=name) for name in ("prod2", "dev1")} == {"non_production"}


def test_a_promoted_instance_leaves_a_non_production_manager(fleet: Fleet) -> None:
    """Q19: production is not managed by non-production; both sides end it, and say by which rule."""
    fleet.manage("dev1", "dev2")
    promote(fleet, "dev2")
    assert fleet.approval("dev2", "dev1") == "rejected"
    fleet.deliver()
    assert fleet.status("dev1", "dev2") == "revoked"
    assert {row["reason"] for row in fleet.show("dev1", "sn_mif_managed_instance")} == {"subprod_manages_prod"}


def test_a_demoted_manager_lets_go_of_production_only(fleet: Fleet) -> None:
    """What is non-production stays managed by it."""
    fleet.manage("prod1", "prod2", "dev1")
    demote(fleet, "prod1")
    assert (fleet.status("prod1", "prod2"), fleet.status("prod1", "dev1")) == ("revoked", "approved")
    fleet.deliver()
    assert (fleet.approval("prod2", "prod1"), fleet.approval("dev1", "prod1")) == ("rejected", "approved")


def test_a_promoted_instance_may_manage_production(fleet: Fleet) -> None:
    """The rules are those of the new type."""
    assert fleet.name_manager("prod1", "dev1").code == "subprod_manages_prod"
    promote(fleet, "dev1")
    fleet.deliver()
    fleet.manage("dev1", "prod1")
    assert fleet.approval("prod1", "dev1") == "approved"


def test_a_peer_that_was_away_for_too_long_is_told_again(fleet: Fleet) -> None:
    """The message has expired, and the peer hears of it all the same when it is back."""
    fleet.stop("dev1")
    demote(fleet, "prod2")
    fleet.advance(LIFETIME + timedelta(hours=1))
    fleet.start("dev1")
    fleet.settle()
    assert type_of(fleet, "prod2", seen_by="dev1") == "non_production"


def test_a_renamed_instance_keeps_what_it_has(fleet: Fleet) -> None:
    """Q21: relations are by id; the others show the new name when they have heard of it."""
    fleet.manage("prod1", "dev1")
    fleet.act("dev1", Rename(name="sandbox"))
    assert fleet.show("prod1", "sn_mif_managed_instance")[0]["managed_instance"] == "dev1"
    fleet.deliver()
    assert fleet.show("prod1", "sn_mif_managed_instance")[0]["managed_instance"] == "sandbox"
    assert fleet.status("prod1", "dev1") == "approved"


def test_a_name_is_given_once(fleet: Fleet) -> None:
    """KB1214621: while another instance has it, it cannot be taken; its own name changes nothing."""
    assert fleet.act("dev1", Rename(name="dev2")).code == "name_taken"
    fleet.act("dev1", Rename(name="dev1"))
    fleet.act("dev2", Rename(name="dev3"))
    fleet.deliver()
    assert fleet.act("dev1", Rename(name="dev2")).outcome is Outcome.PROCESSED


def test_an_upgrade_makes_ready(fleet: Fleet) -> None:
    """An instance of an old release takes part in nothing until it is upgraded, and the others see its release."""
    fleet.act("dev1", Upgrade(release="Xanadu"))
    assert fleet.name_manager("dev1", "prod1").code == "release_too_old"
    fleet.act("dev1", Upgrade(release="Australia"))
    assert fleet.name_manager("dev1", "prod1").outcome is Outcome.PROCESSED
    fleet.deliver()
    assert fleet.rows("prod2", DirectoryEntry, sys_id=id_of("dev1"))[0].release == "Australia"


def test_nothing_but_the_entry_may_change(fleet: Fleet) -> None:
    """Id, account and key of a peer stay whatever it says of itself."""
    before = fleet.rows("dev1", DirectoryEntry, sys_id=id_of("prod1"))[0]
    demote(fleet, "prod1")
    fleet.deliver()
    after = fleet.rows("dev1", DirectoryEntry, sys_id=id_of("prod1"))[0]
    assert (after.account, after.public_key) == (before.account, before.public_key)
    assert after.account == ACCOUNT
    assert after.environment == "test"


# -- clone, restore, decommission ---------------------------------------------------------------------------


def rows_of(fleet: Fleet, name: str) -> Payload:
    """All that a clone of the instance would bring, or a restore bring back."""
    return copy(row for row_type in COPIED_ROWS for row in fleet.rows(name, row_type))


def clone(fleet: Fleet, source: str, target: str, *, preserve_trust: bool = False) -> Entry:
    [entry] = fleet.rows(source, DirectoryEntry, sys_id=id_of(source))
    rows = rows_of(fleet, source)
    action = CloneOver(
        source=id_of(source), release=entry.release, preserve_trust=preserve_trust, rows=rows, cmdb={}
    )
    return fleet.act(target, action)


def synced(fleet: Fleet) -> None:
    """prod1 manages dev1 and dev2, which trust it."""
    fleet.manage("prod1", "dev1", "dev2")
    for name in ("dev1", "dev2"):
        fleet.save_item("prod1", name, "prod1")
    fleet.sync("prod1")
    fleet.settle()


def test_a_clone_brings_no_role_along(fleet: Fleet) -> None:
    """Q20: the manager's rows are another instance's word on the target; they are kept aside, each of them."""
    synced(fleet)
    clone(fleet, "prod1", "dev1")
    assert fleet.show("dev1", "sn_mif_managed_instance") == []
    aside = [row.table_name for row in fleet.rows("dev1", QuarantinedRow)]
    assert aside.count("sn_mif_managed_instance") == len(fleet.show("prod1", "sn_mif_managed_instance"))
    assert {row.source_instance for row in fleet.rows("dev1", QuarantinedRow)} == {id_of("prod1")}


def test_after_a_clone_both_sides_know_the_same(fleet: Fleet) -> None:
    """What the target had is gone, and its manager sees so; what concerns the others stays."""
    synced(fleet)
    clone(fleet, "prod1", "dev1")
    fleet.settle()
    assert fleet.status("prod1", "dev1") == "revoked"
    assert fleet.status("prod1", "dev2") == "approved"
    assert {row.trusting_instance for row in fleet.rows("prod1", TrustingInstance)} == {id_of("dev2")}


def test_the_target_learns_again_who_trusts_it(fleet: Fleet) -> None:
    """The trustor's table is the truth, and is none of the target's business."""
    fleet.create_record("prod1", "dev1")
    fleet.settle()
    clone(fleet, "prod2", "dev1")
    assert fleet.rows("dev1", TrustingInstance) == []
    fleet.settle()
    assert [row.trusting_instance for row in fleet.rows("dev1", TrustingInstance)] == [id_of("prod1")]


def test_with_preservers_nothing_of_trust_changes(fleet: Fleet) -> None:
    """Data preservers keep the target's own tables of trust."""
    synced(fleet)
    before = fleet.rows("dev1", TrustRecord)
    clone(fleet, "prod1", "dev1", preserve_trust=True)
    fleet.settle()
    assert fleet.rows("dev1", TrustRecord) == before
    assert fleet.rows("dev1", QuarantinedRow) == []
    assert fleet.status("prod1", "dev1") == "approved"


def test_a_clone_does_not_change_who_the_target_is(fleet: Fleet) -> None:
    """Name, type and key stay; the release is the source's from then on, and the others hear of it."""
    fleet.act("prod1", Upgrade(release="Brazil"))
    fleet.deliver()
    [before] = fleet.rows("dev1", DirectoryEntry, sys_id=id_of("dev1"))
    clone(fleet, "prod1", "dev1")
    fleet.settle()
    assert fleet.rows("dev1", DirectoryEntry, sys_id=id_of("dev1")) == [replace(before, release="Brazil")]
    assert fleet.rows("dev2", DirectoryEntry, sys_id=id_of("dev1")) == [replace(before, release="Brazil")]


def test_a_restored_manager_gives_no_revision_twice(fleet: Fleet) -> None:
    """Its older state does not win: the next sync is newer than all that its managed instances have had."""
    synced(fleet)
    before = rows_of(fleet, "prod1")
    fleet.sync("prod1")
    fleet.sync("prod1")
    fleet.settle()
    fleet.act("prod1", Restore(rows=before, cmdb={}))
    fleet.settle()
    fleet.sync("prod1")
    fleet.settle()
    assert {row.application: row.revision for row in fleet.rows("dev1", TrustProfile)}["Impact Health"] == 4


def test_a_restored_managed_instance_is_shown_as_stale(fleet: Fleet) -> None:
    """Its manager sees that what it synced is not there any more."""
    synced(fleet)
    before = rows_of(fleet, "dev1")
    fleet.sync("prod1")
    fleet.settle()
    fleet.act("dev1", Restore(rows=before, cmdb={}))
    fleet.settle()
    states = {row.instance: row.status for row in fleet.rows("prod1", SyncStatus)}
    assert states == {id_of("dev1"): "stale", id_of("dev2"): "synced"}


def test_a_restored_managed_instance_that_lost_no_revision_is_shown_as_synced(fleet: Fleet) -> None:
    """What was synced is all there, so nobody has to sync it again."""
    synced(fleet)
    fleet.act("dev1", Restore(rows=rows_of(fleet, "dev1"), cmdb={}))
    fleet.settle()
    assert {row.status for row in fleet.rows("prod1", SyncStatus)} == {"synced"}


def test_a_relation_that_was_revoked_since_does_not_come_back(fleet: Fleet) -> None:
    """It takes two, and the other has taken its consent back."""
    synced(fleet)
    before = rows_of(fleet, "prod1")
    fleet.delete_manager("dev1", "prod1")
    fleet.settle()
    fleet.act("prod1", Restore(rows=before, cmdb={}))
    assert fleet.status("prod1", "dev1") == "approved"
    fleet.settle()
    assert fleet.status("prod1", "dev1") == "revoked"
    [row] = [row for row in fleet.show("prod1", "sn_mif_managed_instance") if row["managed_instance"] == "dev1"]
    assert row["reason"] == "relation_lost"


def test_who_was_away_hears_of_a_restore_however_late(fleet: Fleet) -> None:
    """Reports that expire are told again."""
    synced(fleet)
    before = rows_of(fleet, "dev1")
    fleet.sync("prod1")
    fleet.settle()
    fleet.stop("prod1")
    fleet.act("dev1", Restore(rows=before, cmdb={}))
    fleet.advance(2 * LIFETIME)
    fleet.start("prod1")
    fleet.settle()
    assert "stale" in {row.status for row in fleet.rows("prod1", SyncStatus)}


def test_all_that_a_decommissioned_instance_had_ends_on_both_sides(fleet: Fleet) -> None:
    """Management, trust and mirrors; the entry in the directory stays."""
    synced(fleet)
    fleet.create_record("prod1", "dev1")
    fleet.settle()
    fleet.act("dev1", Decommission())
    fleet.settle()
    assert fleet.status("prod1", "dev1") == "revoked"
    assert [row.trusted_instance for row in fleet.rows("prod1", TrustRecord)] == []
    assert {row.trusting_instance for row in fleet.rows("prod1", TrustingInstance)} == {id_of("dev2")}
    assert [fleet.rows("dev1", kind) for kind in (TrustRecord, TrustingInstance, TrustConfig)] == [[], [], []]
    assert [row.retired for row in fleet.rows("dev2", DirectoryEntry, sys_id=id_of("dev1"))] == [True]


def test_nothing_is_done_any_more_on_a_decommissioned_instance(fleet: Fleet) -> None:
    """Whatever its administrator tries."""
    fleet.act("dev1", Decommission())
    for action in (Rename(name="again"), Upgrade(release="Brazil"), Decommission(), Restore(rows={}, cmdb={})):
        assert fleet.act("dev1", action).code == "instance_retired"


def test_a_restore_brings_nothing_back_with_one_that_is_gone(fleet: Fleet) -> None:
    """A trust record for an instance that was decommissioned since stays away."""
    fleet.create_record("prod1", "dev1")
    fleet.settle()
    before = rows_of(fleet, "prod1")
    fleet.act("dev1", Decommission())
    fleet.settle()
    fleet.act("prod1", Restore(rows=before, cmdb={}))
    assert fleet.rows("prod1", TrustRecord) == []
