"""What needs no fleet: help, version, mistakes on the command line, checking files, the schema."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.scenario.reading.load import load
from simulator.store.cmdb.base import base_classes

from .command import ENDLESS, EXAMPLE, HEAD, called, run

WIDTH = 80


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that call each command: those of groups, and of the commands in them."""
    yield path
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = list(commands(cli))


def command_of(words: Sequence[str]) -> tuple[click.Command, list[str]]:
    """The command that these words call, and those of them that are left for it."""
    command: click.Command = cli
    left = list(words)
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), left.pop(0))
        assert found is not None, words
        command = found
    return command, left


WRONG = (
    HEAD.format(name="Wrong in three places")
    + """\
steps:
  - settel
  - create_trust_record: { on: subprod1, trustee: prod9 }
expect:
  - { table: sn_mif_trusted_instance, on: subprod1, cuont: 1 }
"""
)


def test_help_groups_all_commands_by_what_they_are_for(tmp_path: Path) -> None:
    """`--help` lists every command once, under what somebody wants to do, in a line that nothing is cut from."""
    result = run(tmp_path, "--help")
    assert result.code == 0
    _, *sections = re.split(r"^(?=\S.*:\n)", result.out, flags=re.MULTILINE)
    lists = [section.splitlines() for section in sections if not section.startswith("Options")]
    listed = [line.split() for heading, *lines in lists for line in lines if line and "Example" not in line]
    assert sorted(line[0] for line in listed) == sorted({path[0] for path in COMMANDS if path})
    assert {line[-1][-1] for line in listed} == {"."}
    assert len(lists) >= 5


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """`COMMAND --help` shows the usage, explains every option, cuts nothing and has an example that is right."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    help_text = CliRunner().invoke(cli, [*path, "--help"], prog_name="trustsim").output
    lines = help_text.splitlines()
    assert lines[0].startswith(" ".join(["Usage: trustsim", *path, ""]))
    assert [line for line in help_text.partition("Options:")[2].splitlines() if line.startswith("  -")]
    assert [line for line in lines if len(line) > WIDTH] == []
    assert [line for line in lines[1:] if line.endswith("...")] == []
    [example] = [line.strip() for line in lines if line.startswith("  Example: ")]
    for each in example.removeprefix("Example: ").split(" && "):
        trustsim, *words = shlex.split(each.partition(" > ")[0])
        assert trustsim == "trustsim"
        assert tuple(words[: len(path)]) == path
        assert {word for word in words if word.startswith("cmdb_ci")} <= base_classes().keys()
        command, left = command_of(words)
        command.make_parser(click.Context(command)).parse_args(left)  # knows the options, and has what they need


def test_version(tmp_path: Path) -> None:
    """`--version` shows the program's name and version."""
    assert run(tmp_path, "--version").out.startswith("trustsim, version ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["frobnicate"], "No such command 'frobnicate'", id="command"),
        pytest.param(["run", "--frobnicate", "x.yaml"], "No such option '--frobnicate'", id="option"),
        pytest.param(["run"], "Missing argument 'FILES...'", id="no file"),
        pytest.param(["run", "x.yaml", "--instances-per-process", "0"], "0 is not in the range", id="range"),
        pytest.param(
            ["run", "no-such.yaml"], "no-such.yaml:1:1: the file cannot be read: No such file", id="file"
        ),
        pytest.param(["validate", "no-such.yaml"], "no-such.yaml:1:1: the file cannot be read", id="validate"),
        pytest.param(["run", "."], ".:1:1: there is no scenario file (*.yaml) in this folder", id="directory"),
        pytest.param(["broker", "--port", "99999"], "99999 is not in the range", id="port"),
        pytest.param(
            ["instance", str(EXAMPLE), "prod9", "--broker", "mqtt://127.0.0.1:1"],
            "has no instance prod9; it has: prod1, subprod1, subprod2",
            id="instance",
        ),
        pytest.param(
            ["instance", str(EXAMPLE), "prod1", "--broker", "embedded"], "expected mqtt://", id="instance's broker"
        ),
        pytest.param(["instance", str(EXAMPLE), "prod1"], "Missing option '--broker'", id="no broker"),
    ],
)
def test_a_mistake_on_the_command_line(arguments: list[str], said: str) -> None:
    """Exit code 2, and a message that names what is wrong and how to get help."""
    result = called(*arguments)
    assert result.code == 2
    assert said in " ".join(result.err.split())
    assert "Traceback" not in result.err
    assert result.out == ""


def test_an_unknown_broker_is_noticed_before_anything_is_run() -> None:
    """`--broker nonsense` is a mistake on the command line: exit code 2, and no scenario was begun."""
    result = called("run", EXAMPLE, "--broker", "nonsense")
    assert result.code == 2
    assert "expected embedded, mosquitto or an address" in result.err
    assert "Prod 1 manages two sub-prods" not in result.err + result.out


@pytest.mark.parametrize("option", ["--json", "--junit"])
@pytest.mark.parametrize("where", ["no/such/directory/x", "."])
def test_a_file_that_cannot_be_written_is_noticed_before_anything_is_run(
    option: str, where: str, tmp_path: Path
) -> None:
    """Nobody waits for a run whose result then cannot be written."""
    path = tmp_path / where
    result = called("run", EXAMPLE, option, path)
    assert result.code == 2
    assert str(path) in result.err
    assert "Prod 1 manages two sub-prods" not in result.err + result.out


@pytest.mark.parametrize("command", ["run", "validate"])
def test_wrong_files_are_reported_whole_and_nothing_starts(command: str, tmp_path: Path) -> None:
    """All problems of all files come at once, each with file, line and column; nothing is started or made."""
    wrong, good, missing = tmp_path / "wrong.yaml", tmp_path / "good.yaml", tmp_path / "z-missing.yaml"
    wrong.write_text(WRONG)
    good.write_text(ENDLESS)
    keep: list[str | Path] = ["--keep", tmp_path / "kept"] if command == "run" else []
    result = run(tmp_path, command, good, wrong, missing, *keep)
    assert result.code == 2
    assert result.out == ""
    problems = result.err.splitlines()
    first = len(HEAD.splitlines()) + 2
    assert len(problems) == 4
    assert problems[0].startswith(f"{wrong}:{first}:5: ")
    assert "did you mean 'settle'?" in problems[0]
    assert problems[1].startswith(f"{wrong}:{first + 1}:")
    assert "there is no instance 'prod9'" in problems[1]
    assert problems[2].startswith(f"{wrong}:{first + 3}:")
    assert "did you mean 'count'?" in problems[2]
    assert problems[3].startswith(f"{missing}:1:1: ")
    assert not (tmp_path / "kept").exists()
    assert not list((tmp_path / "tmp").iterdir())


def test_validate(tmp_path: Path) -> None:
    """`validate` says what it has read of each file, and starts nothing."""
    second = tmp_path / "second.yaml"
    second.write_text(ENDLESS)
    result = run(tmp_path, "validate", EXAMPLE, second)
    assert result.code == 0
    first_line, second_line = result.out.splitlines()
    assert first_line == f"{EXAMPLE}: ok, 3 instances, {len(load(EXAMPLE).scenario.steps)} steps"
    assert second_line == f"{second}: ok, 2 instances, 2 steps"


def test_the_schema_is_json_schema() -> None:
    """`schema` prints one JSON document that describes a scenario file."""
    result = called("schema")
    assert result.code == 0
    schema = json.loads(result.out)
    assert {"instances", "applications", "steps", "expect"} <= set(schema["properties"])
