"""The same payloads in strict and in platform mode, replayed from real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.advice.domain_mode import compare_modes
from simulator.advice.replay import Replayer
from simulator.advice.stream import Stream, streams_of
from simulator.errors import StoreError
from simulator.report.whatif import ModeComparison
from simulator.store.file import connect_to_read
from simulator.store.records.query import show
from tests.cmdbs import DOMAINS, call, item, make


def stream_of(tmp_path: Path, *calls: object, setup: dict[str, object] = DOMAINS) -> Stream:
    [stream] = streams_of(make(tmp_path / "dev1.sqlite", setup, *calls))  # type: ignore[arg-type]
    return stream


def said(compared: ModeComparison, name: str) -> list[str]:
    """What is otherwise in one variant."""
    [variant] = [each for each in compared.variants if each.name.startswith(name)]
    return [f"{it.kind}: {it.subject}: {it.detail}, {it.payloads}" for it in variant.differences]


def test_a_replay_with_nothing_changed_gives_the_same_records(tmp_path: Path) -> None:
    """Ids derive from causes, so a stream done again ends as the file has it."""
    sent = [("u_acme", "Linux"), ("u_eu", "Linux"), ("u_acme", "BSD")]
    calls = [call(user, item("web1", os=os)) for user, os in sent]
    [stream] = streams_of(file := make(tmp_path / "dev1.sqlite", DOMAINS, *calls))
    connection = connect_to_read(file)
    rows = {str(row["sys_id"]): row for row in show(connection, "cmdb")}
    connection.close()
    replayed = Replayer(stream).replay().cis
    assert replayed.keys() == rows.keys()
    for sys_id, row in replayed.items():
        assert {name: rows[sys_id][name] for name in row if name != "sys_mod_count"} == {
            name: value for name, value in row.items() if name != "sys_mod_count"
        }


def test_a_parents_caller_meets_a_childs_ci(tmp_path: Path) -> None:
    """Strict: a second CI. Platform: the one CI is updated across domains, and stays in its own."""
    stream = stream_of(tmp_path, call("u_eu", item("web1")), call("u_acme", item("web1", os="Linux")))
    compared = compare_modes(stream)
    assert [variant.counts.cis for variant in compared.variants] == [2, 1, 1]
    assert said(compared, "platform") == [
        "merged: cmdb_ci_linux_server web1 in ACME-EU and ACME: 2 CIs in strict mode are one here, (1, 2)",
        "across: cmdb_ci_linux_server web1 in ACME-EU: updated by a caller in ACME, (2,)",
    ]


def test_the_switch_turns_unique_cis_into_duplicates(tmp_path: Path) -> None:
    """The sudden increase that the documents warn of: no tasks before, one for each pair from then on."""
    names = ("web1", "web2", "web3")
    calls = [call(user, *map(item, names)) for user in ("u_acme", "u_eu", "u_acme", "u_acme")]
    compared = compare_modes(stream_of(tmp_path, *calls))
    assert compared.switch_at == 3
    strict, _, switched = (variant.counts for variant in compared.variants)
    assert (strict.tasks, switched.tasks, switched.duplicates) == (0, 3, 6)
    assert compared.increase == ((0, 0), (0, 3))
    assert compared.differs
    assert [line for line in said(compared, "switched") if line.startswith("duplicate")] == [
        f"duplicate: cmdb_ci_linux_server {name} in ACME and ACME-EU: a de-duplication task for 2 CIs, (3,)"
        for name in names
    ]


def test_where_the_switch_is(tmp_path: Path) -> None:
    """Before the payload that is named; there is no other."""
    stream = stream_of(tmp_path, call("u_eu", item("web1")), call("u_acme", item("web1")))
    assert compare_modes(stream, 1).variants[2].counts == compare_modes(stream, 1).variants[1].counts
    with pytest.raises(ValueError, match="expected the number of a payload, 1 to 2 on dev1; got 3"):
        compare_modes(stream, 3)


def test_without_domains_the_mode_makes_no_difference(tmp_path: Path) -> None:
    compared = compare_modes(stream_of(tmp_path, call("admin", item("web1")), setup={}))
    assert (compared.has_domains, compared.differs) == (False, False)


def test_callers_in_one_domain_see_no_difference(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, call("u_acme", item("web1")), call("u_acme", item("web1", os="Linux")))
    compared = compare_modes(stream)
    assert compared.has_domains
    assert not compared.differs


def test_a_setup_between_payloads_does_not_end_the_mode(tmp_path: Path) -> None:
    """A setup that says the mode itself is done, and the mode that is asked for holds on."""
    platform = "glide.identification_engine.platform_domain_separation_enabled"
    setup = {**DOMAINS, "properties": {platform: "true"}}
    stream = stream_of(tmp_path, call("u_eu", item("web1")), call("u_acme", item("web1")), setup=setup)
    assert [variant.counts.cis for variant in compare_modes(stream).variants] == [2, 1, 1]


def test_a_file_without_payloads(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="expected payloads for a CMDB; none has noted any"):
        streams_of(make(tmp_path / "dev1.sqlite", DOMAINS))


def test_what_only_asked_is_left_out(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, call("u_eu", item("web1")), call("u_eu", item("web2"), query=True))
    assert len(stream.payloads) == 1
