"""Trust records: whom this instance trusts (the trustor's table) and who trusts it (the trustee's mirror).

The trustor's table is the authority. Every change to it is told to the trustee, whose table Trusting Instances
follows, so that each side can look before it speaks. One record permits both directions of use: the trustee's
messages are acted on, and the trustor's data may reach the trustee (S1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import CreateTrustRecord, DeleteTrustRecord
from simulator.protocol.messages import TrustGranted, TrustRemoved
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Delete, Put, Row, Tables
from simulator.trust.application import offered_version, refuse_unoffered
from simulator.trust.directory import administrator_of, name_of, refuse_peer


class Origin(StrEnum):
    """Where a trust record comes from; a profile owns its records and leaves manual ones alone (Q10)."""

    PROFILE = "profile"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRecord(Row):
    """A row of the trustor's trust table: application, capability, trustee instance (S1)."""

    TABLE = "sn_mif_trusted_instance"
    KEY = ("application", "capability", "trusted_instance")
    IS_TRACED = True
    INDEXED = (("application", "trusted_instance"), ("application", "capability"))
    application: str
    capability: str
    trusted_instance: str
    version: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustingInstance(Row):
    """A row of the trustee's mirror: that instance trusts me for this capability."""

    TABLE = "sn_mif_trusting_instance"
    KEY = ("application", "capability", "trusting_instance")
    IS_TRACED = True
    INDEXED = (("application", "trusting_instance"), ("application", "capability"))
    application: str
    capability: str
    trusting_instance: str
    version: str


def put_record(tables: Tables, record: TrustRecord) -> Decision:
    """The record is in the trust table, unchanged if it was there; its trustee learns of it, or is told again."""
    granted = TrustGranted(application=record.application, capability=record.capability, version=record.version)
    changes = () if tables.get(TrustRecord, *record.key) == record else (Put(record),)
    return Decision(changes, (Post(record.trusted_instance, granted),))


def remove_record(record: TrustRecord) -> Decision:
    """The record is out of the trust table, and its trustee learns of it."""
    removed = TrustRemoved(application=record.application, capability=record.capability)
    return Decision((Delete(TrustRecord, record.key),), (Post(record.trusted_instance, removed),))


def decide_create_record(tables: Tables, action: CreateTrustRecord) -> Decision:
    """An administrator creates a trust record by hand, managed or not (S1, Q27)."""
    refusal = refuse_peer(tables, action.trustee) or refuse_unoffered(
        tables, action.application, action.capability
    )
    if refusal:
        return Decision(refusal=refusal)
    record = TrustRecord(
        application=action.application,
        capability=action.capability,
        trusted_instance=action.trustee,
        version=action.version or offered_version(tables, action.application, action.capability),
        origin=Origin.MANUAL,
    )
    return put_record(tables, record)


def decide_delete_record(tables: Tables, action: DeleteTrustRecord) -> Decision:
    """An administrator deletes a trust record; the next sync brings back what the profile owns."""
    record = tables.get(TrustRecord, action.application, action.capability, action.trustee)
    if record is None:
        me = name_of(tables, tables.owner)
        return Decision(
            refusal=Refusal(
                code=RefusalCode.NO_SUCH_RECORD,
                found=f"The trust table of {me} has no record for {action.application} > {action.capability} "
                f"with trustee {name_of(tables, action.trustee)}.",
                change="name a record that exists",
                who=administrator_of(tables, tables.owner),
            )
        )
    return remove_record(record)


def decide_granted(tables: Tables, message: TrustGranted, sender: str) -> Decision:
    """The trustor says that it trusts this instance."""
    row = TrustingInstance(
        application=message.application,
        capability=message.capability,
        trusting_instance=sender,
        version=message.version,
    )
    return NOTHING if tables.get(TrustingInstance, *row.key) == row else Decision((Put(row),))


def decide_removed(message: TrustRemoved, sender: str) -> Decision:
    """The trustor says that it does not trust this instance any more."""
    return Decision((Delete(TrustingInstance, (message.application, message.capability, sender)),))
