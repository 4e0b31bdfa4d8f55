"""Two replays of one stream held against each other: which CIs are one, are several, or are duplicates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from simulator.advice.replay import Mention, Replayed
from simulator.report.whatif import Counts, Difference


def counts(run: Replayed) -> Counts:
    """What a replay came to, in numbers."""
    operations = [sighting.operation for sighting in run.sightings.values() if sighting.sys_id]
    return Counts(
        cis=len(run.cis),
        inserted=operations.count("INSERT"),
        updated=sum(operation.startswith("UPDATE") for operation in operations),
        unchanged=operations.count("NO_CHANGE"),
        failed=run.errors + len(run.refused),
        across=sum(1 for _ in across(run)),
        tasks=sum(map(len, run.tasks.values())),
        duplicates=len({sys_id for tasks in run.tasks.values() for task in tasks for sys_id in task}),
    )


def across(run: Replayed) -> Iterator[tuple[Mention, str]]:
    """The items that updated a CI in another domain than the caller's, and the CI."""
    for mention, sighting in run.sightings.items():
        sys_id = sighting.sys_id
        if sys_id and sighting.operation.startswith("UPDATE") and run.domain(sys_id) != sighting.home:
            yield mention, sys_id


def regrouped(base: Replayed, other: Replayed, place: Mapping[str, int], how: str) -> Iterator[Difference]:
    """Merged, split and duplicate; *how* says of the base in what it differs, such as "in strict mode"."""
    known = known_in_both(base, other)
    for kind, detail, one, more in (
        ("merged", f"{{}} CIs {how} are one here", other, base),
        ("split", f"one CI {how} is {{}} here", base, other),
    ):
        for mentions in by_ci(one, known).values():
            cis = dict.fromkeys(ci_of(more, mention) for mention in mentions)
            if len(cis) > 1:
                subject = named(more, [ci for ci in cis if ci])
                yield Difference(kind, subject, payloads_of(mentions, place), detail.format(len(cis)))
    known_tasks = {(cause, named(base, task)) for cause, tasks in base.tasks.items() for task in tasks}
    for cause, tasks in other.tasks.items():
        for task in tasks:
            if (cause, subject := named(other, task)) not in known_tasks:
                detail = f"a de-duplication task for {len(task)} CIs"
                yield Difference("duplicate", subject, (place[cause],), detail)


def known_in_both(base: Replayed, other: Replayed) -> list[Mention]:
    """The items that led to a CI in either replay."""
    return [mention for mention in base.sightings if ci_of(base, mention) and ci_of(other, mention)]


def ci_of(run: Replayed, mention: Mention) -> str | None:
    """The CI that an item led to."""
    sighting = run.sightings.get(mention)
    return sighting.sys_id if sighting else None


def by_ci(run: Replayed, mentions: Iterable[Mention]) -> dict[str | None, list[Mention]]:
    """The items by the CI that they led to."""
    found: dict[str | None, list[Mention]] = defaultdict(list)
    for mention in mentions:
        found[ci_of(run, mention)].append(mention)
    return found


def payloads_of(mentions: Iterable[Mention], place: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers of the payloads that items are from."""
    return tuple(sorted({place[cause] for cause, _ in mentions}))


def named(run: Replayed, sys_ids: Sequence[str]) -> str:
    """The CIs as people know them: what they have in common once, then their domains."""
    domains_by_title: dict[str, list[str]] = defaultdict(list)
    for sys_id in sys_ids:
        domains_by_title[run.title(sys_id)].append(run.name(run.domain(sys_id)))
    return ", ".join(f"{title} in {_counted(domains)}" for title, domains in domains_by_title.items())


def _counted(domains: list[str]) -> str:
    times = Counter(domains)
    return " and ".join(f"{domain} ({number} times)" if number > 1 else domain for domain, number in times.items())
