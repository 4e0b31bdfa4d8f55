"""`trustsim plan` and `drift` as a person and a pipeline see them: what is printed, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.scenario.reading.load import load

from .command import EXAMPLE, HEAD, called, run

PLANNED = """\
Impact Health > Proactive Code Check Data Transfer
  prod1     + is trusted by subprod1  1.0.0
            + is trusted by subprod2  1.0.0
  subprod1  + trusts prod1            1.0.0 profile
  subprod2  + trusts prod1            1.0.0 profile

Refused now, processed then
  + subprod1 -> prod1  transfer scan results  no_trust_record by subprod1    line 44
  + subprod2 -> prod1  transfer scan results  no_trust_record by subprod2    line 44
  + prod1 -> subprod1  request scan           no_trusting_instance by prod1  line 46
  + prod1 -> subprod2  request scan           no_trusting_instance by prod1  line 46
    no_trust_record: The trust table of subprod1 has no record for Impact Health > Proactive Code
    Check Data Transfer with trustee prod1. (and 1 more, alike)
    no_trusting_instance: Trusting Instances on prod1 does not list subprod1 for Impact Health >
    Proactive Code Check Data Transfer; the trust profile has the item, which is not in force. (and
    1 more, alike)

Plan: 4 to add, 0 to change, 0 to remove on 3 instances; 4 messages flip to processed.
"""

REMOVING = (
    HEAD.format(name="One is to be removed")
    + """\
steps:
  - name_manager: { on: subprod1, manager: prod1 }
  - settle
  - advance: 10m
  - save_profile_item: { on: prod1, trusting: subprod1, trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
  - send: { from: subprod1, to: prod1, operation: hand over }
  - delete_profile_item: { on: prod1, trusting: subprod1, trusted: prod1 }
"""
)


# -- plan -----------------------------------------------------------------------------------------------


def test_a_plan_with_changes(tmp_path: Path) -> None:
    """What is printed begins with the scenario and the moment, and ends with the sum; exit code 2 where asked."""
    assert run(tmp_path, "plan", EXAMPLE, "--detailed-exitcode").code == 2
    result = run(tmp_path, "plan", EXAMPLE, COLUMNS="100")
    assert result.code == 0
    assert result.err == ""
    heading, _, rest = result.out.partition("\n\n")
    line = next(
        load(EXAMPLE).line("steps", index)
        for index, step in enumerate(load(EXAMPLE).scenario.steps)
        if step.sync_trust_profiles
    )
    assert f"before line {line}, prod1: Sync Trust Profiles for Impact Health" in heading
    assert rest == PLANNED


def test_a_plan_without_changes() -> None:
    """Exit code 0."""
    result = called("plan", EXAMPLE, "--at", "end", "--detailed-exitcode")
    assert result.code == 0
    assert result.out.splitlines()[-1].startswith("No changes: ")


def test_the_signs_are_coloured_on_a_terminal(tmp_path: Path) -> None:
    """Green for what is added, red for what is removed; elsewhere there is no colour."""
    assert "\x1b[32m+ trusts prod1" in called("plan", EXAMPLE, FORCE_COLOR="1").out
    removing = tmp_path / "removing.yaml"
    removing.write_text(REMOVING)
    assert "\x1b[31m- trusts prod1" in called("plan", removing, FORCE_COLOR="1").out
    assert "\x1b" not in called("plan", removing).out


def test_a_plan_as_json(tmp_path: Path) -> None:
    removing, out = tmp_path / "removing.yaml", tmp_path / "plan.json"
    removing.write_text(REMOVING)
    assert called("plan", removing, "--json", out).code == 0
    plan = json.loads(out.read_text())
    assert [(change["sign"], change["instance"], change["relation"]) for change in plan["changes"]] == [
        ("-", "prod1", "is trusted by"),
        ("-", "subprod1", "trusts"),
    ]
    assert [(flip["sign"], flip["code"], flip["by"]) for flip in plan["flips"]] == [
        ("-", "no_trust_record", "subprod1")
    ]
    assert plan["summary"].startswith("Plan: 0 to add, 0 to change, 2 to remove on 2 instances")


def test_the_messages_of_a_recorded_run(tmp_path: Path) -> None:
    """`run --json` writes what `plan --replay` reads, also when the run was on a broker."""
    removing, journal = tmp_path / "removing.yaml", tmp_path / "journal.json"
    removing.write_text(REMOVING + "  - settle\n")
    assert run(tmp_path, "run", removing, "--json", journal).code == 0
    result = run(tmp_path, "plan", removing, "--replay", journal, "--detailed-exitcode")
    assert result.code == 2
    assert "- subprod1 -> prod1  hand over  no_trust_record by subprod1" in result.out
    assert result.out.endswith("; 1 message flips to refused.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["no-such.yaml"], "no-such.yaml:1:1: the file cannot be read", id="no file"),
        pytest.param(["wrong.yaml"], "did you mean 'settle'?", id="wrong file"),
        pytest.param([str(EXAMPLE), "--at", "1"], "expected 'end' or the line on which a step", id="no step"),
        pytest.param(
            [str(EXAMPLE), "--replay", "wrong.yaml"], "expected what `trustsim run --json`", id="journal"
        ),
        pytest.param([str(EXAMPLE), "--json", "no/such/x"], "no/such/x", id="JSON"),
        pytest.param([str(EXAMPLE), "--frobnicate"], "No such option '--frobnicate'", id="option"),
        pytest.param([], "Missing argument 'FILE'", id="no argument"),
    ],
)
def test_an_error_is_exit_code_1(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not 2 as of other commands: that says that there are changes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLE.parents[1]))
    Path("wrong.yaml").write_text(HEAD.format(name="Wrong") + "steps:\n  - settel\n")
    assert called("plan", *arguments).code == 2
    result = called("plan", *arguments, "--detailed-exitcode")
    assert result.code == 1
    assert said in " ".join(result.err.split())
    assert "Traceback" not in result.err
    assert result.out == ""


# -- drift ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["--virtual", "--broker=embedded"])
def test_no_drift(how: str, tmp_path: Path) -> None:
    """Exit code 0, for the files that any kind of run has kept."""
    assert run(tmp_path, "run", how, "--keep", tmp_path / "kept", EXAMPLE).code == 0
    result = run(tmp_path, "drift", tmp_path / "kept")
    assert result.code == 0
    assert result.out == (
        f"{tmp_path}/kept/documented-example\n"
        "3 instances\n\n"
        "Impact Health\n"
        "  SYNCED  prod1 manages subprod1  revision 1\n"
        "  SYNCED  prod1 manages subprod2  revision 1\n"
        "  SYNCED  subprod1 trusts prod1   Proactive Code Check Data Transfer 1.0.0\n"
        "  SYNCED  subprod2 trusts prod1   Proactive Code Check Data Transfer 1.0.0\n\n"
        "No drift: 4 SYNCED.\n"
    )


def test_drift(tmp_path: Path) -> None:
    """Exit code 1, and every line in the JSON."""
    removing, out = tmp_path / "removing.yaml", tmp_path / "drift.json"
    removing.write_text(REMOVING)
    assert called("run", "--virtual", "--keep", tmp_path / "kept", removing).code == 0
    result = called("drift", tmp_path / "kept", "--json", out)
    assert result.code == 1
    assert "  NOT SENT  subprod1 trusts prod1   Cap 1.0.0: taken out since the last sync; the trust" in result.out
    assert result.out.endswith("Drift: 1 of 2 lines; 1 SYNCED, 1 NOT SENT.\n")
    drift = json.loads(out.read_text())
    assert drift["is_drift"] is True
    assert [line["state"] for line in drift["lines"]] == ["SYNCED", "NOT SENT"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("no-such", "expected the directory that `trustsim run --keep` made", id="none"),
        pytest.param(".", "has no instance's file (*.sqlite)", id="empty"),
    ],
)
def test_a_directory_that_holds_no_fleet(name: str, said: str, tmp_path: Path) -> None:
    """Exit code 2."""
    result = called("drift", tmp_path / name)
    assert result.code == 2
    assert said in " ".join(result.err.split())
    assert result.out == ""
