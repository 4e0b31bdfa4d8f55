"""What every instance knows from the start: the classes that integrations send, and how they are recognised."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import LINUX, codes, item, message, only, operations

CONTAINS = "Contains::Contained by"
RUNS_ON = "Runs on::Runs", "parent"
CLUSTER = item("cmdb_ci_kubernetes_cluster", k8s_uid="c-1", name="prod")
POD = item("cmdb_ci_kubernetes_pod", k8s_uid="p-1", name="web-0", namespace="shop")
ACCOUNT = "cmdb_ci_cloud_service_account"

ON_A_HOST = [
    ("cmdb_ci_memory_module", {"name": "DIMM 0"}, (CONTAINS, "child"), LINUX),
    ("cmdb_ci_db_db2_instance", {"db_name": "D", "tcp_port": 50000}, RUNS_ON, LINUX),
    ("cmdb_ci_db_syb_instance", {"instance": "S", "tcp_port": "5000"}, RUNS_ON, LINUX),
    ("cmdb_ci_db_postgresql_instance", {"instance": "P", "tcp_port": 5432}, RUNS_ON, LINUX),
    ("cmdb_ci_db_mssql_instance", {"instance_name": "M"}, RUNS_ON, LINUX),
    ("cmdb_ci_db_ora_instance", {"sid": "ORCL"}, RUNS_ON, LINUX),
    ("cmdb_ci_db_mysql_instance", {"install_directory": "/m", "tcp_port": 3306}, RUNS_ON, LINUX),
    ("cmdb_ci_db_informix_instance", {"install_directory": "/i", "tcp_port": 1}, RUNS_ON, LINUX),
    ("cmdb_ci_db_mongodb_instance", {"cl_port": "27017"}, RUNS_ON, LINUX),
    ("cmdb_ci_db_hbase_instance", {"cl_port": "16000"}, RUNS_ON, LINUX),
    ("cmdb_ci_docker_container", {"container_id": "4f"}, RUNS_ON, LINUX),
    ("cmdb_ci_docker_container", {"container_id": "4f"}, (CONTAINS, "child"), POD),
    ("cmdb_ci_docker_local_image", {"image_id": "sha256:1"}, ("Hosted on::Hosts", "parent"), LINUX),
]  # fmt: skip

ALONE = [
    item("cmdb_ci_storage_switch", name="fc-1", serial_number="S-1", ram="8192.0"),
    item("cmdb_ci_unclassed_hardware", name="what", serial_number="S-2"),
    item("cmdb_ci_docker_image", image_id="sha256:1", tag="9"),
    item("cmdb_ci_docker_image_tag", image_id="sha256:1", repository="r", tag="9"),
    CLUSTER,
    item("cmdb_ci_kubernetes_cluster", name="without a uid"),
    POD,
    item("cmdb_ci_kubernetes_node", k8s_uid="n-1", name="node-1"),
    item("cmdb_ci_kubernetes_namespace", k8s_uid="s-1", name="shop"),
    item("cmdb_ci_kubernetes_service", k8s_uid="v-1", name="web"),
    item("cmdb_ci_kubernetes_deployment", k8s_uid="d-1", name="web", desired_replicas="3.0"),
    item("cmdb_ci_kubernetes_daemonset", k8s_uid="e-1", name="log", pods_running=2),
]


@pytest.mark.parametrize(("name", "values", "relation", "host"), ON_A_HOST)
def test_what_stands_on_a_host_is_found_again_there(
    name: str, values: dict[str, Any], relation: tuple[str, str], host: dict[str, Any]
) -> None:
    kind, role = relation
    ends = {"parent": 0, "child": 1} if role == "parent" else {"parent": 1, "child": 0}
    body = {"items": [item(name, **values), host], "relations": [{**ends, "type": kind}]}
    instance = Instance()
    assert codes(instance.run({"items": [item(name, **values)]})) == ["MISSING_DEPENDENCY"]
    assert operations(instance.run(body, enhanced=True)) == ["INSERT", "INSERT"]
    assert operations(instance.run(body, enhanced=True)) == ["NO_CHANGE", "NO_CHANGE"]
    other = {**body, "items": [item(name, **values), item(host["className"], name="other", k8s_uid="o")]}
    assert operations(instance.run(other)) == ["INSERT", "INSERT"]  # what is the same on another host is another


@pytest.mark.parametrize("sent", ALONE, ids=lambda sent: str(sent["className"]))
def test_what_stands_alone_is_found_again(sent: dict[str, Any]) -> None:
    instance = Instance()
    first = instance.run({"items": [sent]}, enhanced=True)
    again = instance.run({"items": [sent]}, enhanced=True)
    assert (operations(first), codes(first, "warnings")) == (["INSERT"], [])
    assert (operations(again), only(again)["sysId"]) == (["NO_CHANGE"], only(first)["sysId"])


def test_a_pod_may_be_told_to_be_in_its_cluster_its_namespace_and_on_its_server_at_once() -> None:
    namespace = item("cmdb_ci_kubernetes_namespace", k8s_uid="s-1", name="shop")
    relations = [{"parent": each, "child": 0, "type": CONTAINS} for each in (1, 2, 3)]
    instance = Instance()
    result = instance.run({"items": [POD, CLUSTER, namespace, LINUX], "relations": relations}, enhanced=True)
    assert operations(result) == ["INSERT"] * 4
    assert len(instance.all("cmdb_rel_ci")) == 3


def test_a_database_is_recognised_by_its_process_where_it_does_not_say_its_name() -> None:
    values = {"running_process_command": "db2sysc", "running_process_key_parameters": "x"}
    relations = [{"parent": 0, "child": 1, "type": "Runs on::Runs"}]
    body = {"items": [item("cmdb_ci_db_db2_instance", **values), LINUX], "relations": relations}
    instance = Instance()
    assert operations(instance.run(body)) == ["INSERT", "INSERT"]
    assert operations(instance.run(body)) == ["NO_CHANGE", "NO_CHANGE"]


def test_catalogs_belong_to_their_databases() -> None:
    instances = {"mysql_catalog": "mysql", "db2_catalog": "db2", "syb_catalog": "syb", "ora_catalog": "ora"}
    items = [item(f"cmdb_ci_db_{name}", name="c") for name in instances]
    items += [item(f"cmdb_ci_db_{kind}_instance", cl_port="1") for kind in instances.values()]
    relations = [{"parent": 4 + at, "child": at, "type": CONTAINS} for at in range(4)]
    relations += [{"parent": 4 + at, "child": 8, "type": "Runs on::Runs"} for at in range(4)]
    body = {"items": [*items, LINUX], "relations": relations}
    instance = Instance()
    assert operations(instance.run(body)) == ["INSERT"] * 9
    assert operations(instance.run(body)) == ["NO_CHANGE"] * 9


@pytest.mark.parametrize("sent", [LINUX, POD, item("cmdb_ci_docker_image", image_id="sha256:1")])
def test_tags_are_related_records_one_for_each_key_of_a_ci(sent: dict[str, Any]) -> None:
    def tagged(**tags: str) -> dict[str, Any]:
        related = [{"className": "cmdb_key_value", "values": {"key": key, "value": tags[key]}} for key in tags]
        return {"items": [{**sent, "related": related}]}

    instance = Instance()
    instance.run(tagged(env="test", team="a"))
    found = only(instance.run(tagged(env="production", team="a"), enhanced=True))
    assert [each["operation"] for each in found["relatedItems"]] == ["UPDATE", "NO_CHANGE"]
    rows = instance.all("cmdb_key_value")
    assert {(row["key"], row["value"], row["configuration_item"]) for row in rows} == {
        ("env", "production", found["sysId"]),
        ("team", "a", found["sysId"]),
    }


def test_an_account_of_a_cloud_must_say_of_which_type_its_datacenters_are() -> None:
    instance = Instance()
    for query in (True, False):
        result = instance.run({"items": [item(ACCOUNT, account_id="1")]}, commit=not query)
        assert codes(result) == ["REQUIRED_ATTRIBUTE_EMPTY"]
        assert message(result) == (
            f"Missing mandatory field [datacenter_type] in table [{ACCOUNT}]."
            " Add input value for mandatory field in payload"
        )
    assert instance.all(ACCOUNT) == []
    kept = instance.run({"items": [item(ACCOUNT, account_id="1")]}, enhanced=True)
    assert operations(kept) == ["INSERT_AS_PARTIAL"]
    whole = item(ACCOUNT, account_id="1", datacenter_type="cmdb_ci_aws_datacenter")
    assert operations(instance.run({"items": [whole]}, enhanced=True)) == ["INSERT"]
    assert operations(instance.run({"items": [item(ACCOUNT, account_id="1", name="a")]})) == ["UPDATE"]


def test_a_lookup_record_that_is_made_needs_its_mandatory_fields_but_not_its_reference_to_the_ci() -> None:
    adapter = {"extends": "cmdb_ci", "mandatory": ["cmdb_ci", "netmask"]}
    instance = Instance({"classes": {"cmdb_ci_network_adapter": adapter}})

    def run(**values: str) -> list[str]:
        lookup = [{"className": "cmdb_ci_network_adapter", "values": {"name": "e", "mac_address": "m", **values}}]
        return codes(instance.run({"items": [{**LINUX, "lookup": lookup}]}))

    assert (run(), instance.all("cmdb_ci_network_adapter")) == (["REQUIRED_ATTRIBUTE_EMPTY"], [])
    assert run(netmask="24") == []
    assert run(alias="x") == []  # it is there already
