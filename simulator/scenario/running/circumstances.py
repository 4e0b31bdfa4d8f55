"""What the fleet shows of a refusal, and the instance that refused could not know.

An instance explains a refusal from its own tables. Whoever sees all of them also sees what was still on its way
when it refused, and whom the last sync has left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from simulator.journal import Outcome
from simulator.protocol.actions import Action, Send, ShareData
from simulator.refusal import UNAUTHENTIC
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.fates import Fate
from simulator.scenario.judging.syncs import Syncs
from simulator.scenario.judging.traffic import OF_APPLICATIONS, Traffic, Waiting
from simulator.scenario.running.acts import Act


@dataclass(frozen=True, slots=True)
class _Taken:
    """An action, and what was on its way when it was taken."""

    act: Act
    on_its_way: Sequence[Waiting]


class Circumstances:
    """Explains the fates of actions by what was seen of the fleet when they were taken."""

    def __init__(self, fleet: Fleet, traffic: Traffic, syncs: Syncs) -> None:
        self._fleet = fleet
        self._traffic = traffic
        self._syncs = syncs
        self._taken: dict[str, _Taken] = {}
        self._found: dict[str, str] = {}
        """By action that was refused: the sentences about it."""

    def look(self, acts: Sequence[Act]) -> list[Waiting]:
        """What is on its way now and may decide on these actions."""
        return self._traffic.of(sorted({sender for act in acts for sender in self._senders(*act)}))

    def taken(self, id_: str, act: Act, on_its_way: Sequence[Waiting]) -> None:
        """An action is taken while that is on its way."""
        self._taken[id_] = _Taken(act, on_its_way)

    def explained(self, fate: Fate, action: str) -> Fate:
        """The fate of an action; with what the fleet shows of it, when it is a refusal."""
        if fate.outcome is not Outcome.REFUSED or fate.code in UNAUTHENTIC:
            return fate
        if action not in self._found:
            self._found[action] = self._find(self._taken[action])
        return replace(fate, explanation=f"{self._found[action]}{fate.explanation}")

    def _named(self, action: Action) -> list[str]:
        """The other instances that an action names."""
        ids = [getattr(action, column, "") for column in ("recipient", "manager", "instance", "trustee")]
        return [self._fleet.names[id_] for id_ in ids if id_ in self._fleet.names]

    def _senders(self, instance: str, action: Action) -> list[str]:
        """Those from whom something may come that decides on an action."""
        return [instance, *self._named(action), *self._syncs.managers(_application(action))]

    def _find(self, it: _Taken) -> str:
        instance, action = it.act
        application = _application(action)
        deciding = [instance, *(self._named(action) if isinstance(action, Send | ShareData) else [])]
        on_its_way = [
            waiting.in_words()
            for waiting in [*it.on_its_way, *self._traffic.of(self._senders(*it.act))]
            if waiting.kind not in OF_APPLICATIONS
            and waiting.application in {"", application}
            and not waiting.concerned.isdisjoint(deciding)
        ]
        return _sentences([*on_its_way, *self._syncs.missed(application, deciding)])


def _application(action: Action) -> str:
    return str(getattr(action, "application", ""))


def _sentences(found: Iterable[str]) -> str:
    """Each once, as a sentence; the name of an instance at its beginning stays as it is."""
    return "".join(
        f"{one[0].upper() if one.startswith('the ') else one[0]}{one[1:]}. " for one in dict.fromkeys(found)
    )
