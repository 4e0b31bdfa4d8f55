"""The same calls on two fresh stores answer the same and leave the same, whatever order sets and texts hash to."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def replayed(seed: int, calls: int, hash_seed: str) -> str:
    """All that one process answers and leaves."""
    command = [sys.executable, "-m", "tests.cmdb.replay", str(seed), str(calls)]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=120).stdout


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_calls_leave_the_same_store_under_any_hash_seed(seed: int) -> None:
    first, *others = (replayed(seed, 60, hash_seed) for hash_seed in ("0", "1", "31337"))
    assert first.count("'operation': 'INSERT'") > 10
    assert others == [first, first]
