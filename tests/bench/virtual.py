"""Virtual time: the bare loop against SimPy, seeds against simloop, and what messages and instances cost."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from statistics import median

from .fleets import SHIFT, every_signature_verified, quiet_shifts, run_shift, send_messages
from .laps import Runner, in_turns, runner
from .path import make_pairs
from .rivals import Rivals, RivalsMissingError, install
from .table import Table
from .worker import WIRE_BYTES

ROUNDS = 5
EVENTS = 50_000
"""In a lap of the bare loop: an eighth of a second or so."""

OUR_SEEDS, THEIR_SEEDS, DATAGRAM_SEEDS = 5, 20, 80
"""In a lap: a quarter of a second or so."""

PAIRS, MESSAGES = (1, 6, 50), 300
SIZES = {"groups": (100, 300, 1_000, 3_000, 10_000), "hub": (100, 1_000)}
LARGE = {"hub": (3_000, 10_000)}
PLOT_WIDTH = 30
"""Characters for the fleet that takes longest; where cost grows with messages, bars grow like messages."""
SIZE_LIMIT = 300.0
"""Seconds after which a fleet is taken for hung."""

Tell = Callable[[str], None]


async def measure_virtual(directory: Path, large: bool, tell: Tell) -> list[Table]:
    """All that there is to measure in virtual time."""
    tell("installing SimPy and simloop")
    try:
        rivals: Rivals | str = await asyncio.to_thread(install, directory)
    except RivalsMissingError as error:
        rivals = f"cannot be installed: {error}"
    tables = [await _against(contest, rivals, tell) for contest in (_LOOP, _SEEDS, _DATAGRAMS)]
    tell("messages in one process")
    tables.append(await _messages(directory))
    tell("two hours of fleet time")
    tables.append(await asyncio.to_thread(_compression))
    sizes = {shape: (*some, *(LARGE.get(shape, ()) if large else ())) for shape, some in SIZES.items()}
    tables.append(await _sizes(sizes, tell))
    return tables


# -- against others -------------------------------------------------------------------------------------


class _Contest:
    """Laps of ours and theirs that are alike, as one table."""

    def __init__(self, table: Table, rival: str, laps: dict[str, tuple[str, int, int | None]]) -> None:
        self.table = table
        self.rival = rival
        self.laps = laps
        """What is measured, by the name of the lap: in words, how often ours, how often theirs if they can."""


_LOOP = _Contest(
    Table(
        "Events per second of the bare loop",
        ("what", "Python", "ours /s", "SimPy /s", "ours : SimPy"),
        "Ours: an event of the agenda that does nothing but add the next. SimPy: a process that waits for one "
        f"time-out after the other. {EVENTS:,} events; medians of {ROUNDS} rounds in turns.",
    ),
    "SimPy",
    {f"events {number}": (f"{number} processes", EVENTS, EVENTS) for number in (10, 1000)},
)

_SEEDS = _Contest(
    Table(
        "Seeds per second of a star: six instances, eight jobs, each a request and its reply",
        ("weather", "Python", "ours /s", "simloop /s", "ours : simloop"),
        "Lossy: a tenth is lost, 50 ms of latency on average; stormy: the sweep's own, with crashes, partitions "
        "and full disks. Ours also runs the steps of a scenario, signs, checks trust, commits, journals "
        "and checks the invariants; simloop also draws the order of all callbacks and traces it: see "
        f"tests/bench/theirs.py. Both in memory, one process; medians of {ROUNDS} rounds in turns.",
    ),
    "simloop",
    {
        "calm": ("calm", OUR_SEEDS, THEIR_SEEDS),
        "lossy": ("lossy", OUR_SEEDS, THEIR_SEEDS),
        "stormy": ("stormy", OUR_SEEDS, None),
    },
)

_DATAGRAMS = _Contest(
    Table(
        "Seeds per second of the same star in simloop's own shape: bare datagrams between hosts",
        ("weather", "Python", "ours /s", "simloop /s", "ours : simloop"),
        "On our agenda and in our weather, with nothing of an instance: see tests/bench/datagrams.py. simloop "
        "does the same as above, where each host is a task and the order of all callbacks is drawn and traced. "
        f"Medians of {ROUNDS} rounds in turns.",
    ),
    "simloop",
    {f"{weather} datagrams": (weather, DATAGRAM_SEEDS, THEIR_SEEDS) for weather in ("calm", "lossy")},
)


async def _against(contest: _Contest, rivals: Rivals | str, tell: Tell) -> Table:
    """Ours on our Python, and ours and theirs on that of the rivals."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    tell(contest.table.title)
    if isinstance(rivals, str):
        why, python, its_version = rivals, Path(sys.executable), version
    else:
        why = rivals.without_simloop if contest.rival == "simloop" else ""
        python, its_version = rivals.python, rivals.version
    async with (
        runner(Path(sys.executable), "tests.bench.ours") as at_home,
        runner(python, "tests.bench.ours") as ours,
        nullcontext() if why else runner(python, "tests.bench.theirs") as theirs,
    ):
        for lap, (words, our_times, their_times) in contest.laps.items():
            runners: list[tuple[Runner, str, int]] = [(at_home, lap, our_times)]
            if its_version != version:
                runners.append((ours, lap, our_times))
            if theirs is not None and their_times is not None:
                runners.append((theirs, lap, their_times))
            rates = await in_turns(runners, ROUNDS)
            missing = why or "-"
            rival_rates = rates.pop() if theirs is not None and their_times is not None else None
            for number, rate in enumerate(rates):
                is_equal = number == len(rates) - 1
                name = version if number == 0 else its_version
                row = (words, name, _number(median(rate)))
                if rival_rates is None or not is_equal:
                    contest.table.rows.append((*row, missing if is_equal else "", ""))
                    continue
                ratio = median(our / their for our, their in zip(rate, rival_rates, strict=True))
                contest.table.rows.append((*row, _number(median(rival_rates)), f"{ratio:.2f}"))
    return contest.table


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


# -- our own --------------------------------------------------------------------------------------------


async def _messages(directory: Path) -> Table:
    table = Table(
        "Full messages in one process, in virtual time",
        ("layout", "signatures", "messages/s", "CPU us"),
        f"A capability message of {WIRE_BYTES} bytes: signed, verified, past the gate, committed in memory on "
        "both sides, journalled, receipted; one message with its receipt counts as one. Recognised: a "
        "signature that this process has made itself is not computed a second time, as in every virtual run. "
        f"Medians of {ROUNDS} rounds in turns.",
    )
    for count in PAIRS:
        pairs = make_pairs(count, directory)
        rounds: dict[str, list[tuple[float, float]]] = {"recognised": [], "verified": []}
        await send_messages(pairs, MESSAGES // 4 // count)
        for _ in range(ROUNDS):
            for kind, results in rounds.items():
                with every_signature_verified() if kind == "verified" else nullcontext():
                    results.append(await send_messages(pairs, MESSAGES // count))
        for kind, results in rounds.items():
            seconds, cpu = (median(values) for values in zip(*results, strict=True))
            words = f"{count} {'pair' if count == 1 else 'pairs'}"
            table.rows.append((words, kind, f"{1 / seconds:,.0f}", f"{1e6 * cpu:,.0f}"))
    return table


def _compression() -> Table:
    hours = SHIFT.total_seconds() / 3600
    table = Table(
        f"{hours:g} hours of fleet time in which little happens",
        ("what happens", "instances", "seconds", "times as fast as time"),
        f"From bringing the fleet up to the result, invariants checked; medians of {ROUNDS} rounds.",
    )
    for words, loaded in quiet_shifts().items():
        run_shift(loaded)
        seconds = median(run_shift(loaded) for _ in range(ROUNDS))
        factor = SHIFT.total_seconds() / seconds
        table.rows.append((words, str(len(loaded.scenario.instances)), f"{seconds:.3f}", f"{factor:,.0f}"))
    return table


async def _sizes(sizes: Mapping[str, Sequence[int]], tell: Tell) -> Table:
    table = Table(
        "Time and memory against instances",
        (
            "shape",
            "instances",
            "messages",
            "load s",
            "run s",
            "ms per message",
            "peak MB",
            "KB per instance",
            "plot of run s",
        ),
        "Groups: of one instance for production and nine for development, each of which trusts its production and "
        "sends it one message; the news of the trust is a message too. Hub: one manages all others, "
        "and has a message of each when its profile has reached them. Load: reading and checking the file. Run: "
        "from bringing the fleet up to the result, invariants checked. Each in a process of its own; "
        "KB: above what the process had before.",
    )
    for shape, size in ((shape, size) for shape, some in sizes.items() for size in some):
        tell(f"{size} instances, {shape}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.fleets", shape, str(size)), stdout=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(SIZE_LIMIT):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, f"{size} instances have failed; what they said stands above"
        load, run, messages, before, peak = json.loads(output)
        per_instance = (peak - before) / size / 1024
        table.rows.append(
            (shape, f"{size:,}", f"{messages:,}", f"{load:.2f}", f"{run:.2f}", f"{1e3 * run / messages:.2f}",
             f"{peak / 1e6:,.0f}", f"{per_instance:,.0f}")
        )  # fmt: skip
    longest = max(float(row[4]) for row in table.rows)
    table.rows = [(*row, "█" * max(1, round(PLOT_WIDTH * float(row[4]) / longest))) for row in table.rows]
    return table
