"""An administrator's action is taken by a user of the instance, who needs the role for it."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from pydantic import JsonValue

from simulator.journal import Outcome
from simulator.protocol.actions import Action, Administered, CreateTrustRecord, NameManager, RemoveApplication
from simulator.protocol.cmdb import ConfigureCmdb
from simulator.trust.management import ManagedBy
from simulator.trust.record import TrustRecord
from tests.fleet import CODE_CHECK, HEALTH, Fleet, id_of

USERS: dict[str, JsonValue] = {
    "mia": {"roles": ["sn_mif.mif_admin"]},
    "amy": {"roles": ["sn_amf.amf_core_admin", "itil"]},
    "ada": {"roles": ["admin"]},
    "ned": {"roles": ["itil"]},
    "joe": {},
}
NAME = NameManager(application=HEALTH, manager=id_of("prod1"))
TRUST = CreateTrustRecord(application=HEALTH, capability=CODE_CHECK, version="", trustee=id_of("prod1"))
REMOVE = RemoveApplication(application=HEALTH)


def taken(fleet: Fleet, action: Administered, user: str) -> tuple[Outcome, str]:
    """What comes of an action that the user takes on dev1."""
    fleet.act("dev1", replace(action, taken_by=user))  # type: ignore[arg-type]
    entry = fleet.journal("dev1")[-1]
    return entry.outcome, entry.code


@pytest.fixture
def staffed(fleet: Fleet) -> Fleet:
    """dev1 has users with roles of all kinds."""
    fleet.act("dev1", ConfigureCmdb(setup={"users": USERS}))
    return fleet


@pytest.mark.parametrize("user", ["admin", "ada", "mia", "amy"])
@pytest.mark.parametrize("action", [NAME, TRUST])
def test_who_has_the_role_may(staffed: Fleet, action: Administered, user: str) -> None:
    assert taken(staffed, action, user) == (Outcome.PROCESSED, "")


@pytest.mark.parametrize(
    ("user", "code"), [("ned", "not_administrator"), ("joe", "not_administrator"), ("max", "user_unknown")]
)
@pytest.mark.parametrize("action", [NAME, TRUST, REMOVE])
def test_who_has_not_may_not_and_nothing_comes_of_it(
    staffed: Fleet, action: Administered, user: str, code: str
) -> None:
    assert taken(staffed, action, user) == (Outcome.REFUSED, code)
    assert not [*staffed.rows("dev1", ManagedBy), *staffed.rows("dev1", TrustRecord)]


@pytest.mark.parametrize(
    ("user", "code"), [("mia", "not_administrator"), ("amy", "not_administrator"), ("ada", "")]
)
def test_who_manages_trust_may_not_yet_install(staffed: Fleet, user: str, code: str) -> None:
    assert taken(staffed, REMOVE, user)[1] == code


def test_before_there_are_users_there_is_admin_and_nobody_else(fleet: Fleet) -> None:
    assert taken(fleet, TRUST, "mia") == (Outcome.REFUSED, "user_unknown")
    assert taken(fleet, TRUST, "admin") == (Outcome.PROCESSED, "")


def test_a_user_of_one_instance_is_nobody_on_another(staffed: Fleet) -> None:
    staffed.act("dev2", replace(TRUST, taken_by="mia"))
    assert staffed.journal("dev2")[-1].code == "user_unknown"


def test_every_action_has_a_user_but_those_of_applications_support_and_the_cmdb() -> None:
    others = {get_type_hints(it)["kind"] for it in get_args(Action) if not issubclass(it, Administered)}
    assert {get_args(kind)[0] for kind in others} == {
        *("send", "share_data", "identify"),
        *("change_type", "rename", "upgrade", "clone_over", "restore", "decommission"),
        *("install_plugin", "enable_tls"),
        *("configure_cmdb", "create_record", "edit_record", "delete_record", "close_task", "remediate", "audit"),
    }
