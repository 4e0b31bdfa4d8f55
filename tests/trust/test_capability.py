"""Operations that cross: data is taken in, messages are acted on and answered, once."""

from __future__ import annotations

import pytest

from simulator.journal import Outcome
from simulator.protocol.codec import MAX_PAYLOAD_BYTES
from simulator.protocol.envelope import derive_id
from simulator.protocol.messages import CapabilityAnswer, CapabilityMessage, Payload
from simulator.protocol.operations import OperationKind
from simulator.trust.capability import ActedMessage, OpenRequest, ReceivedAnswer, ReceivedData
from simulator.trust.rows import ROW_TYPES
from tests.fleet import ANSWER, CODE_CHECK, HEALTH, NOTIFY, RUN_SCAN, SCAN_RESULT, VERSION, Fleet, id_of


@pytest.fixture
def trusted(fleet: Fleet) -> Fleet:
    """dev1 trusts prod1 for Proactive Code Check Data Transfer, and nobody else trusts anybody."""
    fleet.create_record("dev1", "prod1")
    fleet.settle()
    return fleet


def answer(request: str) -> CapabilityAnswer:
    return CapabilityAnswer(
        application=HEALTH, capability=CODE_CHECK, operation=RUN_SCAN, request=request, payload={"forged": True}
    )


def snapshot(fleet: Fleet, name: str) -> list[object]:
    return [fleet.show(name, row_type.TABLE) for row_type in ROW_TYPES]


def test_trustor_s_data_lands_at_the_trustee(trusted: Fleet) -> None:
    """Data of the trusting instance lands in the trusted one's Sync Data, with its source and payload."""
    payload: Payload = {"findings": [1, 2.5, None, "ü"], "nested": {"deep": [True]}}
    trusted.send("dev1", "prod1", SCAN_RESULT, payload)
    trusted.settle()
    [row] = trusted.rows("prod1", ReceivedData)
    assert (row.source_instance, row.operation, row.payload) == (id_of("dev1"), SCAN_RESULT, payload)
    assert trusted.show("prod1", "sn_mif_sync_data")[0]["source_instance"] == "dev1"


@pytest.mark.parametrize(
    ("sender", "recipient", "operation"), [("prod1", "dev1", NOTIFY), ("dev1", "prod1", SCAN_RESULT)]
)
def test_payload_arrives_as_it_was_sent(trusted: Fleet, sender: str, recipient: str, operation: str) -> None:
    """Infinity, which JSON does not have, does not become nothing on its way into the recipient's table."""
    payload: Payload = {"limit": float("inf"), "range": [float("-inf"), 1.5, {"nested": float("inf")}]}
    trusted.send(sender, recipient, operation, payload)
    trusted.settle()
    acted, received = trusted.rows(recipient, ActedMessage), trusted.rows(recipient, ReceivedData)
    assert [row.payload for row in acted] + [row.payload for row in received] == [payload]


@pytest.mark.parametrize("unchecked", [False, True])
def test_send_that_is_too_large_for_the_wire_does_not_block_the_others(trusted: Fleet, unchecked: bool) -> None:
    """An application learns at once that its payload is too large; what it sends afterwards arrives."""
    largest = "x" * (MAX_PAYLOAD_BYTES - len('{"blob":""}'))
    refused = trusted.send("prod1", "dev1", RUN_SCAN, {"blob": largest + "x"}, unchecked=unchecked)
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "message_too_large")
    assert f"has {MAX_PAYLOAD_BYTES + 1} bytes, and the transport takes {MAX_PAYLOAD_BYTES}" in refused.explanation
    assert "the application on prod1 must send it in smaller parts" in refused.explanation
    assert not [*trusted.network, *trusted.rows("prod1", OpenRequest)]
    trusted.send("prod1", "dev1", NOTIFY, {"blob": largest}, unchecked=unchecked)
    trusted.send("prod1", "dev1", NOTIFY, {"small": True}, unchecked=unchecked)
    trusted.settle()
    assert [row.payload for row in trusted.rows("dev1", ActedMessage)] == [{"blob": largest}, {"small": True}]


def test_size_of_a_payload_is_that_of_its_bytes(trusted: Fleet) -> None:
    """What counts is what goes over the wire: a sign outside ASCII has two bytes or more."""
    payload: Payload = {"blob": "ü" * (MAX_PAYLOAD_BYTES // 2)}
    assert trusted.send("prod1", "dev1", NOTIFY, payload).code == "message_too_large"


def test_message_is_acted_on_and_answered(trusted: Fleet) -> None:
    """The trusted instance's message is acted on, its answer comes back, and the request is closed."""
    trusted.send("prod1", "dev1", RUN_SCAN, {"branch": "main"})
    [request] = trusted.rows("prod1", OpenRequest)
    trusted.settle()
    [acted] = trusted.rows("dev1", ActedMessage)
    assert (acted.envelope, acted.sender_instance, acted.payload, acted.answered) == (
        request.envelope,
        id_of("prod1"),
        {"branch": "main"},
        True,
    )
    [received] = trusted.rows("prod1", ReceivedAnswer)
    assert (received.request, received.source_instance, received.payload) == (
        request.envelope,
        id_of("dev1"),
        ANSWER,
    )
    assert trusted.rows("prod1", OpenRequest) == []


def test_message_without_an_answer_leaves_no_request_open(trusted: Fleet) -> None:
    """An operation that is not answered is acted on, and the sender waits for nothing."""
    trusted.send("prod1", "dev1", NOTIFY)
    trusted.settle()
    assert [row.answered for row in trusted.rows("dev1", ActedMessage)] == [False]
    assert not [*trusted.rows("prod1", OpenRequest), *trusted.rows("prod1", ReceivedAnswer)]


def test_answer_s_cause_is_the_message_that_asked(trusted: Fleet) -> None:
    """The journal leads from the answer to the message, and from there to the application's send."""
    sent = trusted.send("prod1", "dev1", RUN_SCAN)
    trusted.settle()
    [came] = [entry for entry in trusted.journal("dev1") if entry.kind == "capability_message"]
    [back] = [entry for entry in trusted.journal("prod1") if entry.kind == "capability_answer"]
    assert (back.cause, came.cause) == (came.envelope, sent.envelope)


@pytest.mark.parametrize("who", ["dev1 unasked", "dev2 for dev1", "dev1 twice"])
def test_answer_nobody_waits_for_is_refused(trusted: Fleet, who: str) -> None:
    """An answer is taken once, from the instance that was asked, and otherwise refused without effect."""
    trusted.send("prod1", "dev1", RUN_SCAN)
    [request] = trusted.rows("prod1", OpenRequest)
    if who == "dev1 unasked":
        trusted.inject_message("dev1", "prod1", answer(derive_id("nothing")))
    elif who == "dev2 for dev1":
        trusted.inject_message("dev2", "prod1", answer(request.envelope))
    else:
        trusted.settle()
        trusted.inject_message("dev1", "prod1", answer(request.envelope))
    assert trusted.journal("prod1")[-1].code == "unsolicited_answer"
    trusted.settle()
    assert [row.payload for row in trusted.rows("prod1", ReceivedAnswer)] == [ANSWER]


def test_trust_does_not_run_the_other_way(trusted: Fleet) -> None:
    """That dev1 trusts prod1 lets prod1's data not flow to dev1, nor dev1's messages to prod1 (Q26)."""
    assert trusted.send("prod1", "dev1", SCAN_RESULT).code == "no_trust_record"
    assert trusted.send("dev1", "prod1", RUN_SCAN).code == "no_trusting_instance"


def test_trust_is_not_passed_on(trusted: Fleet) -> None:
    """dev1 trusts prod1 and prod1 trusts prod2: prod2 still may not send to dev1 (Q26)."""
    trusted.create_record("prod1", "prod2")
    trusted.settle()
    trusted.send("prod2", "dev1", RUN_SCAN, unchecked=True)
    trusted.settle()
    assert trusted.journal("dev1")[-1].code == "no_trust_record"


REFUSED = [
    ("no trust", "prod2", RUN_SCAN, OperationKind.MESSAGE, VERSION, "no_trust_record"),
    ("data without trust", "prod1", SCAN_RESULT, OperationKind.DATA, VERSION, "no_trusting_instance"),
    ("other version", "prod1", RUN_SCAN, OperationKind.MESSAGE, "2.0.0", "version_mismatch"),
    ("unknown operation", "prod1", "teleport", OperationKind.MESSAGE, VERSION, "operation_unknown"),
    ("wrong direction", "prod1", RUN_SCAN, OperationKind.DATA, VERSION, "wrong_direction"),
]


@pytest.mark.parametrize(("case", "sender", "operation", "kind", "version", "code"), REFUSED)
def test_refused_message_changes_nothing_but_the_journal(
    trusted: Fleet, case: str, sender: str, operation: str, kind: OperationKind, version: str, code: str
) -> None:
    """A refused message leaves one journal entry with its code and its place, and no other trace."""
    before, entries = snapshot(trusted, "dev1"), len(trusted.journal("dev1"))
    id_ = trusted.inject_message(
        sender,
        "dev1",
        CapabilityMessage(
            application=HEALTH,
            application_version="1.0.0",
            capability=CODE_CHECK,
            version=version,
            operation=operation,
            operation_kind=kind,
            payload={"secret": 1},
        ),
    )
    trusted.settle()
    assert snapshot(trusted, "dev1") == before
    [entry] = trusted.journal("dev1")[entries:]
    assert (entry.outcome, entry.code, entry.envelope) == (Outcome.REFUSED, code, id_), case
    assert (entry.sender, entry.application, entry.capability, entry.operation) == (
        id_of(sender),
        HEALTH,
        CODE_CHECK,
        operation,
    )


def test_trust_that_ends_under_way_stops_the_message(trusted: Fleet) -> None:
    """The receiver decides with what it has when the message arrives, not with what the sender saw."""
    trusted.send("prod1", "dev1", RUN_SCAN)
    trusted.delete_record("dev1", "prod1")
    trusted.settle()
    assert trusted.rows("dev1", ActedMessage) == []
    refused = trusted.entries("dev1", Outcome.REFUSED)
    assert [entry.code for entry in refused] == ["no_trust_record"]
