"""The instances there are: each instance knows the account's others as the product's instance table does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Row, Tables


class InstanceType(StrEnum):
    """The only split that Multi-Instance Management knows (S12)."""

    PRODUCTION = "production"
    NON_PRODUCTION = "non_production"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry(Row):
    """One instance as the others know it. `sys_id` never changes; the name may."""

    TABLE = "sn_mif_instance"
    KEY = ("sys_id",)
    sys_id: str
    name: str
    account: str
    type: InstanceType
    environment: str
    """development, test or production: a label that says more than the type and decides nothing."""
    release: str
    public_key: str
    """The public half of its signing key, as 64 hexadecimal digits."""
    retired: bool = False
    """Whether it has been decommissioned: it stays in the directory, and nothing is agreed with it any more."""


def this_instance(tables: Tables) -> DirectoryEntry:
    """The instance whose tables these are; the fleet enters it into the directory before anything happens."""
    instance = tables.get(DirectoryEntry, tables.owner)
    assert instance is not None, "an instance is in its own directory"
    return instance


def name_of(tables: Tables, instance_id: str) -> str:
    """The instance's name, or its id where the directory does not have it."""
    instance = tables.get(DirectoryEntry, instance_id)
    return instance.name if instance else instance_id


def called(entries: Iterable[DirectoryEntry], names: Mapping[str, str]) -> Iterator[DirectoryEntry]:
    """The entries with other *names*, by id, such as those that a scenario calls its instances by."""
    for entry in entries:
        name = names.get(entry.sys_id, entry.name)
        yield entry if name == entry.name else replace(entry, name=name)


def is_retired(tables: Tables, instance_id: str) -> bool:
    """Whether that instance has been decommissioned, as far as this one knows."""
    entry = tables.get(DirectoryEntry, instance_id)
    return entry is not None and entry.retired


def administrator_of(tables: Tables, instance_id: str) -> str:
    """Who acts on that instance: admin, or the MIM administrator role (S2, S3)."""
    return f"an administrator (admin or sn_mif.mif_admin) of {name_of(tables, instance_id)}"


def refuse_instance(tables: Tables, instance_id: str, *, has_asked: bool = False) -> Refusal | None:
    """Why that instance cannot take part in this one's trust at all; or None. It may be this one itself.

    *has_asked*: it was that one's side that has chosen this instance, and not the other way round.
    """
    me, peer = this_instance(tables), tables.get(DirectoryEntry, instance_id)
    if peer is None:
        return Refusal(
            code=RefusalCode.UNKNOWN_INSTANCE,
            found=f"The instance directory of {me.name} has no instance {instance_id}.",
            change="choose an instance of the directory",
            who=administrator_of(tables, tables.owner),
        )
    if peer.account != me.account:
        return Refusal(
            code=RefusalCode.OTHER_ACCOUNT,
            found=f"{peer.name} belongs to account {peer.account}, {me.name} to account {me.account}.",
            change=f"choose an instance of account {(peer if has_asked else me).account}",
            who=administrator_of(tables, peer.sys_id if has_asked else tables.owner),
        )
    for entry in (me, peer):
        if entry.retired:
            return Refusal(
                code=RefusalCode.INSTANCE_RETIRED,
                found=f"{entry.name} has been decommissioned.",
                change="choose an instance that is in operation",
                who=administrator_of(tables, peer.sys_id if entry is me else tables.owner),
            )
    return None


def refuse_peer(tables: Tables, instance_id: str) -> Refusal | None:
    """The same for an instance that must be another one, for trust in oneself means nothing."""
    if instance_id == tables.owner:
        me = name_of(tables, tables.owner)
        return Refusal(
            code=RefusalCode.SELF_TRUST,
            found=f"{me} is named as its own counterpart.",
            change="name another instance",
            who=administrator_of(tables, tables.owner),
        )
    return refuse_instance(tables, instance_id)
