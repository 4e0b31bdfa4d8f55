"""A shell in which `trustsim` is ready: short commands spend nearly all their time on imports, and here are many.

`python -m tests.readme.shell SOCKET` waits for calls, and forks for each a process with the arguments, the folder,
the environment and the standard streams of whoever calls.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]
_LARGEST = 1 << 17
"""Bytes: of a call, with all of its environment."""

_CALL = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as ready:
    ready.connect(os.environ["TRUSTSIM_SHELL"])
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(ready, [said], [0, 1, 2])
    sys.exit(int(ready.recv(8) or b"70"))
"""
"""Asks the process that is ready; without the modules of a usual start, and so at once."""

BEGINNING = 'trustsim() { "$PYTHON" -IS -c "$TRUSTSIM_CALL" "$@"; }\n'
"""What stands before the commands of a page."""


@cache
def environment() -> dict[str, str]:
    """What the beginning needs; the process that is ready ends with this one."""
    folder = tempfile.mkdtemp(prefix="ts-")
    path = f"{folder}/shell"
    ready = subprocess.Popen([sys.executable, "-m", "tests.readme.shell", path], cwd=ROOT, stdout=subprocess.PIPE)
    for at_the_end in (lambda: shutil.rmtree(folder), ready.wait, ready.terminate):  # the last one comes first
        atexit.register(at_the_end)
    assert ready.stdout is not None
    assert ready.stdout.readline() == b"ready\n"
    return {"PYTHON": sys.executable, "TRUSTSIM_CALL": _CALL, "TRUSTSIM_SHELL": path}


def _wait_for_calls(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        _warm_up()
        sys.stdout.write("ready\n")
        sys.stdout.close()
        while True:
            caller, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(caller)
            caller.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _warm_up() -> None:
    """Makes what each command would make anew, by commands of each kind."""
    from click.testing import CliRunner

    from simulator.cli.main import cli

    first = "scenarios/first.yaml"
    for words in (
        ("run", "--virtual", first),
        ("run", "--virtual", "-q", "scenarios/first-cmdb.yaml"),
        ("show", first, "managed-instances", "prod1"),
        ("doctor", first),
        ("plan", first),
        ("rollout", first),
        ("why", first, "subprod1", "prod1"),
        ("explain", "no_trust_record"),
    ):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, (words, done.output, done.exception)


def _answer(caller: socket.socket) -> NoReturn:
    """Is the command that was called, and tells the caller its exit code."""
    from simulator.cli.main import main

    said, streams, _, _ = socket.recv_fds(caller, _LARGEST, 3)
    words, folder, variables = json.loads(said)
    for stream, given in enumerate(streams):
        os.dup2(given, stream)
        os.close(given)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["trustsim", *words]
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
    code = 0
    try:
        main()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(bool(ending.code))
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    caller.send(str(code).encode())
    os._exit(code)


if __name__ == "__main__":
    _wait_for_calls(sys.argv[1])
