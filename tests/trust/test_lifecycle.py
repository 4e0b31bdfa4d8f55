"""Promote and demote: what the instance becomes, who hears of it, and which relations end."""

from __future__ import annotations

from datetime import timedelta

from simulator.journal import Entry, Outcome
from simulator.protocol.actions import ChangeType, Rename, Upgrade
from simulator.protocol.envelope import LIFETIME
from simulator.trust.directory import DirectoryEntry, InstanceType
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
