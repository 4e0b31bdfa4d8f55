"""What the simulator does, a line for each thing it does: the same before and after code is only moved.

python -m tests.fingerprint > before.txt    on a clean tree, before the move
python -m tests.fingerprint > after.txt     after it
diff before.txt after.txt                   nothing, or what the move has changed

SCENARIO... takes those files instead of all that are shipped, and --seeds N so many seeds of each. A line says
what was done, to what, and the hash of all that came of it: of a run its journal and every report; of a seed in a
storm its journal, its verdict and what was broken; of the commands that start nothing what they print. No line has
to do with the machine or the day.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from pathlib import Path

from simulator.advice.doctor import examine
from simulator.catalogue.codes import MEANING_BY_CODE
from simulator.errors import ScenarioError
from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed, run_unseen
from simulator.report.files.formats import FORMATS, written
from simulator.scenario.failures import FAILURES
from simulator.scenario.reading.load import LoadedScenario, load_all
from tests.cli.command import called

SHIPPED = Path("scenarios")
"""From the top of the tree, where this is run: a name in a report is then the same in every clone."""

SEEDS = 3
"""Of each scenario in each weather: what a move breaks mostly shows in each of them."""

WEATHERS = ("stormy", "eventful")


def lines(files: list[Path], seeds: int) -> Iterator[str]:
    """What is done with these files, and what came of it; seeds are counted from 0."""
    for file in files:
        for command in ("doctor", "plan", "rollout"):
            yield _printed(command, file)
        try:
            scenarios = load_all(file)
        except ScenarioError as error:  # a part of others, or wrong: what is said of it is compared as well
            yield _line("load", file, str(error))
            continue
        for loaded in scenarios:
            title = " ".join(filter(None, (str(file), loaded.combination)))
            yield _line("examine", title, *_short_of_a_step(loaded))
            yield from (_line("run", title, *_run(loaded, seed), seed=seed) for seed in range(seeds))
            for weather in WEATHERS:
                for seed in range(seeds):
                    yield _line(weather, title, *_storm(loaded, weather, seed), seed=seed)


def explained() -> Iterator[str]:
    """What every code means, as it is printed."""
    for code in (*MEANING_BY_CODE, *(it.number for it in FAILURES)):
        yield _printed("explain", code)


def _printed(*arguments: str | Path) -> str:
    result = called(*arguments)
    return _line(str(arguments[0]), str(arguments[1]), str(result.code), result.out, result.err)


def _short_of_a_step(loaded: LoadedScenario) -> Iterator[str]:
    """What the doctor finds where one step is missing: a shipped scenario is well and shows little of it."""
    steps = loaded.scenario.steps
    for index in range(len(steps)):
        left = loaded.scenario.model_copy(update={"steps": steps[:index] + steps[index + 1 :]})
        yield repr(examine(replace(loaded, scenario=left)))


def _run(loaded: LoadedScenario, seed: int) -> Iterator[str]:
    """A run's journal, and every report of it."""
    run = run_unseen(loaded, seed)
    yield run.result.fingerprint
    yield repr((run.broken, run.is_settled))
    yield from (written([run.as_result()], suffix) for suffix in FORMATS)


def _storm(loaded: LoadedScenario, weather: str, seed: int) -> Iterator[str]:
    """All that a sweep tells of one seed, its journal first."""
    try:
        yield repr(run_seed(loaded, PROFILES[weather], seed))
    except ScenarioError as error:  # there is weather that some scenarios cannot have
        yield str(error)


def _line(done: str, to: str | Path, *came: str, seed: int | None = None) -> str:
    number = "" if seed is None else f" seed {seed}"
    return f"{done} {to}{number}: {sha256(repr(came).encode()).hexdigest()[:16]}"


def main() -> None:
    """Prints the lines."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fingerprint", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="SCENARIO")
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N")
    given = parser.parse_args()
    for line in chain(explained(), lines(given.files or sorted(SHIPPED.rglob("*.yaml")), given.seeds)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
