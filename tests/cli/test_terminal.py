"""What a person sees of `trustsim run`: one file in full, several in a line each, and the verdict last."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.cli.main import cli

from .command import HEAD
from .test_output import on_a_terminal

MET = HEAD.format(name="One that holds") + (
    "steps:\n  - create_trust_record: { on: subprod1, trustee: prod1 }\n"
    "  - send: { from: prod1, to: subprod1, operation: hand over }\n    expect: { refused: no_trust_record }\n"
)
LINES = len(HEAD.splitlines())
NOT_MET = MET.replace("One that holds", "One that does not").replace("{ refused: no_trust_record }", "processed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of scenarios, one of which is not met, with a file that is none."""
    scenarios = tmp_path / "scenarios"
    scenarios.mkdir()
    (scenarios / "b-holds.yaml").write_text(MET)
    (scenarios / "a-fails.yaml").write_text(NOT_MET)
    (scenarios / "c-holds.yml").write_text(MET)
    (scenarios / "setup.yaml").write_text("records: { cmdb_ci: [] }\n")
    return scenarios


def run(*arguments: str | Path, **environment: str) -> Result:
    """The command in this process, in virtual time."""
    environment = {"COLUMNS": "300", "GITHUB_STEP_SUMMARY": "", "GITHUB_ACTIONS": ""} | environment
    return CliRunner(env=environment).invoke(cli, ["run", "--virtual", *map(str, arguments)])


def test_the_verdict_on_one_file_is_the_last_line_and_expected_refusals_are_explained_on_demand(
    folder: Path,
) -> None:
    """All of its steps stand there; why what was expected to be refused was refused only with -v."""
    file = folder / "b-holds.yaml"
    plain, verbose = run(file).stdout, run(file, "-v").stdout
    assert re.fullmatch(r"✓ met: 2 of 2 steps, 2 instances, \d+\.\d\d s", plain.splitlines()[-1])
    assert re.fullmatch(r"✓ met: 2 of 2 steps, 2 instances, \d+\.\d\d s", verbose.splitlines()[-1])
    reason, hint = "The trust table of prod1 has no record", f"as expected: line {LINES + 3}; -v explains it."
    assert (reason in plain, hint in plain, "Journal" in plain) == (False, True, False)
    assert (reason in verbose, hint in verbose, "Journal" in verbose) == (True, False, True)


def test_several_files_have_a_line_each_and_failures_stand_at_the_end(folder: Path) -> None:
    """Of a folder all scenarios are run, in the order of their names; what is none is left out."""
    result = run(folder)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    files = [folder / name for name in ("a-fails.yaml", "b-holds.yaml", "c-holds.yml")]
    for line, file, verdict in zip(lines, files, ("✗ not met", "✓ met", "✓ met"), strict=False):
        assert re.fullmatch(rf"{verdict} +{re.escape(str(file))} +. of 2 steps, 2 instances, \d+\.\d\d s", line)
    assert len({line.index(" of 2 steps") for line in lines[:3]}) == 1, "they stand below each other"
    failed = "\n".join(lines[3:-1])
    assert f"One that does not\n{files[0]}\n{files[0]}:{LINES + 4}\n" in failed
    assert re.search(
        r"wanted +prod1 -> subprod1: processed\n +seen +refused \(no_trust_record\) by prod1\n +why ", failed
    )
    assert f"again with: trustsim run --virtual --seed 0 {files[0]}" in failed
    assert "holds" not in failed
    assert re.fullmatch(r"✗ not met: 2 of 3 files, 5 of 6 steps, \d+\.\d\d s", lines[-1])
    assert result.stderr == ""


def test_quiet_shows_failures_and_the_verdict_and_nothing_else(folder: Path) -> None:
    """Of one file as of several."""
    [verdict] = run("-q", folder / "b-holds.yaml").output.splitlines()
    assert verdict.startswith("✓ met: 1 of 1 file, 2 of 2 steps, ")
    lines = run("-q", folder).output.splitlines()
    assert lines[0] == "One that does not"
    assert lines[-1].startswith("✗ not met: 2 of 3 files")
    assert run("-q", "-v", folder).exit_code != 0


def test_jobs_change_nothing_but_the_time(folder: Path, tmp_path: Path) -> None:
    """Two at a time: the same lines, and results in the order of the files."""
    one, two = run(folder), run(folder, "--jobs", "2", "--json", tmp_path / "r.json")
    assert without_times(one.stdout) == without_times(two.stdout)
    found = json.loads((tmp_path / "r.json").read_text())
    assert [Path(each["file"]).name for each in found] == ["a-fails.yaml", "b-holds.yaml", "c-holds.yml"]


def test_many_equal_rows_stand_once(tmp_path: Path) -> None:
    """Eleven instances that trust alike are one row of the matrix; two are two."""
    names = [*(f"dev{number:02}" for number in range(1, 11)), "qa"]
    path = tmp_path / "many.yaml"
    path.write_text(
        "name: Many\ninstances:\n  prod1: production\n" + "".join(f"  {name}: test\n" for name in names)
        + "applications: { App: { capabilities: { Cap: { operations: { act: message } } } } }\n"
        + f"steps: [{{ create_trust_record: {{ on: [{', '.join(names)}], trustee: prod1 }} }}]\n"
    )  # fmt: skip
    assert re.search(r"\n 11 instances alike: dev01 to dev10, qa +1\.0\.0 manual\n", run(path).stdout)
    path.write_text(path.read_text().replace(f"[{', '.join(names)}]", "[dev01, dev03]"))
    assert re.search(r"\n dev01 +1\.0\.0 manual\n dev03 +1\.0\.0 manual\n", run(path).stdout)


def test_on_a_terminal_a_small_line_says_how_the_run_stands(folder: Path) -> None:
    """Files, step, fleet time, what is in flight and refused, also while a step waits; not with -q."""
    slow = folder / "b-holds.yaml"
    slow.write_text(MET + "  - expect: [{ table: sn_mif_sync_data, on: prod1, count: 9, within: 2s }]\n")
    shown = on_a_terminal("run", str(slow), str(folder / "c-holds.yml"))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown)
    assert re.search(
        r"0 of 2 files; One that holds: step 3 of 3, 0:00:0[12], 0 in flight, 1 refused: expect", text
    )
    assert text.rstrip().splitlines()[-1].startswith("✗ not met: 1 of 2 files")
    assert "of 2 files;" not in on_a_terminal("run", "--virtual", "-q", str(slow), str(folder / "c-holds.yml"))


def test_the_small_line_stays_one_line(tmp_path: Path) -> None:
    """However long the name of a scenario is: it ends where the terminal does."""
    path = tmp_path / "long.yaml"
    path.write_text(MET.replace("One that holds", "One that holds " + "and holds " * 40))
    shown = on_a_terminal("run", "--virtual", str(path), str(path))
    going = [line for line in re.split(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n", shown) if "and holds" in line]
    assert going
    assert all(line.endswith("…") and len(line) < 200 for line in going)


def test_github_is_told(folder: Path, tmp_path: Path) -> None:
    """A summary on the workflow's page, after what is there, and each failure beside its line; not elsewhere."""
    summary = tmp_path / "summary.md"
    summary.write_text("Before.\n")
    result = run(folder, GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true")
    assert summary.read_text().startswith("Before.\n# ✗ not met: 2 of 3 files, 5 of 6 steps\n")
    [command] = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert command.startswith(
        f"::error file={folder / 'a-fails.yaml'},line={LINES + 4},"
        "title=One that does not%3A prod1 sends hand over to subprod1::"
        "wanted: prod1 -> subprod1: processed%0Aseen: "
    )
    assert result.stdout.splitlines()[-1].startswith("✗ not met")
    assert "::error" not in run(folder).output
    summary.write_text("x" * ((1 << 20) - 700))
    run(folder, GITHUB_STEP_SUMMARY=str(summary))
    assert 0 <= (1 << 20) - summary.stat().st_size < 700
    assert summary.read_text().endswith(
        "(The rest is left out: GitHub takes 1 MiB. `--report FILE.md` has all of it.)\n"
    )


@pytest.mark.parametrize("more", [(), ("-v",), ("-q",)])
def test_github_obeys_nothing_that_data_say(tmp_path: Path, more: tuple[str]) -> None:
    """A name that would be a command of a workflow is shown; the only commands are the annotations."""
    path = tmp_path / "hostile.yaml"
    name = r"One\n::warning::obeyed\n  ::stop-commands::x ##[error]obeyed"
    path.write_text(NOT_MET.replace("name: One that does not", f'name: "{name}"'))
    result = run(*more, path, GITHUB_ACTIONS="true")
    commands = [line for line in result.output.splitlines() if re.match(r"\s*::|.*##\[", line)]
    assert [command[:8] for command in commands] == ["::error "]
    assert "obeyed" in result.stdout


def without_times(text: str) -> str:
    """The text without what depends on the machine."""
    return re.sub(r"\d+\.\d+ s\b", "", text)
