"""What passes on a wire becomes a scenario in which it is only text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.exploration.sweep import run_unseen
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import (
    CapabilityMessage,
    ManagementDecision,
    ManagementRequest,
    ManagementRevoked,
    ManagerConfirmation,
    ManagerDesignation,
    SyncItem,
    TrustGranted,
    TrustProfileSync,
    TrustSyncResult,
    WireMessage,
)
from simulator.protocol.operations import OperationKind
from simulator.report.result import Verdict
from simulator.scenario.model.expectations import SyncExpectation
from simulator.scenario.reading.load import load_text
from simulator.scenario.writing.recorded import Known, recorded

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


A, B = "a" * 32, "b" * 32


def passed(
    message: WireMessage,
    sender: str = A,
    after: timedelta = timedelta(0),
    id_: str = "e",
    cause: str | None = None,
) -> Envelope[WireMessage]:
    """What one of two instances has sent to the other."""
    return Envelope(
        id=id_ * 32,
        sender=sender,
        recipient=B if sender == A else A,
        cause=cause and cause * 32,
        sent_at=AT + after,
        expires_at=AT + after + LIFETIME,
        message=message,
    )


def steps_of(*envelopes: Envelope[WireMessage]) -> list[Any]:
    """The steps that are made of it; they can be taken."""
    loaded = load_text(recorded(envelopes, Known(), "Recorded"), "recorded.yaml")
    assert run_unseen(loaded, seed=0).result.verdict is Verdict.MET
    return list(loaded.source.data["steps"])  # type: ignore[index]


def test_a_manager_that_approves_by_itself_has_done_so() -> None:
    """Its five minutes begin when it has read the message, which is not yet when that was sent."""
    named = passed(ManagerDesignation(application="App"), id_="1")
    late = passed(ManagerConfirmation(application="App"), B, timedelta(minutes=5, milliseconds=1), "2")
    assert [step.get("advance") for step in steps_of(named, late)] == [None, "6m"]


def test_what_an_instance_answers_by_itself_is_no_step() -> None:
    """The manager approves what was taken back, and asks for what it has."""
    named = passed(ManagerDesignation(application="App"), id_="1")
    taken_back = passed(ManagementRevoked(application="App"), A, SECOND, "2")
    late = passed(ManagerConfirmation(application="App"), B, MINUTE * 5, "3")
    again = passed(ManagementRevoked(application="App"), A, MINUTE * 5, "4", cause="3")
    verbs = [next(iter(step)) for step in steps_of(named, taken_back, late, again)]
    assert verbs == ["name_manager", "delete_manager", "advance"]
    late = passed(ManagerConfirmation(application="App"), B, MINUTE * 6, "3")
    asked = passed(ManagementRequest(application="App"), B, MINUTE * 7, "5")
    approved = passed(ManagementDecision(application="App", approved=True), A, MINUTE * 7, "6", cause="5")
    verbs = [next(iter(step)) for step in steps_of(named, late, asked, approved)]
    assert verbs == ["name_manager", "advance", "advance", "request_management"]


@pytest.mark.parametrize(
    ("refusal", "refused_items", "said"),
    [
        ("not_my_manager", {}, {"refused": "not_my_manager"}),
        (None, {"Cap > x": "capability_unknown"}, "synced"),
        (None, {}, "synced"),
    ],
)
def test_what_came_of_a_sync_is_said_as_its_status_is(
    refusal: str | None, refused_items: dict[str, str], said: object
) -> None:
    """A sync that was refused has the code; one that has left items out has synced the others."""
    item = SyncItem(capability="Cap", version="1.0.0", trusted=B)
    sync = TrustProfileSync(application="App", revision=1, items=(item,))
    result = TrustSyncResult(application="App", revision=1, refusal=refusal, refused_items=refused_items, newest=0)
    text = recorded([passed(sync, B, id_="1"), passed(result, A, SECOND, "2")], Known(), "Recorded")
    synced = load_text(text, "recorded.yaml").scenario.steps[-1]
    assert isinstance(synced.expect, list)
    [expected] = synced.expect
    assert isinstance(expected, SyncExpectation)
    assert expected.results == {"instance2": said}


def test_what_was_sent_by_leave_of_another_waits_for_it() -> None:
    """Also where nobody has said what became of it."""
    granted = passed(TrustGranted(application="App", capability="Cap", version="1.0.0"), B, id_="1")
    message = CapabilityMessage(
        application="App",
        application_version="1.0.0",
        capability="Cap",
        version="1.0.0",
        operation="go",
        operation_kind=OperationKind.MESSAGE,
        payload={},
    )
    steps = steps_of(granted, passed(message, A, SECOND, "2"), passed(message, A, SECOND, "3"))
    assert ["settle" if step == "settle" else next(iter(step)) for step in steps] == [
        "create_trust_record",
        "settle",
        "send",
        "send",
    ]


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
    scenario = load_text(recorded([passed(message)], Known(), "Recorded"), "recorded.yaml").scenario
    assert list(scenario.applications) == ["App ${a}"]
    sent = scenario.steps[-1].send
    assert sent is not None
    assert (sent.operation, sent.payload) == ("go ${o}", {"text": "${HOME} $${x}", "${key}": 1})
