"""`trustsim show`: the product's lists and every table, of a scenario, of kept files and of a fleet that is up."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from .command import EXAMPLE, Command, Result, called

CAPABILITY = "Proactive Code Check Data Transfer"

SHARING = EXAMPLE.with_name("data-sharing.yaml")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the documented example has kept."""
    where = tmp_path_factory.mktemp("kept")
    assert called("run", "--virtual", "--keep", where / "k", EXAMPLE).code == 0
    return where / "k"


def lists(text: str) -> dict[str, list[list[str]]]:
    """The lists that are printed, by their headings: the labels of the columns, and a line for each row."""
    found: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        if re.fullmatch(r"\w+: \S.*", line):
            rows = found.setdefault(line, [])
        elif found and line.startswith(" ") and "─" not in line:
            rows.append(re.split(" {3,}", line.strip()))
    return found


def rows_of(result: Result) -> list[dict[str, Any]]:
    """All rows in the JSON, whichever instances they are of."""
    assert result.code == 0, result.err
    return [row for of in json.loads(result.out) for row in of["rows"]]


@pytest.mark.parametrize(
    ("view", "instance", "title", "labels", "rows"),
    [
        (
            "managed-instances",
            "prod1",
            "prod1: Managed Instances",
            ["Application", "Managed Instance", "Status", "Reason"],
            [["Impact Health", "subprod1", "Auto-Approved"], ["Impact Health", "subprod2", "Auto-Approved"]],
        ),
        (
            "Manager Instances",
            "subprod2",
            "subprod2: Manager Instances",
            ["Application", "Manager Instance", "Approval", "Reason"],
            [["Impact Health", "prod1", "Auto-Approved"]],
        ),
        (
            "trusting_instances",
            "prod1",
            "prod1: Trusting Instances",
            ["Application", "Capability", "Trusting Instance", "Application Capability Version"],
            [["Impact Health", CAPABILITY, name, "1.0.0"] for name in ("subprod1", "subprod2")],
        ),
        (
            "trust-table",
            "subprod1",
            "subprod1: Trust table",
            ["Application", "Capability", "Trustee instance"],
            [["Impact Health", CAPABILITY, "prod1"]],
        ),
    ],
)
def test_a_view_has_the_labels_of_the_product(
    view: str, instance: str, title: str, labels: list[str], rows: list[list[str]], kept: Path, tmp_path: Path
) -> None:
    """Called by its name or title; choices as people read them, instances by name."""
    result = called("show", kept, view, instance)
    assert result.code == 0, result.err
    assert lists(result.out) == {title: [labels, *rows]}


def test_profiles_come_with_their_items_and_what_became_of_the_sync(kept: Path) -> None:
    found = lists(called("show", kept, "application-trust-profiles", "prod1").out)
    assert [rows[0] for rows in found.values()] == [
        ["Name", "Application", "Manager Instance", "Revision"],
        [*("Capability", "Application", "Application Capability Version", "Active", "Trusting Instance"),
         *("Trusted Instance", "Description")],
        ["Application", "Instance", "Status", "Revision", "Code", "Detail"],
    ]  # fmt: skip
    assert found["prod1: Application Trust Profiles"][1] == [
        *("Trust Profile for Impact Health", "Impact Health", "prod1", "1")
    ]
    assert found["prod1: Trust Profile Items"][1:] == [
        [CAPABILITY, "Impact Health", "1.0.0", "true", name, "prod1"] for name in ("subprod1", "subprod2")
    ]
    assert found["prod1: Sync status"][1:] == [
        ["Impact Health", name, "Synced", "1"] for name in ("subprod1", "subprod2")
    ]


def test_only_what_belongs_to_the_profiles_that_are_shown(kept: Path) -> None:
    command = ("show", kept, "application-trust-profiles", "prod1", "--where", "name=other", "--json")
    assert [of["rows"] for of in json.loads(called(*command).out)] == [[], [], []]


def test_trust_configuration_of_a_scenario_at_its_end() -> None:
    """A scenario of which no fleet is up is run in virtual time."""
    result = called("show", SHARING, "trust-configuration", "prod1", "--where", "Is granting access=TRUE")
    assert "at its end in virtual time" in result.out
    labels, *rows = lists(result.out)["prod1: Trust Configuration"]
    assert labels == ["Application", "Instance", "Grant access", "Is granting access"]
    assert ["Subscription Management", "subprod2", "false", "true"] in rows
    assert {row[-1] for row in rows} == {"true"}


def test_filters_by_name_and_whole_rows_for_programs(kept: Path) -> None:
    """By a label or the name of a column; of all instances; values as they are, instances by name."""
    wanted = ("--where", "Trustee instance=PROD1", "--where", "origin=profile")
    result = called("show", kept, "trust-table", *wanted, "--json")
    assert [of["instance"] for of in json.loads(result.out)] == ["prod1", "subprod1", "subprod2"]
    assert [(row["trusted_instance"], row["version"]) for row in rows_of(result)] == [("prod1", "1.0.0")] * 2
    assert rows_of(called("show", kept, "trust-table", "--where", "capability=Nothing", "--json")) == []
    encoded = called("show", kept, "sn_mif_instance", "prod1", "--query", "ORDERBYDESCname", "--json")
    assert [row["name"] for row in rows_of(encoded)] == ["subprod2", "subprod1", "prod1"]


def test_one_file_is_one_instance(kept: Path, tmp_path: Path) -> None:
    """Which needs none of the others to be shown, and knows them by name."""
    shutil.copy(next(kept.rglob("subprod1.sqlite")), tmp_path)
    result = called("show", tmp_path / "subprod1.sqlite", "manager-instances")
    assert lists(result.out)["subprod1: Manager Instances"][1][1] == "prod1"


def test_what_is_cut_is_said(kept: Path) -> None:
    """Of a view everything is shown unless somebody wants less."""
    assert "and more" not in called("show", kept, "managed-instances", "prod1", "--limit", "2").out
    cut = called("show", kept, "managed-instances", "prod1", "--limit", "1")
    assert "subprod1" in cut.out
    assert "and more; --limit says how many are shown" in cut.out
    assert len(rows_of(called("show", kept, "managed-instances", "prod1", "--limit", f"{10**30}", "--json"))) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["managed-instanses"], "there is no view 'managed-instanses'; did you mean 'managed-instances'?"),
        (["sofas"], "there is no view 'sofas'; there are: application-trust-profiles, managed-instances"),
        (["sofas"], "there is no table sofas; there are: "),
        (["trust-table", "prod2"], "there is no instance 'prod2'; did you mean 'prod1'?"),
        (["trust-table", "--where", "Trustee=prod1"], "there is no column 'Trustee'; there are: application"),
        (["trust-table", "--query", "colour=red"], "sn_mif_trusted_instance has no column colour"),
        (["trust-table", "prod1", "prod2"], "expected a view and at most one instance, got: trust"),
        ([], "expected a view"),
    ],
)  # fmt: skip
def test_what_there_is_not(words: list[str], said: str, kept: Path) -> None:
    result = called("show", kept, *words)
    assert result.code == 2
    assert said in " ".join(result.err.split())
    assert result.out == ""


def test_a_place_that_is_none(tmp_path: Path) -> None:
    """A file that is not there, a directory without files, a fleet that is not up."""
    missing = called("show", tmp_path / "no.yaml", "trust-table")
    assert (missing.code, "no.yaml:1:1: the file cannot be read" in missing.err) == (2, True)
    empty = called("show", tmp_path, "trust-table", XDG_RUNTIME_DIR=str(tmp_path))
    assert (empty.code, "has no instance's file" in " ".join(empty.err.split())) == (2, True)
    for words in (["trust-table"], ["http://127.0.0.1:1", "trust-table"]):
        nowhere = called("show", *words, XDG_RUNTIME_DIR=str(tmp_path))
        assert (nowhere.code, "up; start one" in " ".join(nowhere.err.split())) == (2, True)


def test_a_fleet_that_is_up_shows_its_tables_as_they_are_now(tmp_path: Path) -> None:
    """By its file, by its control address, or as the only one; also an instance that is down."""
    up, home = tmp_path / "up.json", str(tmp_path)
    options = ("--http-port", "0", "--instances-per-process", "3", "--no-steps", "--json", up)
    with Command(tmp_path, "up", EXAMPLE, *options, XDG_RUNTIME_DIR=home) as fleet:
        fleet.wait_until(lambda: "Ctrl-C stops it" in fleet.out)
        trusted = ("create_trust_record", "on=subprod1", "trustee=prod1")
        assert called("do", *trusted, "stop", "subprod1", XDG_RUNTIME_DIR=home).code == 0
        for place in ([EXAMPLE], [json.loads(up.read_text())["control"]["url"]], []):
            shown = called("show", *place, "trust-table", "subprod1", XDG_RUNTIME_DIR=home)
            assert "up at http://127.0.0.1" in shown.out
            assert lists(shown.out)["subprod1: Trust table"][1:] == [["Impact Health", CAPABILITY, "prod1"]]
        wrong = called("show", "sofas", XDG_RUNTIME_DIR=home)
        assert (wrong.code, "there is no view 'sofas'" in wrong.err) == (2, True)
        query = called("show", "v_plugin", "prod1", "--query", "colour=red", XDG_RUNTIME_DIR=home)
        assert (query.code, "v_plugin has no column colour" in query.err) == (2, True)
