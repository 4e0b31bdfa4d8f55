"""One cluster for all of these."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .dask import ON_A_LAPTOP, WITHOUT_TRUSTSIM, shell, wait_for, worker


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The one that the page starts, with two workers that have this trustsim, and one more that has none."""
    folder = tmp_path_factory.mktemp("cluster")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    _, start, work, _ = (line.replace("8786", port) for line in ON_A_LAPTOP)
    with ExitStack() as stack:
        stack.enter_context(shell(folder / "scheduler", start))
        working = stack.enter_context(shell(folder / "with", work))
        address = f"tcp://127.0.0.1:{port}"
        stack.enter_context(worker(folder / "without", address, before=WITHOUT_TRUSTSIM))
        wait_for(lambda: re.findall("Registered to", working.read_text())[1])
        yield address
