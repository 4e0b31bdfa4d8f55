"""Dynamic rules over what all sources report."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.records import Record
from simulator.cmdb.rules.dynamic import Choice, choose
from simulator.errors import StoreError
from tests.cmdb.sources import COMPUTER, LINUX, Server, dynamic, refresh, static

SAID = [("Discovery", "8"), ("SCCM", "16"), ("Altiris", "8"), ("Intune", "9")]


def tell(server: Server, said: list[tuple[str, str]], **values: Any) -> None:
    for day, (source, value) in enumerate(said):
        server.send(source, days=day, ram=value, **values)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("First reported", "8"),
        ("Last reported", "9"),
        ("Most reported", "8"),
        ("Largest value", "16"),
        ("Smallest value", "8"),
    ],
)
def test_a_dynamic_rule_chooses_among_what_the_sources_report(kind: str, expected: str) -> None:
    server = Server(dynamic=(dynamic(kind, "ram"),))
    tell(server, SAID)
    assert server["ram"] == expected


def test_a_source_counts_once_with_what_it_said_last() -> None:
    server = Server(dynamic=(dynamic("most_reported", "ram"),))
    tell(server, [("SCCM", "1"), ("SCCM", "2"), ("Altiris", "2"), ("Discovery", "1"), ("SCCM", "1")])
    assert server["ram"] == "1"
    assert len(server.reports) == 3


def test_a_tie_goes_to_the_value_reported_last() -> None:
    server = Server(dynamic=(dynamic("Most reported", "ram"),))
    tell(server, [("Discovery", "1"), ("SCCM", "2"), ("Discovery", "1")])
    assert server["ram"] == "1"


def test_a_tie_in_time_goes_to_the_value_discovered_last() -> None:
    server = Server(dynamic=(dynamic("Last reported", "ram"),))
    server.send("SCCM", ram="2", last_discovered="2026-01-05 09:00:00")
    server.send("Altiris", ram="1", last_discovered="2026-01-05 08:00:00")
    assert server["ram"] == "2"


def test_a_value_that_is_not_chosen_is_masked() -> None:
    server = Server(dynamic=(dynamic("Largest value", "ram"),))
    server.send("Discovery", ram="16")
    item = server.send("SCCM", ram="8")
    assert (item["operation"], item["maskedAttributes"]) == ("UPDATE", ["ram"])


def test_a_report_may_bring_another_sources_value_back() -> None:
    server = Server(dynamic=(dynamic("Smallest value", "ram"),))
    tell(server, [("Discovery", "4"), ("SCCM", "8"), ("Discovery", "16")])
    assert server["ram"] == "8"


def test_on_one_class_a_dynamic_rule_beats_a_static_one() -> None:
    server = Server(static("Discovery", "ram"), dynamic=(dynamic("Last reported", "ram"),))
    tell(server, [("Discovery", "1"), ("SCCM", "2")])
    assert server["ram"] == "2"


def test_a_static_rule_of_a_child_class_beats_a_dynamic_one_of_its_parent() -> None:
    server = Server(static("Discovery", "ram", on=LINUX), dynamic=(dynamic("Last reported", "ram"),))
    tell(server, [("Discovery", "1"), ("SCCM", "2")])
    assert server["ram"] == "1"


def test_a_dynamic_rule_counts_only_where_its_condition_holds() -> None:
    server = Server(dynamic=(dynamic("Largest value", "ram", condition="os=linux"),))
    tell(server, [("Discovery", "8"), ("SCCM", "4")])
    assert server["ram"] == "4"
    tell(server, [("Discovery", "2")], os="linux")
    assert server["ram"] == "4"


def test_data_refresh_rules_do_not_touch_dynamic_rules() -> None:
    server = Server(dynamic=(dynamic("First reported", "ram"),), staleness=(refresh("Discovery", "0"),))
    tell(server, [("Discovery", "1"), ("SCCM", "2")])
    assert server["ram"] == "1"


@pytest.mark.parametrize("name", ["multisource_enabled", "multisource_cmdb_ci_enabled"])
def test_without_multisource_data_there_are_no_dynamic_rules(name: str) -> None:
    properties = {f"glide.identification_engine.{name}": "false"}
    server = Server(dynamic=(dynamic("Largest value", "ram"),), properties=properties)
    tell(server, [("Discovery", "8"), ("SCCM", "4")])
    assert server["ram"] == "4"
    assert not server.reports


def test_only_attributes_of_dynamic_rules_are_kept_by_source_and_inserts_count() -> None:
    server = Server(dynamic=(dynamic("Largest value", "ram", on=COMPUTER),))
    body = {"items": [{"className": LINUX, "values": {"name": "lx2", "ram": "8", "os": "a"}}]}
    server.instance.run(body, source="SCCM")
    (row,) = server.reports
    assert [row[name] for name in ("attribute", "value", "discovery_source", "class")] == [
        "ram",
        "8",
        "SCCM",
        LINUX,
    ]
    assert not server.history


def test_the_explanation_names_the_rule_the_winner_and_the_other_reports() -> None:
    server = Server(static("SCCM", "ram"), dynamic=(dynamic("Largest value", "ram"),))
    server.send("Discovery", ram="16")
    (told,) = server.run("SCCM", explain=True, ram="8").explanation[0].attributes
    assert (told.winner, told.value, told.rule) == ("Discovery", "16", "Largest value on cmdb_ci_computer")
    assert told.reason == "largest value: Discovery reported '16' at 2026-01-05 10:00:02"
    assert told.others == (
        "SCCM: reported '8' at 2026-01-05 10:00:02",
        "SCCM/ram on cmdb_ci_computer: a dynamic rule comes before the static ones on its class",
    )


def test_a_rule_that_cannot_be_read_is_named() -> None:
    with pytest.raises(StoreError, match="the rule newest on cmdb_ci_computer: expected a type of dynamic"):
        Server(dynamic=(dynamic("newest", "ram"),))


def test_an_unknown_type_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"got 'newest'; there are: first reported, last reported, most reported"):
        Choice.of("newest")


REPORTS = st.lists(
    st.fixed_dictionaries(
        {
            "discovery_source": st.sampled_from("abcd"),
            "value": st.sampled_from(["8", "16", "9", "nan", "x", None]),
            "updated_on": st.sampled_from(["1", "2"]),
            "sys_created_on": st.sampled_from(["1", "2"]),
        }
    ),
    unique_by=lambda report: report["discovery_source"],
)


@given(REPORTS, st.sampled_from(Choice), st.randoms())
def test_the_order_of_reports_does_not_matter(reports: list[Record], choice: Choice, random: Any) -> None:
    shuffled = list(reports)
    random.shuffle(shuffled)
    assert choose(choice, reports) == choose(choice, shuffled)
