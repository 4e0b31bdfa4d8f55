"""The same payloads in both modes of domain separation ("Domain separation in Identification and Reconciliation").

The documents warn of more duplicates once platform mode is switched on, more where CIs are there already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from simulator.advice.replay import Mention, Replayed, Replayer
from simulator.advice.stream import Stream
from simulator.report.whatif import Counts, Difference, ModeComparison, Variant


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
            Variant("strict", _counts(strict)),
            Variant("platform", _counts(platform), tuple(_differences(strict, platform, place))),
            Variant(f"switched at {at}", _counts(switched), tuple(_differences(strict, switched, place))),
        ),
        (_tasks(strict, place, at), _tasks(switched, place, at)),
    )


def _tasks(run: Replayed, place: Mapping[str, int], at: int) -> tuple[int, int]:
    before = sum(len(tasks) for cause, tasks in run.tasks.items() if place[cause] < at)
    return before, sum(map(len, run.tasks.values())) - before


def _counts(run: Replayed) -> Counts:
    operations = [sighting.operation for sighting in run.sightings.values() if sighting.sys_id]
    return Counts(
        cis=len(run.cis),
        inserted=operations.count("INSERT"),
        updated=sum(operation.startswith("UPDATE") for operation in operations),
        unchanged=operations.count("NO_CHANGE"),
        failed=run.errors + len(run.refused),
        across=sum(1 for _ in _across(run)),
        tasks=sum(map(len, run.tasks.values())),
        duplicates=len({sys_id for tasks in run.tasks.values() for task in tasks for sys_id in task}),
    )


def _across(run: Replayed) -> Iterator[tuple[Mention, str]]:
    """The items that updated a CI in another domain than the caller's, and the CI."""
    for mention, sighting in run.sightings.items():
        sys_id = sighting.sys_id
        if sys_id and sighting.operation.startswith("UPDATE") and run.domain(sys_id) != sighting.home:
            yield mention, sys_id


def _differences(strict: Replayed, other: Replayed, place: Mapping[str, int]) -> Iterator[Difference]:
    known = [mention for mention in strict.sightings if _ci(strict, mention) and _ci(other, mention)]
    for kind, detail, one, more in (
        ("merged", "{} CIs in strict mode are one here", other, strict),
        ("split", "one CI in strict mode is {} here", strict, other),
    ):
        for mentions in _by_ci(one, known).values():
            cis = dict.fromkeys(_ci(more, mention) for mention in mentions)
            if len(cis) > 1:
                subject = _named(more, [ci for ci in cis if ci])
                yield Difference(kind, subject, _payloads(mentions, place), detail.format(len(cis)))
    known_tasks = {(cause, _named(strict, task)) for cause, tasks in strict.tasks.items() for task in tasks}
    for cause, tasks in other.tasks.items():
        for task in tasks:
            if (cause, named := _named(other, task)) not in known_tasks:
                detail = f"a de-duplication task for {len(task)} CIs"
                yield Difference("duplicate", named, (place[cause],), detail)
    updates: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention, sys_id in _across(other):
        updates[sys_id, other.sightings[mention].home].append(mention)
    for (sys_id, home), mentions in updates.items():
        detail = f"updated by a caller in {other.name(home)}"
        yield Difference("across", _named(other, [sys_id]), _payloads(mentions, place), detail)


def _ci(run: Replayed, mention: Mention) -> str | None:
    sighting = run.sightings.get(mention)
    return sighting.sys_id if sighting else None


def _by_ci(run: Replayed, mentions: list[Mention]) -> dict[str | None, list[Mention]]:
    found: dict[str | None, list[Mention]] = defaultdict(list)
    for mention in mentions:
        found[_ci(run, mention)].append(mention)
    return found


def _payloads(mentions: list[Mention], place: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sorted({place[cause] for cause, _ in mentions}))


def _named(run: Replayed, sys_ids: tuple[str, ...] | list[str]) -> str:
    """The CIs as people know them: what they have in common once, then their domains."""
    domains_by_title: dict[str, list[str]] = defaultdict(list)
    for sys_id in sys_ids:
        domains_by_title[run.title(sys_id)].append(run.name(run.domain(sys_id)))
    return ", ".join(f"{title} in {_counted(domains)}" for title, domains in domains_by_title.items())


def _counted(domains: list[str]) -> str:
    times = Counter(domains)
    return " and ".join(f"{domain} ({number} times)" if number > 1 else domain for domain, number in times.items())
