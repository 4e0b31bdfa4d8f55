"""First-generation data sharing: per application, which instance grants which other access to its data.

Trust Configuration has a row for every other instance of the account. *Grant access* is this instance's own word
and decides what leaves; *Is granting access* is a read-only mirror of the other's word (S4). Both start with the
default for the two types: non-production grants every production instance, production grants nobody (S4, S13,
S14).

Whoever changes type is back at the defaults of its new type, customised or not (S4). Where it is the other that
has changed, a grant that nobody has customised follows; a customised one stays, for the administrator who set it
is not the one who promotes.

The mirror follows what its grantor says and nothing else. It never reckons with types itself, so it makes no
difference in which order the news of a type and the news of a grant arrive; what a grantor says arrives in the
order of saying. A state that nobody has taken in before it expired is told again, so that the mirror becomes
right however long an outage lasts.

The grantor decides when data leaves. The grantee takes it in without a look at its mirror: that may be late, and
what was granted must not be lost for it. Data that has arrived stays when access is withdrawn. Which instances an
application lets its users view (S13: for subscriptions only production) is the application's own affair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.decision import NOTHING, Decision, Post
from simulator.protocol.actions import SetGrantAccess, SetIsGrantingAccess, ShareData
from simulator.protocol.messages import GrantState, SharedData
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Put, Row, Tables
from simulator.trust.application import refuse_unoffered
from simulator.trust.capability import ReceivedData, refuse_size
from simulator.trust.directory import (
    DirectoryEntry,
    InstanceType,
    administrator_of,
    name_of,
    refuse_peer,
    this_instance,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingApplication(Row):
    """An installed application that takes part in data sharing."""

    TABLE = "sn_mif_table_registration"
    KEY = ("application",)
    application: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustConfig(Row):
    """Trust Configuration: whether this instance grants that one an application's data, and the reverse (S4)."""

    TABLE = "sn_mif_trust_config"
    KEY = ("application", "instance")
    IS_TRACED = True
    application: str
    instance: str
    grant_access: bool
    is_granting_access: bool
    """The read-only mirror of the other instance's word."""
    customised: bool
    """Whether an administrator has set Grant access, be it to the default, since this instance changed type."""
    revision: int
    """How many states of Grant access the other instance was told."""


def grants_by_default(grantor: InstanceType, grantee: InstanceType) -> bool:
    """Non-production grants every production instance of its account, production grants nobody (S4, S13, S14)."""
    return grantor is InstanceType.NON_PRODUCTION and grantee is InstanceType.PRODUCTION


def missing_configuration(tables: Tables) -> tuple[Put, ...]:
    """The rows, with their defaults, that this instance's Trust Configuration ought to have and has not.

    Both sides reckon the first state of a mirror from the directory that they start with, so nothing is sent.
    """
    me = this_instance(tables)
    return tuple(
        Put(_default(sharing.application, me, peer))
        for sharing in tables.all(SharingApplication)
        for peer in tables.all(DirectoryEntry, account=me.account, retired=False)
        if not me.retired
        and peer.sys_id != me.sys_id
        and tables.get(TrustConfig, sharing.application, peer.sys_id) is None
    )


def _default(application: str, me: DirectoryEntry, peer: DirectoryEntry) -> TrustConfig:
    return TrustConfig(
        application=application,
        instance=peer.sys_id,
        grant_access=grants_by_default(me.type, peer.type),
        is_granting_access=grants_by_default(peer.type, me.type),
        customised=False,
        revision=0,
    )


# -- who grants whom ------------------------------------------------------------------------------------


def decide_set_grant(tables: Tables, action: SetGrantAccess) -> Decision:
    """The grantor's administrator edits Grant access; the grantee is told, or told again, which mends a mirror."""
    config = _configuration(tables, action.application, action.instance)
    if isinstance(config, Refusal):
        return Decision(refusal=config)
    return _tell(replace(config, grant_access=action.grant, customised=True))


def decide_set_granting(tables: Tables, action: SetIsGrantingAccess) -> Decision:
    """Nobody edits Is granting access: it is the other instance's word (S4)."""
    config = _configuration(tables, action.application, action.instance)
    if isinstance(config, Refusal):
        return Decision(refusal=config)
    me, peer = name_of(tables, tables.owner), name_of(tables, action.instance)
    return Decision(
        refusal=Refusal(
            code=RefusalCode.MIRROR_IS_READ_ONLY,
            found=f"Is granting access on {me} shows {_in_words(config.is_granting_access)} for "
            f"{action.application} of {peer}, and only mirrors Grant access there.",
            change=f"set Grant access for {me} to {_in_words(action.granting)} on {peer}",
            who=administrator_of(tables, action.instance),
        )
    )


def decide_grant_state(tables: Tables, message: GrantState, sender: str) -> Decision:
    """A grantor says whether it grants this instance access."""
    config = _configuration(tables, message.application, sender)
    if isinstance(config, Refusal):
        return Decision(refusal=config)
    if config.is_granting_access == message.granted:
        return NOTHING
    return Decision((Put(replace(config, is_granting_access=message.granted)),))


def tell_again(tables: Tables, message: GrantState, grantee: str) -> Decision:
    """The grantee has not taken in this state in time: it is told what is so now, unless it will hear of that.

    So one envelope per grantee and application waits for as long as the grantee is away.
    """
    config = tables.get(TrustConfig, message.application, grantee)
    if config is None or config.revision != message.revision:
        return NOTHING
    return Decision(posts=(Post(grantee, replace(message, granted=config.grant_access)),))


def follow_type(tables: Tables, became: DirectoryEntry) -> Decision:
    """Grants return to their defaults when this instance changes type, and follow the type of another one.

    *became* is an instance as it is from now on; the tables have it as it was.
    """
    known = tables.get(DirectoryEntry, became.sys_id)
    if known is None or known.type is became.type:
        return NOTHING
    followed = Decision()
    for config in tables.all(TrustConfig):
        reset = _reset(tables, config, became)
        if reset.grant_access != config.grant_access:
            told = _tell(reset)
            followed = Decision((*followed.changes, *told.changes), (*followed.posts, *told.posts))
        elif reset != config:
            followed = replace(followed, changes=(*followed.changes, Put(reset)))
    return followed


def _reset(tables: Tables, config: TrustConfig, became: DirectoryEntry) -> TrustConfig:
    """The row once *became* is as it says; the same where it does not concern the row, or a custom stays."""
    if became.sys_id == tables.owner:
        peer = tables.get(DirectoryEntry, config.instance)
        assert peer is not None, "the configuration has instances of the directory"
        return replace(config, grant_access=grants_by_default(became.type, peer.type), customised=False)
    if became.sys_id == config.instance and not config.customised:
        return replace(config, grant_access=grants_by_default(this_instance(tables).type, became.type))
    return config


def _tell(config: TrustConfig) -> Decision:
    """The row is so from now on, and its grantee hears of it."""
    told = replace(config, revision=config.revision + 1)
    state = GrantState(application=told.application, granted=told.grant_access, revision=told.revision)
    return Decision((Put(told),), (Post(told.instance, state),))


# -- what flows -----------------------------------------------------------------------------------------


def decide_share(tables: Tables, action: ShareData) -> Decision:
    """An application shares data with one instance, if that is granted access now."""
    config = _configuration(tables, action.application, action.recipient)
    if isinstance(config, Refusal):
        return Decision(refusal=config)
    if refusal := _refuse_ungranted(tables, config) or refuse_size(tables, action.application, action.payload):
        return Decision(refusal=refusal)
    return Decision(
        posts=(Post(action.recipient, SharedData(application=action.application, payload=action.payload)),)
    )


def decide_shared_data(tables: Tables, message: SharedData, sender: str, envelope: str) -> Decision:
    """A grantor's data arrives: the grantor has granted access when it left, and that is what counts."""
    config = _configuration(tables, message.application, sender)
    if isinstance(config, Refusal):
        return Decision(refusal=config)
    data = ReceivedData(
        envelope=envelope,
        application=message.application,
        capability="",
        operation="",
        source_instance=sender,
        payload=message.payload,
    )
    return Decision((Put(data),))


# -- why not --------------------------------------------------------------------------------------------


def _configuration(tables: Tables, application: str, instance: str) -> TrustConfig | Refusal:
    """This instance's row about that one, or why there is none."""
    if refusal := refuse_unoffered(tables, application) or refuse_peer(tables, instance):
        return refusal
    return tables.get(TrustConfig, application, instance) or Refusal(
        code=RefusalCode.NO_DATA_SHARING,
        found=f"Trust Configuration on {name_of(tables, tables.owner)} does not list {application}: it takes no "
        "part in data sharing.",
        change="choose an application with data sharing, or a capability of this one",
        who=administrator_of(tables, tables.owner),
    )


def _refuse_ungranted(tables: Tables, config: TrustConfig) -> Refusal | None:
    if config.grant_access:
        return None
    me, peer = this_instance(tables), tables.get(DirectoryEntry, config.instance)
    assert peer is not None, "the configuration has instances of the directory"
    default = f"the default from {_in_words(me.type)} to {_in_words(peer.type)}"
    why = "an administrator has set it so" if config.customised else default
    return Refusal(
        code=RefusalCode.ACCESS_NOT_GRANTED,
        found=f"Grant access on {me.name} is false for {config.application} and {peer.name} ({why}).",
        change=f"set Grant access for {peer.name} to true",
        who=administrator_of(tables, tables.owner),
    )


def _in_words(value: bool | InstanceType) -> str:
    return str(value).lower().replace("_", "-")
