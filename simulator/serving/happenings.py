"""What happens in a fleet, a line each, as its instances journal it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

from simulator.journal import Alteration, Entry, Outcome
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.history import named


class Happenings:
    """Reads the journals of all instances, and how their tables of trust change, as both grow."""

    def __init__(self, fleet: Fleet, instances: Iterable[str]) -> None:
        self._fleet = fleet
        self._read = dict.fromkeys(instances, 0)
        self._altered = dict.fromkeys(self._read, 0)

    def entries(self) -> list[Entry]:
        """What was journalled since the last time, in the order of time; instances are named."""
        return sorted(self._new_entries(), key=attrgetter("at"))

    def alterations(self) -> list[Alteration]:
        """How tables have changed since the last time, likewise."""
        found = [
            (number, named(alteration, instance, self._fleet.names))
            for instance, after in self._altered.items()
            for number, alteration in self._fleet.alterations(instance, after)
        ]
        self._altered |= {alteration.instance: number for number, alteration in found}
        return sorted((alteration for _, alteration in found), key=attrgetter("at"))

    def _new_entries(self) -> Iterator[Entry]:
        names = self._fleet.names
        for instance, after in self._read.items():
            for number, entry in self._fleet.journal(instance, after):
                self._read[instance] = number
                yield replace(
                    entry,
                    instance=instance,
                    sender=names.get(entry.sender, entry.sender),
                    recipient=names.get(entry.recipient, entry.recipient),
                )


def in_a_line(entry: Entry) -> str:
    """Who did what with what, and why where it was not processed; instances are named."""
    what = entry.kind.replace("_", " ") or "an envelope"
    about = " > ".join(part for part in (entry.application, entry.capability, entry.operation) if part)
    is_own = entry.sender == entry.instance
    if is_own and entry.kind in _SENDING and entry.outcome is Outcome.PROCESSED:
        done = f"sent to {entry.recipient}"
    else:
        done = (
            f"{entry.outcome} {what}"
            if is_own
            else f"{entry.outcome} {what} from {entry.sender or 'nobody known'}"
        )
    why = f" ({entry.code}): {' '.join(entry.explanation.split())}" if entry.code else ""
    return f"{entry.at:%H:%M:%S}  {entry.instance}  {done}{f', {about}' if about else ''}{why}"


_SENDING = {"send", "share_data"}
"""The actions with which an application sends something."""
