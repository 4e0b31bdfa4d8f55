"""The real command in a process of its own, and everything that it starts or leaves behind."""

from __future__ import annotations

import atexit
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

from simulator.cli.main import main

BOUND = 20.0
"""Seconds that nothing here should take; only a test that fails waits so long."""

MARKER = "TRUSTSIM_TEST"
"""The environment variable that marks the processes of one command."""

EXAMPLE = Path(__file__).parents[2] / "scenarios" / "documented-example.yaml"

HEAD = """\
name: {name}
instances: {{ prod1: production, subprod1: development }}
applications:
  App:
    capabilities:
      Cap: {{ operations: {{ hand over: data, act: {{ kind: message, answer: {{}} }} }} }}
"""

ENDLESS = (
    HEAD.format(name="One that lasts")
    + """\
steps:
  - settle
  - expect:
      - { table: sn_mif_sync_data, on: prod1, count: 9, within: 60s }
"""
)
"""A scenario that waits a minute in its second step."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a command that has ended leaves: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Command:
    """One run of `python -m simulator`, or another *program*, in a session as a terminal would start it.

    It is watched from outside, through /proc. Leaving the `with` ends what is left of it. With *largest_file*,
    in bytes, the disk takes no more of any file.
    """

    def __init__(
        self,
        tmp_path: Path,
        *arguments: str | Path,
        program: Sequence[str] = ("-m", "simulator"),
        largest_file: int | None = None,
        **environment: str,
    ) -> None:
        self.temporary = Path(tempfile.mkdtemp(prefix="ts-"))
        """Where the command makes its temporary files; a short path, for a socket's may have 107 characters."""
        atexit.register(shutil.rmtree, self.temporary, ignore_errors=True)
        link = tmp_path / "tmp"
        link.unlink(missing_ok=True)
        link.symlink_to(self.temporary)
        self._mark = f"{MARKER}={tmp_path.name}/{time.monotonic_ns()}"
        name, _, value = self._mark.partition("=")
        self._out, self._err = (tmp_path / f"{value.rpartition('/')[2]}.{end}" for end in ("out", "err"))
        limit = largest_file or 0
        limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
        with self._out.open("w") as out, self._err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, *program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**_inherited(), name: value, "TMPDIR": str(self.temporary), "COLUMNS": "200", **environment},
                start_new_session=True,
                preexec_fn=limited if largest_file else None,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait(BOUND)

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """What it has printed to standard error so far."""
        return self._err.read_text(encoding="utf-8")

    @property
    def loaded(self) -> str:
        """The libraries that it has loaded so far, with all else that is in its memory."""
        return _read(Path(f"/proc/{self.process.pid}/maps")).decode(errors="replace")

    def wait(self, bound: float = BOUND) -> Result:
        """Waits until the command has ended by itself."""
        try:
            code = self.process.wait(bound)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {bound} s:\n{self.out}\n{self.err}") from None
        return Result(code, self.out, self.err)

    def wait_until(self, condition: Callable[[], bool], bound: float = BOUND, every: float = 0.01) -> None:
        """Waits until *condition* holds, while the command runs; it is looked at *every* so many seconds."""
        deadline = time.monotonic() + bound
        while not condition():
            assert self.process.poll() is None, f"it has ended:\n{self.out}\n{self.err}"
            assert time.monotonic() < deadline, f"not after {bound} s:\n{self.out}\n{self.err}"
            time.sleep(every)

    def interrupt(self) -> None:
        """Ctrl-C: a terminal sends SIGINT to the whole foreground group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def processes(self) -> list[int]:
        """The ids of the command and of all it has started, whoever their parent is now; the oldest first."""
        mark = f"{self._mark}\0".encode()
        return sorted(
            int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path)
        )

    def wait_gone(self, bound: float = BOUND) -> None:
        """Waits until none of its processes is left."""
        deadline = time.monotonic() + bound
        while left := self.processes():
            assert time.monotonic() < deadline, (
                f"left behind: {[_read(Path(f'/proc/{pid}/cmdline')) for pid in left]}"
            )
            time.sleep(0.01)

    def find_host(self, instance: str) -> int:
        """The process that keeps the file of an instance."""
        name = f"/{instance}.sqlite"
        [pid] = [pid for pid in self._started() if any(file.endswith(name) for file in _open_files(pid))]
        return pid

    def find_broker(self) -> int:
        """The process that accepts TCP connections."""
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        listening = {f"socket:[{columns[9]}]" for columns in sockets if columns[3] == "0A"}
        [pid] = [pid for pid in self._started() if listening.intersection(_open_files(pid))]
        return pid

    def find_fork_server(self) -> int:
        """The process that forks the others."""
        parents = [_parent(pid) for pid in self._started()]
        [pid] = {parent for parent in parents if parent in self._started()}
        return pid

    def _started(self) -> list[int]:
        return [pid for pid in self.processes() if pid != self.process.pid]


def run(tmp_path: Path, *arguments: str | Path, largest_file: int | None = None, **environment: str) -> Result:
    """Runs the command to its end, which leaves no process behind."""
    with Command(tmp_path, *arguments, largest_file=largest_file, **environment) as command:
        result = command.wait()
        command.wait_gone()
    return result


def called(*arguments: str | Path, **environment: str) -> Result:
    """The same in this process, which takes no time: for what starts nothing and ends by itself."""
    argv, before = sys.argv, dict(os.environ)
    sys.argv = ["trustsim", *map(str, arguments)]
    os.environ.clear()
    os.environ.update(_inherited() | {"COLUMNS": "200"} | environment)
    code: object = 0
    try:
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            try:
                main()
            except SystemExit as ended:
                code = ended.code
    finally:
        sys.argv = argv
        os.environ.clear()
        os.environ.update(before)
    assert isinstance(code, int)
    return Result(code, out.getvalue(), err.getvalue())


def _inherited() -> dict[str, str]:
    """Our environment, which does not decide about colours."""
    return {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}


def _open_files(pid: int) -> list[str]:
    names = []
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            names.append(str(link.readlink()))
        except OSError:  # closed, or its process has ended
            continue
    return names


def _parent(pid: int) -> int:
    return int(_read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[1])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # somebody else's process, or it has ended
        return b""
