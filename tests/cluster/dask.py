"""A Dask cluster on this machine, as somebody else has started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import simulator
from tests.readme.console import block

ROOT = str(Path(simulator.__file__).parents[1])
BOUND = 30.0
"""Seconds that nothing here should take."""

WITHOUT_TRUSTSIM = f"import sys; sys.path[:] = [each for each in sys.path if each not in ({ROOT!r}, '')]; "
DASK = "from distributed.cli.dask_{kind} import main; main()"


@contextmanager
def dask(folder: Path, kind: str, *arguments: str, before: str = "", **environment: str) -> Iterator[None]:
    """A scheduler or a worker, in a folder of its own."""
    folder.mkdir(parents=True)
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-c", before + DASK.format(kind=kind), "--no-dashboard", *arguments],
            cwd=folder, stdout=log, stderr=log, env={**os.environ, **environment},
        ) as process,
    ):  # fmt: skip
        try:
            yield
        finally:
            process.kill()


@contextmanager
def scheduler(folder: Path, host: str = "127.0.0.1", **environment: str) -> Iterator[str]:
    """Its address."""
    file = folder / "scheduler.json"
    arguments = ("--host", host, "--port", "0", "--scheduler-file", str(file))
    with dask(folder / "scheduler", "scheduler", *arguments, **environment):
        yield wait_for(lambda: json.loads(file.read_text())["address"])


@contextmanager
def worker(folder: Path, address: str, **how: str) -> Iterator[None]:
    arguments = ("--no-nanny", "--nthreads", "1", "--host", "127.0.0.1")
    with dask(folder, "worker", address, *arguments, **how):
        wait_for(lambda: (folder / "log").read_text().index("Registered to"))
        yield


ON_A_LAPTOP = block("machines.md", "sh").splitlines()
"""What the page has its readers type, each line in a terminal of its own."""


@contextmanager
def shell(folder: Path, command: str) -> Iterator[Path]:
    """A command of the page, in a terminal that is closed in the end; what it says."""
    folder.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["bash", "-c", command], cwd=folder, stdout=log, stderr=log,
            env={**os.environ, "PATH": path}, start_new_session=True,
        ) as process,
    ):  # fmt: skip
        try:
            yield folder / "log"
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(what: Any) -> Any:
    """What it gives as soon as it gives something."""
    end = time.monotonic() + BOUND
    while True:
        try:
            return what()
        except (OSError, ValueError, LookupError):
            assert time.monotonic() < end
            time.sleep(0.05)
