"""A fleet on a cluster: the scenario unchanged, its instances on workers, everything else as on one machine."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.store.reader import Reader
from tests.cli.command import EXAMPLE, Command, Result, called, run
from tests.readme.console import block

from .dask import scheduler, wait_for, worker

PLACED = """\
name: Where it is told to be
instances: { prod1: production, dev1: development, dev2: development }
groups: { devs: [dev1, dev2] }
placement: { prod1: { zone: eu }, devs: { zone: us, size: big } }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
  - create_trust_record: { on: devs, trustee: prod1 }
  - send: { from: dev1, to: prod1 }
    expect: processed
"""

MARK = "TRUSTSIM_TEST_WORKER"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker that is there for this module."""
    with Command(tmp_path_factory.mktemp("broker"), "broker", "--port", "0") as command:
        command.wait_until(lambda: "serving MQTT" in command.out)
        yield command.out.split(" on ")[1].split(";")[0]


def as_shown(line: int, scheduler: str, broker: str) -> list[str]:
    """The words of a command of the page, with other addresses."""
    command = block("machines.md", "sh", 1).splitlines()[line]
    there = {"tcp://127.0.0.1:8786": scheduler, "mqtt://127.0.0.1:1883": broker}
    return [there.get(word, word) for word in command.removeprefix("trustsim ").split()]


def told(file: Path) -> Any:
    """What a run came to, without what is drawn or measured."""
    [found] = json.loads(file.read_text())
    steps = [(step["text"], step["outcome"], step["failures"]) for step in found["steps"]]
    entries: dict[str, list[Any]] = {}
    for entry in found["journal"]:
        named = {name: value for name, value in entry.items() if name not in {"at", "envelope", "cause"}}
        entries.setdefault(entry["instance"], []).append(json.dumps(named))
    return steps, found["trust"], {name: sorted(each) for name, each in entries.items()}


def test_a_scenario_comes_to_the_same(cluster: str, broker: str, tmp_path: Path) -> None:
    """On a worker that has trustsim and on one that is given it; the files are here afterwards, and whole."""
    here, there, kept = tmp_path / "here.json", tmp_path / "there.json", tmp_path / "kept"
    assert called("run", "-q", "--json", here, EXAMPLE).code == 0
    *arguments, example = as_shown(0, cluster, broker)
    assert arguments[-2:] == ["--keep", "kept"]
    assert Path(example).name == EXAMPLE.name
    assert run(tmp_path, *arguments[:-1], kept, "-q", "--json", there, EXAMPLE).code == 0
    assert told(here) == told(there)
    [journal] = [each["journal"] for each in json.loads(there.read_text())]
    for name in ("prod1", "subprod1", "subprod2"):
        reader = Reader.open(kept / EXAMPLE.stem / f"{name}.sqlite", name, is_kept=True)
        wanted = [entry["kind"] for entry in journal if entry["instance"] == name]
        assert [entry.kind for _, entry in reader.journal()] == wanted
        reader.close()


def test_a_place_that_no_worker_has_is_said_before_anything_begins(
    cluster: str, broker: str, tmp_path: Path
) -> None:
    file = tmp_path / "placed.yaml"
    file.write_text(PLACED)
    result = run(tmp_path, "run", "--on", cluster, "--broker", broker, file)
    assert (result.code, result.out) == (3, "")
    assert "prod1 is to be on a worker with zone:eu, and there is none" in result.err
    assert "--resources size:big=1,zone:us=1` makes one" in result.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--on", "tcp://127.0.0.1:8786"), "--on needs --broker mqtt://HOST:PORT"),
        (("--replace",), "--replace needs --on"),
        (("--on", "tcp://127.0.0.1:8786", "--virtual"), "--on is for a run on a broker"),
        (("--on", "nowhere"), "expected the address of a scheduler such as tcp://127.0.0.1:8786, got 'nowhere'"),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], said: str) -> None:
    result = called("run", *options, EXAMPLE)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def begun_by(folder: Path) -> list[int]:
    """What was begun on a worker, and is there."""
    mark = f"{MARK}={folder}\0".encode()
    return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/environ") if mark in content(file)]


def content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # somebody else's, or it has just ended
        return b""


def check_gone(folder: Path) -> None:
    """Raises ValueError as long as something is there that was begun on this worker."""
    if left := begun_by(folder):
        raise ValueError(left)


def rows(url: str, table: str, verified: ssl.SSLContext) -> list[dict[str, str]]:
    answer = httpx.get(f"{url}/api/now/table/{table}", auth=("admin", "admin"), verify=verified)
    found: list[dict[str, str]] = answer.raise_for_status().json()["result"]
    return found


def test_a_worker_dies_and_then_the_scheduler(broker: str, tmp_path: Path) -> None:
    """Its instances are up again elsewhere, with what was known of them; without a scheduler nothing stays."""
    file = tmp_path / "placed.yaml"
    file.write_text(PLACED.replace("placement:", "#"))
    with ExitStack() as stack:
        going = stack.enter_context(ExitStack())
        address = going.enter_context(scheduler(tmp_path))
        first, second = tmp_path / "first", tmp_path / "second"
        for folder in (first, second):
            stack.enter_context(worker(folder, address, **{MARK: str(folder)}))
        about = tmp_path / "about.json"
        *arguments, _ = as_shown(1, address, broker)
        assert arguments[-1] == "--replace"
        arguments += ["--https", "--https-port", "0"]
        with Command(tmp_path, *arguments, "--json", about, file, XDG_RUNTIME_DIR=str(tmp_path)) as command:
            command.wait_until(lambda: "the fleet is up" in command.out)
            told = json.loads(about.read_text())
            verified = ssl.create_default_context(cafile=told["authority"])
            urls = {name: each["https_url"] for name, each in told["instances"].items()}
            before = {name: rows(url, "sn_mif_trusted_instance", verified) for name, url in urls.items()}
            assert {name: len(each) for name, each in before.items()} == {"prod1": 0, "dev1": 1, "dev2": 1}
            os.kill(begun_by(second)[0], signal.SIGKILL)
            command.wait_until(lambda: "up again, with what was known of them here" in command.out)
            assert re.search(r"^(\w+|\w+, \w+) down: the worker tcp://.* is gone$", command.out, re.MULTILINE)
            assert {name: rows(url, "sn_mif_trusted_instance", verified) for name, url in urls.items()} == before
            (tmp_path / "do").mkdir()
            step = ("send", "from=dev2", "to=prod1", "expect=processed")
            assert run(tmp_path / "do", "do", *step, XDG_RUNTIME_DIR=str(tmp_path)).code == 0
            wait_for(lambda: check_gone(second))
            going.close()
            result: Result = command.wait()
        assert result.code == 3
        assert "the scheduler is gone, and with it the fleet" in result.err
        wait_for(lambda: check_gone(first))
