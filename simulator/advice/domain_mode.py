"""The same payloads in both modes of domain separation ("Domain separation in Identification and Reconciliation").

The documents warn of more duplicates once platform mode is switched on, more where CIs are there already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from simulator.advice.differences import across, counts, named, payloads_of, regrouped
from simulator.advice.replay import Mention, Replayed, Replayer
from simulator.advice.stream import Stream
from simulator.report.whatif import Difference, ModeComparison, Variant


def compare_modes(stream: Stream, switch_at: int | None = None) -> ModeComparison:
    """Strict throughout, platform throughout, and switched on before the payload *switch_at*, counted from 1.

    Left out, that is the middle. Raises ValueError for a payload that there is not.
    """
    causes = [each.cause for each in stream.payloads]
    at = len(causes) // 2 + 1 if switch_at is None else switch_at
    if not 1 <= at <= len(causes):
        raise ValueError(f"expected the number of a payload, 1 to {len(causes)} on {stream.instance}; got {at}")
    replay = Replayer(stream).replay
    strict = replay(None, dict.fromkeys(causes, False))
    platform = replay(None, dict.fromkeys(causes, True))
    switched = replay(None, {cause: number >= at for number, cause in enumerate(causes, start=1)})
    place = {cause: number for number, cause in enumerate(causes, start=1)}
    return ModeComparison(
        stream.instance,
        len(causes),
        at,
        bool(strict.names),
        (
            Variant("strict", counts(strict)),
            Variant("platform", counts(platform), tuple(_differences(strict, platform, place))),
            Variant(f"switched at {at}", counts(switched), tuple(_differences(strict, switched, place))),
        ),
        (_tasks(strict, place, at), _tasks(switched, place, at)),
    )


def _tasks(run: Replayed, place: Mapping[str, int], at: int) -> tuple[int, int]:
    before = sum(len(tasks) for cause, tasks in run.tasks.items() if place[cause] < at)
    return before, sum(map(len, run.tasks.values())) - before


def _differences(strict: Replayed, other: Replayed, place: Mapping[str, int]) -> Iterator[Difference]:
    yield from regrouped(strict, other, place, "in strict mode")
    updates: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention, sys_id in across(other):
        updates[sys_id, other.sightings[mention].home].append(mention)
    for (sys_id, home), mentions in updates.items():
        detail = f"updated by a caller in {other.name(home)}"
        yield Difference("across", named(other, [sys_id]), payloads_of(mentions, place), detail)
