"""The same payloads by other rules: what merges, splits, becomes a duplicate, is refused, has another owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulator.advice.differences import by_ci, ci_of, counts, known_in_both, named, payloads_of, regrouped
from simulator.advice.replay import Replayed, Replayer
from simulator.advice.stream import Stream, Told
from simulator.cmdb.rules.authority import is_governed
from simulator.cmdb.text import are_same
from simulator.protocol.cmdb import ConfigureCmdb
from simulator.protocol.envelope import derive_id
from simulator.report.whatif import Difference, RulesComparison, Variant
from simulator.store.setups.setup import Setup

HOW = "by the rules as they are"


def compare_rules(stream: Stream, rules: Setup) -> RulesComparison:
    """The stream as it was, and with *rules* in force from before its first payload on. Raises StoreError."""
    changed = Stream(stream.instance, tuple(_with(stream, rules)))
    before, after = Replayer(stream).replay(), Replayer(changed).replay()
    place = {each.cause: number for number, each in enumerate(stream.payloads, start=1)}
    differences = (
        *regrouped(before, after, place, HOW),
        *_remedied(before, after, place),
        *_refused(before, after, place),
        *_owned(before, after, place),
    )
    return RulesComparison(
        stream.instance,
        len(place),
        (Variant("as they are", counts(before)), Variant("changed", counts(after), differences)),
    )


def _with(stream: Stream, rules: Setup) -> Iterator[Told]:
    """The stream in which the rules are given before the first payload, and after every setup of its own."""
    action = ConfigureCmdb(setup=rules.model_dump(mode="json", exclude_unset=True))
    is_given = False
    for number, each in enumerate(stream.told):
        if isinstance(each.action, ConfigureCmdb):
            is_given = False
        elif not is_given:
            yield Told(derive_id("rules", number), each.at, action)
            is_given = True
        yield each


def _remedied(before: Replayed, after: Replayed, place: Mapping[str, int]) -> Iterator[Difference]:
    """The tasks that there are no more."""
    left = {(cause, named(after, task)) for cause, tasks in after.tasks.items() for task in tasks}
    for cause, tasks in before.tasks.items():
        for task in tasks:
            if (cause, subject := named(before, task)) not in left:
                detail = f"no de-duplication task for {len(task)} CIs here"
                yield Difference("unique", subject, (place[cause],), detail)


def _refused(before: Replayed, after: Replayed, place: Mapping[str, int]) -> Iterator[Difference]:
    """Items that have an error, or that the API refuses, in one of the two only."""
    for kind, one, other, where in (("refused", before, after, "here"), ("accepted", after, before, HOW)):
        for sys_id, mentions in by_ci(one, [each for each in one.sightings if ci_of(one, each)]).items():
            failed = [each for each in mentions if ci_of(other, each) is None]
            if sys_id and failed:
                detail = f"an item that is written {HOW if one is before else 'here'} has an error {where}"
                yield Difference(kind, named(one, [sys_id]), payloads_of(failed, place), detail)


def _owned(before: Replayed, after: Replayed, place: Mapping[str, int]) -> Iterator[Difference]:
    """Attributes that end with another value or owner, and CIs of another class.

    CIs that merge or split are left out: nearly all that they have is otherwise then.
    """
    known = known_in_both(before, after)
    groups = by_ci(after, known)
    for sys_id, mentions in by_ci(before, known).items():
        other = ci_of(after, mentions[0])
        if sys_id not in before.cis or other not in after.cis or groups[other] != mentions:
            continue
        title, payloads = named(before, [sys_id]), payloads_of(mentions, place)
        for detail in _changes(before, sys_id, after, other):
            yield Difference("owner", title, payloads, detail)
        classes = before.cis[sys_id]["sys_class_name"], after.cis[other]["sys_class_name"]
        if classes[0] != classes[1]:
            yield Difference("class", title, payloads, f"a {classes[0]} {HOW} is a {classes[1]} here")


def _changes(before: Replayed, sys_id: str, after: Replayed, other: str) -> Iterator[str]:
    old, new = before.cis[sys_id], after.cis[other]
    for name in dict.fromkeys([*old, *new]):
        if not is_governed(name):
            continue
        owners = before.owners.get((sys_id, name)), after.owners.get((other, name))
        values = old.get(name), new.get(name)
        if are_same(*values) and (owners[0] == owners[1] or not values[0]):
            continue
        yield f"{name}: {_owned_value(values[0], owners[0])}; here {_owned_value(values[1], owners[1])}"


def _owned_value(value: str | None, owner: str | None) -> str:
    if not value:
        return "empty"
    return f"{value} of {owner}" if owner else value
