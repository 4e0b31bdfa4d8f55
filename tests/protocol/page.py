"""The examples on the page about the wire; `python -m tests.protocol.page` writes them into it anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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

EXAMPLES: tuple[tuple[str, str, WireMessage], ...] = (
    (PROD1, SUBPROD1, messages.ManagementRequest(application=_APP)),
    (SUBPROD1, PROD1, messages.ManagementDecision(application=_APP, approved=True)),
    (SUBPROD1, PROD1, messages.ManagerDesignation(application=_APP)),
    (PROD1, SUBPROD1, messages.ManagerConfirmation(application=_APP)),
    (SUBPROD1, PROD1, messages.ManagementRevoked(application=_APP)),
    (PROD1, SUBPROD1, messages.ManagementEnded(application=_APP)),
    (
        PROD1,
        SUBPROD1,
        messages.TrustProfileSync(
            application=_APP,
            revision=3,
            items=(messages.SyncItem(capability=_CAP, version="1.0.0", trusted=PROD1),),
        ),
    ),
    (SUBPROD1, PROD1, messages.TrustSyncResult(application=_APP, revision=3)),
    (SUBPROD1, PROD1, messages.TrustGranted(application=_APP, capability=_CAP, version="1.0.0")),
    (SUBPROD1, PROD1, messages.TrustRemoved(application=_APP, capability=_CAP)),
    (
        SUBPROD1,
        PROD1,
        messages.InstanceChanged(
            name="subprod1-renamed", type="non_production", environment="test", release="Yokohama"
        ),
    ),
    (
        SUBPROD1,
        PROD1,
        messages.Relations(
            application=_APP,
            trusts={_CAP: "1.0.0"},
            manages=False,
            is_managed=True,
            revision=3,
            grants=None,
            wants_answer=True,
        ),
    ),
    (SUBPROD1, PROD1, messages.GrantState(application="Subscription Management", granted=True, revision=1)),
    (
        SUBPROD1,
        PROD1,
        messages.CapabilityMessage(
            application=_APP,
            application_version="1.4.2",
            capability=_CAP,
            version="1.0.0",
            operation="transfer results",
            operation_kind=OperationKind.DATA,
            payload={"score": 7},
        ),
    ),
    (
        PROD1,
        SUBPROD1,
        messages.CapabilityAnswer(
            application=_APP,
            capability=_CAP,
            operation="request scan",
            request=derive_id("the envelope that asked"),
            payload={"accepted": True},
        ),
    ),
    (SUBPROD1, PROD1, messages.SharedData(application="Subscription Management", payload={"licences": 12})),
    (PROD1, SUBPROD1, messages.Receipt(envelope_ids=(derive_id("an envelope"),))),
)
"""Sender, recipient and message, one of every kind, in the order of the page."""


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
    sender, recipient, message = next(it for it in EXAMPLES if it[2].kind == "capability_message")
    payload = encode(_envelope(sender, recipient, message), signing_key("trustsim", sender)).decode()
    return f"```text\n{topic('mif', ACCOUNT, recipient, sender)}\n\n{payload}\n```\n"


def _kinds() -> Iterator[str]:
    """What each kind is for, and its `message`."""
    for _, _, message in EXAMPLES:
        body: dict[str, Any] = json.loads(encode(_envelope(PROD1, SUBPROD1, message), None).partition(b"\n")[2])
        about = " ".join((type(message).__doc__ or "").split())
        yield f"**`{message.kind}`**: {about}\n\n```json\n{json.dumps(body['message'])}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
