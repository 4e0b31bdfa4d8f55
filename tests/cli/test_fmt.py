"""`trustsim fmt`: files in one layout, from the command line."""

from __future__ import annotations

import os
from pathlib import Path

from click.testing import CliRunner

from simulator.cli.main import cli

from .command import called

UNTIDY = "b:   1 # why\na:\n- {c: 2}\n"
TIDY = "b: 1 # why\na:\n  - { c: 2 }\n"


def test_files_are_laid_out_and_keep_their_mode(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "below" / "two.yml"
    two.parent.mkdir()
    one.write_text(UNTIDY)
    one.chmod(0o640)
    two.write_text(TIDY)
    (tmp_path / "other.json").write_text('{"a":1}')
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text(UNTIDY)
    result = called("fmt", tmp_path)
    assert (result.code, result.out) == (0, f"{one}: laid out anew\n2 files, 1 changed\n")
    assert one.read_text() == two.read_text() == TIDY
    assert os.stat(one).st_mode & 0o777 == 0o640
    assert (tmp_path / ".git" / "x.yaml").read_text() == UNTIDY
    assert called("fmt", tmp_path).out == "2 files, 0 changed\n"


def test_check_changes_nothing_and_tells(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(UNTIDY)
    result = called("fmt", "--check", file)
    assert (result.code, result.out) == (1, f"{file}: would be laid out anew\n1 file, 1 to change\n")
    assert file.read_text() == UNTIDY
    file.write_text(TIDY)
    assert called("fmt", "--check", file).code == 0


def test_a_file_that_is_wrong_stays_and_the_others_are_laid_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "z.yaml", tmp_path / "a.yaml"
    good.write_text(UNTIDY)
    bad.write_text("a: [\n")
    result = called("fmt", bad, good, tmp_path / "none.yaml", tmp_path / "empty")
    assert result.code == 2
    assert f"{bad}:2:1: not valid YAML" in result.err
    assert "none.yaml:1:1: the file cannot be read" in result.err
    assert (bad.read_text(), good.read_text()) == ("a: [\n", TIDY)
    (tmp_path / "empty").mkdir()
    assert "there is no YAML file in this folder" in called("fmt", tmp_path / "empty").err


def test_standard_input_is_laid_out_for_editors() -> None:
    assert CliRunner().invoke(cli, ["fmt", "-"], input=UNTIDY).output == TIDY
    assert CliRunner().invoke(cli, ["fmt", "--check", "-"], input=UNTIDY).exit_code == 1
