"""The gate: the check every message from a peer passes before anything else looks at it.

Whoever is the trustor of an operation looks in its trust table, which decides; whoever is the trustee looks in
its mirror. So a message is checked by its sender against the mirror and by its receiver against the trust
table, and data the other way round. The receiver's word is final.

To decide takes a few rows by their keys and no text, however many rows there are. A refusal's explanation is made
afterwards and only for whoever asks for it: it looks for what comes nearest, which costs ten times as much.
"""

from __future__ import annotations

from simulator.protocol.messages import CapabilityMessage, PeerMessage
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust.application import Capability, Operation, refuse_unoffered, refuse_versions
from simulator.trust.directory import administrator_of, name_of, refuse_instance
from simulator.trust.management import manages, manages_any
from simulator.trust.profile import ProfileItem, manager_of
from simulator.trust.record import TrustingInstance, TrustRecord


def admit(tables: Tables, message: PeerMessage, sender: str) -> Refusal | None:
    """Why this instance does not process an authentic message from *sender*; None admits it.

    Framework messages build trust and cannot depend on it: the same account is enough to be heard.
    """
    if refusal := _refuse_untrusting(tables, message, sender):
        return refusal
    if not isinstance(message, CapabilityMessage):
        return None
    return refuse_operation(tables, message, peer=sender, is_trustor=_is_trustor(message))


def judge(tables: Tables, message: PeerMessage, sender: str) -> RefusalCode | None:
    """The code with which `admit` refuses the message, without the explanation; None admits it."""
    if refusal := _refuse_untrusting(tables, message, sender):
        return refusal.code
    if not isinstance(message, CapabilityMessage):
        return None
    return judge_operation(tables, message, peer=sender, is_trustor=_is_trustor(message))


def _is_trustor(message: CapabilityMessage) -> bool:
    """Whether the receiver is the trustor."""
    return message.operation_kind is OperationKind.MESSAGE


def _refuse_untrusting(tables: Tables, message: PeerMessage, sender: str) -> Refusal | None:
    """Why no trust can help the message: who sent it, or what it asks for; or None."""
    if refusal := refuse_instance(tables, sender, has_asked=True):
        return refusal
    if not isinstance(message, CapabilityMessage):
        return None
    if refusal := refuse_unoffered(tables, message.application, message.capability, message.operation):
        return refusal
    if refusal := refuse_versions(tables, message.application, sender, message.application_version):
        return refusal
    operation = tables.get(Operation, message.application, message.capability, message.operation)
    assert operation is not None
    if operation.kind is not message.operation_kind:
        return _wrong_direction(tables, message, operation, sender)
    return None


def refuse_operation(tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool) -> Refusal | None:
    """Why trust between this instance and *peer* does not cover the operation; or None.

    *is_trustor* says which of the two this instance is.
    """
    code = judge_operation(tables, message, peer, is_trustor)
    return None if code is None else explain(tables, message, peer, is_trustor, code)


def judge_operation(tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool) -> RefusalCode | None:
    """The code of what `refuse_operation` says, without the explanation."""
    record = _trust(tables, message, peer, is_trustor)
    if record is None:
        return RefusalCode.NO_TRUST_RECORD if is_trustor else RefusalCode.NO_TRUSTING_INSTANCE
    if record.version != message.version:
        return RefusalCode.VERSION_MISMATCH
    offered = tables.get(Capability, message.application, message.capability)
    if offered is not None and offered.version != message.version:
        return RefusalCode.VERSION_MISMATCH
    return None


def _trust(
    tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool
) -> TrustRecord | TrustingInstance | None:
    """The row that decides, in the table that is this side's."""
    key = (message.application, message.capability, peer)
    return tables.get(TrustRecord, *key) if is_trustor else tables.get(TrustingInstance, *key)


# -- why ------------------------------------------------------------------------------------------------


def explain(tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool, code: RefusalCode) -> Refusal:
    """The refusal with the code that `judge_operation` has given for the same tables."""
    if code is RefusalCode.NO_TRUST_RECORD:
        return _no_record(tables, message, peer)
    if code is RefusalCode.NO_TRUSTING_INSTANCE:
        return _no_mirror(tables, message, peer)
    record = _trust(tables, message, peer, is_trustor)
    assert record is not None, "without a record the code is another one"
    if record.version != message.version:
        return _trusts_other_version(tables, message, peer, record.version, is_trustor)
    offered = tables.get(Capability, message.application, message.capability)
    assert offered is not None, "what differs from the message is what is offered"
    return _offers_other_version(tables, message, peer, offered.version)


def _what(message: CapabilityMessage) -> str:
    return f"{message.application} > {message.capability}"


def _no_record(tables: Tables, message: CapabilityMessage, peer: str) -> Refusal:
    me, trustee = name_of(tables, tables.owner), name_of(tables, peer)
    change, who = _make_trust(tables, message, trustor=tables.owner, trustee=peer)
    return Refusal(
        code=RefusalCode.NO_TRUST_RECORD,
        found=f"The trust table of {me} has no record for {_what(message)} with trustee {trustee}"
        f"{_nearest_record(tables, message, peer)}.",
        change=change,
        who=who,
    )


def _no_mirror(tables: Tables, message: CapabilityMessage, peer: str) -> Refusal:
    me, trustor = name_of(tables, tables.owner), name_of(tables, peer)
    change, who = _make_trust(tables, message, trustor=peer, trustee=tables.owner)
    return Refusal(
        code=RefusalCode.NO_TRUSTING_INSTANCE,
        found=f"Trusting Instances on {me} does not list {trustor} for {_what(message)}"
        f"{_nearest_mirror(tables, message, peer)}.",
        change=change,
        who=who,
    )


def _make_trust(tables: Tables, message: CapabilityMessage, trustor: str, trustee: str) -> tuple[str, str]:
    """The smallest change that makes *trustor* trust *trustee*, and who must make it."""
    other = name_of(tables, trustee)
    names = f"{name_of(tables, trustor)} as trusting and {other} as trusted instance"
    if manager := _manager_for(tables, message.application, trustor):
        item = tables.get(ProfileItem, message.application, message.capability, trustor, trustee)
        return _make_item(message, item, names), administrator_of(tables, manager)
    change = (
        f"create a trust record for {_what(message)} {message.version} with trustee {other}, "
        f"or have its manager add and sync a trust profile item with {names}"
    )
    return change, administrator_of(tables, trustor)


def _manager_for(tables: Tables, application: str, trustor: str) -> str | None:
    """Whose profile reaches the trustor, as far as this instance knows: its own manager's, or its own."""
    if manager := manager_of(tables, application):
        return manager
    is_me = trustor == tables.owner  # who manages no other instance has no profile that reaches itself
    is_mine = manages_any(tables, application) if is_me else manages(tables, application, trustor)
    return tables.owner if is_mine else None


def _make_item(message: CapabilityMessage, item: ProfileItem | None, names: str) -> str:
    """What is to be done to a profile that has that item, or none: it may be inactive, or not yet synced."""
    profile = f"the trust profile for {message.application}"
    if item is None:
        change = f"add an active item for {message.capability} {message.version} with {names} to {profile} and "
    elif not item.active or item.version != message.version:
        fields = f"Active to true and the Application Capability Version to {message.version}"
        change = f"set {fields} on the item for {message.capability} with {names} in {profile} and "
    else:
        return f"select Sync Trust Profiles for {message.application}"
    return f"{change}select Sync Trust Profiles"


def _nearest_record(tables: Tables, message: CapabilityMessage, peer: str) -> str:
    """The record that comes closest, and the field in which it differs; empty when nothing is near."""
    if item := tables.get(ProfileItem, message.application, message.capability, tables.owner, peer):
        return _nearest_item(item)
    if record := tables.first(TrustRecord, application=message.application, trusted_instance=peer):
        return f"; the nearest record has the capability {record.capability}"
    if record := tables.first(TrustRecord, application=message.application, capability=message.capability):
        return f"; the nearest record has the trustee {name_of(tables, record.trusted_instance)}"
    if tables.get(TrustingInstance, message.application, message.capability, peer):
        return (
            f"; there is trust only the other way: {name_of(tables, peer)} trusts {name_of(tables, tables.owner)}"
        )
    return ""


def _nearest_mirror(tables: Tables, message: CapabilityMessage, peer: str) -> str:
    if item := tables.get(ProfileItem, message.application, message.capability, peer, tables.owner):
        return _nearest_item(item)
    if row := tables.first(TrustingInstance, application=message.application, trusting_instance=peer):
        return f"; the nearest row has the capability {row.capability}"
    if row := tables.first(TrustingInstance, application=message.application, capability=message.capability):
        return f"; the nearest row has the trusting instance {name_of(tables, row.trusting_instance)}"
    if tables.get(TrustRecord, message.application, message.capability, peer):
        return (
            f"; there is trust only the other way: {name_of(tables, tables.owner)} trusts {name_of(tables, peer)}"
        )
    return ""


def _nearest_item(item: ProfileItem) -> str:
    """An item of the profile that is here, whose record is not."""
    state = "which is not in force" if item.active else "with Active false"
    return f"; the trust profile has the item, {state}"


def _trusts_other_version(
    tables: Tables, message: CapabilityMessage, peer: str, trusted: str, is_trustor: bool
) -> Refusal:
    trustor = tables.owner if is_trustor else peer
    return Refusal(
        code=RefusalCode.VERSION_MISMATCH,
        found=f"{_what(message)} is trusted between {name_of(tables, tables.owner)} and {name_of(tables, peer)} "
        f"in version {trusted}, and the message has version {message.version}.",
        change=f"set the Application Capability Version of that trust to {message.version}",
        who=administrator_of(tables, manager_of(tables, message.application) or trustor),
    )


def _offers_other_version(tables: Tables, message: CapabilityMessage, peer: str, offered: str) -> Refusal:
    me = name_of(tables, tables.owner)
    return Refusal(
        code=RefusalCode.VERSION_MISMATCH,
        found=f"{me} offers {_what(message)} in version {offered}, and the message of {name_of(tables, peer)} has "
        f"version {message.version}.",
        change=f"install the same version of {message.application} on both",
        who=administrator_of(tables, tables.owner),
    )


def _wrong_direction(tables: Tables, message: CapabilityMessage, operation: Operation, peer: str) -> Refusal:
    return Refusal(
        code=RefusalCode.WRONG_DIRECTION,
        found=f"{name_of(tables, peer)} sends {_what(message)} > {message.operation} as a "
        f"{message.operation_kind} operation, and on {name_of(tables, tables.owner)} it is a {operation.kind} "
        "operation, for which the trust must run the other way.",
        change=f"install the same version of {message.application} on both",
        who=administrator_of(tables, peer),
    )
