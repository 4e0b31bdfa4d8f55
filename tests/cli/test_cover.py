"""`trustsim run --cover` tells what was exercised of what scenarios define, and what was not, with its line."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path

import pytest

from tests.cli.command import Result, called

TRUST = """\
name: Everything is exercised
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App:
    capabilities:
      Cap: { operations: { hand over: data, act: message } }
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - advance: 10m
  - save_profile_item: { on: prod1, trusting: prod1, trusted: dev1 }
  - save_profile_item: { on: prod1, trusting: dev1, trusted: [prod1, dev2], active: false }
  - save_profile_item: { on: prod1, trusting: dev1, trusted: dev1 }
    expect: { refused: self_trust }
  - sync_trust_profiles: prod1
  - create_trust_record: { on: dev2, trustee: prod1 }
  - send: { from: prod1, to: dev1, operation: hand over }
    expect: processed
  - send: { from: prod1, to: dev2, operation: act }
    expect: processed
"""

CMDB = """\
name: Two entries and two rules
instances: { prod1: production }
steps:
  - configure_cmdb:
      on: prod1
      setup:
        identifiers:
          - name: Servers
            applies_to: cmdb_ci_server
            entries:
              - { order: 1, attributes: [asset_tag] }
              - { order: 2, attributes: [name] }
              - { order: 3, attributes: [fqdn], active: false }
        records:
          cmdb_reconciliation_definition:
            - { name: RAM is known, applies_to: cmdb_ci_server, discovery_source: Discovery, attributes: ram }
            - { name: OS is known, applies_to: cmdb_ci_server, discovery_source: Discovery, attributes: os }
  - identify: &discovery
      on: prod1
      source: Discovery
      payload: { items: [{ className: cmdb_ci_server, values: { name: web1, asset_tag: A1, ram: "4096" } }] }
  - identify: { on: prod1, source: SCCM, payload: { items: [{ className: cmdb_ci_server, values: { name: web1, ram: "8192" } }] } }
"""  # noqa: E501 - a payload in a line


def run(folder: Path, *arguments: str, **files: str) -> Result:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return called("run", "--virtual", "-q", *arguments, *(folder / f"{name}.yaml" for name in files))


def missing(result: Result, folder: Path) -> list[str]:
    """What is not exercised, as it is told."""
    lines = [line for line in result.out.splitlines() if line.startswith("not exercised: ")]
    return [line.removeprefix("not exercised: ").replace(f"{folder}/", "") for line in lines]


def test_what_was_exercised_is_counted_by_kind(tmp_path: Path) -> None:
    """An item that is not active, or was refused, is none; states and codes are told and not counted."""
    result = run(tmp_path, "--cover", "--cover-fail-under", "100", all=TRUST)
    assert result.code == 0, result.out
    assert result.out.splitlines()[:7] == [
        "coverage of trust         exercised",
        "profile items                1 of 1  100 %",
        "trust records by hand        1 of 1  100 %",
        "operations                   2 of 2  100 %",
        "states                      5 of 16",
        "refusal codes               1 of 60",
        "of what is defined                   100 %",
    ]
    assert missing(result, tmp_path) == []
    assert "states not met: management approved, " in result.out
    assert "self_trust" not in result.out
    assert "no_trust_record" in result.out


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (
            "{ from: prod1, to: dev1, operation: hand over }",
            "{ from: prod1, to: dev2, operation: act }",
            [
                "all.yaml:10: profile item prod1 trusts dev1 for App > Cap",
                "all.yaml:6: operation App > Cap > hand over",
            ],
        ),
        (
            "{ from: prod1, to: dev2, operation: act }\n    expect: processed",
            "{ from: dev2, to: prod1, operation: act }",
            [
                "all.yaml:15: trust record dev2 trusts prod1 for App > Cap",
                "all.yaml:6: operation App > Cap > act",
            ],
        ),
        (  # a message that goes the other way needs another one's trust
            "{ from: prod1, to: dev1, operation: hand over }",
            "{ from: dev1, to: prod1, operation: act }",
            ["all.yaml:6: operation App > Cap > hand over"],
        ),
        (  # by hand there is the same trust before, and the item has no part in it
            "sync_trust_profiles: prod1",
            "create_trust_record: { on: prod1, trustee: dev1 }",
            ["all.yaml:10: profile item prod1 trusts dev1 for App > Cap"],
        ),
    ],
)
def test_what_nothing_has_used_is_named_with_its_line(
    was: str, becomes: str, said: list[str], tmp_path: Path
) -> None:
    """A message is allowed by the record of who trusts, from the profile or by hand."""
    assert was in TRUST
    result = run(tmp_path, "--cover-fail-under", "99", all=TRUST.replace(was, becomes))
    assert (result.code, missing(result, tmp_path)) == (1, said)
    assert result.out.splitlines()[-1].startswith("✓ met") is False
    assert " % is under 99 %" in result.out.splitlines()[-1]


def test_entries_count_when_they_match_and_rules_when_they_decide(tmp_path: Path) -> None:
    """One that was tried and has never matched is told from one that was never tried."""
    result = run(tmp_path, "--cover", cmdb=CMDB)
    assert result.code == 0
    assert missing(result, tmp_path) == [
        "cmdb.yaml:11: identification entry Servers [asset_tag] (tried, and has never matched)",
        "cmdb.yaml:17: reconciliation rule OS is known on cmdb_ci_server",
    ]
    again = CMDB + "  - identify: *discovery\n"
    assert missing(run(tmp_path, "--cover", cmdb=again), tmp_path) == [
        "cmdb.yaml:17: reconciliation rule OS is known on cmdb_ci_server"
    ]


def test_several_files_are_covered_together(tmp_path: Path) -> None:
    """What an application offers may be exercised by any of them; an item belongs to the instances of its file."""
    unused = TRUST.replace(
        "  - send: { from: prod1, to: dev1, operation: hand over }\n    expect: processed\n", ""
    )
    result = run(tmp_path, "--cover", "--cover-report", str(tmp_path / "c.json"), all=TRUST, less=unused)
    assert missing(result, tmp_path) == ["less.yaml:10: profile item prod1 trusts dev1 for App > Cap"]
    told = json.loads((tmp_path / "c.json").read_text())
    assert told["percent"] == 83.33
    assert told["kinds"]["profile items"] == {"exercised": 1, "of": 2}
    [point] = [it for it in told["points"] if it["kind"] == "profile items" and not it["is_exercised"]]
    assert (point["name"], point["line"]) == ("prod1 trusts dev1 for App > Cap", 10)
    assert point["file"] == f"{tmp_path}/less.yaml"


def test_coverage_is_written_as_markdown(tmp_path: Path) -> None:
    """For tickets; a file of another kind is refused before anything runs."""
    run(tmp_path, "--cover-report", str(tmp_path / "c.md"), cmdb=CMDB)
    text = unescape((tmp_path / "c.md").read_text()).replace(f"{tmp_path}/", "")
    assert "| identification entries | 1 | 2 |\n" in text
    assert "**50 %** of what is defined." in text
    assert "- cmdb.yaml:17: reconciliation rule OS is known on cmdb_ci_server\n" in text
    wrong = run(tmp_path, "--cover-report", str(tmp_path / "c.txt"), cmdb=CMDB)
    assert wrong.code == 2
    assert "expected a file name whose suffix says what it is to be: .json" in wrong.err


def test_reports_for_people_have_it_where_it_is_asked_for(tmp_path: Path) -> None:
    """On the page and in Markdown, beside the runs; nobody who has not asked sees it."""
    files = [str(tmp_path / name) for name in ("r.md", "r.html")]
    wanted = ["--report", files[0], "--report", files[1]]
    run(tmp_path, *wanted, cmdb=CMDB)
    assert not any("Coverage of trust" in Path(file).read_text() for file in files)
    run(tmp_path, "--cover", *wanted, cmdb=CMDB)
    for file in files:
        text = unescape(Path(file).read_text())
        assert "Coverage of trust" in text
        assert "reconciliation rule OS is known on cmdb_ci_server" in text
