"""How a run came to its end, for reports: what is still under way, what has changed, what CMDBs were asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from simulator.journal import Alteration
from simulator.protocol.envelope import kept_as
from simulator.report.result import Answer, Undelivered
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.journals import Journals


def undelivered(fleet: Fleet, journals: Journals) -> Iterator[Undelivered]:
    """The envelopes to other instances of which neither side has journalled anything yet."""
    for name in fleet.names.values():
        for _, envelope in fleet.posted(name):
            to = fleet.names[envelope.recipient]
            if envelope.is_inside or journals.has_finished(to, envelope):
                continue
            yield Undelivered(
                envelope=envelope.id,
                cause=envelope.cause or "",
                sent_at=envelope.sent_at,
                kind=envelope.message.kind,
                sender=name,
                recipient=to,
                application=getattr(envelope.message, "application", ""),
                capability=getattr(envelope.message, "capability", ""),
                operation=getattr(envelope.message, "operation", ""),
            )


def alterations(fleet: Fleet, instances: Iterable[str]) -> list[Alteration]:
    """How the tables of trust came to be as they are, in the order of time; instances are named."""
    found = [
        named(alteration, instance, fleet.names)
        for instance in instances
        for _, alteration in fleet.alterations(instance)
    ]
    return sorted(found, key=attrgetter("at"))


def named(alteration: Alteration, instance: str, names: Mapping[str, str]) -> Alteration:
    """The same with names in the place of the ids of instances."""
    before, after = (_named(row, names) for row in (alteration.before, alteration.after))
    return replace(alteration, instance=instance, before=before, after=after)


def _named(row: Mapping[str, Any] | None, names: Mapping[str, str]) -> Mapping[str, Any] | None:
    return row and {column: names.get(value, value) for column, value in row.items()}


def answers(fleet: Fleet, journals: Journals) -> list[Answer]:
    """What the CMDBs have answered to payloads, in the order of time."""
    found = []
    for instance in fleet.names.values():
        noted = [row for row in fleet.show(instance, "x_trustsim_cmdb_action") if row["response"]]
        sent_as = {
            kept_as(entry.sender, entry.envelope): entry.envelope for entry in journals.of(instance) if noted
        }
        found += [_answer(instance, row, sent_as.get(row["envelope"], row["envelope"])) for row in noted]
    return sorted(found, key=attrgetter("at"))


def _answer(instance: str, row: Mapping[str, Any], cause: str) -> Answer:
    call = json.loads(row["action"])
    return Answer(
        instance=instance,
        at=datetime.fromisoformat(row["at"]),
        cause=cause,
        source=call["source"],
        user=call["user"],
        payload=_parsed(call["body"]),
        response=json.loads(row["response"]),
        explanation=json.loads(row["explanation"] or "[]"),
    )


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # the API has answered that, too
        return body
