"""Items that wait in partial payloads of their own, and what joins them: calls that say the same keep it once."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import item, operations

KEYED = {"source_name": "ServiceNow", "source_native_key": "host"}
HOST: dict[str, Any] = {
    **item("cmdb_ci_linux_server", ram="1"),
    "sys_object_source_info": KEYED,
    "internal_id": "h",
}
DISK: dict[str, Any] = {**item("cmdb_ci_disk", name="sda"), "internal_id": "d"}
KEYED_DISK = {**DISK, "sys_object_source_info": {**KEYED, "source_native_key": "disk"}}
OWNS: list[dict[str, Any]] = [{"parent": 0, "child": 1, "type": "Owns::Owned by"}]
OWNED: list[dict[str, Any]] = [{"parent_id": "d", "child_id": "h", "type": "Owns::Owned by"}]
CONTAINS = [{"parent": 0, "child": 1, "type": "Contains::Contained by"}]
REFERS: list[dict[str, Any]] = [{"referenceField": "computer", "referenced": "h", "referencedBy": "d"}]
PARTIALS, INDEX = "cmdb_ire_partial_payloads", "cmdb_ire_partial_payloads_index"


@pytest.mark.parametrize("disk", [DISK, KEYED_DISK], ids=["unkeyed", "keyed"])
@pytest.mark.parametrize("joint", ["owns", "owned", "refers"])
@pytest.mark.parametrize("calls", list(product("bhd", repeat=2)), ids="".join)
def test_what_waits_is_stored_once_whatever_is_said_again(
    disk: dict[str, Any], joint: str, calls: tuple[str, ...]
) -> None:
    """Both are sent with what joins them, and then again both, the host alone or the disk alone."""
    joined: dict[str, list[dict[str, Any]]] = {
        "relations": {"owns": OWNS, "owned": OWNED}.get(joint, []),
        "referenceItems": REFERS if joint == "refers" else [],
    }
    body_by_call = {"b": {"items": [HOST, disk], **joined}, "h": {"items": [HOST]}, "d": {"items": [disk]}}
    instance = Instance()
    instance.run(body_by_call["b"], enhanced=True)
    keys = sorted(row["identifier_key"] or "" for row in instance.all(INDEX))
    for each in calls:
        assert set(operations(instance.run(body_by_call[each], enhanced=True))) == {"INSERT_AS_PARTIAL"}
        payloads = [json.loads(row["payload"] or "") for row in instance.all(PARTIALS)]
        assert len(payloads) == 2
        assert sorted(row["identifier_key"] or "" for row in instance.all(INDEX)) == keys
        for name, sent in joined.items():
            assert sum(len(payload[name]) for payload in payloads) == len(sent)
    done = {**HOST, "values": {"name": "lx1"}}
    instance.run({"items": [done, disk], "relations": CONTAINS}, enhanced=True)
    (server,), (part,) = instance.all("cmdb_ci_linux_server"), instance.all("cmdb_ci_disk")
    assert (server["name"], server["ram"], part["name"]) == ("lx1", "1", "sda")
    host, own = server["sys_id"], part["sys_id"]
    found = {(row["parent"], row["child"]) for row in instance.all("cmdb_rel_ci")}
    assert found == {(host, own), (own, host) if joint == "owned" else (host, own)}
    assert len(instance.all("cmdb_rel_ci")) == (1 if joint == "refers" else 2)
    assert part["computer"] == (host if joint == "refers" else None)
    assert not instance.all(PARTIALS)
    assert not instance.all(INDEX)
