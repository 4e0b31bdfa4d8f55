"""A scenario that begins with kept files goes on where another one has ended, live as in virtual time."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from simulator.advice.checks.finding import Severity
from simulator.advice.examine import examine_file
from simulator.errors import ScenarioError
from simulator.report.result import RunResult, Verdict
from simulator.runtime.clock import EPOCH
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import LoadedScenario, load
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual
from simulator.transport.embedded import EmbeddedBroker
from tests.cmdbs import call, item, make

from .running import run

HEAD = """\
name: One that goes on
instances: { prod1: production, dev1: development }
applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }
"""
FIRST = """\
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - settle
  - advance: 10m
  - save_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
  - settle
  - identify:
      on: prod1
      source: Discovery
      payload: { items: [{ className: cmdb_ci_linux_server, values: { name: web1 } }] }
"""
"""Ends with trust, and with a CI."""

THEN = """\
from: kept
steps:
  - send: { from: dev1, to: prod1, operation: hand over }
    expect: processed
  - identify:
      on: prod1
      source: Discovery
      payload: { items: [{ className: cmdb_ci_linux_server, values: { name: web1 } }] }
    expect: { response: { items: [{ operation: NO_CHANGE }] } }
  - identify:
      on: prod1
      source: Discovery
      payload: { items: [{ className: cmdb_ci_linux_server, values: { name: web2 } }] }
    expect: { response: { items: [{ operation: INSERT }] } }
  - sync_trust_profiles: { on: prod1 }
    expect: [{ sync: App, on: prod1, results: { dev1: synced } }]
expect:
  - { table: sn_mif_sync_data, on: prod1, count: 1 }
  - { table: cmdb_ci, on: prod1, rows: [{ name: web1 }, { name: web2 }] }
  - { journal: prod1, where: { kind: name_manager }, count: 0 }
"""


def written(directory: Path, text: str, name: str = "then.yaml") -> LoadedScenario:
    (directory / name).write_text(text)
    return load(directory / name)


def virtual(loaded: LoadedScenario, directory: Path | None = None, seed: int = 0) -> RunResult:
    if directory is not None:
        directory.mkdir()
    return finish(run_virtual(loaded, seed, directory, Unfollowed()))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with what the first scenario has kept."""
    result = virtual(written(tmp_path, HEAD + FIRST, "first.yaml"), tmp_path / "kept")
    assert result.verdict is Verdict.MET
    return tmp_path


def failures(result: RunResult) -> list[str]:
    return [f"{step.text}: {failure.wanted}, {failure.seen}" for step in result.steps for failure in step.failures]


def test_it_goes_on_in_virtual_time(kept: Path) -> None:
    """Trust and CIs are there; the same seed gives the same journal, in memory and on files; the files stay."""
    before = {file.name: hashlib.md5(file.read_bytes()).digest() for file in (kept / "kept").iterdir()}  # noqa: S324
    loaded = written(kept, HEAD + THEN)
    result = virtual(loaded)
    assert failures(result) == []
    assert virtual(load(kept / "then.yaml")).fingerprint == result.fingerprint
    assert virtual(loaded, kept / "again").fingerprint == result.fingerprint
    after = {file.name: hashlib.md5(file.read_bytes()).digest() for file in (kept / "kept").iterdir()}  # noqa: S324
    assert after == before


async def test_it_goes_on_on_a_broker(kept: Path) -> None:
    """With signing keys of its own: what the first run's keys were nobody knows."""
    (kept / "live").mkdir()
    assert failures(await run(written(kept, HEAD + THEN), EmbeddedBroker(preload=None), kept / "live")) == []


async def test_a_live_run_goes_on_in_virtual_time_and_no_clock_goes_back(tmp_path: Path) -> None:
    """The wall clock is months after the time at which virtual runs begin."""
    (tmp_path / "kept").mkdir()
    first = written(tmp_path, HEAD + FIRST, "first.yaml")
    assert failures(await run(first, EmbeddedBroker(preload=None), tmp_path / "kept")) == []
    loaded = written(tmp_path, HEAD + THEN)
    result, kept_until = virtual(loaded), loaded.beginnings.not_before(EPOCH)
    assert failures(result) == []
    assert kept_until > EPOCH
    assert min(entry.at for entry in result.journal) >= kept_until


def test_twice_over_the_same_steps_are_other_actions(kept: Path) -> None:
    """A scenario that begins with what itself has kept: nothing of it is taken for a repeat."""
    for number in (1, 2):
        text = HEAD + FIRST.replace("name: web1", f"name: web{number + 1}")
        loaded = written(
            kept, text.replace("steps:\n  - name_manager: { on: dev1, manager: prod1 }", "from: kept\nsteps:")
        )
        result = virtual(loaded, kept / f"kept{number}")
        assert failures(result) == []
        assert {entry.outcome for entry in result.journal} == {"processed"}
        shutil.rmtree(kept / "kept")
        shutil.copytree(kept / f"kept{number}", kept / "kept")
    names = {row["name"] for row in result.tables["prod1"]["cmdb"]}
    assert names == {"web1", "web2", "web3"}


def test_what_was_on_its_way_arrives(tmp_path: Path) -> None:
    """A message that waited for an instance which was down, and the approval that is due later."""
    steps = """\
steps:
  - stop: dev1
  - request_management: { on: prod1, instances: dev1 }
"""
    virtual(written(tmp_path, HEAD + steps, "first.yaml"), tmp_path / "kept")
    then = """\
from: kept
steps:
  - settle
expect:
  - { table: sn_mif_managed_by_instance, on: dev1, rows: [{ approval: pending_approval }] }
"""
    assert failures(virtual(written(tmp_path, HEAD + then))) == []


def test_one_instance_has_a_file_and_one_has_none(tmp_path: Path) -> None:
    """A file that was made for a CMDB alone; its calls can be replayed with those of the run."""
    make(tmp_path / "any.sqlite", {}, call("admin", item("web1")))
    text = """\
name: A CMDB that was there
instances: { prod1: { environment: production, from: any.sqlite }, dev1: development }
applications: { App: { capabilities: { Cap: { operations: { hand over: data } } } } }
steps:
  - create_trust_record: { on: dev1, trustee: prod1 }
  - settle
  - send: { from: dev1, to: prod1, operation: hand over }
    expect: processed
expect:
  - { table: cmdb_ci, on: prod1, rows: [{ name: web1 }] }
"""
    assert failures(virtual(written(tmp_path, text))) == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("from: nowhere\ninstances: { prod1: test }\n", "2:7: from: nowhere: expected the directory that"),
        (
            "from: kept\ninstances: { prod1: production, dev1: test, dev2: test }\n",
            "2:7: from: dev2: kept/dev2.sqlite: cannot be read as an instance's file: there is no such file",
        ),
        (
            "from: kept\ninstances: { prod1: production }\n",
            "2:7: from: kept/prod1.sqlite: prod1 also knows dev1; name them among the instances of the scenario",
        ),
        (
            "instances: { dev1: { environment: test, from: kept/prod1.sqlite }, prod1: production }\n",
            "instances.dev1.from: kept/prod1.sqlite: expected the file that dev1 of account acme has kept",
        ),
        (
            "instances: { dev1: { environment: test, from: then.yaml } }\n",
            "instances.dev1.from: dev1: then.yaml: ",
        ),
    ],
)
def test_files_that_do_not_fit(kept: Path, head: str, said: str) -> None:
    """What is wrong is said where the scenario names them, before anything runs."""
    with pytest.raises(ScenarioError) as caught:
        written(kept, f"name: x\n{head}steps: [settle]\n")
    [problem] = [str(each).replace(f"{kept}/", "") for each in caught.value.problems]
    assert said in problem, json.dumps(problem)


def test_the_doctor_says_that_it_does_not_know_the_files(kept: Path) -> None:
    """A note, and none of the errors that the steps would be without them."""
    written(kept, HEAD + THEN)
    assert [(each.code, each.severity) for each in examine_file(kept / "then.yaml")] == [
        ("begins_with_files", Severity.NOTE)
    ]
