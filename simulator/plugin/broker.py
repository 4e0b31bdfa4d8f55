"""A broker for a whole session of tests, whose event loops come and go."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.errors import TransportError


@contextmanager
def served() -> Iterator[str]:
    """Serves the embedded broker in a process of its own, and tells its address. Raises TransportError."""
    command = [sys.executable, "-P", "-m", "simulator", "broker", "--port", "0"]
    output = subprocess.PIPE
    with subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None, "it was asked for"
            said = process.stdout.readline()
            address = next((word.rstrip(";") for word in said.split() if "://" in word), None)
            if address is None:
                raise TransportError(f"no broker: {said}{process.stdout.read()}")
            yield address
        finally:
            process.terminate()
