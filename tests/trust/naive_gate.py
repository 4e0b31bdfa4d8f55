"""A second gate, written from the facts and not from the first: plain lists, each looked through from its start.

The facts: whose data and whose messages need whose trust (S1); the application on both sides (S6), in versions
that go together (S8); the same account (S3), and both in operation. What comes first where several are wrong is
the one choice in it.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.protocol.actions import Send
from simulator.protocol.messages import CapabilityMessage, PeerMessage

ADMITTED = "admitted"


@dataclass(frozen=True)
class State:
    """All that the instance *me* knows: rows as tuples of texts."""

    me: str
    instances: list[tuple[str, str, bool]]
    """Instance, account, and whether it has been decommissioned."""
    applications: list[tuple[str, str, str, bool]]
    """Name, version, oldest version that takes part, and whether both sides must have the same."""
    capabilities: list[tuple[str, str, str]]
    """Application, capability, version."""
    operations: list[tuple[str, str, str, str]]
    """Application, capability, operation, and whether it is a "message" or "data"."""
    trusted: list[tuple[str, str, str, str]]
    """Whom I trust: application, capability, trustee, version."""
    trusting: list[tuple[str, str, str, str]]
    """Who trusts me, as far as I know: application, capability, trustor, version."""


def receive(state: State, sender: str, message: PeerMessage) -> str:
    """What becomes of an authentic message at its receiver: a code, or ADMITTED."""
    if (why := _stranger(state, sender)) or not isinstance(message, CapabilityMessage):
        return why or ADMITTED
    if why := _unknown(state, message.application, message.capability, message.operation):
        return why
    if why := _version_skew(state, message.application, message.application_version):
        return why
    if message.operation_kind != _kind(state, message.application, message.capability, message.operation):
        return "wrong_direction"
    # A message is acted on by the one who trusts, and data is seen by the one who is trusted.
    i_trust = message.operation_kind == "message"
    return _trust(state, message.application, message.capability, message.version, sender, i_trust)


def send(state: State, action: Send) -> str:
    """What becomes of a message at its sender, who looks before it speaks."""
    if why := _unknown(state, action.application, action.capability, action.operation):
        return why
    if action.recipient == state.me:
        return "self_trust"
    if why := _stranger(state, action.recipient):
        return why
    if action.unchecked:
        return ADMITTED
    versions = [row[2] for row in state.capabilities if row[:2] == (action.application, action.capability)]
    # Data leaves the one who trusts, and a message leaves the one who is trusted.
    i_trust = _kind(state, action.application, action.capability, action.operation) == "data"
    return _trust(state, action.application, action.capability, versions[0], action.recipient, i_trust)


def _stranger(state: State, peer: str) -> str:
    mine = [row[1:] for row in state.instances if row[0] == state.me]
    theirs = [row[1:] for row in state.instances if row[0] == peer]
    if not theirs:
        return "unknown_instance"
    if theirs[0][0] != mine[0][0]:
        return "other_account"
    return "instance_retired" if theirs[0][1] or mine[0][1] else ""


def _unknown(state: State, application: str, capability: str, operation: str) -> str:
    if not [row for row in state.applications if row[0] == application]:
        return "application_missing"
    if not [row for row in state.capabilities if row[:2] == (application, capability)]:
        return "capability_unknown"
    return "" if _kind(state, application, capability, operation) else "operation_unknown"


def _kind(state: State, *operation: str) -> str:
    return "".join(row[3] for row in state.operations if row[:3] == operation)


def _version_skew(state: State, application: str, theirs: str) -> str:
    [(_, mine, minimum, same)] = [row for row in state.applications if row[0] == application]
    if minimum and min(_parts(mine), _parts(theirs)) < _parts(minimum):
        return "application_too_old"
    return "application_differs" if same and mine != theirs else ""


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _trust(state: State, application: str, capability: str, version: str, peer: str, i_trust: bool) -> str:
    rows = state.trusted if i_trust else state.trusting
    trusted = [row[3] for row in rows if row[:3] == (application, capability, peer)]
    offered = [row[2] for row in state.capabilities if row[:2] == (application, capability)]
    if not trusted:
        return "no_trust_record" if i_trust else "no_trusting_instance"
    return ADMITTED if trusted == offered == [version] else "version_mismatch"
