"""`trustsim run`: exit codes, what a person and what a program gets, and what is left on the disk."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from simulator.protocol.signature import signing_key
from simulator.scenario.reading.load import load
from simulator.scenario.topology import instance_id

from .command import EXAMPLE, HEAD, Result, run

ESCAPE = "\x1b"

EXAMPLE_STEPS = len(load(EXAMPLE).scenario.steps) + 1
"""Of the documented example, with the expectations at the end."""

SHORT = (
    HEAD.format(name="A short one")
    + """\
steps:
  - create_trust_record: { on: subprod1, trustee: prod1 }
"""
)

NOT_MET = (
    HEAD.format(name="Two that do not hold")
    + """\
steps:
  - create_trust_record: { on: subprod1, trustee: prod1 }
  - send: { from: subprod1, to: prod1, operation: hand over }
    expect: { refused: no_trust_record, by: prod1 }
  - send: { from: prod1, to: subprod1, operation: act, unchecked: true }
    expect: processed
  - send: { from: subprod1, to: prod1, operation: act, unchecked: true }
    expect: processed
expect:
  - { table: sn_mif_sync_data, on: prod1, count: 1 }
"""
)
FIRST_STEP = len(HEAD.splitlines()) + 2
"""The line of the first step."""


@dataclass(frozen=True)
class Reports:
    """One run of several files, and all that it wrote."""

    result: Result
    directory: Path
    files: tuple[Path, ...]

    @property
    def json(self) -> list[dict[str, Any]]:
        """What `--json` wrote."""
        runs: list[dict[str, Any]] = json.loads((self.directory / "out.json").read_text(encoding="utf-8"))
        return runs

    @property
    def junit(self) -> list[Xml.Element]:
        """The suites that `--junit` wrote."""
        return list(Xml.fromstring((self.directory / "out.xml").read_text(encoding="utf-8")))  # noqa: S314

    @property
    def kept(self) -> Path:
        """The directory of `--keep`."""
        return self.directory / "kept"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """A run of the documented example and of one that is not met, with everything that can be written."""
    directory = tmp_path_factory.mktemp("reports")
    wrong = directory / "not-met.yaml"
    wrong.write_text(NOT_MET)
    options = [f"--json={directory / 'out.json'}", f"--junit={directory / 'out.xml'}"]
    result = run(directory, "run", "-v", EXAMPLE, wrong, f"--keep={directory / 'kept'}", *options)
    return Reports(result, directory, (EXAMPLE, wrong))


# -- exit codes -----------------------------------------------------------------------------------------


def test_all_met(tmp_path: Path) -> None:
    """The documented example ends with exit code 0 and leaves nothing behind."""
    result = run(tmp_path, "run", EXAMPLE)
    assert result.code == 0, result.out
    assert f"✓ met: {EXAMPLE_STEPS} of {EXAMPLE_STEPS} steps, 3 instances" in result.out
    assert not list((tmp_path / "tmp").iterdir())


def test_one_not_met_is_enough(reports: Reports) -> None:
    """Of several files all are run, and exit code 1 says that one was not met."""
    assert reports.result.code == 1
    assert [run["verdict"] for run in reports.json] == ["met", "not met"]


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    """Exit code 3 and one line that names host and port, without a traceback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    result = run(tmp_path, "run", EXAMPLE, "--broker", f"mqtt://ann:s3cret@127.0.0.1:{port}")
    assert result.code == 3
    *_, message = result.err.splitlines()
    assert message.startswith("trustsim: no connection to the broker at ")
    assert f"127.0.0.1:{port}: " in message
    assert "s3cret" not in result.err
    assert not list((tmp_path / "tmp").iterdir())


# -- for a person ---------------------------------------------------------------------------------------


def test_a_failure_shows_what_was_wanted_and_seen_and_why(reports: Reports) -> None:
    """Each failure names its file and line, what was wanted, what was seen, and the reason of a refusal."""
    wrong, out = reports.files[1], reports.result.out
    assert "✗ not met: 3 of 5 steps, 2 instances" in out
    first = out.index(f"{wrong}:{FIRST_STEP + 2}")
    second = out.index(f"{wrong}:{FIRST_STEP + 6}")
    assert re.search(
        r"wanted +subprod1 -> prod1: refused \(no_trust_record\) by prod1 *\n +seen +processed by prod1",
        out[first:second],
    )
    assert re.search(
        r"wanted +subprod1 -> prod1: processed *\n +seen +refused \(no_trust_record\) by prod1 *\n"
        r" +why +The trust table of prod1 has no record for App > Cap",
        out[second:],
    )


def test_an_expected_refusal_is_explained_too(reports: Reports) -> None:
    """A refusal that was expected is listed with its reason: how to make it work."""
    out = reports.result.out
    assert re.search(
        r"line \d+: refused \(no_trust_record\) by prod1\n +The trust table of prod1 has no record", out
    )


def test_the_end_shows_who_trusts_whom(reports: Reports) -> None:
    """A matrix for each capability: trustors down, trustees across."""
    assert re.search(
        r"App > Cap\n\s*\n? *trustor \\ trustee +prod1 *\n[ ─]+\n +subprod1 +1\.0\.0 manual", reports.result.out
    )


def test_verbose_shows_the_journal(reports: Reports, tmp_path: Path) -> None:
    """With -v everything that every instance journalled follows, and without it does not."""
    assert "Journal" in reports.result.out
    assert re.search(r"subprod1 +create_trust_record +subprod1 +processed", reports.result.out)


def test_progress_is_plain_lines_where_nobody_watches(reports: Reports) -> None:
    """In a file or pipe each step is a line of standard error; the report is on standard output."""
    _, *lines = reports.result.err.splitlines()  # the first says how the transport is secured
    assert lines[0] == f"Prod 1 manages two sub-prods ({EXAMPLE})"
    assert [line.split()[0] for line in lines[1 : EXAMPLE_STEPS + 1]] == [
        f"{number}/{EXAMPLE_STEPS}" for number in range(1, EXAMPLE_STEPS + 1)
    ]
    assert lines[EXAMPLE_STEPS + 1] == f"Two that do not hold ({reports.files[1]})"
    assert len(lines) == 1 + EXAMPLE_STEPS + 1 + 5
    assert "Prod 1 manages two sub-prods" in reports.result.out


def test_nothing_is_coloured_where_nobody_watches(reports: Reports) -> None:
    """Without a terminal there are no escape codes, neither on standard output nor on standard error."""
    assert ESCAPE not in reports.result.out + reports.result.err


def test_no_color_is_respected(tmp_path: Path) -> None:
    """NO_COLOR takes the colours away even where they are forced."""
    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    result = run(tmp_path, "run", path, NO_COLOR="1", FORCE_COLOR="1")
    assert result.code == 0
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7])m", result.out + result.err)


# -- for a program --------------------------------------------------------------------------------------


def test_json_is_complete(reports: Reports) -> None:
    """Each run with its steps, failures, trust and journal; names in the place of ids."""
    example, wrong = reports.json
    assert example["file"] == str(EXAMPLE)
    assert example["name"] == "Prod 1 manages two sub-prods"
    assert example["instances"] == ["prod1", "subprod1", "subprod2"]
    assert [step["number"] for step in example["steps"]] == list(range(1, EXAMPLE_STEPS + 1))
    assert all(step["verdict"] == "met" and step["seconds"] >= 0 and step["line"] for step in example["steps"])
    assert [(trust["trustor"], trust["trustee"]) for trust in example["trust"]] == [
        ("subprod1", "prod1"),
        ("subprod2", "prod1"),
    ]
    assert {entry["instance"] for entry in example["journal"]} == set(example["instances"])
    assert {entry["sender"] for entry in example["journal"]} <= set(example["instances"])
    failures = [failure for step in wrong["steps"] for failure in step["failures"]]
    assert [failure["line"] for failure in failures] == [FIRST_STEP + 2, FIRST_STEP + 6]
    assert failures[0]["wanted"] == "subprod1 -> prod1: refused (no_trust_record) by prod1"
    assert failures[0]["seen"] == "processed by prod1"
    assert failures[1]["explanation"].startswith("The trust table of prod1 has no record")


def test_junit_is_complete(reports: Reports) -> None:
    """A suite for each run with true counts, and a case for each step with its file and line."""
    example, wrong = reports.junit
    assert (example.get("tests"), example.get("failures"), example.get("errors")) == (str(EXAMPLE_STEPS), "0", "0")
    assert (wrong.get("name"), wrong.get("tests"), wrong.get("failures")) == ("Two that do not hold", "5", "2")
    assert all(float(str(suite.get("time"))) >= 0 for suite in reports.junit)
    cases = wrong.findall("testcase")
    assert [case.get("line") for case in cases] == [str(FIRST_STEP + at) for at in (0, 1, 3, 5, 8)]
    assert {case.get("file") for case in cases} == {str(reports.files[1])}
    failed = {case.get("name"): case.find("failure") for case in cases if case.find("failure") is not None}
    assert len(failed) == 2
    failure = failed["02 subprod1 sends hand over to prod1"]
    assert failure is not None
    assert failure.get("message") == (
        "wanted subprod1 -> prod1: refused (no_trust_record) by prod1; seen processed by prod1"
    )
    assert f"{reports.files[1]}:{FIRST_STEP + 2}" in str(failure.text)


# -- what is kept ---------------------------------------------------------------------------------------


def test_keep_keeps_the_instances_files(reports: Reports) -> None:
    """A directory for each scenario, with one SQLite file for each instance, under the product's table names."""
    assert sorted(path.name for path in reports.kept.iterdir()) == ["documented-example", "not-met"]
    for name, number in (("prod1", 0), ("subprod1", 1), ("subprod2", 1)):
        path = reports.kept / "documented-example" / f"{name}.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            tables = {table for (table,) in connection.execute("select name from sqlite_schema")}
            assert {"sn_mif_managed_by_instance", "sn_mif_trusted_instance", "sys_store_app"} <= tables
            [found] = connection.execute("select count(*) from sn_mif_trusted_instance")
            assert found == (number,)
            assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_keys_of_a_run_are_drawn(reports: Reports) -> None:
    """No instance can be spoken for by whoever knows the scenario, nor by one that has read it."""
    scenario = load(EXAMPLE).scenario
    ids = [instance_id(name, item) for name, item in scenario.instances.items()]
    foreseen = {signing_key(scenario.seed, id_).public for id_ in ids}
    file = reports.kept / "documented-example" / "prod1.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        keys = {key for (key,) in connection.execute("select public_key from sn_mif_instance")}
    assert len(keys) == len(ids)
    assert keys.isdisjoint(foreseen)


def test_keep_does_not_overwrite(reports: Reports) -> None:
    """Files of an earlier run are not touched: exit code 2, naming the directory."""
    kept = reports.kept / "documented-example"
    before = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    result = run(reports.directory, "run", EXAMPLE, "--keep", reports.kept)
    assert result.code == 2
    assert f"{kept} is taken" in " ".join(result.err.split())
    assert {path.name: path.stat().st_mtime_ns for path in kept.iterdir()} == before


def test_keep_refuses_before_anything_is_run(reports: Reports) -> None:
    """Also when only the second of several files has been kept before."""
    first = reports.directory / "first.yaml"
    first.write_text(SHORT)
    result = run(reports.directory, "run", first, EXAMPLE, "--keep", reports.kept)
    assert result.code == 2
    assert "A short one" not in result.out + result.err
    assert not (reports.kept / "first").exists()


def test_two_files_of_one_name_are_kept_apart_or_refused(tmp_path: Path) -> None:
    """Two files that would be kept in the same directory are refused before anything is run."""
    paths = [tmp_path / where / "short.yaml" for where in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(SHORT)
    result = run(tmp_path, "run", *paths, "--keep", tmp_path / "kept")
    assert result.code == 2
    assert "A short one" not in result.out + result.err


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """`--keep` below a file is a mistake on the command line."""
    (tmp_path / "file").write_text("")
    result = run(tmp_path, "run", EXAMPLE, "--keep", tmp_path / "file" / "kept")
    assert result.code == 2
    assert "Not a directory" in result.err
    assert "Traceback" not in result.err


def test_many_instances_in_one_process(tmp_path: Path) -> None:
    """`--instances-per-process` changes nothing in what comes out."""
    result = run(tmp_path, "run", EXAMPLE, "--instances-per-process", "3")
    assert result.code == 0, result.out


def test_a_file_of_somebody_s_is_not_taken_for_one_of_python_s(tmp_path: Path) -> None:
    """What starts processes imports by name, and never from the folder in which somebody is."""
    (tmp_path / "inspect.py").write_text("raise RuntimeError")
    (tmp_path / "short.yaml").write_text(SHORT)
    trustsim = Path(sys.executable).with_name("trustsim")
    done = subprocess.run([trustsim, "run", "-q", "short.yaml"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done
