"""What became of each item and relation of a payload, put together from what the phases say."""

from __future__ import annotations

from simulator.cmdb.commit.commit import Commit
from simulator.cmdb.commit.keeping import Keeping
from simulator.cmdb.identification.identify import Identification
from simulator.cmdb.items import UNKNOWN, Identified, Kept, Outcome, RelationOutcome, SubOutcome, Written
from simulator.cmdb.preparation.prepare import Preparation


def outcomes_of(identified: Identification, written: Commit, kept: Keeping, *, committed: bool) -> list[Outcome]:
    """Of all items in the order of the payload; where it is not *committed*, as a query tells them."""
    return [
        _troubled(each, kept.items.get(place), committed=committed)
        if each.errors
        else _outcome(each, written.items[place], committed=committed)
        for place, each in identified.items.items()
    ]


def _outcome(each: Identified, written: Written, *, committed: bool) -> Outcome:
    """Of an item in order; a query does not tell the ids of what was not inserted."""
    subs: tuple[SubOutcome, ...] = ()
    if each.subs:
        told = [sub.sys_id if committed or sub.match is not None else UNKNOWN for sub in each.subs]
        ready = [sub.ready for sub in each.subs]
        subs = tuple(map(SubOutcome, ready, told, written.sub_operations))
    return Outcome(
        each,
        written.operation,
        each.sys_id if committed or each.match is not None else UNKNOWN,
        each.entry_id,
        (),
        each.ready.warnings,
        written.masked,
        written.reconciled,
        subs,
    )


def _troubled(each: Identified, kept: Kept | None, *, committed: bool) -> Outcome:
    """Of an item in trouble: what was found is not told, and of one kept as partial the errors are warnings."""
    operation, errors, warnings = each.operation, each.errors, each.ready.warnings
    partial_ids: tuple[str, ...] = ()
    incomplete_ids: tuple[str, ...] = ()
    if kept is not None:
        operation = kept.operation
        if kept.is_partial:
            errors, warnings, partial_ids = (), warnings + errors, kept.sys_ids
        else:
            incomplete_ids = kept.sys_ids
    subs = tuple([SubOutcome(sub.ready, UNKNOWN, None) for sub in each.subs])
    ids = (partial_ids, incomplete_ids) if committed else ((), ())
    return Outcome(each, operation, UNKNOWN, UNKNOWN, errors, warnings, (), (), subs, *ids)


def relations_of(
    ready: Preparation, identified: Identification, written: Commit, kept: Keeping
) -> list[RelationOutcome]:
    """Of all relations in the order of the payload."""
    outcomes: list[RelationOutcome] = []
    for place in range(ready.relations):
        operation: str | None
        added, errors = place >= ready.sent_relations, identified.refused.get(place, ())
        made = written.relations.get(place)
        operation = kept.relations.get(place) or (None if made is None else made.operation)
        if operation == "INSERT_AS_PARTIAL":
            errors = ()
        outcomes.append(RelationOutcome(place, operation, made and made.sys_id, errors, added))
    return outcomes
