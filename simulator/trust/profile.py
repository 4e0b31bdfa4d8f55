"""Trust profiles: the target layout of one application's trust, kept and edited by its manager.

What is edited here is in force nowhere: Sync Trust Profiles distributes it (sync.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.decision import Decision
from simulator.protocol.actions import DeleteProfileItem, SaveProfileItem
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Delete, Put, Row, Tables
from simulator.trust.application import Capability, offered_version, refuse_unoffered
from simulator.trust.directory import administrator_of, name_of, refuse_instance
from simulator.trust.management import ManagedBy, manages_any


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustProfile(Row):
    """The profile of one application. On a managed instance: what it last received, and from whom."""

    TABLE = "sn_mif_application_trust_profile"
    KEY = ("application",)
    IS_TRACED = True
    application: str
    name: str
    manager_instance: str
    revision: int
    """Raised by every sync, never lowered; 0 before the first."""
    distributed: int
    """The highest revision that this instance has distributed itself; one that it receives leaves it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileItem(Row):
    """One line of a trust profile: this instance trusts that one, for this capability (S6)."""

    TABLE = "sn_mif_trust_profile_item"
    KEY = ("application", "capability", "trusting_instance", "trusted_instance")
    IS_TRACED = True
    application: str
    capability: str
    trusting_instance: str
    trusted_instance: str
    version: str
    active: bool
    description: str


def missing_profiles(tables: Tables) -> tuple[Put, ...]:
    """The profiles, without items, that installed applications bring along and that are not here (S6, S11)."""
    enabled = dict.fromkeys(capability.application for capability in tables.all(Capability))
    return tuple(
        Put(own_profile(tables, name, revision=0)) for name in enabled if tables.get(TrustProfile, name) is None
    )


# -- editing, on the manager ----------------------------------------------------------------------------


def decide_save_item(tables: Tables, action: SaveProfileItem) -> Decision:
    """An item is added, or the one with the same key is changed; nothing is distributed yet (Q11, Q22)."""
    if refusal := refuse_edit(tables, action.application) or _refuse_item(tables, action):
        return Decision(refusal=refusal)
    item = ProfileItem(
        application=action.application,
        capability=action.capability,
        trusting_instance=action.trusting,
        trusted_instance=action.trusted,
        version=action.version or offered_version(tables, action.application, action.capability),
        active=action.active,
        description=action.description,
    )
    return Decision((Put(item),))


def decide_delete_item(tables: Tables, action: DeleteProfileItem) -> Decision:
    """An item is deleted; the records it led to go with the next sync (Q11)."""
    if refusal := refuse_edit(tables, action.application):
        return Decision(refusal=refusal)
    key = (action.application, action.capability, action.trusting, action.trusted)
    if tables.get(ProfileItem, *key) is None:
        return Decision(
            refusal=Refusal(
                code=RefusalCode.NO_SUCH_ITEM,
                found=f"The trust profile for {action.application} has no item {action.capability}: "
                f"{name_of(tables, action.trusting)} trusts {name_of(tables, action.trusted)}.",
                change="name an item that exists",
                who=administrator_of(tables, tables.owner),
            )
        )
    return Decision((Delete(ProfileItem, key),))


# -- rules ----------------------------------------------------------------------------------------------


def profile_name(application: str) -> str:
    """The product's pattern for a profile's name (S6, S11)."""
    return f"Trust Profile for {application}"


def manager_of(tables: Tables, application: str) -> str | None:
    """The instance that manages this application's trust here, if any."""
    for row in tables.all(ManagedBy, application=application):
        if row.approval.is_in_force:
            return row.manager_instance
    return None


def keeps_profile(tables: Tables, application: str) -> bool:
    """Whether this instance is one that edits the profile of the application and distributes it.

    What stays behind on an instance that was managed once is the profile of its former manager.
    """
    if manager_of(tables, application):
        return False
    profile = tables.get(TrustProfile, application)
    has_own = profile is None or profile.manager_instance == tables.owner
    return manages_any(tables, application) or (has_own and bool(tables.all(ProfileItem, application=application)))


def kept_profiles(tables: Tables) -> list[str]:
    """The applications whose profiles this instance distributes when it is asked for all."""
    names = [profile.application for profile in tables.all(TrustProfile)]
    return [name for name in names if keeps_profile(tables, name)]


def refuse_edit(tables: Tables, application: str) -> Refusal | None:
    """Why this instance may not edit the profile of the application, nor distribute it."""
    if manager := manager_of(tables, application):
        return Refusal(
            code=RefusalCode.PROFILE_IS_MANAGED,
            found=f"The trust profile for {application} on {name_of(tables, tables.owner)} is managed by "
            f"{name_of(tables, manager)}.",
            change="edit and sync the profile there",
            who=administrator_of(tables, manager),
        )
    return refuse_unoffered(tables, application)


def _refuse_item(tables: Tables, action: SaveProfileItem) -> Refusal | None:
    if action.trusting == action.trusted:
        return Refusal(
            code=RefusalCode.SELF_TRUST,
            found=f"The item names {name_of(tables, action.trusting)} as trusting and as trusted instance.",
            change="name two instances",
            who=administrator_of(tables, tables.owner),
        )
    return (
        refuse_instance(tables, action.trusting)
        or refuse_instance(tables, action.trusted)
        or refuse_unoffered(tables, action.application, action.capability)
    )


def own_profile(tables: Tables, application: str, revision: int) -> TrustProfile:
    """The profile as this instance keeps it itself, in a revision that it has distributed; 0: none yet."""
    return TrustProfile(
        application=application,
        name=profile_name(application),
        manager_instance=tables.owner,
        revision=revision,
        distributed=revision,
    )
