"""Every shipped scenario holds in the storms of many seeds. SOAK_SEEDS=10000 makes it a soak."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.report.result import SeedResult, SeedVerdict
from tests.simulation.shipped import FILES, ROOT, holds_in_any_storm, loaded

SEEDS = int(os.environ.get("SOAK_SEEDS", "200"))
"""How many stormy seeds the files share, so that each has different ones."""

BATCH = 5
"""How many seeds a test takes; small, so that tests can be shared out among processes."""


def batches() -> list[tuple[Path, str, list[int]]]:
    """All seeds in storms, and as many from all files in storms in which the instances change, too."""
    stormy = shared_out(SEEDS, [file for file in FILES if holds_in_any_storm(file)])
    eventful = shared_out(SEEDS, FILES)
    return [
        *((file, "stormy", seeds) for file, seeds in stormy),
        *((file, "eventful", seeds) for file, seeds in eventful),
    ]


def shared_out(number: int, files: Sequence[Path]) -> list[tuple[Path, list[int]]]:
    """So many seeds, shared out among the files and cut into batches."""
    turns = [file for turn in range(4) for file in files if turn == 0 or not takes_long(file)]
    seeds_of: dict[Path, list[int]] = {file: [] for file in files}
    for seed in range(number):
        seeds_of[turns[seed % len(turns)]].append(seed)
    return [
        (file, seeds[at : at + BATCH]) for file, seeds in seeds_of.items() for at in range(0, len(seeds), BATCH)
    ]


def takes_long(file: Path) -> bool:
    """Whether it has many instances, or works on a CMDB, which goes on inside of one, where no weather is."""
    scenario = loaded(file).scenario
    return len(scenario.instances) >= 8 or any(step.configure_cmdb or step.identify for step in scenario.steps)


def in_words(file: Path, weather: str, result: SeedResult) -> str:
    """What went wrong with a seed, and the command to run it again."""
    lines = [f"{result.verdict}; again with:"]
    again = f"trustsim sweep --weather {weather} --first-seed {result.seed} --seeds 1"
    lines.append(f"  {again} {file.relative_to(ROOT)}")
    lines += [f"  broken: {broken}" for broken in result.broken]
    lines += [
        f"  line {failure.line}: wanted {failure.wanted}; seen {failure.seen}; {failure.explanation}"
        for failure in result.failures
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("file", "weather", "seeds"),
    [pytest.param(*batch, id=f"{batch[0].stem}-{batch[1]}-{batch[2][0]}") for batch in batches()],
)
def test_a_scenario_holds_in_a_storm(file: Path, weather: str, seeds: list[int]) -> None:
    """All invariants under each of the seeds, and all expectations unless the weather changes instances."""
    results = [run_seed(loaded(file), PROFILES[weather], seed) for seed in seeds]
    wrong = [in_words(file, weather, result) for result in results if result.verdict is not SeedVerdict.HELD]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_file_has_seeds_in_which_its_instances_change(file: Path) -> None:
    """Those with faults of their own, too: an invariant holds in any storm."""
    assert [seeds for of, weather, seeds in batches() if of == file and weather == "eventful"]


def test_a_seed_that_does_not_hold_says_how_to_run_it_again() -> None:
    """The message has the seed, the file and the weather."""
    file = FILES[-1]
    result = SeedResult(seed=17, verdict=SeedVerdict.BROKEN, broken=("this",), failures=(), fingerprint="")
    assert in_words(file, "stormy", result).splitlines()[1:] == [
        f"  trustsim sweep --weather stormy --first-seed 17 --seeds 1 scenarios/{file.name}",
        "  broken: this",
    ]
