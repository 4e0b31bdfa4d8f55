"""As whom a peer's data goes into the CMDB: the user, and so the domain, that the receiver assigns to it.

Trust decides whether data may arrive; the domain of the assigned user decides what it may touch there. The
vendor's pages leave open how the two are joined: as for other integrations, the receiver's administrator chooses
a user.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import to_json

from simulator.decision import Decision
from simulator.protocol.actions import AssignUser
from simulator.protocol.cmdb import Identify
from simulator.protocol.messages import CapabilityMessage
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Put, Row, Tables
from simulator.trust.application import refuse_unoffered
from simulator.trust.directory import administrator_of, name_of, refuse_peer


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedUser(Row):
    """Data of that instance's application is processed as this user, under this data source."""

    TABLE = "x_trustsim_assigned_user"
    KEY = ("application", "instance")
    application: str
    instance: str
    user_name: str
    discovery_source: str


def decide_assign(tables: Tables, action: AssignUser) -> Decision:
    """The administrator assigns a user; whether there is one shows when data comes."""
    refusal = refuse_unoffered(tables, action.application) or refuse_peer(tables, action.instance)
    if refusal:
        return Decision(refusal=refusal)
    row = AssignedUser(
        application=action.application,
        instance=action.instance,
        user_name=action.user,
        discovery_source=action.source,
    )
    return Decision((Put(row),))


def identify_as_assigned(tables: Tables, message: CapabilityMessage, sender: str) -> Identify | Refusal:
    """The call that a peer's data for the CMDB becomes here; items that name no feed name the peer."""
    assigned = tables.get(AssignedUser, message.application, sender)
    me, peer = name_of(tables, tables.owner), name_of(tables, sender)
    if assigned is None:
        return Refusal(
            code=RefusalCode.NO_ASSIGNED_USER,
            found=f"{me} has no user as whom data of {message.application} from {peer} goes into its CMDB.",
            change=f"assign a user of {me} to {peer} for {message.application}",
            who=administrator_of(tables, tables.owner),
        )
    return Identify(
        user=assigned.user_name,
        source=assigned.discovery_source,
        body=to_json(message.payload).decode(),
        enhanced=True,
        feed=peer,
    )
