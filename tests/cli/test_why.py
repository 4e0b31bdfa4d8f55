"""`trustsim why` and `reach`: what is allowed between instances, by which rows, and what that adds up to."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from .command import EXAMPLE, HEAD, Command, called

CAPABILITY = "Impact Health > Proactive Code Check Data Transfer"

SCENARIOS = EXAMPLE.parent

VERSION = "Application Capability Version"

SYNCED = "since 2026-01-01 00:10:00"

WITHDRAWN = (
    HEAD.format(name="Trust that was withdrawn")
    + """\
steps:
  - create_trust_record: { on: subprod1, trustee: prod1, application: App, capability: Cap }
  - advance: 1h
  - delete_trust_record: { on: subprod1, trustee: prod1, application: App, capability: Cap }
"""
)

MANAGED = """\
name: A manager, a CMDB and settings
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App:
    capabilities:
      Cap:
        operations:
          hand over: { kind: data, cmdb: true }
          set: { kind: message, settings: true }
          act: message
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - advance: 10m
  - request_management: { on: prod1, instances: dev2 }
  - create_trust_record: { on: [dev1, dev2], trustee: prod1 }
  - create_trust_record: { on: prod1, trustee: dev1 }
  - assign_user: { on: dev1, instance: prod1, user: admin, source: ServiceNow }
"""


APART = """\
  - settle
  - stop: dev1
  - delete_trust_record: { on: prod1, trustee: dev1 }
  - settle
  - stop: prod1
  - delete_trust_record: { on: dev2, trustee: prod1 }
"""
"""Neither side hears of what the other has withdrawn."""


def words(text: str) -> str:
    """The text without its line breaks and columns."""
    return " ".join(text.split())


def table(text: str, heading: str) -> list[list[str]]:
    """The lines of the table below a heading, without that of its columns."""
    below = text.split(heading + "\n", 1)[1].split("\n\n\n")[0]
    lines = [line for line in below.splitlines() if line.startswith(" ") and "─" not in line]
    return [re.split(" {3,}", line.strip()) for line in lines[1:]]


def test_allowed_and_by_which_rows_since_when() -> None:
    """Exit code 0; the rows of both sides, since when they are so and what has led to it."""
    result = called("why", EXAMPLE, "subprod1", "prod1", "transfer scan results")
    assert result.code == 0
    assert "at its end in virtual time" in result.out
    assert f"subprod1 -> prod1  {CAPABILITY} > transfer scan results" in result.out
    assert "✓ allowed: for a data operation subprod1 must trust prod1" in result.out
    by_sync, granted = "by trust profile sync from prod1", "by trust granted from subprod1"
    for row in (
        f"subprod1 Trust table: Trustee instance prod1, version 1.0.0, origin profile {SYNCED}, {by_sync}",
        f"prod1 Trusting Instances: Trusting Instance subprod1, {VERSION} 1.0.0 {SYNCED}, {granted}",
        f"Trust Profile Items: Trusting Instance subprod1, Trusted Instance prod1, {VERSION} 1.0.0, Active true",
        "Approval Auto-Approved since 2026-01-01 00:05:00, by manager confirmation from prod1",
    ):
        assert row in words(result.out), row
    assert "request scan" not in result.out


def test_refused_with_what_both_say_and_what_would_change_it() -> None:
    """Exit code 1; each side is asked by its own tables, and answers in the words of the catalogue."""
    result = called("why", EXAMPLE, "subprod1", "prod1")
    assert result.code == 1
    said = words(result.out)
    assert (
        "✗ refused (no_trusting_instance) by subprod1: for a message operation prod1 must trust subprod1" in said
    )
    assert "prod1 Trust table: no such row never was one" in said
    assert "subprod1 (no_trusting_instance): Trusting Instances on subprod1 does not list prod1" in said
    assert "prod1 (no_trust_record): The trust table of prod1 has no record" in said
    assert said.count("administrator (admin or sn_mif.mif_admin) of prod1 must add an active item") == 2
    assert "Rule: Trust is looked at before anything is sent or taken in" in said
    assert "✓ allowed" in said


def test_what_was_withdrawn_says_when(tmp_path: Path) -> None:
    """A row that is gone is told with the end of it, on both sides."""
    file = tmp_path / "withdrawn.yaml"
    file.write_text(WITHDRAWN)
    result = called("why", file, "prod1", "subprod1", "act")
    assert result.code == 1
    said = words(result.out)
    assert "subprod1 Trust table: no such row since 2026-01-01 01:00:00, by delete trust record there" in said
    assert (
        "prod1 Trusting Instances: no such row since 2026-01-01 01:00:00, by trust removed from subprod1" in said
    )


def test_data_sharing_is_asked_about_too() -> None:
    """Grant access of the sender decides; Is granting access of the other only mirrors it."""
    granted = called("why", SCENARIOS / "data-sharing.yaml", "subprod2", "prod2")
    assert granted.code == 0
    assert "✓ allowed: subprod2 must grant prod2 access" in granted.out
    assert "prod2 Trust Configuration: Instance subprod2, Grant access false, Is granting access true" in words(
        granted.out
    )
    denied = called("why", SCENARIOS / "data-sharing.yaml", "prod2", "prod1", "Subscription Management")
    assert denied.code == 1
    assert "✗ refused (access_not_granted) by prod2" in denied.out
    assert "must set Grant access for prod1 to true" in words(denied.out)


def test_who_cannot_take_part_says_so_itself() -> None:
    """The recipient is asked whatever the sender says, and says more than that trust is missing."""
    result = called("why", SCENARIOS / "readiness.yaml", "prod1", "old_release")
    assert result.code == 1
    said = words(result.out)
    assert "prod1 (no_trust_record): The trust table of prod1 has no record" in said
    assert "old_release (release_too_old): old_release has the release Xanadu" in said
    assert "must upgrade old_release to Yokohama or newer" in said


def test_kept_files_and_a_fleet_that_is_up_answer_alike(tmp_path: Path) -> None:
    """The same rows decide, wherever they are; a part of a fleet's files does not do."""
    assert called("run", "--virtual", "--keep", tmp_path / "k", EXAMPLE).code == 0
    asked = ("subprod1", "prod1", "transfer scan results")
    in_virtual_time, kept = called("why", EXAMPLE, *asked), called("why", tmp_path / "k", *asked)
    assert kept.code == 0
    assert kept.out.splitlines()[1:] == in_virtual_time.out.splitlines()[1:]
    reached = called("reach", tmp_path / "k", "prod1").out
    assert reached.splitlines()[1:] == called("reach", EXAMPLE, "prod1").out.splitlines()[1:]
    next((tmp_path / "k").rglob("subprod2.sqlite")).unlink()
    part = called("why", tmp_path / "k", *asked)
    assert (part.code, "the file of subprod2 is missing" in words(part.err)) == (2, True)
    up, home = tmp_path / "up.json", str(tmp_path)
    options = ("--http-port", "0", "--instances-per-process", "3", "--json", up)
    with Command(tmp_path, "up", EXAMPLE, *options, XDG_RUNTIME_DIR=home) as fleet:
        fleet.wait_until(lambda: "Ctrl-C stops it" in fleet.out)
        for place in ([EXAMPLE], [json.loads(up.read_text())["control"]["url"]], []):
            live = called("why", *place, *asked, XDG_RUNTIME_DIR=home)
            assert live.code == 0, live
            assert "up at http://127.0.0.1" in live.out
            assert "by trust granted from subprod1" in words(live.out)
        live_reach = called("reach", "prod1", XDG_RUNTIME_DIR=home).out
        assert live_reach.splitlines()[1:] == reached.splitlines()[1:]


def test_reach_is_all_that_the_others_let_happen(tmp_path: Path) -> None:
    """By capability and operation; what it may do as a manager; its own tables stop nothing."""
    file = tmp_path / "managed.yaml"
    file.write_text(MANAGED)
    result = called("reach", file, "prod1")
    assert result.code == 0
    assert table(result.out, "What prod1 may do to others") == [
        ["App", "Sync Trust Profiles", "dev1", "decides whom they trust, as their manager"],
        ["App > Cap", "act", "dev1, dev2", "they act on it"],
        ["App > Cap", "hand over", "dev1", "they take in its data, into their CMDB"],
        ["App > Cap", "set", "dev1, dev2", "they take over its settings"],
    ]
    assert table(result.out, "What prod1 gets from others") == [
        ["App > Cap", "act", "dev1", "what they ask it to do"],
        ["App > Cap", "hand over", "dev1, dev2", "their data"],
        ["App > Cap", "set", "dev1", "what they ask it to do"],
    ]
    small = called("reach", file, "dev2")
    assert "What dev2 may do to others\nnothing\n" in small.out
    assert [row[1:3] for row in table(small.out, "What dev2 gets from others")] == [
        ["act", "prod1"],
        ["set", "prod1"],
    ]


def test_only_the_tables_of_the_others_count(tmp_path: Path) -> None:
    """What they have withdrawn is out of reach, whatever it still believes; what they still send, it gets."""
    file = tmp_path / "apart.yaml"
    file.write_text(MANAGED + APART)
    result = called("reach", file, "prod1")
    assert [row[1:3] for row in table(result.out, "What prod1 may do to others")[1:]] == [
        *(["act", "dev1"], ["hand over", "dev1"], ["set", "dev1"])
    ]
    assert [row[1:3] for row in table(result.out, "What prod1 gets from others")] == [
        *(["act", "dev1"], ["hand over", "dev1"], ["set", "dev1"])
    ]
    by_hand = called("why", file, "prod1", "dev1", "act").out
    assert "Trust table: Trustee instance prod1, version 1.0.0, origin manual" in words(by_hand)
    assert "Trust Profile Items" not in by_hand
    told = called("why", file, "dev1", "prod1", "act")
    assert told.code == 1
    assert "✗ refused (no_trust_record) by prod1" in told.out
    assert "dev1 (" not in told.out


def test_now_is_the_last_time_that_kept_files_know(tmp_path: Path) -> None:
    """An instance whose plugin has been there for a day by then can take part."""
    readiness = SCENARIOS / "readiness.yaml"
    assert called("run", "--virtual", "--keep", tmp_path / "k", readiness).code == 0
    kept = called("why", tmp_path / "k", "no_plugin", "prod1")
    assert "✗ refused (no_trust_record) by no_plugin" in kept.out
    assert kept.out.splitlines()[1:] == called("why", readiness, "no_plugin", "prod1").out.splitlines()[1:]


def test_reach_includes_data_sharing() -> None:
    """What it shares is taken in whatever it grants; what it gets is what others grant."""
    result = called("reach", SCENARIOS / "data-sharing.yaml", "prod2")
    did, got = "What prod2 may do to others", "What prod2 gets from others"
    assert ["Security Center", "data sharing", "prod1, subprod2, subprod3", "they take in its data"] in table(
        result.out, did
    )
    assert [row[2] for row in table(result.out, got)] == ["prod1, subprod2", "prod1, subprod2, subprod4"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["why", EXAMPLE, "subprod1", "prod9"], "there is no instance 'prod9'; did you mean 'prod1'?"),
        (["why", EXAMPLE, "subprod1", "prod1", "Scan"], "there is no capability 'Scan'; there are: Impact Health"),
        (["why", EXAMPLE, "subprod1"], "expected two instances, and perhaps a capability, got: subprod1"),
        (["reach", EXAMPLE, "sub-prod1"], "there is no instance 'sub-prod1'; did you mean 'subprod1'?"),
        (["reach", EXAMPLE], "expected one instance, got: none"),
        (["reach", "no-such.yaml", "prod1"], "no-such.yaml:1:1: the file cannot be read"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], said: str) -> None:
    result = called(*arguments)
    assert result.code == 2
    assert said in words(result.err)
    assert result.out == ""


def test_files_of_before_do_not_say_since_when(tmp_path: Path) -> None:
    """Which rows decide is told all the same."""
    assert called("run", "--virtual", "--keep", tmp_path / "k", EXAMPLE).code == 0
    for file in (tmp_path / "k").rglob("*.sqlite"):
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("drop table x_trustsim_alteration")
    told = called("why", tmp_path / "k", "subprod1", "prod1", "transfer scan results")
    assert told.code == 0, told
    assert "Trust table: Trustee instance prod1, version 1.0.0, origin profile since it began" in words(told.out)
