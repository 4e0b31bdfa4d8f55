"""What steps have administrators, applications and forgers do, and what becomes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import product
from typing import TypeVar

from simulator.catalogue.refusals import with_rule
from simulator.journal import Outcome
from simulator.protocol.actions import SyncTrustProfiles
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.runtime.fleet import Fleet
from simulator.scenario.judging.fates import Fate, Fates
from simulator.scenario.judging.journals import Journals
from simulator.scenario.judging.syncs import Syncs
from simulator.scenario.judging.traffic import Traffic
from simulator.scenario.model import ImpersonateStep, Step
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.acts import Act, forged_message
from simulator.scenario.running.circumstances import Circumstances
from simulator.scenario.running.patience import Patience
from simulator.scenario.topology import instance_id
from simulator.trust.connection import refuse_name

M = TypeVar("M")

_CLAIMED_AGAIN = timedelta(seconds=2)
"""When what an instance has sent in another's name is sent again: no receipt comes for it, and it may be lost."""


class Acting:
    """Hands what steps do to their instances, and tells what becomes of it; steps go by their numbers, from 1."""

    def __init__(
        self,
        loaded: LoadedScenario,
        fleet: Fleet,
        journals: Journals,
        patience: Patience,
        traffic: Traffic,
        syncs: Syncs,
    ) -> None:
        self._scenario = loaded.scenario
        begun = loaded.beginnings.fingerprint
        self._run_id = (loaded.scenario.name, begun) if begun else (loaded.scenario.name,)
        """What the ids of its actions are derived from."""
        self._fleet = fleet
        self._journals = journals
        self._patience = patience
        self._traffic = traffic
        self._syncs = syncs
        self._circumstances = Circumstances(fleet, traffic, syncs)
        self._sent: dict[str, Fates] = {}
        """By the name of a message: what has become of it, at each recipient."""
        self._became: dict[int, Fates] = {}
        """By step: what has become of what it did."""
        self._ids: dict[int, list[str]] = defaultdict(list)
        """By step: the ids of its actions."""

    # -- doing ------------------------------------------------------------------------------------------

    async def act(self, step: Step, acts: Sequence[Act], number: int, line: int) -> Fates:
        """Hands what a step does, which stands on that line, to its instances; returns what tells the fates."""
        is_settled = not acts or await self._fleet.is_settled()
        on_its_way = [] if is_settled else self._circumstances.look(acts)
        for position, (instance, action) in enumerate(acts):
            me = self._id(instance)
            envelope = self._envelope(derive_id("act", *self._run_id, *_path(number), position), me, me, action)
            self._traffic.acted(envelope.id, line)
            self._ids[number].append(envelope.id)
            self._circumstances.taken(envelope.id, (instance, action), on_its_way)
            await self._fleet.act(instance, envelope)
            if isinstance(action, SyncTrustProfiles):
                self._note_sync(envelope.id, number, line, instance, action.application)
        self._became[number] = self._fates(step, acts, self._ids[number])
        return self._became[number]

    def _fates(self, step: Step, acts: Sequence[Act], ids: Sequence[str]) -> Fates:
        """What tells the fates of the actions with these ids, or of the messages that they send."""
        if step.sending is None:
            return Fates(partial(self._of_action, on, id_) for (on, _), id_ in zip(acts, ids, strict=True))
        pairs = product(step.sending.sender, step.sending.to)
        fates = Fates(partial(self._of_message, *pair, id_) for pair, id_ in zip(pairs, ids, strict=True))
        if step.sending.name:
            self._sent[step.sending.name] = fates
        return fates

    def _note_sync(self, action: str, number: int, line: int, manager: str, application: str) -> None:
        self._journals.read_of(manager)
        if self._journals.fate_of_action(manager, action).outcome is Outcome.PROCESSED:
            self._syncs.began(action, number, line, manager, application)

    async def impersonate(self, it: ImpersonateStep, number: int) -> Fates:
        """Lets one instance publish as another; returns what tells what became of it."""
        name = self._id(it.name)
        id_ = derive_id("impersonate", *self._run_id, *_path(number))
        envelope = self._envelope(id_, name, self._id(it.to), forged_message(self._scenario, it))
        published_by = self._id(it.sender) if it.own_topic else name
        what = f"{it.sender} as {it.name} -> {it.to}"
        deadline = envelope.sent_at + self._scenario.patience
        while True:
            if objection := await self._fleet.claim(it.sender, envelope, published_by):
                refusal = refuse_name(it.sender, it.name, objection)
                explanation = with_rule(refusal.code, refusal.explanation)
                fate = Fate(what, Outcome.REFUSED, "the broker", refusal.code, explanation)
                break
            claimed_again_at = min(self._fleet.now() + _CLAIMED_AGAIN, deadline)
            fate = await self._patience.arrival(what, name, envelope.id, claimed_again_at)
            is_hopeless = not self._fleet.is_running(it.to) or any(map(self._fleet.refusal, (it.sender, it.to)))
            if fate.outcome is not None or is_hopeless or self._fleet.now() >= deadline:
                break
        self._became[number] = Fates([lambda: fate])
        return self._became[number]

    def _id(self, instance: str) -> str:
        return instance_id(instance, self._scenario.instances[instance])

    def _envelope(self, id_: str, sender: str, recipient: str, message: M) -> Envelope[M]:
        now = self._fleet.now()
        return Envelope(
            id=id_,
            sender=sender,
            recipient=recipient,
            cause=None,
            sent_at=now,
            expires_at=now + LIFETIME,
            message=message,
        )

    # -- telling ----------------------------------------------------------------------------------------

    def ids(self, number: int) -> tuple[str, ...]:
        """The ids of what a step did."""
        return tuple(self._ids[number])

    def became(self, number: int) -> Fates:
        """What becomes of each action or message of a step; of none where it acts on no instance."""
        return self._became.get(number, Fates(()))

    def fates(self, message: str) -> list[Fate]:
        """What has become of the message of that name, at each recipient; none before it was sent."""
        return self._sent[message]() if message in self._sent else []

    def are_open(self, message: str) -> bool:
        """Whether the message of that name was sent, and something is yet to become of it."""
        return message in self._sent and self._sent[message].are_open()

    def _of_action(self, instance: str, action: str) -> Fate:
        return self._circumstances.explained(self._journals.fate_of_action(instance, action), action)

    def _of_message(self, sender: str, to: str, action: str) -> Fate:
        """What became of one message; one that waits for somebody whom the broker refuses says so."""
        fate = self._journals.fate_of_message(sender, to, action)
        fate = self._circumstances.explained(fate, action)
        refusals = {name: self._fleet.refusal(name) for name in (sender, to)}
        if fate.outcome is not None or not any(refusals.values()):
            return fate
        reasons = [f"{name} cannot connect: {alert}." for name, alert in refusals.items() if alert]
        return replace(fate, explanation=" ".join(reasons))


def _path(number: int) -> tuple[str, int]:
    """Where a step stands: part of the ids that are derived from it."""
    return ("steps", number - 1)
