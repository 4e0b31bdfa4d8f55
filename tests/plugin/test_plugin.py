"""`pytest scenarios/` runs every scenario as a test, and tests in Python have fleets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugin.suite import INI, pytest_in, write

FIRST = (Path(__file__).parents[2] / "scenarios" / "first.yaml").read_text()
NOT_MET = FIRST.replace("expect: processed", "expect: refused")
MATRIX = "matrix: { way: [processed, refused] }\n" + FIRST.replace("expect: processed", "expect: ${way}")
BROKEN = FIRST.replace("trustee: prod1", "trustee: prd1").replace("from: prod1", "form: prod1")

PYTHON = """
import asyncio

import pytest

def test_in_virtual_time(trust_fleet):
    async def go():
        async with trust_fleet("scenarios/first.yaml", steps=False, virtual=True) as f:
            assert await f["subprod1"].send("prod1") == "processed"
    asyncio.run(go())

@pytest.mark.asyncio
async def test_with_pytest_asyncio(trust_fleet, trust_broker):
    async with trust_fleet("scenarios/first.yaml", broker=trust_broker) as f:
        assert await f["subprod1"].send("prod1") == "processed"

def test_live_on_one_broker(trust_fleet, trust_broker):
    async def go(broker):
        async with trust_fleet("scenarios/first.yaml", virtual=False, broker=broker) as f:
            assert await f["subprod1"].send("prod1") == "processed"
    asyncio.run(go(trust_broker))
"""


LOADED = """
import sys

def test_it():
    loaded = [name for name in sys.modules if name.startswith("simulator.")]
    assert all(name.startswith("simulator.plugin") for name in loaded), loaded
"""


def test_every_scenario_in_a_folder_is_a_test_also_in_several_processes(tmp_path: Path) -> None:
    """Ids, what fails with file and line, and what cannot be collected with all that is wrong."""
    pipeline = "name: $(Build.BuildId)\ntrigger: []\npool: { vmImage: debian }\nsteps:\n  - script: make\n"
    write(
        tmp_path,
        {
            "scenarios/first.yaml": FIRST,
            "scenarios/wrong.yaml": NOT_MET,
            "scenarios/broken.yaml": BROKEN,
            "scenarios/applications/health.yaml": "name: Health\nversion: 1.0.0\ncapabilities: {}\n",
            "scenarios/part.yaml": "vars: { to: prod1 }\nsteps:\n  - send: { from: subprod1, to: '${to}' }\n",
            "scenarios/matrix.yaml": MATRIX,
            "pipeline.yaml": pipeline,
            "chart.yaml": "{{- if .Values.steps }}\nsteps: {{ .Values.steps }}\n{{- end }}\n",
        },
    )
    ran = pytest_in(
        tmp_path, "--numprocesses=2", "--continue-on-collection-errors", "--trustsim-cover-report=covered.json"
    )
    assert ran.outcomes == {
        "scenarios/first.yaml::first": "PASSED",
        "scenarios/wrong.yaml::wrong": "FAILED",
        "scenarios/broken.yaml": "ERROR",
        "scenarios/matrix.yaml::matrix[way=processed]": "PASSED",
        "scenarios/matrix.yaml::matrix[way=refused]": "FAILED",
    }
    assert ran.section("scenarios/wrong.yaml: A sub-prod trusts production").splitlines()[-5:] == [
        "scenarios/wrong.yaml:12: subprod1 sends transfer results to prod1",
        "wanted: subprod1 -> prod1: refused",
        "seen: processed by prod1",
        "",
        "again with: trustsim run --virtual --seed 0 scenarios/wrong.yaml",
    ]
    assert (
        "FAILED scenarios/wrong.yaml::wrong - wanted subprod1 -> prod1: refused; seen processed by prod1"
        in ran.out
    )
    title = "scenarios/matrix.yaml [way=refused]: A sub-prod trusts production"
    assert ran.section(title).splitlines()[-1] == (
        "again with: trustsim run --virtual --seed 0 --set way=refused scenarios/matrix.yaml"
    )
    covered = json.loads((tmp_path / "covered.json").read_text())["kinds"]
    assert covered["trust records by hand"] == {"exercised": 3, "of": 3}, "one in each file, by whichever process"
    what, missing, unknown = ran.section("ERROR collecting scenarios/broken.yaml").splitlines()
    assert what.startswith(
        "scenarios/broken.yaml:10:51: steps[0].create_trust_record.trustee: there is no instance"
    )
    assert missing == "scenarios/broken.yaml:13:11: steps[2].send: the key 'from' is missing"
    assert unknown == "scenarios/broken.yaml:13:13: steps[2].send: there is no key 'form'; did you mean 'from'?"


def test_a_failure_is_told_in_the_file_in_which_it_stands(tmp_path: Path) -> None:
    """Which a scenario may include, and which is no test itself."""
    head, _, steps = NOT_MET.partition("steps:\n")
    files = {
        "scenarios/whole.yaml": f"{head}steps:\n  - include: parts/some.yaml\n",
        "scenarios/parts/some.yaml": f"steps:\n{steps}",
    }
    write(tmp_path, files)
    ran = pytest_in(tmp_path)
    assert ran.outcomes == {"scenarios/whole.yaml::whole": "FAILED"}
    line = files["scenarios/parts/some.yaml"].splitlines().index("    expect: refused") + 1
    shown = ran.section("scenarios/whole.yaml: A sub-prod trusts production")
    assert f"scenarios/parts/some.yaml:{line}: subprod1 sends" in shown


def test_fleets_and_scenarios_run_live_where_they_are_to(tmp_path: Path) -> None:
    """As processes: the fixtures' on a broker of the session, a scenario's on its own."""
    write(tmp_path, {"scenarios/first.yaml": FIRST, "scenarios/wrong.yaml": NOT_MET, "test_python.py": PYTHON})
    ran = pytest_in(tmp_path, "--trustsim-live")
    assert ran.outcomes == {
        "scenarios/first.yaml::first": "PASSED",
        "scenarios/wrong.yaml::wrong": "FAILED",
        "test_python.py::test_in_virtual_time": "FAILED",
        "test_python.py::test_with_pytest_asyncio": "PASSED",
        "test_python.py::test_live_on_one_broker": "PASSED",
    }
    assert "again with" not in ran.section("scenarios/wrong.yaml: A sub-prod trusts production")
    shown = ran.section("test_in_virtual_time")
    assert "assert <refused (no_trust_record) by subprod1: The trust table of subprod1 has no record" in shown
    assert "simulator/testing" not in shown


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--trustsim-broker=mqt://here", "--trustsim-broker: expected embedded, mosquitto or an address: "),
        (
            "--trustsim-cover-fail-under=101",
            "--trustsim-cover-fail-under: expected a percentage from 0 to 100, got 101",
        ),
        (
            "--trustsim-cover-report=c.txt",
            "c.txt: expected a file name whose suffix says what it is to be: .json: all of it",
        ),
    ],
)
def test_what_no_option_can_be_is_said_before_anything_runs(option: str, said: str, tmp_path: Path) -> None:
    """As pytest says what is wrong with its own."""
    write(tmp_path, {"first.yaml": FIRST})
    ran = pytest_in(tmp_path, option, "first.yaml")
    assert (ran.code, ran.outcomes) == (4, {})
    assert said in ran.out


def test_a_suite_without_scenarios_is_left_alone(tmp_path: Path) -> None:
    """Nothing is loaded of trustsim but the plugin itself.

    Where to look for scenarios can be said; a file that is named is run wherever it lies.
    """
    write(tmp_path, {"test_it.py": LOADED, "compose.yaml": "services: {}\n"})
    assert pytest_in(tmp_path).outcomes == {"test_it.py::test_it": "PASSED"}
    files = dict.fromkeys(("named.yaml", "wanted/one.yaml", "wanted/other.yml", "more/another.yaml"), FIRST)
    write(tmp_path, {"pytest.ini": INI + "trustsim_files = wanted/*.yaml\n", **files})
    ran = pytest_in(tmp_path, "named.yaml", "wanted", "more")
    assert ran.outcomes == {"named.yaml::named": "PASSED", "wanted/one.yaml::one": "PASSED"}


COVERED = """
import asyncio

def test_it(trust_fleet):
    async def go():
        async with trust_fleet("used.yaml", steps=False) as f:
            await f["prod1"].create_trust_record("subprod1")
            await f["prod1"].send("subprod1")
    asyncio.run(go())
"""


def test_coverage_is_of_all_scenarios_and_fleets_of_a_session(tmp_path: Path) -> None:
    """What none of them has exercised is named; too little fails a session in which all tests pass.

    A fleet is of a file that is looked for from the root of the tests on, wherever pytest is called. What is not
    chosen, by a tag as by any marker, is not counted.
    """
    sent = "  - send: { from: subprod1, to: prod1, payload: { findings: 17 } }\n    expect: processed\n"
    files = {"used.yaml": FIRST, "unused.yaml": FIRST.replace(sent, ""), "python/test_it.py": COVERED}
    write(tmp_path, {**files, "left-out.yaml": "tags: [slow, v1.2]\n" + FIRST})
    ran = pytest_in(tmp_path / "python", "..", "-m", "not v1.2", "--trustsim-cover-fail-under=90")
    assert set(ran.outcomes.values()) == {"PASSED"}
    assert ran.code == 1
    assert "trust records by hand        2 of 3  66 %" in ran.out
    assert [line for line in ran.out.splitlines() if line.startswith("not exercised")] == [
        "not exercised: ../unused.yaml:10: trust record subprod1 trusts prod1 for Impact Health > Code Check"
    ]
    assert "coverage 75 % is under 90 %" in ran.out
