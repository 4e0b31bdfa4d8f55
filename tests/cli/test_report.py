"""`trustsim report` and `schema --result`: results that were kept are reports again, and are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from simulator.cli.main import cli
from simulator.errors import ScenarioError
from simulator.report.files.formats import FORMATS

from .command import HEAD
from .test_output import HOSTILE, SCENARIO

HOLDS = HEAD.format(name="One") + (
    "steps:\n  - create_trust_record: { on: subprod1, trustee: prod1 }\n"
    "  - send: { from: subprod1, to: prod1, operation: hand over }\n    expect: processed\n"
    "  - send: { from: prod1, to: subprod1, operation: act, unchecked: true }\n"
)
FLIPPED = HOLDS.replace("{ on: subprod1, trustee: prod1 }", "{ on: prod1, trustee: subprod1 }")

LOCAL = (Path(__file__).parents[1] / "report" / "golden" / "documented-example.json").read_text()
LOCAL = LOCAL.replace("+00:00", "", 1)
"""Results in which somebody has changed a time."""


def invoke(*arguments: str | Path) -> Result:
    """The command in this process."""
    return CliRunner(env={"COLUMNS": "300"}).invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Path]:
    """Results of one scenario before and after somebody turned its trust round."""
    (tmp_path / "one.yaml").write_text(HOLDS)
    invoke("run", "--virtual", "--json", tmp_path / "a.json", tmp_path / "one.yaml")
    (tmp_path / "one.yaml").write_text(FLIPPED)
    invoke("run", "--virtual", "--json", tmp_path / "b.json", tmp_path / "one.yaml")
    return tmp_path / "a.json", tmp_path / "b.json"


def test_a_report_made_later_is_the_one_that_the_run_makes(tmp_path: Path) -> None:
    """In every format, byte for byte, also with hostile names; without -o a person sees what `run` shows."""
    file = tmp_path / "hostile.yaml"
    file.write_text(SCENARIO.format(hostile=HOSTILE))
    now, later = ([tmp_path / f"{when}{suffix}" for suffix in FORMATS] for when in ("now", "later"))
    ran = invoke("run", "--virtual", *(f"--report={path}" for path in now), file)
    assert ran.exit_code == 1
    made = invoke("report", tmp_path / "now.json", *(f"-o{path}" for path in later))
    assert (made.exit_code, made.output) == (0, "")
    for one, other in zip(now, later, strict=True):
        assert one.read_bytes() == other.read_bytes() != b"", one.suffix
    shown = invoke("report", tmp_path / "now.json").stdout.splitlines()
    assert shown[-1] == "✗ not met: 2 of 3 steps, 2 instances"
    assert shown[:-1] == ran.stdout.splitlines()[:-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "the whole of it: Input should be a valid list"),
        ("[{}]", "[0].file: Field required"),
        ("nonsense", "Expecting value: line 1 column 1"),
        ('[{"file": "f", "name": "n", "error": 7}]', "[0].error: Input should be a valid string"),
        ("[" * 100_000, "it is nested too deep"),
        (LOCAL, "[0]: a time without its offset from UTC"),
    ],
)
def test_what_is_no_result(tmp_path: Path, text: str, said: str) -> None:
    """It is said where what is wrong, and nothing is written."""
    path = tmp_path / "r.json"
    path.write_text(text)
    result = invoke("report", path, "-o", tmp_path / "out.md")
    assert isinstance(result.exception, ScenarioError)
    assert str(result.exception).startswith(f"{path}:1:1: expected what `trustsim run --json` writes: {said}")
    assert not (tmp_path / "out.md").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "a.json", "-o", "x.pdf"],
        ["report", "a.json", "b.json"],
        ["report", "--compare", "a.json"],
        ["report", "--compare", "a.json", "b.json", "-o", "x.svg"],
        ["run", "a.yaml", "--report", "x"],
        ["schema", "--result", "--envelope"],
    ],
)
def test_mistakes(arguments: list[str]) -> None:
    """A suffix that says nothing, or files too many or few, are told before any is read."""
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.output
    assert "cannot be read" not in result.output


def test_what_flipped(kept: tuple[Path, Path], tmp_path: Path) -> None:
    """Verdict, steps, messages, trust and tables, before and after; nothing between a result and itself."""
    same = invoke("report", "--compare", kept[0], kept[0])
    assert (same.exit_code, same.output) == (0, "nothing flipped\n")
    result = invoke("report", "--compare", *kept, "-o", tmp_path / "c.json", "-o", tmp_path / "c.md")
    assert result.exit_code == 1
    flips = {(it["aspect"], it["what"]): (it["before"], it["after"]) for it in flips_in(tmp_path / "c.json")}
    line = len(HEAD.splitlines()) + 3
    assert flips["verdict", "the run"] == ("met", "not met")
    before, after = flips["step", f"line {line}: subprod1 sends hand over to prod1"]
    assert before == "met: processed by prod1"
    assert after.startswith("not met: refused (no_trust_record) by subprod1; wanted ")
    message = flips["message", "prod1 -> subprod1: capability message App > Cap > act"]
    assert message == ("processed", "refused (no_trust_record)")
    assert flips["trust", "subprod1 trusts prod1: App > Cap"] == ("1.0.0 manual", "nothing")
    assert flips["trust", "prod1 trusts subprod1: App > Cap"] == ("nothing", "1.0.0 manual")
    assert ("table", "sn_mif_trusting_instance on prod1") in flips
    assert result.stdout.splitlines()[-1].startswith(f"{len(flips_in(tmp_path / 'c.json'))} flips: 1 verdict, ")
    assert "- met\n" in result.stdout
    assert "+ not met\n" in result.stdout
    assert "| One | verdict | the run | met | not met |" in (tmp_path / "c.md").read_text()


def test_one_that_is_not_there_any_more_has_flipped(kept: tuple[Path, Path], tmp_path: Path) -> None:
    """Of several runs each is held against the one of the same name."""
    one, two = (json.loads(path.read_text()) for path in kept)
    two[0]["name"] = "Two"
    (tmp_path / "both.json").write_text(json.dumps(one + two))
    result = invoke("report", "--compare", tmp_path / "both.json", kept[0], "-o", tmp_path / "c.json")
    assert result.exit_code == 1
    [flip] = flips_in(tmp_path / "c.json")
    assert (flip["run"], flip["before"], flip["after"]) == ("Two", "not met", "not run")


def test_the_schema_of_results_is_one(kept: tuple[Path, Path]) -> None:
    """`schema --result` prints it, and what `run` wrote is as it says."""
    schema = json.loads(invoke("schema", "--result").output)
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(json.loads(kept[1].read_text()))) == []
    assert list(Draft202012Validator(schema).iter_errors([{"file": "f"}])) != []


def flips_in(path: Path) -> list[dict[str, Any]]:
    """What `--compare` wrote."""
    flips: list[dict[str, Any]] = json.loads(path.read_text())
    return flips
