"""What passes on a wire becomes a scenario in which it is only text."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import CapabilityMessage
from simulator.protocol.operations import OperationKind
from simulator.scenario.reading.load import load_text
from simulator.scenario.writing.recorded import Known, recorded

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_what_would_ask_for_a_value_stays_the_text_that_it_is() -> None:
    """In payloads, and in names and keys."""
    message = CapabilityMessage(
        application="App ${a}",
        application_version="1.0.0",
        capability="Cap",
        version="1.0.0",
        operation="go ${o}",
        operation_kind=OperationKind.DATA,
        payload={"text": "${HOME} $${x}", "${key}": 1},
    )
    envelope = Envelope(
        id="e" * 32,
        sender="a" * 32,
        recipient="b" * 32,
        cause=None,
        sent_at=AT,
        expires_at=AT + LIFETIME,
        message=message,
    )
    scenario = load_text(recorded([envelope], Known(), "Recorded"), "recorded.yaml").scenario
    assert list(scenario.applications) == ["App ${a}"]
    sent = scenario.steps[-1].send
    assert sent is not None
    assert (sent.operation, sent.payload) == ("go ${o}", {"text": "${HOME} $${x}", "${key}": 1})
