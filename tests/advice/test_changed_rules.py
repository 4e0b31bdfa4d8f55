"""Recorded payloads by changed rules, replayed from real files."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simulator.advice.changed_rules import compare_rules
from simulator.advice.stream import streams_of
from simulator.errors import StoreError
from simulator.protocol.cmdb import Identify
from simulator.report.whatif import RulesComparison
from simulator.runtime.cmdb import Cmdb
from simulator.store.cmdb.store import CmdbStore
from simulator.store.file import connect
from simulator.store.setups.setup import Setup
from tests.cmdbs import DOMAINS, NOW, call, item, make

BY_NAME = {
    "identifiers": [
        {"name": "n", "applies_to": "cmdb_ci_server", "entries": [{"order": 1, "attributes": ["name"]}]}
    ]
}
BY_SERIAL: dict[str, Any] = {
    "identifiers": [
        {"name": "s", "applies_to": "cmdb_ci_server", "entries": [{"order": 1, "attributes": ["serial_number"]}]}
    ]
}


def compared(
    tmp_path: Path, rules: dict[str, Any], *calls: Identify, setup: dict[str, Any] | None = None
) -> RulesComparison:
    [stream] = streams_of(make(tmp_path / "dev1.sqlite", setup or {}, *calls))
    return compare_rules(stream, Setup.model_validate(rules))


def said(comparison: RulesComparison) -> list[str]:
    return [f"{it.kind}: {it.subject}: {it.detail}, {it.payloads}" for it in comparison.variants[1].differences]


def sent(name: str, source: str = "ServiceNow", **values: str) -> Identify:
    return call("admin", item(name, **values), source=source)


def test_rules_that_say_the_same_make_no_difference(tmp_path: Path) -> None:
    found = compared(tmp_path, {"properties": {"x": "y"}}, sent("web1"), sent("web1", ram="1"))
    assert (found.differs, found.payloads) == (False, 2)
    assert found.variants[0].counts == found.variants[1].counts


def test_what_merges_and_what_splits(tmp_path: Path) -> None:
    """One serial number under two names is one server today, and two by name; and the other way round."""
    calls = [sent("a", serial_number="S1"), sent("b", serial_number="S1"), sent("a", serial_number="S2")]
    assert said(compared(tmp_path, BY_NAME, *calls)) == [
        (
            "merged: cmdb_ci_linux_server b in global, cmdb_ci_linux_server a in global: "
            "2 CIs by the rules as they are are one here, (1, 3)"
        ),
        (
            "split: cmdb_ci_linux_server a in global, cmdb_ci_linux_server b in global: "
            "one CI by the rules as they are is 2 here, (1, 2)"
        ),
    ]


def test_places_merge_and_split_as_cis_do(tmp_path: Path) -> None:
    def by(attribute: str) -> dict[str, Any]:
        entries = [{"order": 1, "attributes": [attribute]}]
        return {"identifiers": [{"name": "p", "applies_to": "cmn_location", "entries": entries}]}

    places = [{"className": "cmn_location", "values": {"name": "Rome", "zip": each}} for each in ("1", "2")]
    calls = [call("admin", place) for place in places]
    (difference,) = said(compared(tmp_path, by("zip"), *calls, setup=by("name")))
    assert difference.startswith("split: cmn_location Rome in global")


def test_who_becomes_the_owner(tmp_path: Path) -> None:
    """A value that stands but is another's counts, too; what no source sends does not."""
    rules = {
        "records": {
            "cmdb_reconciliation_definition": [
                {"name": "r", "applies_to": "cmdb_ci", "discovery_source": "Discovery", "attributes": "ram,os"}
            ]
        }
    }
    calls = [
        sent("web1", "Discovery", ram="1", os="Linux"),
        sent("web1", "SCCM", ram="2", os="linux", comments="x"),
    ]
    assert said(compared(tmp_path, rules, *calls)) == [
        "owner: cmdb_ci_linux_server web1 in global: os: linux of SCCM; here Linux of Discovery, (1, 2)",
        "owner: cmdb_ci_linux_server web1 in global: ram: 2 of SCCM; here 1 of Discovery, (1, 2)",
    ]


def test_what_becomes_a_duplicate_and_what_is_none_any_more(tmp_path: Path) -> None:
    records = {"cmdb_ci_linux_server": [{"name": "web1", "serial_number": "S1"}, {"name": "web1"}]}
    setup = {"records": records}
    assert said(compared(tmp_path, BY_SERIAL, sent("web1"), setup=setup)) == [
        "unique: cmdb_ci_linux_server web1 in global (2 times): no de-duplication task for 2 CIs here, (1,)",
        (
            "refused: cmdb_ci_linux_server web1 in global: "
            "an item that is written by the rules as they are has an error here, (1,)"
        ),
    ]
    (tmp_path / "dev1.sqlite").unlink()
    setup = {**BY_SERIAL, "records": records}
    rules = {"identifiers": [{**BY_NAME["identifiers"][0], "name": "s"}]}
    assert said(compared(tmp_path, rules, sent("web1", serial_number="S1"), setup=setup)) == [
        "duplicate: cmdb_ci_linux_server web1 in global (2 times): a de-duplication task for 2 CIs, (1,)",
    ]


def owned_by(source: str) -> dict[str, Any]:
    rule = {"name": "r", "applies_to": "cmdb_ci", "discovery_source": source, "attributes": "ram"}
    return {"records": {"cmdb_reconciliation_definition": [rule]}}


def test_setups_on_the_way_do_not_take_the_changed_rules_back(tmp_path: Path) -> None:
    """The stream has a setup of its own before the last payload; what is to change is given again after it."""
    file = make(tmp_path / "dev1.sqlite", owned_by("SCCM"), sent("web1", "Discovery", ram="1"))
    with closing(connect(file)) as connection:
        cmdb = Cmdb(CmdbStore(connection))
        assert cmdb.begin(Setup.model_validate(owned_by("SCCM")), NOW) is None
        cmdb.call(sent("web1", "SCCM", ram="2"), NOW)
    [stream] = streams_of(file)
    assert said(compare_rules(stream, Setup.model_validate(owned_by("Discovery")))) == [
        "owner: cmdb_ci_linux_server web1 in global: ram: 2 of SCCM; here 1 of Discovery, (1, 2)",
    ]


def test_rules_that_do_not_fit_are_told(tmp_path: Path) -> None:
    wrong = {"identifiers": [{**BY_NAME["identifiers"][0], "entries": [{"order": 1, "attributes": ["colour"]}]}]}
    with pytest.raises(StoreError, match="an identifier entry names colour"):
        compared(tmp_path, wrong, sent("web1"))


def test_domains_are_named(tmp_path: Path) -> None:
    """As people know a CI: with its domain."""
    calls = [call("u_acme", item("a", serial_number="S1")), call("u_acme", item("b", serial_number="S1"))]
    [line] = said(compared(tmp_path, BY_NAME, *calls, setup=DOMAINS))
    assert line.startswith("split: cmdb_ci_linux_server a in ACME, cmdb_ci_linux_server b in ACME")
