"""A sweep that was broken off goes on, and its results take little room."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from simulator.exploration.pool import Alone
from simulator.exploration.storms import load_profile
from simulator.exploration.sweep import sweep
from simulator.report.result import SeedResult, SeedVerdict
from simulator.report.seeds import Seeds
from simulator.scenario.reading.load import load
from tests.cli.command import EXAMPLE, called

STORMY = EXAMPLE.with_name("a-stormy-night.yaml")


def swept(kept: Path, *more: str | Path, seeds: int = 8) -> int:
    return called("sweep", "--seeds", str(seeds), "--jobs", "1", "--resume", kept, *more, EXAMPLE).code


def test_a_sweep_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    """Also in the middle of a line; what was done is not done again, and the result is that of one sweep."""
    whole, kept, out, again = (tmp_path / name for name in ("whole", "kept", "out.json", "again.json"))
    assert swept(whole, "--json", out) == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) == 9
    changed = (
        lines[2]
        .replace(b'"seed":1,', b'"seed":1,')
        .replace(json.loads(lines[2])["fingerprint"].encode(), b"a" * 64)
    )
    kept.write_bytes(b"".join([*lines[:2], changed, *lines[3:5], lines[5][:20]]))
    assert swept(kept, "--json", again) == 0
    assert kept.read_bytes() == b"".join([*lines[:2], changed, *lines[3:]])
    seeds, seeds_again = (json.loads(file.read_text())["seeds"] for file in (out, again))
    assert seeds_again[1]["fingerprint"] == "a" * 64
    assert seeds_again[2:] == seeds[2:]
    assert swept(whole, seeds=3) == 0  # less is asked for than is known
    assert len(whole.read_bytes().splitlines()) == 9


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"something else\n", "kept:1:1: it is not of this sweep: of another scenario, weather or first seed"),
        (b"\xff\xfe" * 9_000, "kept:1:1: it is not of this sweep"),
        (None, "kept:1:1: it cannot be used: Is a directory"),
    ],
)
def test_a_file_that_is_none_of_this_sweep_stays_as_it_is(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    kept = tmp_path / "kept"
    if content is None:
        kept.mkdir()
    else:
        kept.write_bytes(content)
    result = called("sweep", "--seeds", "2", "--jobs", "1", "--resume", kept, EXAMPLE)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert content is None or kept.read_bytes() == content


def test_another_weather_is_another_sweep(tmp_path: Path) -> None:
    assert swept(tmp_path / "kept", seeds=1) == 0
    assert swept(tmp_path / "kept", "--weather", "calm", seeds=1) == 2
    assert swept(tmp_path / "kept", "--first-seed", "1", seeds=1) == 2


def test_a_line_that_is_no_result_is_said(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert swept(kept, seeds=1) == 0
    kept.write_bytes(kept.read_bytes() + b"{}\n")
    result = called("sweep", "--seeds", "2", "--jobs", "1", "--resume", kept, EXAMPLE)
    assert (result.code, f"{kept}:3:1: expected the result of a seed" in result.err) == (2, True)


def test_results_are_as_they_were_in_a_tenth_of_the_room() -> None:
    """Of seeds that held, and of one that did not; sightings are kept once."""
    every = list(sweep(load(STORMY), load_profile("stormy"), range(12, 22), Alone()))
    assert {result.verdict for result in every} == {SeedVerdict.HELD, SeedVerdict.INCONCLUSIVE}
    seeds = Seeds()
    for result in every:
        seeds.append(result)
    assert [*seeds] == every
    assert (seeds[-1], seeds[2:4], len(seeds)) == (every[-1], every[2:4], len(every))
    with pytest.raises(IndexError):
        seeds[len(every)]


def test_the_report_of_many_seeds_takes_no_room_for_each(tmp_path: Path) -> None:
    """From what a sweep has kept to what it prints: only who asks for JSON is given all seeds at once."""
    kept = tmp_path / "kept"
    assert swept(kept, seeds=1) == 0
    head, line = kept.read_text().splitlines(keepends=True)
    kept.write_text(head + "".join(line.replace('"seed":0,', f'"seed":{seed},') for seed in range(5_000)))
    tracemalloc.start()
    code = swept(kept, seeds=5_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert code == 0
    assert most < 3_000_000


def test_a_million_seeds_that_held_take_no_more_than_fifty_megabytes() -> None:
    held = SeedResult(seed=0, verdict=SeedVerdict.HELD, broken=(), failures=(), fingerprint="ab" * 32)
    tracemalloc.start()
    seeds = Seeds()
    for _ in range(100_000):
        seeds.append(held)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000 * 2  # what grows is moved now and then, and is there twice
