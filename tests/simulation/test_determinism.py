"""The same seed gives the same journal, byte for byte: again, in another process, with other hash seeds.

SOAK_DETERMINISM_SEEDS=100 SOAK_RERUNS=20 makes it a soak.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.runtime.virtual import fleet as virtual_fleet

from .shipped import FILES, ROOT, loaded

SEEDS = range(int(os.environ.get("SOAK_DETERMINISM_SEEDS", "5")))
RERUNS = int(os.environ.get("SOAK_RERUNS", "3"))
STORMY = PROFILES["stormy"]

SMALL = [file for file in FILES if len(loaded(file).scenario.instances) < 8]
SOME = [file for file in FILES if file.stem in {"documented-example", "a-stormy-night"}]

RUNS = [*((file, 7) for file in SMALL), *((file, seed) for file in SOME for seed in SEEDS)]

PLAIN_SEED = 6
"""Not one of those whose stores are in SQL from the beginning."""

PRINT_FINGERPRINTS = """\
from tests.simulation.test_determinism import fingerprints
print(*fingerprints())
"""


def fingerprints() -> list[str]:
    """Those of all RUNS, in this process."""
    return [fingerprint(file, seed) for file, seed in RUNS]


def fingerprint(file: Path, seed: int) -> str:
    """The fingerprint of one stormy run."""
    return run_seed(loaded(file), STORMY, seed).fingerprint


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("file", SOME, ids=lambda file: file.stem)
def test_again(file: Path, seed: int) -> None:
    """Several runs of one seed in a storm are the same."""
    assert len({fingerprint(file, seed) for _ in range(RERUNS)}) == 1


@pytest.mark.parametrize("file", SOME, ids=lambda file: file.stem)
def test_different_seeds_have_different_weather(file: Path) -> None:
    """Each seed has a journal of its own."""
    assert len({fingerprint(file, seed) for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.stem)
def test_stores_in_sql(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the stores in memory are in SQL from the beginning or when it is asked for, all is the same."""
    of_plain_values = run_seed(loaded(file), STORMY, PLAIN_SEED)
    monkeypatch.setattr(virtual_fleet, "IN_SQL_OF", 1)
    assert run_seed(loaded(file), STORMY, PLAIN_SEED) == of_plain_values


def test_in_other_processes() -> None:
    """Whatever the hash seed of a process, every scenario in a storm comes to the same journal."""
    printing = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_FINGERPRINTS],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("0", "1", "4242")
    ]
    one, *others = (process.communicate()[0].split() for process in printing)
    assert len(one) == len(RUNS)
    assert others == [one, one]
