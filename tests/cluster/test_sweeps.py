"""Sweeps on a Dask cluster: a scheduler and workers on this machine, as somebody else has started them."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from simulator.cluster.scheduler import connected
from simulator.cluster.shipping import own_code
from simulator.errors import ClusterError
from simulator.exploration.cluster import crew_on
from simulator.exploration.pool import Workers
from tests.cli.command import EXAMPLE, Command, called, run

from .dask import ON_A_LAPTOP, ROOT, WITHOUT_TRUSTSIM, scheduler, worker


def without_times(file: Path) -> Any:
    found = json.loads(file.read_text())
    return {key: value for key, value in found.items() if key != "seconds"}


def test_a_sweep_on_a_cluster_comes_to_the_same(cluster: str, tmp_path: Path) -> None:
    """Seed by seed, journal by journal, by the command of the page; a worker that has no trustsim is given it."""
    sweep = ON_A_LAPTOP[3].removeprefix("trustsim ").replace("tcp://127.0.0.1:8786", cluster).split()
    assert sweep[:2] == ["sweep", "--seeds"]
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    assert called("sweep", "--seeds", "24", "--jobs", "1", "--json", here, EXAMPLE).code == 0
    result = run(tmp_path, "sweep", "--seeds", "24", *sweep[3:-1], "--json", there, Path(ROOT, sweep[-1]))
    assert (result.code, result.err) == (0, "")
    assert without_times(here) == without_times(there)
    with crew_on(cluster) as crew:
        assert list(crew.map(time.sleep, [0.05] * 12, singly=True)) == [None] * 12
        assert len(crew.done) == 3


def test_a_worker_that_comes_later_is_given_it_too(cluster: str, tmp_path: Path) -> None:
    """As one is that has died and is started again, in a sweep that found all workers ready."""
    with crew_on(cluster):
        pass
    with crew_on(cluster) as crew:
        with worker(tmp_path / "late", cluster, before=WITHOUT_TRUSTSIM):
            assert list(crew.map(time.sleep, [0.15] * 24)) == [None] * 24
        log = (tmp_path / "late" / "log").read_text()
    assert len(crew.done) == 4
    assert "Failed to deserialize" not in log


def test_code_is_compared_with_every_chunk() -> None:
    """So a worker that comes later with other code spoils no result."""
    with ThreadPoolExecutor(1) as one:
        with pytest.raises(ClusterError, match="has come with other code than this trustsim: install the same"):
            next(Workers(one, 1, code="0" * 64).map(abs, [-1]))
        assert list(Workers(one, 1, code=own_code()).map(abs, [-1])) == [1]


def test_rules_are_switched_off_there_and_on_again(cluster: str, tmp_path: Path) -> None:
    here = called("mutate", "--seeds", "1", "--weather", "calm", "--jobs", "1", EXAMPLE)
    there = run(tmp_path, "mutate", "--seeds", "1", "--weather", "calm", "--on", cluster, EXAMPLE)
    assert (there.code, there.out) == (here.code, here.out)
    assert run(tmp_path, "sweep", "--seeds", "4", "--on", cluster, EXAMPLE).code == 0


LATE = """\
name: What comes too late in some storms
instances: { prod1: production, subprod1: development, subprod2: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
  - create_trust_record: { on: [subprod1, subprod2], trustee: prod1 }
  - advance: 10s
    expect:
      - { table: sn_mif_trusting_instance, on: prod1, count: 2, within: 1s }
"""


def test_a_scenario_is_shrunk_to_the_same(cluster: str, tmp_path: Path) -> None:
    """As by this process alone, byte for byte; by two it is in tests/exploration."""
    file, small = tmp_path / "late.yaml", tmp_path / "small.yaml"
    file.write_text(LATE)
    done = []
    for how in (("--jobs", "1"), ("--on", cluster)):
        result = called("shrink", "--seed", "1", *how, "-o", small, file)
        assert (result.code, result.err) == (0, "")
        done.append((result.out, small.read_bytes()))
        small.unlink()
    assert done[0] == done[1]
    assert "Without this step all is well: { fault:" in done[0][0]


def test_a_worker_with_another_trustsim_is_said_before_anything_begins(cluster: str, tmp_path: Path) -> None:
    other = tmp_path / "other" / "simulator"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("")
    with worker(tmp_path / "worker", cluster, PYTHONPATH=str(other.parent)):
        result = run(tmp_path, "sweep", "--seeds", "2", "--on", cluster, EXAMPLE)
    assert (result.code, result.out) == (3, "")
    assert "of other code than this one" in result.err
    assert "install the same there and start it again" in result.err


def test_a_scheduler_that_has_no_workers_or_goes_away(tmp_path: Path) -> None:
    """Exit code 3 within seconds, and one line that says so; also when those die to which some work is given."""
    with ExitStack() as stack:
        going = stack.enter_context(ExitStack())
        address = going.enter_context(scheduler(tmp_path, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0"))
        result = run(tmp_path, "sweep", "--on", address, EXAMPLE)
        assert (result.code, result.out) == (3, "")
        assert f"the scheduler at {address} has no workers" in result.err
        died = pytest.raises(ClusterError, match=r"workers that were given 7 have died of it, 1 in all")
        with worker(tmp_path / "weak", address), crew_on(address) as crew, died:
            next(crew.map(os._exit, [7]))
        stack.enter_context(worker(tmp_path / "worker", address))
        kept = tmp_path / "kept"
        arguments = ("sweep", "--seeds", "100000", "--on", address, "--resume", kept, EXAMPLE)
        with Command(tmp_path, *arguments) as command:
            command.wait_until(lambda: kept.exists() and len(kept.read_bytes().splitlines()) > 2)
            going.close()
            result = command.wait()
        assert (result.code, len(result.err.splitlines())) == (3, 1), result.err
        assert f"the scheduler at {address} is gone" in result.err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:8786", "expected the address of a scheduler such as tcp://127.0.0.1:8786"),
        ("http://127.0.0.1:8787", "expected the address of a scheduler"),
    ],
)
@pytest.mark.parametrize("command", ["sweep", "mutate", "shrink --seed 0"])
def test_an_address_that_is_none(address: str, said: str, command: str) -> None:
    result = called(*command.split(), "--on", address, EXAMPLE)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_somebody_else_at_the_address(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody, one who waits for another kind of request, and a worker."""
    monkeypatch.setattr("simulator.cluster.scheduler.ANSWER_LIMIT", 1)
    with socket.create_server(("127.0.0.1", 0)) as server, connected(cluster) as client:
        worker = next(iter(client.nthreads()))
        for address, said in {
            "tcp://127.0.0.1:1": "there is no Dask scheduler at tcp://127.0.0.1:1, name another address",
            f"tcp://127.0.0.1:{server.getsockname()[1]}": "says nothing that a Dask scheduler would say: name",
            worker: f"there is no scheduler at {worker} but a worker: name its scheduler",
        }.items():
            with pytest.raises(ClusterError, match=re.escape(said)), crew_on(address):
                pass
