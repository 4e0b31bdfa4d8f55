"""A scenario to begin with: written without a question, right, short and explained."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from simulator.cli.commands.init import STARTERS
from simulator.cli.main import cli
from simulator.scenario.reading.source import parse
from simulator.scenario.writing.layout import laid_out


def trustsim(*arguments: str) -> Result:
    """Runs a command where the test stands."""
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("like", STARTERS)
def test_a_starter_is_right_short_and_explained(
    like: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins with the schema that stands beside it, is laid out, valid and met, and says how to go on."""
    monkeypatch.chdir(tmp_path)
    done = trustsim("init", "--like", like)
    assert done.exit_code == 0, done.output
    name = f"{like}.yaml"
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "trustsim.schema.json"]
    text = Path(name).read_text()
    assert text.startswith("# yaml-language-server: $schema=trustsim.schema.json\n")
    assert text.count("#") >= 5
    assert len(text.splitlines()) <= 50
    assert laid_out(text, name) == text
    schema = json.loads(Path("trustsim.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(parse(text, name).data)) == []
    [following] = [line for line in done.output.splitlines() if line.startswith("next: trustsim ")]
    assert trustsim("validate", name).exit_code == 0
    met = trustsim(*following.split()[2:])
    assert met.exit_code == 0, met.output


def test_there_is_a_starter_for_each_choice_and_help_says_what_it_is_about() -> None:
    """And none that nobody can choose."""
    there = {path.name for path in files("simulator.cli.starters").iterdir() if path.name.endswith(".yaml")}
    assert there == {f"{like}.yaml" for like in STARTERS}
    shown = trustsim("init", "--help").output
    assert [like for like in STARTERS if f"\n  {like:11}  " not in shown] == []


def test_what_is_there_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a scenario, nor a schema of others; then nothing is written at all."""
    monkeypatch.chdir(tmp_path)
    mine, schema = tmp_path / "mine.yaml", tmp_path / "trustsim.schema.json"
    mine.write_text("name: Mine\n")
    done = trustsim("init", "mine.yaml")
    assert done.exit_code == 2
    assert "mine.yaml is there, and is not overwritten: name another file" in done.output
    assert mine.read_text() == "name: Mine\n"
    assert not schema.exists()
    schema.write_text("{}")
    done = trustsim("init", "other.yaml")
    assert done.exit_code == 2
    assert "trustsim.schema.json is there, and is not a schema of trustsim's" in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.yaml", "trustsim.schema.json"]


def test_a_starter_may_have_a_name_of_its_own_and_the_schema_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands in its comments have its name; a second one takes the same schema."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trustsim.schema.json").write_text('{"$id": "urn:trustsim:scenario"}')
    assert trustsim("init", "mine.yaml", "--like", "rollout").exit_code == 0
    assert "trustsim rollout mine.yaml" in (tmp_path / "mine.yaml").read_text()
    assert "steps" in json.loads((tmp_path / "trustsim.schema.json").read_text())["properties"]
