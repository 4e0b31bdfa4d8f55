"""Static rules, data refresh rules and history against their documented behaviour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cmdb.rules import duration
from simulator.cmdb.rules.authority import is_governed
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.setups.setup import domain_id
from tests.cmdb.base import Instance
from tests.cmdb.sources import COMPUTER, LINUX, SERVER, Server, refresh, static

SERVER_CLASS = "cmdb_ci_server"
BOTH = static("Discovery", "os", 100), static("SCCM", "os", 200)


# -- who is authorised ----------------------------------------------------------------------------------


def test_without_a_rule_any_source_writes_and_nothing_is_kept() -> None:
    server = Server()
    server.send("Discovery", os="a")
    assert "maskedAttributes" not in server.send("SCCM", os="b")
    assert server["os"] == "b"
    assert not server.history


def test_case_31_with_a_rule_only_listed_sources_write_others_are_masked() -> None:
    server = Server(static("Discovery", "name"))
    item = server.send("SCCM", name="new", ram="1")
    assert (item["operation"], item["maskedAttributes"]) == ("UPDATE", ["name"])
    assert (server["name"], server["ram"]) == ("lx1", "1")


def test_an_item_with_nothing_but_masked_attributes_is_still_an_update() -> None:
    item = Server(static("Discovery", "name")).send("SCCM", name="new")
    assert (item["operation"], item["maskedAttributes"]) == ("UPDATE", ["name"])


def test_rules_apply_to_updates_only_and_an_insert_is_kept_in_the_history() -> None:
    instance = Server(static("Discovery", "os", on=LINUX)).instance
    body = {"items": [{"className": LINUX, "values": {"name": "lx2", "os": "a"}}]}
    (item,) = instance.run(body, source="SCCM").response["items"]
    assert item["operation"] == "INSERT"
    (row,) = instance.all("cmdb_datasource_last_update")
    wanted = {
        "record": item["sysId"],
        "class": LINUX,
        "attribute": "os",
        "discovery_source": "SCCM",
        "updated_on": "2026-01-05 10:00:02",
        "sys_domain": "global",
    }
    assert {name: row[name] for name in wanted} == wanted


def test_two_sources_listed_for_one_attribute_coexist_and_priority_orders_them() -> None:
    server = Server(*BOTH)
    assert "maskedAttributes" not in server.send("SCCM", os="b")
    assert "maskedAttributes" not in server.send("Discovery", os="a")
    assert server.send("SCCM", os="b")["maskedAttributes"] == ["os"]
    assert server["os"] == "a"


def test_sources_of_equal_priority_overwrite_each_other() -> None:
    server = Server(static("Discovery", "os"), static("SCCM", "os"))
    for source in ("Discovery", "SCCM", "Discovery"):
        assert "maskedAttributes" not in server.send(source, os=source)


def test_an_inactive_rule_does_not_count() -> None:
    server = Server(static("Discovery", "os", active="false"))
    server.send("SCCM", os="b")
    assert server["os"] == "b"


@pytest.mark.parametrize(
    "name", ["discovery_source", "last_discovered", "sys_class_name", "sys_domain", "duplicate_of"]
)
def test_system_fields_and_those_of_the_engine_have_no_rules(name: str) -> None:
    assert not is_governed(name)


def test_a_rule_for_all_attributes_does_not_keep_a_source_from_having_discovered_the_ci() -> None:
    server = Server(static("Discovery"), os="old")
    item = server.send("SCCM", last_discovered="2026-01-04 00:00:00", os="a")
    assert item["maskedAttributes"] == ["os"]
    assert (server["last_discovered"], server["discovery_source"]) == ("2026-01-04 00:00:00", "SCCM")


# -- which rule comes first -----------------------------------------------------------------------------


def test_the_documented_example_of_discovery_and_servicewatch() -> None:
    rules = [static("Discovery", "name", on=COMPUTER), static("ServiceWatch", on=LINUX)]
    server = Server(*rules, os="old")
    assert server.send("ServiceWatch", name="w", os="w")["maskedAttributes"] == ["name"]
    assert server.send("Discovery", name="d", os="d")["maskedAttributes"] == ["os"]
    assert (server["name"], server["os"]) == ("d", "w")
    server = Server(*rules, static("ServiceWatch", "name", on=LINUX))
    assert server.send("Discovery", name="d")["maskedAttributes"] == ["name"]
    assert "maskedAttributes" not in server.send("ServiceWatch", name="w")
    windows = {"className": "cmdb_ci_win_server", "values": {"name": "win2", "sys_id": "w"}}
    server.instance.put("cmdb_ci_win_server", "w", name="win1")
    item = server.instance.run({"items": [windows]}, source="Discovery").response["items"][0]
    assert "maskedAttributes" not in item


@pytest.mark.parametrize("on", [COMPUTER, LINUX])
def test_a_rule_that_names_the_attribute_beats_one_for_all_whatever_the_priorities(on: str) -> None:
    server = Server(static("SCCM", "os", 900), static("Discovery", "", 1, on=on), os="old")
    assert server.send("Discovery", os="d")["maskedAttributes"] == ["os"]
    assert "maskedAttributes" not in server.send("SCCM", os="s")


@pytest.mark.parametrize("attributes", ["os", ""])
def test_of_two_alike_the_one_on_the_class_beats_the_derived_one(attributes: str) -> None:
    server = Server(static("Discovery", attributes, 1), static("SCCM", attributes, 900, on=LINUX), os="old")
    assert server.send("Discovery", os="d")["maskedAttributes"] == ["os"]
    assert "maskedAttributes" not in server.send("SCCM", os="s")


def test_the_order_of_a_precedence_is_the_priority_of_a_rule_without_one() -> None:
    def rule(source: str) -> dict[str, str]:
        return {"applies_to": COMPUTER, "discovery_source": source, "attributes": "os"}

    orders = tuple(
        {"applies_to": "cmdb_ci", "discovery_source": source, "order": order}
        for source, order in (("Discovery", "200"), ("SCCM", "100"))
    )
    server = Server(rule("Discovery"), rule("SCCM"), precedence=orders)
    server.send("SCCM", os="s")
    assert server.send("Discovery", os="d")["maskedAttributes"] == ["os"]


def test_precedence_alone_ranks_sources_and_bars_none() -> None:
    orders = tuple(
        {"applies_to": "cmdb_ci", "discovery_source": source, "order": order}
        for source, order in (("Discovery", "200"), ("SCCM", "100"))
    )
    server = Server(precedence=orders)
    assert "maskedAttributes" not in server.send("Altiris", os="x")
    assert "maskedAttributes" not in server.send("Discovery", os="d")
    assert server.send("Altiris", os="x")["maskedAttributes"] == ["os"]
    assert "maskedAttributes" not in server.send("SCCM", os="s")
    assert server.send("Discovery", os="d")["maskedAttributes"] == ["os"]


@pytest.mark.parametrize(("before", "masked"), [("false", ["os"]), ("true", None)])
def test_a_condition_is_tested_after_the_change_or_before_it(before: str, masked: list[str] | None) -> None:
    name = "glide.identification_engine.enable_reconciliation_filter_before_update"
    server = Server(static("Discovery", "os", condition="ram=8"), properties={name: before}, ram="4", os="old")
    assert server.send("SCCM", os="s", ram="8").get("maskedAttributes") == masked


# -- how long a source's word counts --------------------------------------------------------------------


def test_a_lower_source_passes_when_the_value_is_stale() -> None:
    server = Server(*BOTH, staleness=(refresh("Discovery", "10"),))
    server.send("Discovery", os="a")
    assert server.send("SCCM", days=9.9, os="b")["maskedAttributes"] == ["os"]
    assert "maskedAttributes" not in server.send("SCCM", days=10, os="b")
    assert "maskedAttributes" not in server.send("Discovery", days=10, os="a")


def test_a_source_that_repeats_its_value_keeps_it_fresh() -> None:
    server = Server(*BOTH, staleness=(refresh("Discovery", "10"),))
    server.send("Discovery", os="a")
    assert server.send("Discovery", days=9, os="a")["operation"] == "NO_CHANGE"
    assert server.send("SCCM", days=18, os="b")["maskedAttributes"] == ["os"]


def test_an_effective_duration_of_0_is_stale_at_once() -> None:
    server = Server(*BOTH, staleness=(refresh("Discovery", "0"),))
    server.send("Discovery", os="a")
    assert "maskedAttributes" not in server.send("SCCM", os="b")


def test_without_a_data_refresh_rule_a_value_never_becomes_stale() -> None:
    server = Server(*BOTH)
    server.send("Discovery", os="a")
    assert server.send("SCCM", days=5000, os="b")["maskedAttributes"] == ["os"]


def test_the_data_refresh_rule_of_the_nearer_class_counts() -> None:
    server = Server(*BOTH, staleness=(refresh("Discovery", "1"), refresh("Discovery", "30", on=LINUX)))
    server.send("Discovery", os="a")
    assert server.send("SCCM", days=20, os="b")["maskedAttributes"] == ["os"]


def test_staleness_never_lifts_a_rule_for_all_attributes_over_one_that_names_it() -> None:
    rules = static("Discovery", "os", 900), static("SCCM", "", 1)
    server = Server(*rules, staleness=(refresh("Discovery", "0"),))
    server.send("Discovery", os="a")
    assert server.send("SCCM", days=99, os="b")["maskedAttributes"] == ["os"]


def test_staleness_lets_no_unlisted_source_in() -> None:
    server = Server(static("Discovery", "os"), staleness=(refresh("Discovery", "0"),))
    server.send("Discovery", os="a")
    assert server.send("SCCM", days=99, os="b")["maskedAttributes"] == ["os"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, timedelta(0)),
        ("", timedelta(0)),
        ("x", timedelta(0)),
        ("-3", timedelta(0)),
        ("15", timedelta(days=15)),
        ("15 x", timedelta(days=15)),
        ("0.5", timedelta(hours=12)),
        ("15 08:00:00", timedelta(days=15, hours=8)),
        ("08:00:00", timedelta(hours=8)),
        ("1970-01-16 08:00:00", timedelta(days=15, hours=8)),
        ("1969-01-16 08:00:00", timedelta(0)),
        ("1970-13-16 08:00:00", timedelta(0)),
    ],
)
def test_a_duration_is_read_as_days_or_in_the_products_forms(text: str | None, expected: timedelta) -> None:
    assert duration.parse(text) == expected


@given(st.text())
def test_any_text_is_a_duration(text: str) -> None:
    assert duration.parse(text) >= timedelta(0)


# -- nothing --------------------------------------------------------------------------------------------


def test_case_34_an_authorised_source_cannot_empty_a_field() -> None:
    server = Server(static("Discovery", "os"), os="a")
    assert server.send("Discovery", os="")["maskedAttributes"] == ["os"]
    assert server["os"] == "a"


def test_case_34_with_update_with_null_it_can() -> None:
    server = Server(static("Discovery", "os", update_with_null="os"), os="a")
    assert "maskedAttributes" not in server.send("Discovery", os="")
    assert not server["os"]


def test_update_with_null_counts_only_for_attributes_of_the_rule() -> None:
    server = Server(static("Discovery", "os"), static("Discovery", "ram", update_with_null="os,ram"), os="a")
    assert server.send("Discovery", os="")["maskedAttributes"] == ["os"]


def test_a_lower_source_cannot_empty_what_a_higher_one_wrote() -> None:
    server = Server(BOTH[0], static("SCCM", "os", 200, update_with_null="os"))
    server.send("Discovery", os="a")
    assert server.send("SCCM", os="")["maskedAttributes"] == ["os"]


@pytest.mark.parametrize(("allowed", "masked"), [("true", None), ("false", ["os"])])
def test_a_property_lets_other_sources_fill_an_empty_field(allowed: str, masked: list[str] | None) -> None:
    server = Server(static("Discovery", "os"), properties={"glide.reconciliation.override.null": allowed})
    assert server.send("SCCM", os="s").get("maskedAttributes") == masked
    assert server.send("SCCM", os="t")["maskedAttributes"] == ["os"]


# -- history --------------------------------------------------------------------------------------------


def test_history_starts_with_the_rule_so_a_lower_source_may_win_until_the_higher_one_has_written() -> None:
    server = Server()
    server.send("Discovery", os="a")
    _add(server.instance, *BOTH)
    server.send("SCCM", os="b")
    assert server["os"] == "b"
    server.send("Discovery", os="a")
    assert server.send("SCCM", os="b")["maskedAttributes"] == ["os"]


def test_the_history_has_one_row_for_each_ci_and_attribute_and_only_of_attributes_with_rules() -> None:
    server = Server(*BOTH)
    server.send("SCCM", os="b", ram="1")
    server.send("Discovery", os="a", ram="2")
    (row,) = server.history
    assert (row["attribute"], row["discovery_source"]) == ("os", "Discovery")


def test_a_history_row_has_the_domain_and_the_path_of_its_ci() -> None:
    server = Server(*BOTH, setup={"domains": {"TOP": {"primary": True}}})
    (domain,) = server.instance.all("domain")
    server.instance.put(LINUX, "d", name="lx9", sys_domain=domain["sys_id"] or "")
    server.instance.run({"items": [{"className": LINUX, "values": {"sys_id": "d", "os": "a"}}]}, source="SCCM")
    (row,) = server.history
    assert (row["sys_domain"], row["sys_domain_path"]) == (domain["sys_id"], domain["sys_domain_path"])


def test_an_upgraded_ci_follows_the_rules_of_its_new_class() -> None:
    server = Server(static("Discovery", "os", on=LINUX))
    server.instance.put(SERVER_CLASS, "u", name="lx3", os="old")
    body = {"items": [{"className": LINUX, "values": {"sys_id": "u", "os": "s"}}]}
    item = server.instance.run(body, source="SCCM").response["items"][0]
    assert (item["operation"], item["maskedAttributes"]) == ("UPDATE_WITH_UPGRADE", ["os"])


# -- domains --------------------------------------------------------------------------------------------


def _masked_in(domain: str, *rules: dict[str, str]) -> bool:
    """Whether SCCM, called from global, is kept from a CI in the domain."""
    tree = {
        "TOP": {"primary": True},
        "ACME": {"parent": "TOP"},
        "ACME-EU": {"parent": "ACME"},
        "INIT": {"parent": "TOP"},
    }
    server = Server(*rules, setup={"domains": tree})
    server.instance.put(LINUX, "d", name="lx9", os="old", sys_domain=domain_id(domain))
    body = {"items": [{"className": LINUX, "values": {"sys_id": "d", "os": "s"}}]}
    item = server.instance.run(body, source="SCCM").response["items"][0]
    return "maskedAttributes" in item


def test_the_domain_of_the_ci_chooses_the_rules_not_that_of_the_caller() -> None:
    rule = static("Discovery", "os", sys_domain="INIT")
    assert _masked_in("INIT", rule)
    assert not _masked_in("global", rule)
    assert not _masked_in("ACME", rule)


def test_rules_of_a_parent_domain_apply_to_cis_of_the_child_domain_and_not_the_other_way() -> None:
    rule = static("Discovery", "os", sys_domain="ACME")
    assert _masked_in("ACME-EU", rule)
    assert not _masked_in("TOP", rule)
    assert _masked_in("INIT", static("Discovery", "os"))


@pytest.mark.parametrize("override", [static("SCCM", "os"), static("Discovery", "os", active="false")])
def test_an_override_replaces_the_rule_of_the_parent_domain_for_its_own_cis(override: dict[str, str]) -> None:
    rules = static("Discovery", "os", sys_id="r"), {**override, "sys_domain": "ACME", "sys_overrides": "r"}
    assert _masked_in("TOP", *rules)
    assert _masked_in("INIT", *rules)
    assert not _masked_in("ACME", *rules)
    assert not _masked_in("ACME-EU", *rules)


def test_data_refresh_rules_belong_to_domains_too() -> None:
    setup = {"domains": {"TOP": {"primary": True}}}
    server = Server(*BOTH, staleness=({**refresh("Discovery", "0"), "sys_domain": "TOP"},), setup=setup)
    server.send("Discovery", os="a")
    assert server.send("SCCM", os="b")["maskedAttributes"] == ["os"]


# -- data source rules ----------------------------------------------------------------------------------


def _insert(on: dict[str, str], name: str = LINUX, **values: Any) -> dict[str, Any]:
    rows = [
        {"applies_to": table, "discovery_source": "SCCM", "insert_not_allowed": value}
        for table, value in on.items()
    ]
    instance = Instance({"records": {"cmdb_ire_data_source_rule": rows}})
    body = {"items": [{"className": name, "values": {"name": "n"}, **values}]}
    item: dict[str, Any] = instance.run(body, source="SCCM").response["items"][0]
    return item


def test_a_data_source_rule_blocks_inserts_of_its_class_and_of_those_below() -> None:
    assert _insert({COMPUTER: "true"})["errors"][0]["error"] == "INSERT_NOT_ALLOWED_FOR_SOURCE"


def test_a_data_source_rule_blocks_no_updates() -> None:
    rows = [{"applies_to": COMPUTER, "discovery_source": "SCCM", "insert_not_allowed": "true"}]
    server = Server(setup={"records": {"cmdb_ire_data_source_rule": rows}})
    assert server.send("SCCM", os="a")["operation"] == "UPDATE"


def test_the_data_source_rule_of_a_child_class_overrides_that_of_its_parent() -> None:
    assert _insert({COMPUTER: "true", LINUX: "false"})["operation"] == "INSERT"
    assert "errors" in _insert({COMPUTER: "false", LINUX: "true"})


def test_a_data_source_rule_is_ignored_for_lookup_records() -> None:
    part = {"className": "cmdb_ci_network_adapter", "values": {"name": "e0", "mac_address": "m"}}
    assert _insert({"cmdb_ci_network_adapter": "true"}, lookup=[part])["operation"] == "INSERT"


# -- why ------------------------------------------------------------------------------------------------


def test_the_explanation_says_who_won_by_which_rule_and_why_others_did_not() -> None:
    server = Server(*BOTH, static("Altiris"), os="old")
    server.send("Discovery", os="a")
    (told,) = server.run("SCCM", explain=True, os="b").explanation[0].attributes
    assert (told.attribute, told.winner, told.value) == ("os", "Discovery", "a")
    assert told.rule == "Discovery/os on cmdb_ci_computer"
    assert told.reason.startswith(
        "SCCM ranks lower than Discovery, which wrote it last and whose value is not stale"
    )
    assert f"Reconciliation: update to field 'os' of CI '{SERVER}' was skipped because of rules" in told.reason
    assert told.others == (
        "Altiris/all on cmdb_ci_computer: a rule that names the attribute comes before one for all attributes",
    )
    (free,) = server.run("SCCM", explain=True, ram="1").explanation[0].attributes[:1]
    assert free.rule == "Altiris/all on cmdb_ci_computer"


def test_nothing_is_explained_unless_asked() -> None:
    assert not Server(*BOTH).run("SCCM", os="b").explanation


# -- what always holds ----------------------------------------------------------------------------------

UNHURRIED = settings(deadline=None)
"""An example is a whole instance, whose first one may have to be made."""

RANKS = {"Discovery": 100, "SCCM": 200, "Altiris": 300}
STEPS = st.lists(
    st.tuples(st.sampled_from([*RANKS, "Intune"]), st.sampled_from(["a", "b", ""]), st.integers(0, 6)), max_size=8
)


@pytest.fixture(scope="module")
def ranked() -> Server:
    """What one source says is fresh for ten days, what the next says for five, and what the last says for ever."""
    rules = [static(source, "os", rank, update_with_null="os") for source, rank in RANKS.items()]
    return Server(*rules, staleness=(refresh("Discovery", "10"), refresh("SCCM", "5")))


@UNHURRIED
@given(STEPS)
def test_a_lower_ranked_source_never_overwrites_a_fresh_higher_one(
    ranked: Server, steps: list[tuple[str, str, int]]
) -> None:
    days, highest = 0, -100
    with ranked.undone() as server:
        for source, value, wait in steps:
            days += wait
            before = server["os"]
            server.send(source, days=days, os=value)
            if source == "Discovery":
                assert (server["os"] or "") == value
                highest = days if value else -100
            elif before and (days - highest < 10 or source == "Intune"):
                assert server["os"] == before


SIX = [
    static("Discovery", "os", 100, sys_id="1"),
    static("SCCM", "os", 50, sys_id="2"),
    static("SCCM", "os", 200, sys_id="3", update_with_null="os"),
    static("Altiris", "", 1, sys_id="4"),
    static("Altiris", "os", 50, sys_id="5", condition="ram=8"),
    static("Discovery", "ram", 7, on=SERVER_CLASS, sys_id="6"),
]


@pytest.fixture(scope="module")
def in_order() -> Server:
    """The six rules stand in the table in the order of their ids."""
    return Server(*SIX)


@UNHURRIED
@given(
    st.permutations(range(6)), st.lists(st.tuples(st.sampled_from([*RANKS]), st.sampled_from("ab")), max_size=5)
)
def test_the_order_of_rules_in_the_tables_does_not_matter(
    in_order: Server, order: list[int], steps: list[tuple[str, str]]
) -> None:
    other = Server(*(SIX[place] for place in order))
    with in_order.undone() as one:
        for source, value in steps:
            assert one.send(source, os=value, ram="8") == other.send(source, os=value, ram="8")


@pytest.fixture(scope="module")
def repeated() -> Server:
    """Two sources have rules, and what the first says is fresh for ten days."""
    return Server(*BOTH, staleness=(refresh("Discovery", "10"),))


@UNHURRIED
@given(st.lists(st.tuples(st.sampled_from([*RANKS, "Intune"]), st.sampled_from("ab")), min_size=1, max_size=4))
def test_the_same_payload_twice_gives_no_change_and_no_new_rows(
    repeated: Server, steps: list[tuple[str, str]]
) -> None:
    with repeated.undone() as server:
        for source, value in steps:
            first = server.send(source, os=value, ram=str(ord(value)))
            rows = server.history
            again = server.send(source, os=value, ram=str(ord(value)))
            masked = first.get("maskedAttributes")
            assert again["operation"] == ("UPDATE" if masked else "NO_CHANGE")
            assert again.get("maskedAttributes") == masked
            assert server.history == rows


def test_of_two_rules_of_one_source_and_priority_the_one_with_the_lower_sys_id_counts() -> None:
    """In whatever order they came: the same rules always say the same."""
    for order in (("1", "2"), ("2", "1")):
        rules = [
            static("SCCM", "os", 50, sys_id=each, update_with_null="os" if each == "2" else "") for each in order
        ]
        server = Server(*rules, os="before")
        server.send("SCCM", os="")
        assert server["os"] == "before"


# -- cost -----------------------------------------------------------------------------------------------


def _queries(instance: Instance, count: int = 500) -> list[str]:
    body = {"items": [{"className": LINUX, "values": {"name": f"n{i}", "os": "a"}} for i in range(count)]}
    instance.run(body)
    queries: list[str] = []
    instance.connection.set_trace_callback(queries.append)
    assert {each["operation"] for each in instance.run(body).response["items"]} == {"NO_CHANGE"}
    instance.connection.set_trace_callback(None)
    return [sql for sql in queries if "cmdb_datasource_last_update" in sql]


def test_without_rules_no_history_is_read_or_written() -> None:
    assert not _queries(Instance())


def test_with_rules_the_history_of_a_payload_is_one_query_and_a_repetition_writes_nothing() -> None:
    (query,) = _queries(Server(*BOTH).instance)
    assert query.startswith("select")


def _add(instance: Instance, *rules: dict[str, str]) -> None:
    instance.store.add_rows(
        {"cmdb_reconciliation_definition": [{"sys_id": str(place), **rule} for place, rule in enumerate(rules)]}
    )
    instance.model = load_model(instance.store, load_domains(instance.store).tree)
