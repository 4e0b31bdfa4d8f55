"""Statement by statement what "Domain separation in Identification and Reconciliation" says.

The numbered ones are the rows of the list of statements, the cases those of the list of test cases.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cmdb.identification.candidates import make_caller
from simulator.domains.session import Session
from simulator.store.cmdb.domains import load_domains
from simulator.store.setups.setup import domain_id
from tests.cmdb.cases import KEY, RUNS, WEB, item, only
from tests.cmdb.separated import LINUX, MODE, PLATFORM, STRICT, Separated

BOTH = pytest.mark.parametrize("mode", [STRICT, PLATFORM])
TASKS = "reconcile_duplicate_task"
WEB_VALUES = {"running_process_command": "c", "running_process_key_parameters": "k"}
SERVER = item(LINUX, name="lx1", os="Linux")
DOMAINS = ("global", "TOP", "ACME", "ACME-EU", "INIT")


def operation(response: dict[str, Any]) -> str:
    first: str = response["items"][0]["operation"]
    return first


def matched(instance: Separated, user: str, sent: dict[str, Any] = SERVER, **call: Any) -> str | None:
    """The CI that the user's payload is found to be, None for an insert."""
    (found,) = instance.send(user, sent, query=True, **call)["items"]
    sys_id: str | None = found.get("sysId")
    return sys_id


def everywhere(mode: str, **more: Any) -> dict[str, set[str]]:
    """By user the domains in which the user's payload finds a CI, where each domain in turn has the only one."""
    found: dict[str, set[str]] = {}
    for domain in DOMAINS:
        instance = Separated(mode, **more)
        instance.seed(LINUX, "ci", domain, name="lx1")
        for user in ("u_top", "u_acme", "u_eu", "u_init", "u_glob"):
            found.setdefault(user, set()).update([domain] if matched(instance, user) else [])
    return found


# -- when, and which mode --------------------------------------------------------------------------------


@BOTH
def test_1_domain_separation_is_enforced_once_the_plugin_is_active(mode: str) -> None:
    instance = Separated(mode)
    instance.seed(LINUX, "ci", "INIT", name="lx1")
    assert matched(instance, "u_acme") is None
    instance.configure(properties={"glide.sys.domain.partitioning": "false"})
    assert matched(instance, "u_acme") == "ci"


def test_strict_mode_is_enabled_by_default_and_platform_mode_disabled_by_default() -> None:
    instance = Separated()
    (row,) = instance.store.rows("sys_properties", ("name",), [(MODE,)])
    assert row["value"] == "false"
    instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
    assert matched(instance, "u_acme") is None


def test_the_property_switches_between_the_two_modes() -> None:
    instance = Separated()
    instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
    found = []
    for mode in (PLATFORM, STRICT, PLATFORM):
        instance.switch(mode)
        found.append(matched(instance, "u_acme"))
    assert found == ["ci", None, "ci"]


def test_the_name_of_the_property_as_the_summary_of_the_page_misprints_it_does_nothing() -> None:
    misprint = "glide.identificationengine.platformdomainseparationenabled"
    instance = Separated(properties={misprint: "true"})
    instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
    assert matched(instance, "u_acme") is None


# -- 2 to 6: regardless of the mode ----------------------------------------------------------------------


@BOTH
def test_2_domain_ids_need_not_be_sent_the_current_domain_of_the_user_is_used(mode: str) -> None:
    instance = Separated(mode)
    found = {
        user: instance.send(user, item(LINUX, name=user))["items"][0] for user in ("u_eu", "u_init", "u_glob")
    }
    assert {user: instance.domain_of(one["sysId"]) for user, one in found.items()} == {
        "u_eu": "ACME-EU",
        "u_init": "INIT",
        "u_glob": "global",
    }


@BOTH
def test_case_47_a_domain_that_is_sent_is_ignored(mode: str) -> None:
    instance = Separated(mode)
    sent = item(LINUX, name="lx1", sys_domain=domain_id("INIT"), sys_domain_path="/")
    (found,) = instance.send("u_acme", sent)["items"]
    assert (found["operation"], instance.domain_of(found["sysId"])) == ("INSERT", "ACME")
    (again,) = instance.send("u_acme", sent)["items"]
    assert (again["operation"], instance.domain_of(found["sysId"])) == ("NO_CHANGE", "ACME")


@BOTH
@pytest.mark.parametrize(("user", "domain"), [("u_top", "TOP"), ("u_eu", "ACME-EU"), ("u_glob", "global")])
def test_3_an_inserted_ci_has_the_domain_of_the_users_domain(mode: str, user: str, domain: str) -> None:
    instance = Separated(mode)
    lookup = [{"className": "cmdb_serial_number", "values": {"serial_number": "1", "serial_number_type": "uuid"}}]
    (found,) = instance.send(user, {**SERVER, "lookup": lookup})["items"]
    row = instance.get("cmdb_ci", found["sysId"])
    path = load_domains(instance.store).paths[domain_id(domain)]
    assert (instance.domain_of(found["sysId"]), row["sys_domain_path"]) == (domain, path)
    assert instance.domain_of(found["relatedSysIds"][0], "cmdb_serial_number") == domain


@pytest.mark.parametrize(
    ("mode", "user", "domain"),
    [
        (STRICT, "u_eu", "ACME-EU"),
        (STRICT, "u_glob", "global"),
        (PLATFORM, "u_top", "ACME-EU"),
        (PLATFORM, "u_eu", "global"),
        (PLATFORM, "u_glob", "INIT"),
    ],
)
def test_4_an_update_does_not_change_the_domain_of_the_ci(mode: str, user: str, domain: str) -> None:
    instance = Separated(mode)
    instance.seed(LINUX, "ci", domain, name="lx1")
    before = instance.get("cmdb_ci", "ci")
    assert operation(instance.send(user, SERVER)) == "UPDATE"
    after = instance.get("cmdb_ci", "ci")
    assert after["os"] == "Linux"
    assert [after[name] for name in ("sys_domain", "sys_domain_path")] == [
        before[name] for name in ("sys_domain", "sys_domain_path")
    ]


@BOTH
@pytest.mark.parametrize("count", [2, 7])
def test_5_de_duplication_tasks_have_the_domain_of_the_duplicates(mode: str, count: int) -> None:
    instance = Separated(mode)
    domain, user = ("ACME", "u_acme") if mode == STRICT else ("ACME-EU", "u_acme")
    for number in range(count):
        instance.seed(LINUX, f"ci{number}", domain, name="lx1")
    instance.send(user, SERVER)
    (task,) = instance.all(TASKS)
    assert instance.domain_of(task["sys_id"] or "", TASKS) == domain
    audits = instance.all("duplicate_audit_result")
    assert {row["sys_domain"] for row in audits} == {domain_id(domain)}
    assert {row["duplicate_ci"] for row in audits} == {f"ci{number}" for number in range(count)}


@BOTH
def test_6_reclassification_tasks_have_the_domain_of_the_ci(mode: str) -> None:
    instance = Separated(mode, properties={"glide.class.upgrade.enabled": "false"})
    domain, user = ("ACME", "u_acme") if mode == STRICT else ("ACME-EU", "u_top")
    instance.seed("cmdb_ci_server", "ci", domain, name="lx1")
    assert instance.send(user, SERVER)["items"][0]["errors"][0]["error"] == "RECLASSIFICATION_NOT_ALLOWED"
    (task,) = instance.all("reclassification_task")
    assert instance.domain_of(task["sys_id"] or "", "reclassification_task") == domain


# -- 7: whose CIs are candidates -------------------------------------------------------------------------


def test_7_strict_only_cis_whose_domain_id_is_identical_to_the_users() -> None:
    granted = {"u_init": {"domain": "INIT", "roles": ["itil"], "visibility": ["ACME", "global"]}}
    assert everywhere(STRICT) == {
        "u_top": {"TOP"},
        "u_acme": {"ACME"},
        "u_eu": {"ACME-EU"},
        "u_init": {"INIT"},
        "u_glob": {"global"},
    }
    instance = Separated(STRICT)
    instance.configure(
        users=granted, domains={"TOP": {"primary": True}, "ACME": {"parent": "TOP"}, "INIT": {"parent": "TOP"}}
    )
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    assert matched(instance, "u_init") is None


def test_7_platform_a_parent_can_access_its_own_its_children_lower_in_the_hierarchy_and_global() -> None:
    assert everywhere(PLATFORM) == {
        "u_top": set(DOMAINS),
        "u_acme": {"ACME", "ACME-EU", "global"},
        "u_eu": {"ACME-EU", "global"},
        "u_init": {"INIT", "global"},
        "u_glob": set(DOMAINS),
    }


def test_7_platform_run_from_the_global_domain_the_engine_can_access_all_cis() -> None:
    assert everywhere(PLATFORM)["u_glob"] == set(DOMAINS)


@pytest.mark.parametrize("by", ["user", "group"])
def test_7_platform_visibility_domains_are_supported(by: str) -> None:
    user: dict[str, Any] = {"domain": "INIT", "roles": ["itil"]}
    groups = {"watchers": {"visibility": ["ACME"]}} if by == "group" else {}
    user |= {"groups": ["watchers"]} if by == "group" else {"visibility": ["ACME"]}
    for domain, expected in {"ACME": "ci", "ACME-EU": "ci", "TOP": None}.items():
        instance = Separated(PLATFORM)
        instance.configure(users={"u_init": user}, groups=groups)
        instance.seed(LINUX, "ci", domain, name="lx1")
        assert matched(instance, "u_init") == expected


def _containing(mode: str) -> Separated:
    instance = Separated(mode)
    instance.configure(domains={"INIT": {"parent": "TOP", "contains": ["ACME"]}})
    return instance


def test_case_42_platform_contains_domains_are_supported_while_the_session_is_in_the_containing_one() -> None:
    for domain in ("ACME", "ACME-EU"):
        instance = _containing(PLATFORM)
        instance.seed(LINUX, "ci", domain, name="lx1")
        assert matched(instance, "u_init") == "ci"
    instance = _containing(PLATFORM)
    instance.seed(LINUX, "ci", "INIT", name="lx1")
    domains = load_domains(instance.store)
    instance.reload()
    picked = Session(domains.users["u_init"], picked=domain_id("ACME"))
    instance.caller = make_caller(domains.tree, instance.model.properties, picked)
    found = only(instance.run({"items": [SERVER]}))
    assert (found["operation"], instance.domain_of(found["sysId"])) == ("INSERT", "ACME")


def test_7_strict_contains_does_not_count() -> None:
    instance = _containing(STRICT)
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    assert matched(instance, "u_init") is None


@pytest.mark.parametrize("use", ["entry", "lookup", "sys_id", "native key", "dependent"])
def test_7_the_mode_decides_alike_on_every_way_to_identify(use: str) -> None:
    sent: dict[str, dict[str, Any]] = {
        "entry": SERVER,
        "lookup": {
            **item(LINUX, os="x"),
            "lookup": [
                {"className": "cmdb_serial_number", "values": {"serial_number": "1", "serial_number_type": "uuid"}}
            ],
        },
        "sys_id": item(LINUX, sys_id="ci", os="x"),
        "native key": {**item(LINUX, name="other"), "sys_object_source_info": KEY},
        "dependent": WEB,
    }
    for mode, is_found in ((STRICT, False), (PLATFORM, True)):
        instance = Separated(mode)
        instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
        serial = {"serial_number": "1", "serial_number_type": "uuid", "valid": "true", "absent": "false"}
        instance.seed("cmdb_serial_number", "s", "ACME-EU", cmdb_ci="ci", **serial)
        instance.put("sys_object_source", "o", name=KEY["source_name"], id="pc-1", target_sys_id="ci")
        relations: list[dict[str, Any]] = []
        items = [sent[use]]
        if use == "dependent":  # The host is the caller's, and what runs on it is in the child domain.
            instance.seed(LINUX, "host", "ACME", name="host")
            instance.seed("cmdb_ci_web_server", "web", "ACME-EU", **WEB_VALUES)
            kind = instance.model.relation_id("Runs on::Runs")
            instance.put("cmdb_rel_ci", "r", parent="web", child="host", type=kind)
            items, relations = [WEB, item(LINUX, name="host")], RUNS
        found = instance.send("u_acme", *items, relations=relations, query=True)["items"][0]
        assert (found.get("sysId") in ("ci", "web")) is is_found
        if use == "sys_id" and not is_found:
            assert "No record with sys_id [ci]" in found["errors"][0]["message"]


# -- consequences of 7 -----------------------------------------------------------------------------------


def test_case_38_a_strict_caller_in_a_child_domain_does_not_match_global_cis() -> None:
    instance = Separated(STRICT)
    instance.seed(LINUX, "ci", "global", name="lx1")
    (found,) = instance.send("u_acme", SERVER)["items"]
    assert (found["operation"], instance.domain_of(found["sysId"])) == ("INSERT", "ACME")


def test_a_strict_caller_in_global_matches_only_global_cis() -> None:
    assert everywhere(STRICT)["u_glob"] == {"global"}


def test_a_platform_caller_does_not_match_cis_of_domains_above_unless_granted() -> None:
    instance = Separated(PLATFORM)
    instance.seed(LINUX, "ci", "ACME", name="lx1")
    assert matched(instance, "u_eu") is None
    instance.configure(users={"u_eu": {"domain": "ACME-EU", "roles": ["itil"], "visibility": ["ACME"]}})
    assert matched(instance, "u_eu") == "ci"


# -- 8 and 9: CIs that are equal across domains ----------------------------------------------------------


def test_case_37_strict_equal_cis_of_parent_and_child_domain_are_not_duplicates() -> None:
    instance = Separated(STRICT)
    (first,) = instance.send("u_acme", SERVER)["items"]
    (second,) = instance.send("u_eu", SERVER)["items"]
    assert [first["operation"], second["operation"]] == ["INSERT", "INSERT"]
    assert [instance.domain_of(one["sysId"]) for one in (first, second)] == ["ACME", "ACME-EU"]
    again = {user: instance.send(user, SERVER)["items"][0]["sysId"] for user in ("u_acme", "u_eu")}
    assert again == {"u_acme": first["sysId"], "u_eu": second["sysId"]}
    assert not instance.all(TASKS)


def test_case_43_platform_equal_cis_across_domains_are_duplicates_and_the_oldest_is_updated() -> None:
    instance = Separated(PLATFORM)
    instance.seed(LINUX, "ci1", "INIT", name="lx1")
    instance.seed(LINUX, "ci2", "ACME", name="lx1")
    (found,) = instance.send("u_glob", SERVER)["items"]
    assert (found["operation"], found["sysId"]) == ("UPDATE", "ci1")
    assert [instance.domain_of(one) for one in ("ci1", "ci2")] == ["INIT", "ACME"]
    (task,) = instance.all(TASKS)
    assert task["sys_domain"] == domain_id("INIT")
    assert len(instance.all("duplicate_audit_result")) == 2
    instance.send("u_glob", SERVER)
    assert len(instance.all(TASKS)) == 1


def test_case_39_a_ci_of_a_child_domain_is_created_anew_in_strict_mode_and_updated_in_platform_mode() -> None:
    instance = Separated(STRICT)
    instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
    assert operation(instance.send("u_acme", SERVER)) == "INSERT"
    instance = Separated(PLATFORM)
    instance.seed(LINUX, "ci", "ACME-EU", name="lx1")
    (found,) = instance.send("u_acme", SERVER)["items"]
    assert (found["operation"], found["sysId"], instance.domain_of("ci")) == ("UPDATE", "ci", "ACME-EU")
    assert len(instance.all("cmdb_ci")) == 1


# -- 10 and 11: which tables have a domain ---------------------------------------------------------------


@pytest.mark.parametrize(
    "table", ["cmdb_identifier", "cmdb_identifier_entry", "cmdb_related_entry", "cmdb_ie_active_config"]
)
def test_10_and_case_48_identification_and_inclusion_rules_have_no_domain(table: str) -> None:
    assert not {"sys_domain", "sys_overrides", "sys_domain_path"} & set(Separated().store.columns(table))


@BOTH
def test_10_identification_and_inclusion_rules_hold_for_all_domains(mode: str) -> None:
    rule = {"name": "Thing", "applies_to": "u_thing", "entries": [{"order": 1, "attributes": ["asset_tag"]}]}
    inclusion = {"table": "u_thing", "condition": "install_status!=7", "active": "true"}
    instance = Separated(
        mode,
        classes={"u_thing": {"extends": "cmdb_ci"}},
        identifiers=[rule],
        records={"cmdb_ie_active_config": [inclusion]},
    )
    for user in ("u_top", "u_eu", "u_init", "u_glob"):
        instance.send(user, item("u_thing", asset_tag=user))
        assert operation(instance.send(user, item("u_thing", asset_tag=user))) == "NO_CHANGE"
        instance.send(user, item("u_thing", asset_tag=user, install_status="7"))
        assert matched(instance, user, item("u_thing", asset_tag=user)) is None


@pytest.mark.parametrize(
    "table", ["cmdb_reconciliation_definition", "cmdb_datasource_precedence", "cmdb_datasource_staleness"]
)
def test_11_and_case_48_reconciliation_rules_have_domain_overrides_and_path(table: str) -> None:
    assert {"sys_domain", "sys_overrides", "sys_domain_path"} <= set(Separated().store.columns(table))


@BOTH
def test_11_reconciliation_rules_can_be_defined_for_different_domains(mode: str) -> None:
    rule = {
        "name": "r",
        "applies_to": LINUX,
        "discovery_source": "ServiceNow",
        "attributes": "os",
        "priority": "1",
    }
    rows = [{"active": "true", "sys_domain": "ACME", **rule}]
    instance = Separated(mode, records={"cmdb_reconciliation_definition": rows})
    masked = {}
    for user, domain in (("u_acme", "ACME"), ("u_eu", "ACME-EU"), ("u_init", "INIT")):
        instance.seed(LINUX, user, domain, name=user, os="old")
        (found,) = instance.send(user, item(LINUX, name=user, os="x"))["items"]
        masked[domain] = found.get("maskedAttributes")
    assert masked == {"ACME": ["os"], "ACME-EU": ["os"], "INIT": None}


# -- 12: the risks of platform mode ----------------------------------------------------------------------


def _two_of_strict_mode() -> Separated:
    instance = Separated(STRICT)
    instance.send("u_acme", SERVER)
    instance.send("u_eu", SERVER)
    return instance


def test_12_after_switching_on_cis_that_were_unique_are_duplicates_for_another_domain() -> None:
    instance = _two_of_strict_mode()
    instance.switch(PLATFORM)
    assert not instance.all(TASKS)
    instance.send("u_top", SERVER)
    assert len(instance.all(TASKS)) == 1


def test_12_there_may_be_a_sudden_increase_of_duplicates_and_some_calls_start_to_fail() -> None:
    instance = Separated(STRICT, properties={"glide.identification_engine.skip_duplicates": "false"})
    for name in ("lx1", "lx2", "lx3"):
        for user in ("u_acme", "u_eu", "u_init"):
            assert operation(instance.send(user, item(LINUX, name=name))) == "INSERT"
            assert operation(instance.send(user, item(LINUX, name=name))) == "NO_CHANGE"
    assert not instance.all(TASKS)
    instance.switch(PLATFORM)
    response = instance.send("u_top", *(item(LINUX, name=name) for name in ("lx1", "lx2", "lx3")))
    assert {one["errors"][0]["error"] for one in response["items"]} == {"MULTIPLE_DUPLICATE_RECORDS"}
    assert len(instance.all(TASKS)) == 3


def test_12_an_instance_that_has_been_in_platform_mode_from_the_start_has_no_such_duplicates() -> None:
    instance = Separated(PLATFORM)
    for user in ("u_eu", "u_acme", "u_top", "u_glob"):
        instance.send(user, SERVER)
    assert len(instance.all("cmdb_ci")) == 1
    assert not instance.all(TASKS)


def test_12_what_runs_from_the_same_lowest_domain_as_before_gains_nothing_by_the_switch() -> None:
    instance = _two_of_strict_mode()
    before = matched(instance, "u_eu")
    instance.switch(PLATFORM)
    assert (matched(instance, "u_eu"), instance.all(TASKS)) == (before, [])


@BOTH
def test_case_50_the_query_endpoint_gives_no_id_for_a_new_ci_and_stores_nothing(mode: str) -> None:
    instance = Separated(mode)
    before = list(instance.connection.iterdump())
    lookup = [{"className": "cmdb_serial_number", "values": {"serial_number": "1", "serial_number_type": "uuid"}}]
    (found,) = instance.send("u_acme", {**SERVER, "lookup": lookup}, query=True)["items"]
    assert found["operation"] == "INSERT"
    assert "sysId" not in found
    assert found["relatedSysIds"] == [None]
    assert list(instance.connection.iterdump()) == before


# -- what belongs to a CI -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lookup", "related"])
def test_a_new_record_of_a_known_ci_is_in_the_domain_of_the_ci_not_of_the_caller(kind: str) -> None:
    table = "cmdb_serial_number" if kind == "lookup" else "cmdb_print_queue_instance"
    values = {"serial_number": "1", "serial_number_type": "u"} if kind == "lookup" else {"name": "q"}
    instance = Separated(PLATFORM)
    instance.seed(LINUX, "a", "ACME-EU", name="lx")
    record = {"className": table, "values": values}
    instance.send("u_acme", {"className": LINUX, "values": {"name": "lx"}, kind: [record]})
    (row,) = instance.all(table)
    assert instance.domain_of("a") == instance.domain_of(row["sys_id"] or "", table) == "ACME-EU"


def test_what_a_source_reports_of_a_ci_is_in_the_domain_of_the_caller() -> None:
    """And who wrote an attribute last is in the domain of the CI (PRB1895194, PRB1868458)."""
    rules = {
        "cmdb_dynamic_reconciliation_definition": [
            {"name": "n", "type": "Last reported", "applies_to": LINUX, "attributes": "os"}
        ],
        "cmdb_reconciliation_definition": [
            {"applies_to": LINUX, "discovery_source": "Other Automated", "attributes": "ram"}
        ],
    }
    on = {"glide.identification_engine.multisource_enabled": "true"}
    instance = Separated(PLATFORM, records=rules, properties=on)
    instance.seed(LINUX, "a", "ACME-EU", name="lx")
    instance.send("u_acme", {"className": LINUX, "values": {"name": "lx", "os": "x", "ram": "1"}})
    places = {"cmdb_multisource_data": "ACME", "cmdb_datasource_last_update": "ACME-EU"}
    for table, domain in places.items():
        (row,) = instance.all(table)
        assert instance.domain_of(row["sys_id"] or "", table) == domain
