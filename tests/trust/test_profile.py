"""Trust profiles, as their managers edit them; nothing of it is in force before a sync."""

from __future__ import annotations

import pytest

from simulator.journal import Outcome
from simulator.trust.profile import ProfileItem
from simulator.trust.record import TrustRecord
from tests.fleet import CODE_CHECK, Fleet, id_of, release_ops

from .profiles import profile_of


def test_an_installed_application_has_a_trust_profile_from_the_start(fleet: Fleet) -> None:
    """It comes with the application, belongs to the instance and has no items (S6, S11)."""
    for name in ("prod1", "dev1"):
        profile = profile_of(fleet, name)
        assert (profile.name, profile.manager_instance) == ("Trust Profile for Impact Health", id_of(name))
        assert (profile.revision, profile.distributed) == (0, 0)
        assert fleet.rows(name, ProfileItem) == []


def test_item_is_kept_and_not_distributed(managed: Fleet) -> None:
    """Saving an item changes the manager's profile and nothing anywhere else: sync is a button (Q22)."""
    managed.settle()
    assert len(managed.rows("prod1", ProfileItem)) == 2
    assert not [*managed.rows("dev1", TrustRecord), *managed.rows("dev1", ProfileItem)]
    assert profile_of(managed, "prod1").revision == 0


def test_item_with_the_same_key_is_changed(managed: Fleet) -> None:
    """Saving an item again replaces its version, activity and description."""
    managed.save_item("prod1", "dev1", "prod1", version="2.0.0", active=False)
    [item] = managed.rows("prod1", ProfileItem, trusting_instance=id_of("dev1"))
    assert (item.version, item.active) == ("2.0.0", False)


def test_deleted_item_is_gone(managed: Fleet) -> None:
    """A deleted item is gone, and cannot be deleted twice."""
    assert managed.delete_item("prod1", "dev1", "prod1").outcome is Outcome.PROCESSED
    again = managed.delete_item("prod1", "dev1", "prod1")
    assert again.code == "no_such_item"
    assert f"no item {CODE_CHECK}: dev1 trusts prod1" in again.explanation


@pytest.mark.parametrize(
    ("trusting", "trusted", "capability", "code"),
    [
        ("dev1", "dev1", CODE_CHECK, "self_trust"),
        ("dev9", "prod1", CODE_CHECK, "unknown_instance"),
        ("dev1", "prod9", CODE_CHECK, "unknown_instance"),
        ("dev1", "prod1", "Teleport", "capability_unknown"),
    ],
)
def test_impossible_item_is_refused(fleet: Fleet, trusting: str, trusted: str, capability: str, code: str) -> None:
    """An item needs two known instances and a capability that the application offers."""
    assert fleet.save_item("prod1", trusting, trusted, capability).code == code
    assert fleet.rows("prod1", ProfileItem) == []


def test_item_of_an_application_that_is_not_installed_is_refused() -> None:
    """A profile exists only for an installed application."""
    with Fleet("prod1", "dev1", installed={"prod1": release_ops()}) as fleet:
        assert fleet.save_item("prod1", "dev1", "prod1").code == "application_missing"
        assert fleet.sync("prod1").code == "application_missing"


def test_item_across_accounts_is_refused() -> None:
    """Trust does not cross accounts."""
    with Fleet("prod1", "dev1", "dev9", accounts={"dev9": "umbrella"}) as fleet:
        assert fleet.save_item("prod1", "dev9", "prod1").code == "other_account"
        assert fleet.save_item("prod1", "dev1", "dev9").code == "other_account"


def test_managed_instance_cannot_edit_its_profile(managed: Fleet) -> None:
    """On a managed instance the profile belongs to the manager: no edit, no sync, and it says where to go."""
    for entry in (
        managed.save_item("dev1", "dev1", "prod1"),
        managed.delete_item("dev1", "dev1", "prod1"),
        managed.sync("dev1"),
    ):
        assert entry.code == "profile_is_managed"
        assert "of prod1 must edit and sync the profile there" in entry.explanation
