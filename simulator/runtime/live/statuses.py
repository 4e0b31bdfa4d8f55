"""What the instances of a fleet of processes still have to do, as their hosts say it at one moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.runtime.faults import Fault, disable, hold_up


@dataclass(frozen=True, slots=True)
class Statuses:
    """The status of every instance that is up, by its id; see control.py."""

    by_id: Mapping[str, Mapping[str, Any]]

    @property
    def handled(self) -> dict[str, int]:
        """How much each has done."""
        return {id_: status["handled"] for id_, status in self.by_id.items()}

    @property
    def timers(self) -> list[datetime]:
        """When the next timer of each is due that has one."""
        return [datetime.fromisoformat(it["next_timer"]) for it in self.by_id.values() if it["next_timer"]]

    def is_any_at_work(self, faults: Collection[Fault], *, can_meet: bool) -> bool:
        """Whether one has something due, or waits for a receipt that can come, in spite of these faults.

        *can_meet*: whether there is a broker for those that it does not refuse.
        """
        refused = {id_ for id_, status in self.by_id.items() if status["refusal"]}
        reachable = self.by_id.keys() - refused if can_meet else set()

        def is_at_work(me: str, status: Mapping[str, Any]) -> bool:
            if disable(faults, me):
                return False
            peers = reachable.intersection(status["waiting_for"]) if me not in refused else ()
            return status["is_due"] or any(not hold_up(faults, me, peer) for peer in peers)

        return any(is_at_work(id_, status) for id_, status in self.by_id.items())
