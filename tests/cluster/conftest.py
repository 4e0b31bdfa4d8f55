"""One cluster for all of these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .dask import WITHOUT_TRUSTSIM, scheduler, worker


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two workers: one has this trustsim, the other none."""
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        address = stack.enter_context(scheduler(folder))
        stack.enter_context(worker(folder / "with", address))
        stack.enter_context(worker(folder / "without", address, before=WITHOUT_TRUSTSIM))
        yield address
