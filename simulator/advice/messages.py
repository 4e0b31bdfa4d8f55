"""Messages to be judged: those of a scenario or of a recorded journal, and what would become of each.

Nothing is sent. The decisions are those of the instances themselves: the sender's look in its own tables, and
the receiver's gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from simulator.decision import Decision, PostIds
from simulator.errors import Problem, ScenarioError
from simulator.journal import Entry, Outcome
from simulator.protocol.actions import Send, ShareData
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.messages import CapabilityMessage, SharedData
from simulator.refusal import UNAUTHENTIC, Refusal
from simulator.scenario.reading.load import LoadedScenario
from simulator.scenario.running.acts import acts_of
from simulator.scenario.topology import instance_id
from simulator.store.setups.document import MAX_BYTES_OF_DATA, read_file
from simulator.tables import Put, Tables
from simulator.trust.handler import decide_from_inside, decide_from_peer
from simulator.trust.sharing import TrustConfig

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one application."""

    sender: str
    """The name of the instance that sends it."""
    recipient: str
    action: Send
    line: int | None
    """Where the scenario sends it; None for a message of a journal."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Which instance refuses a message, and why; nobody when it would be processed."""

    by: str = ""
    refusal: Refusal | None = None


_IDS = PostIds("judged")
"""Of what is never sent."""


def judge(message: Message, fleet: Mapping[str, Tables], now: datetime) -> Judged:
    """What would become of the message if it were sent now; *fleet* has the tables by the name of the instance."""
    sender, recipient = fleet[message.sender], fleet[message.recipient]
    inside = _inside(sender, message.action, now)
    if inside.refusal:
        return Judged(message.sender, inside.refusal)
    refusal = _outside(inside, sender, recipient, now)
    return Judged(message.recipient, refusal) if refusal else Judged()


@dataclass(frozen=True, slots=True)
class Both:
    """What each side has against it that something is sent."""

    by_sender: Refusal | None
    """Who looks in its own tables first."""
    is_sent: bool
    """Whether it can be sent without that."""
    by_recipient: Refusal | None
    """Who is asked only about what can be sent."""


def judge_both(action: Send | ShareData, sender: Tables, recipient: Tables, now: datetime) -> Both:
    """The verdicts of both, each without the other's."""
    looked, sent = _inside(sender, action, now), _without_looking(sender, action, now)
    is_sent = sent.refusal is None
    return Both(looked.refusal, is_sent, _outside(sent, sender, recipient, now) if is_sent else None)


def _without_looking(sender: Tables, action: Send | ShareData, now: datetime) -> Decision:
    """What the sender decides that asks its own tables for no permission."""
    if isinstance(action, Send):
        return _inside(sender, replace(action, unchecked=True), now)
    own = sender.get(TrustConfig, action.application, action.recipient)
    granted = () if own is None else (Put(replace(own, grant_access=True)),)
    return _inside(sender.after(granted), action, now)


def _inside(sender: Tables, action: Send | ShareData, now: datetime) -> Decision:
    return decide_from_inside(sender, _envelope(action, sender, sender, now), now, _IDS)


def _outside(inside: Decision, sender: Tables, recipient: Tables, now: datetime) -> Refusal | None:
    """Why the recipient refuses what the sender has decided to send; or None."""
    (post,) = inside.posts
    assert isinstance(post.message, CapabilityMessage | SharedData)
    return decide_from_peer(recipient, _envelope(post.message, sender, recipient, now), now).refusal


def _envelope(message: M, sender: Tables, recipient: Tables, now: datetime) -> Envelope[M]:
    return Envelope(
        id=derive_id("judged"),
        sender=sender.owner,
        recipient=recipient.owner,
        cause=None,
        sent_at=now,
        expires_at=now + LIFETIME,
        message=message,
    )


# -- of a scenario --------------------------------------------------------------------------------------


def messages_of(loaded: LoadedScenario) -> list[Message]:
    """What all send steps of the scenario send, in the order of the file."""
    scenario = loaded.scenario
    name = {instance_id(name, item): name for name, item in scenario.instances.items()}
    return [
        Message(sender, name[action.recipient], action, loaded.line("steps", index))
        for index, step in enumerate(scenario.steps)
        for sender, action in acts_of(scenario, step)
        if isinstance(action, Send)
    ]


# -- of a journal ---------------------------------------------------------------------------------------


class _Run(BaseModel):
    """What is needed of a run in the file that `trustsim run --json` writes."""

    journal: list[Entry]


def recorded_messages(file: Path, loaded: LoadedScenario) -> list[Message]:
    """The messages in a file of `trustsim run --json`, for the instances of a scenario. Raises ScenarioError.

    What its receiver refused had passed its sender, so it is judged by the receiver alone.
    """
    entries = [
        entry for run in _read(file) for entry in run.journal if _has_arrived(entry) or _was_held_back(entry)
    ]
    named = dict.fromkeys(name for entry in entries for name in (entry.sender, entry.recipient))
    if unknown := [name for name in named if name not in loaded.scenario.instances]:
        message = (
            f"{loaded.file} has no instance {unknown[0]}, which the journal names; it has: "
            f"{', '.join(loaded.scenario.instances)}"
        )
        raise _problem(file, message)
    return [_message(entry, loaded) for entry in entries]


def _read(file: Path) -> list[_Run]:
    try:
        return TypeAdapter(list[_Run]).validate_json(read_file(file, MAX_BYTES_OF_DATA))
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        at = f"{where}: " if where else ""
        raise _problem(file, f"expected what `trustsim run --json` writes: {at}{found['msg']}") from error


def _problem(file: Path, message: str) -> ScenarioError:
    return ScenarioError([Problem(str(file), 1, 1, message)])


def _has_arrived(entry: Entry) -> bool:
    """Whether its receiver has decided on a message."""
    is_decided = entry.outcome in {Outcome.PROCESSED, Outcome.REFUSED} and entry.code not in UNAUTHENTIC
    return entry.kind == "capability_message" and is_decided


def _was_held_back(entry: Entry) -> bool:
    """Whether the sender has looked in its own tables, and sent nothing."""
    return entry.kind == "send" and entry.outcome is Outcome.REFUSED


def _message(entry: Entry, loaded: LoadedScenario) -> Message:
    action = Send(
        application=entry.application,
        capability=entry.capability,
        operation=entry.operation,
        recipient=instance_id(entry.recipient, loaded.scenario.instances[entry.recipient]),
        payload={},  # a journal keeps none, and no decision depends on it
        unchecked=_has_arrived(entry) and entry.outcome is Outcome.REFUSED,
    )
    return Message(entry.sender, entry.recipient, action, None)
