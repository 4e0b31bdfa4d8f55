"""Settings of an application, such as preferences: changed where they are, or sent by a trustee and only read.

AI Control Tower's production instance may send its preferences to the instances that it manages; what is
configured and enabled there is read-only at the managed side (S8, S9).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.decision import Decision
from simulator.protocol.actions import ChangeSettings
from simulator.protocol.messages import CapabilityMessage, Payload
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Put, Row, Tables
from simulator.trust.application import refuse_unoffered
from simulator.trust.directory import administrator_of, name_of
from simulator.trust.record import TrustRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Row):
    """The settings of an application's capability on this instance, and whose word they are."""

    TABLE = "sn_mif_application_setting"
    KEY = ("application", "capability")
    application: str
    capability: str
    source_instance: str
    """This instance, where its own administrator has changed them last."""
    payload: Payload


def decide_change_settings(tables: Tables, action: ChangeSettings) -> Decision:
    """This instance's administrator changes the settings, unless they are another's word."""
    refusal = refuse_unoffered(tables, action.application, action.capability) or _refuse_received(tables, action)
    if refusal:
        return Decision(refusal=refusal)
    return Decision((_put(tables.owner, action),))


def received(message: CapabilityMessage, sender: str) -> Put:
    """The settings as a trustee has sent them: they take the place of what was here."""
    return _put(sender, message)


def _put(source: str, what: ChangeSettings | CapabilityMessage) -> Put:
    return Put(
        Settings(
            application=what.application,
            capability=what.capability,
            source_instance=source,
            payload=what.payload,
        )
    )


def _refuse_received(tables: Tables, action: ChangeSettings) -> Refusal | None:
    """Why the settings are not this instance's own; or None.

    That they are its own again when it does not trust their sender any more is our choice: the pages do not say.
    """
    settings = tables.get(Settings, action.application, action.capability)
    if settings is None or settings.source_instance == tables.owner:
        return None
    if tables.get(TrustRecord, action.application, action.capability, settings.source_instance) is None:
        return None
    me, source = name_of(tables, tables.owner), name_of(tables, settings.source_instance)
    return Refusal(
        code=RefusalCode.SETTINGS_ARE_READ_ONLY,
        found=f"The settings of {action.application} > {action.capability} on {me} come from {source}, which {me} "
        "trusts for them, and are only read there.",
        change=f"change them there and send them to {me}",
        who=administrator_of(tables, settings.source_instance),
    )
