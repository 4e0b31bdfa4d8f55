"""Tables of trust over REST: writing into them does what administrators do with their forms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator.trust.sharing import SharingApplication
from tests.fleet import HEALTH, INVENTORY, Fleet, id_of
from tests.rest.client import Api, error, header, request

T = "/api/now/table/"
USERS = {"users": {"mia": {"roles": ["sn_mif.mif_admin"]}, "ann": {"roles": ["itil"]}}}


@pytest.fixture
def api() -> Api:
    return Api(USERS)


def call(fleet: Fleet, name: str, method: str, place: str, **body: Any) -> Any:
    """What an instance answers to a client; whatever it publishes is delivered."""
    response = fleet.serve(name, request(method, T + place, body or None))
    assert response.status in (200, 201), response
    fleet.deliver()
    return response.body["result"]


def refusal(response: Any) -> str | None:
    assert error(response)[:2] == (403, "Operation Failed"), response
    return header(response, "X-Trustsim-Refusal")


def test_a_record_in_manager_instances_names_a_manager() -> None:
    dev = Api(USERS, name="dev1")
    body = {"application": HEALTH, "manager_instance": "prod1"}
    response = dev.send("POST", f"{T}sn_mif_managed_by_instance?sysparm_display_value=true", body, user="mia")
    assert response.status == 201
    shown = response.body["result"]
    assert (shown["manager_instance"]["display_value"], shown["approval"]) == (
        "prod1",
        "Awaiting Manager Confirmation",
    )
    assert (shown["sys_created_by"], shown["sys_updated_by"]) == ("mia", "mia")
    assert dev.published == [id_of("prod1")]
    place = f"{T}sn_mif_managed_by_instance/{shown['sys_id']}"
    assert dev.send("DELETE", place).status == 204
    assert dev.get(f"{T}sn_mif_managed_by_instance") == []


def test_the_refusal_of_a_rule_is_the_answer(api: Api) -> None:
    body = {"application": HEALTH, "manager_instance": id_of("dev1")}
    response = api.send("POST", f"{T}sn_mif_managed_by_instance", body)
    assert refusal(response) == "subprod_manages_prod"
    assert "a non-production instance never manages a production one" in (error(response)[2] or "")
    [*_, (_, entry)] = api.store.journal()
    assert (entry.kind, entry.outcome, entry.code) == ("name_manager", "refused", "subprod_manages_prod")
    assert api.get(f"{T}sn_mif_managed_by_instance") == []


@pytest.mark.parametrize(("said", "status"), [("approved", "approved"), ("Rejected", "rejected")])
def test_approval_fields_approve_and_reject(said: str, status: str) -> None:
    with Fleet("prod1", "dev1") as fleet:
        asked = call(
            fleet, "prod1", "POST", "sn_mif_managed_instance", application=HEALTH, managed_instance="dev1"
        )
        assert asked["status"] == "pending_approval"
        [row] = call(fleet, "dev1", "GET", "sn_mif_managed_by_instance")
        assert (row["approval"], row["sys_created_by"]) == ("pending_approval", "system"), "a peer's message"
        place = f"sn_mif_managed_by_instance/{row['sys_id']}"
        done = call(fleet, "dev1", "PATCH", place, approval=said)
        assert (done["approval"], done["sys_created_by"], done["sys_updated_by"]) == (status, "system", "admin")
        [row] = call(fleet, "prod1", "GET", "sn_mif_managed_instance")
        assert row["status"] == status
        wrong = request("PATCH", f"{T}{place}", {"approval": "revoked"})
        assert "changes by its approval field" in (error(fleet.serve("dev1", wrong))[2] or "")


def test_what_a_client_of_one_instance_writes_a_client_of_another_reads() -> None:
    """Named, approved, a profile item saved, Sync pressed: the trustor's record is there, and its mirror."""
    with Fleet("prod1", "dev1", "dev2") as fleet:
        for name in ("dev1", "dev2"):
            call(fleet, name, "POST", "sn_mif_managed_by_instance", application=HEALTH, manager_instance="prod1")
        fleet.advance(timedelta(minutes=6))
        item = {
            "application": HEALTH,
            "capability": INVENTORY,
            "trusting_instance": "dev1",
            "trusted_instance": "dev2",
        }
        call(fleet, "prod1", "POST", "sn_mif_trust_profile_item", **item)
        pressed = request("POST", "/api/x_trustsim/sync_trust_profiles", {"application": HEALTH})
        response = fleet.serve("prod1", pressed)
        assert response.body == {"result": {"action": "sync_trust_profiles", "outcome": "processed"}}
        fleet.deliver()
        [record] = call(fleet, "dev1", "GET", "sn_mif_trusted_instance?sysparm_display_value=true")
        assert (record["trusted_instance"]["display_value"], record["capability"]) == ("dev2", INVENTORY)
        [mirror] = call(fleet, "dev2", "GET", "sn_mif_trusting_instance?sysparm_display_value=true")
        assert mirror["trusting_instance"]["display_value"] == "dev1"


def test_grant_access_is_set_and_the_mirror_of_it_is_not() -> None:
    rows = [SharingApplication(application=HEALTH)]
    api = Api(USERS, name="dev1", rows=rows)
    [row] = api.get(f"{T}sn_mif_trust_config?instance=prod1&application={HEALTH}")
    place = f"{T}sn_mif_trust_config/{row['sys_id']}"
    assert row["grant_access"] == "true"
    assert api.send("PATCH", place, {"grant_access": False}).body["result"]["grant_access"] == "false"
    assert api.published == [id_of("prod1")]
    refused = api.send("PATCH", place, {"is_granting_access": "true"})
    assert refusal(refused) == "mirror_is_read_only"
    assert api.send("DELETE", place).status == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("sync_trust_profiles", {"aplication": HEALTH}, 400, "aplication: expected no more than application"),
        ("send", {"application": HEALTH}, 400, "which is not there"),
        ("rename", {"name": 5}, 400, "name: expected: Input should be a valid string"),
        ("set_grant_access", {"application": HEALTH, "instance": "x", "grant": True}, 403, "no one record x"),
        ("clone_over", {}, 400, "/api/x_trustsim/clone_over"),
        ("close_task", {"task": "DUP1", "state": "closed_complete"}, 403, "has no record with number DUP1"),
        ("close_task", {"task": "DUP1", "state": "shut"}, 400, "state: expected"),
    ],
)
def test_actions_are_read_with_care(api: Api, path: str, body: Any, status: int, said: str) -> None:
    response = api.send("POST", f"/api/x_trustsim/{path}", body)
    assert response.status == status
    assert said in (error(response)[2] or "")


def test_only_admin_changes_what_the_instance_is(api: Api) -> None:
    assert error(api.send("POST", "/api/x_trustsim/rename", {"name": "x"}, user="mia"))[:2] == (
        403, "User Not Authorized",
    )  # fmt: skip
    assert api.send("POST", "/api/x_trustsim/rename", {"name": "prod9"}).status == 200
    assert "prod9" in api.names(f"{T}sn_mif_instance")


def test_a_profile_item_is_saved_changed_and_deleted(api: Api) -> None:
    body = {
        "application": HEALTH,
        "capability": INVENTORY,
        "trusting_instance": "dev1",
        "trusted_instance": "prod1",
    }
    made = api.send("POST", f"{T}sn_mif_trust_profile_item", body)
    assert made.status == 201
    place = f"{T}sn_mif_trust_profile_item/{made.body['result']['sys_id']}"
    changed = api.send("PATCH", place, {"active": "false", "description": "for now"}).body["result"]
    assert (changed["active"], changed["description"]) == ("false", "for now")
    refused = api.send("PATCH", place, {"trusted_instance": "prod2"})
    assert "trusted_instance of a record of sn_mif_trust_profile_item cannot be changed" in (
        error(refused)[2] or ""
    )
    assert api.send("DELETE", place).status == 204
    same = api.send("POST", f"{T}sn_mif_trust_profile_item", {**body, "trusted_instance": "dev1"})
    assert refusal(same) == "self_trust"


def test_a_trust_record_is_made_by_hand(api: Api) -> None:
    body = {"application": HEALTH, "capability": INVENTORY, "trusted_instance": "dev1"}
    made = api.send("POST", f"{T}sn_mif_trusted_instance", body, user="mia")
    assert made.body["result"]["origin"] == "manual"
    assert api.published == [id_of("dev1")]
    place = f"{T}sn_mif_trusted_instance/{made.body['result']['sys_id']}"
    assert "changes by deleting it and making another" in (
        error(api.send("PATCH", place, {"version": "2"}))[2] or ""
    )
    assert api.send("PATCH", place, {"version": "1.0.0"}).status == 200
    assert api.send("DELETE", place).status == 204
    assert refusal(api.send("POST", f"{T}sn_mif_trusted_instance", {**body, "capability": "nope"})) is not None
    missing = api.send("POST", f"{T}sn_mif_trusted_instance", {"application": HEALTH})
    assert error(missing)[2] == "A record of sn_mif_trusted_instance needs capability, trusted_instance."


@pytest.mark.parametrize(
    "table", ["sn_mif_trusting_instance", "sn_mif_sync_status", "sn_mif_instance", "sn_mif_message"]
)
def test_mirrors_are_read_only(api: Api, table: str) -> None:
    detail = f"{table} shows what the instance has learned: it can be read, and not written."
    assert error(api.send("POST", f"{T}{table}", {}))[2] == detail
    for row in api.get(f"{T}{table}")[:1]:
        for method in ("PATCH", "DELETE"):
            assert error(api.send(method, f"{T}{table}/{row['sys_id']}", {}))[2] == detail


def test_only_administrators_of_trust_read_and_write_it(api: Api) -> None:
    body = {"application": HEALTH, "capability": INVENTORY, "trusted_instance": "dev1"}
    assert refusal(api.send("POST", f"{T}sn_mif_trusted_instance", body, user="ann")) == "not_administrator"
    api.send("POST", f"{T}sn_mif_trusted_instance", body)
    hidden = api.send("GET", f"{T}sn_mif_trusted_instance", user="ann")
    assert (hidden.body["result"], header(hidden, "X-Total-Count")) == ([], "1")
    assert len(api.get(f"{T}sn_mif_trusted_instance", user="mia")) == 1
