"""Applications come, change and go while an instance runs.

An application brings along its capabilities, its trust profile, which has no items yet, and its rows of Trust
Configuration with their defaults (S4, S6). What belongs to it here goes with it: the profile with its items, the
trust that this instance gives for it, the grants, the settings and the users assigned for its data. The pages do
not say so; but trust that nobody sees any more must not come back with the next installation. Who manages it
stays, for that is agreed between two instances and no part of the application, and so does what has arrived.

The others are told how this instance sees what is between them, as after a restore: their mirrors follow, and a
manager sees that its last sync is not here any more. They answer after an installation, for they may know more.
"""

from __future__ import annotations

from dataclasses import replace

from simulator.decision import Decision
from simulator.protocol.actions import InstallApplication, RemoveApplication, UpgradeApplication
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Change, Delete, Put, Row, Tables
from simulator.trust import copies
from simulator.trust.application import Application, Capability, Operation, refuse_unoffered
from simulator.trust.assignment import AssignedUser
from simulator.trust.capability import OpenRequest
from simulator.trust.directory import administrator_of, name_of
from simulator.trust.profile import ProfileItem, TrustProfile, missing_profiles
from simulator.trust.record import TrustRecord
from simulator.trust.relations import report_to_all
from simulator.trust.settings import Settings
from simulator.trust.sharing import SharingApplication, TrustConfig, missing_configuration
from simulator.trust.sync import SyncStatus

_OF_AN_APPLICATION: tuple[type[Row], ...] = (
    *(Capability, Operation, SharingApplication, Settings),
    *(TrustProfile, ProfileItem, SyncStatus, TrustRecord, TrustConfig, AssignedUser, OpenRequest),
)
"""What goes with an application; every one of them has a column with its name."""


def decide_install(tables: Tables, action: InstallApplication) -> Decision:
    """The application is there from now on, with all that it brings along."""
    if known := tables.get(Application, action.application):
        me = name_of(tables, tables.owner)
        return Decision(
            refusal=Refusal(
                code=RefusalCode.APPLICATION_INSTALLED,
                found=f"{me} has {known.name} {known.version} already.",
                change=f"upgrade {known.name}, or leave it as it is",
                who=administrator_of(tables, tables.owner),
            )
        )
    changes: list[Change] = [Put(row) for row in copies.paste(action.rows)]
    changes += missing_profiles(tables.after(changes))
    changes += missing_configuration(tables.after(changes))
    return _told(tables, changes, action.application, wants_answer=True)


def decide_upgrade(tables: Tables, action: UpgradeApplication) -> Decision:
    """Its version is another one from now on, and so are those of the capabilities that are named.

    Trust stays in the version that it was given for, and does not fit any more until it is given for the new one.
    """
    for offered in (None, *action.capabilities):
        if refusal := refuse_unoffered(tables, action.application, offered):
            return Decision(refusal=refusal)
    application = tables.get(Application, action.application)
    assert application is not None, "an application that is not there is refused"
    changes: list[Change] = [Put(replace(application, version=action.version))]
    for name, version in action.capabilities.items():
        capability = tables.get(Capability, action.application, name)
        assert capability is not None, "a capability that is not there is refused"
        changes.append(Put(replace(capability, version=version)))
    return Decision(tuple(changes))


def decide_remove(tables: Tables, action: RemoveApplication) -> Decision:
    """The application is gone, and with it what belonged to it here."""
    if refusal := refuse_unoffered(tables, action.application):
        return Decision(refusal=refusal)
    changes: list[Change] = [Delete(Application, (action.application,))]
    for row_type in _OF_AN_APPLICATION:
        changes += [Delete(row_type, row.key) for row in tables.all(row_type, application=action.application)]
    return _told(tables, changes, action.application, wants_answer=False)


def _told(tables: Tables, changes: list[Change], application: str, *, wants_answer: bool) -> Decision:
    """The changes come true, and the others hear how this instance sees things from then on."""
    posts = report_to_all(tables.after(changes), {application}, wants_answer=wants_answer)
    return Decision(tuple(changes), posts)
