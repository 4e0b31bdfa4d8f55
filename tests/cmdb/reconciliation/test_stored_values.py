"""Values that a stored partial payload brings are those of its source, whoever's call completes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cmdb.base import Instance
from tests.cmdb.cases import item, only

SERVERS = "cmdb_ci_linux_server"
LISTED, OTHER = "ServiceNow", "Other Automated"
KEY = {"sys_object_source_info": {"source_name": "shop", "source_native_key": "k"}}
NAMED = {**item(SERVERS, name="lx1"), **KEY}


def stored(source: str, *, is_there: bool = True) -> Instance:
    """An instance where only one source may write `ram`, and a payload of a *source* waits that says it is 8."""
    rule = {"name": "r", "applies_to": "cmdb_ci_hardware", "discovery_source": LISTED, "attributes": "ram"}
    instance = Instance({"records": {"cmdb_reconciliation_definition": [rule]}})
    if is_there:
        instance.run({"items": [item(SERVERS, name="lx1", ram="4")]}, source=LISTED)
    waiting: dict[str, Any] = {"items": [{**item(SERVERS, ram="8", os="Linux"), **KEY}]}
    assert only(instance.run(waiting, enhanced=True, source=source))["operation"] == "INSERT_AS_PARTIAL"
    return instance


@pytest.mark.parametrize("waits_on", [False, True])
@pytest.mark.parametrize(("source", "by", "ram"), [(OTHER, LISTED, "4"), (LISTED, OTHER, "8")])
def test_a_stored_value_is_reconciled_as_its_source_s(source: str, by: str, ram: str, waits_on: bool) -> None:
    """Else a source that may not write could by a call of one that may, and the other way round."""
    instance = stored(source)
    if waits_on:
        instance.run({"items": [{**item(SERVERS, cpu_count="2"), **KEY}]}, enhanced=True, source=by)
    done = only(instance.run({"items": [NAMED]}, enhanced=True, source=by))
    (server,) = instance.all(SERVERS)
    assert (server["ram"], server["os"], server["discovery_source"]) == (ram, "Linux", by)
    assert done.get("maskedAttributes") == (["ram"] if ram == "4" else None)
    (last,) = instance.all("cmdb_datasource_last_update")
    assert last["discovery_source"] == LISTED


@pytest.mark.parametrize("items", [[NAMED, NAMED], [item(SERVERS, name="lx1"), NAMED]], ids=["first", "second"])
def test_it_stays_that_source_s_where_equal_items_become_one(items: list[dict[str, Any]]) -> None:
    instance = stored(OTHER)
    assert only(instance.run({"items": items}, enhanced=True, source=LISTED))["maskedAttributes"] == ["ram"]


def test_what_the_call_says_itself_is_its_own_source_s() -> None:
    instance = stored(OTHER)
    again = {**item(SERVERS, name="lx1", ram="8"), **KEY}
    assert "maskedAttributes" not in only(instance.run({"items": [again]}, enhanced=True, source=LISTED))
    assert instance.all(SERVERS)[0]["ram"] == "8"


def test_an_insert_notes_who_has_told_the_stored_value() -> None:
    instance = stored(OTHER, is_there=False)
    instance.run({"items": [NAMED]}, enhanced=True, source=LISTED)
    (last,) = instance.all("cmdb_datasource_last_update")
    assert (last["attribute"], last["discovery_source"]) == ("ram", OTHER)
