"""The examples on the page about the wire; `python -m tests.protocol.page` writes them into it anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from simulator.protocol import messages
from simulator.protocol.codec import encode
from simulator.protocol.envelope import LIFETIME, Envelope, derive_id
from simulator.protocol.messages import WireMessage
from simulator.protocol.operations import OperationKind
from simulator.protocol.signature import signing_key
from simulator.protocol.topics import topic

PAGE = Path(__file__).parents[2] / "simulator" / "protocol" / "README.md"
LAST = "## The messages\n\n"

ACCOUNT = "acme"
PROD1, SUBPROD1 = derive_id("instance", ACCOUNT, "prod1"), derive_id("instance", ACCOUNT, "subprod1")
SENT_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)

_APP, _CAP = "Impact Health", "Code Check"

_USUAL: Mapping[str, Any] = {"application": _APP, "capability": _CAP, "version": "1.0.0", "revision": 3}
"""What fields say in every kind of message that has them; one with a default has that."""

_OWN: Mapping[type[WireMessage], Mapping[str, Any]] = {
    messages.ManagementDecision: {"approved": True},
    messages.TrustProfileSync: {
        "items": (messages.SyncItem(capability=_CAP, version="1.0.0", trusted=PROD1),),
    },
    messages.InstanceChanged: {
        "name": "subprod1-renamed",
        "type": "non_production",
        "environment": "test",
        "release": "Yokohama",
    },
    messages.Relations: {
        "trusts": {_CAP: "1.0.0"},
        "manages": False,
        "is_managed": True,
        "grants": None,
        "wants_answer": True,
    },
    messages.GrantState: {"application": "Subscription Management", "granted": True, "revision": 1},
    messages.CapabilityMessage: {
        "application_version": "1.4.2",
        "operation": "transfer results",
        "operation_kind": OperationKind.DATA,
        "payload": {"score": 7},
    },
    messages.CapabilityAnswer: {
        "operation": "request scan",
        "request": derive_id("the envelope that asked"),
        "payload": {"accepted": True},
    },
    messages.SharedData: {"application": "Subscription Management", "payload": {"licences": 12}},
    messages.Receipt: {"envelope_ids": (derive_id("an envelope"),)},
}
"""What the other fields say, and some of these."""


def _message(kind: type[WireMessage]) -> WireMessage:
    """The example of one kind."""
    asked_for = {it.name for it in fields(kind) if it.default is MISSING and it.default_factory is MISSING}
    usual = {name: value for name, value in _USUAL.items() if name in asked_for}
    return kind(**{**usual, **_OWN.get(kind, {})})


def page(text: str) -> str:
    """The page with its examples made anew: an envelope as it passes, and a message of every kind at the end."""
    text = re.sub(r"```text\n.*?```\n", lambda _: _example(), text, count=1, flags=re.DOTALL)
    return text.partition(LAST)[0] + LAST + "\n".join(_kinds())


def _envelope(sender: str, recipient: str, message: WireMessage) -> Envelope[WireMessage]:
    return Envelope(
        id=derive_id("example", message.kind),
        sender=sender,
        recipient=recipient,
        cause=None,
        sent_at=SENT_AT,
        expires_at=SENT_AT + LIFETIME,
        message=message,
    )


def _example() -> str:
    """One envelope with its topic, as it passes."""
    envelope = _envelope(SUBPROD1, PROD1, _message(messages.CapabilityMessage))
    payload = encode(envelope, signing_key("trustsim", SUBPROD1)).decode()
    return f"```text\n{topic('mif', ACCOUNT, PROD1, SUBPROD1)}\n\n{payload}\n```\n"


def _kinds() -> Iterator[str]:
    """What each kind is for, and its `message`."""
    for message in map(_message, get_args(WireMessage)):
        body: dict[str, Any] = json.loads(encode(_envelope(PROD1, SUBPROD1, message), None).partition(b"\n")[2])
        about = " ".join((type(message).__doc__ or "").split())
        yield f"**`{message.kind}`**: {about}\n\n```json\n{json.dumps(body['message'])}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
