"""Operations that cross: an application sends, the peer acts or takes in the data, and may answer."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic_core import to_json

from simulator.decision import Decision, Post
from simulator.protocol.actions import Send
from simulator.protocol.codec import MAX_PAYLOAD_BYTES
from simulator.protocol.messages import CapabilityAnswer, CapabilityMessage, Payload
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Delete, Put, Row, Tables
from simulator.trust.application import Application, Capability, Operation, refuse_unoffered
from simulator.trust.assignment import identify_as_assigned
from simulator.trust.directory import name_of, refuse_peer
from simulator.trust.gate import refuse_operation
from simulator.trust.settings import received


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedData(Row):
    """A trustor's data that has arrived here, at the trustee; shared data has no capability and operation."""

    TABLE = "sn_mif_sync_data"
    KEY = ("source_instance", "envelope")
    IS_READ = False
    envelope: str
    application: str
    capability: str
    operation: str
    source_instance: str
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class ActedMessage(Row):
    """A trustee's message that this trustor has acted on."""

    TABLE = "sn_mif_message"
    KEY = ("sender_instance", "envelope")
    IS_READ = False
    envelope: str
    application: str
    capability: str
    operation: str
    sender_instance: str
    payload: Payload
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest(Row):
    """A message this instance has sent and that will be answered if it is acted on."""

    TABLE = "sn_mif_message_request"
    KEY = ("envelope",)
    envelope: str
    application: str
    capability: str
    operation: str
    recipient_instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAnswer(Row):
    """The answer to a message this instance sent."""

    TABLE = "sn_mif_message_answer"
    KEY = ("request",)
    IS_READ = False
    request: str
    application: str
    capability: str
    operation: str
    source_instance: str
    payload: Payload


def decide_send(tables: Tables, action: Send, message_id: str) -> Decision:
    """An application sends; the instance consults its own tables first (S1), unless told not to.

    *message_id* is the one that the message will have.
    """
    refusal = (
        refuse_unoffered(tables, action.application, action.capability, action.operation)
        or refuse_peer(tables, action.recipient)
        or refuse_size(tables, action.operation, action.payload)
    )
    if refusal:
        return Decision(refusal=refusal)
    application = tables.get(Application, action.application)
    capability = tables.get(Capability, action.application, action.capability)
    operation = tables.get(Operation, action.application, action.capability, action.operation)
    assert application is not None
    assert capability is not None
    assert operation is not None
    message = CapabilityMessage(
        application=action.application,
        application_version=application.version,
        capability=action.capability,
        version=capability.version,
        operation=action.operation,
        operation_kind=operation.kind,
        payload=action.payload,
    )
    if not action.unchecked:
        refusal = refuse_operation(
            tables, message, peer=action.recipient, is_trustor=operation.kind is OperationKind.DATA
        )
        if refusal:
            return Decision(refusal=refusal)
    request = OpenRequest(
        envelope=message_id,
        application=action.application,
        capability=action.capability,
        operation=action.operation,
        recipient_instance=action.recipient,
    )
    is_answered = operation.answer is not None and operation.kind is OperationKind.MESSAGE
    changes = (Put(request),) if is_answered else ()
    return Decision(changes, (Post(action.recipient, message),))


def refuse_size(tables: Tables, what: str, payload: Payload) -> Refusal | None:
    """Why the transport does not take a payload of *what* is sent, for its size; or None."""
    size = len(to_json(payload))
    if size <= MAX_PAYLOAD_BYTES:
        return None
    return Refusal(
        code=RefusalCode.MESSAGE_TOO_LARGE,
        found=f"The payload of {what} has {size} bytes, and the transport takes {MAX_PAYLOAD_BYTES}.",
        change="send it in smaller parts",
        who=f"the application on {name_of(tables, tables.owner)}",
    )


def decide_capability_message(tables: Tables, message: CapabilityMessage, sender: str, envelope: str) -> Decision:
    """The gate has admitted it: data is taken in, a message is acted on and answered where it has an answer."""
    operation = tables.get(Operation, message.application, message.capability, message.operation)
    assert operation is not None, "the gate admits only operations that are offered"
    if message.operation_kind is OperationKind.DATA:
        call = identify_as_assigned(tables, message, sender) if operation.cmdb else None
        if isinstance(call, Refusal):
            return Decision(refusal=call)
        data = ReceivedData(
            envelope=envelope,
            application=message.application,
            capability=message.capability,
            operation=message.operation,
            source_instance=sender,
            payload=message.payload,
        )
        return Decision((Put(data),), cmdb=call)
    acted = ActedMessage(
        envelope=envelope,
        application=message.application,
        capability=message.capability,
        operation=message.operation,
        sender_instance=sender,
        payload=message.payload,
        answered=operation.answer is not None,
    )
    changes = (Put(acted), received(message, sender)) if operation.settings else (Put(acted),)
    if operation.answer is None:
        return Decision(changes)
    answer = CapabilityAnswer(
        application=message.application,
        capability=message.capability,
        operation=message.operation,
        request=envelope,
        payload=operation.answer,
    )
    return Decision(changes, (Post(sender, answer),))


def decide_answer(tables: Tables, message: CapabilityAnswer, sender: str) -> Decision:
    """An answer is the trustor's data: it is taken in where this instance has asked that trustor for it."""
    request = tables.get(OpenRequest, message.request)
    if request is None or request.recipient_instance != sender:
        me, peer = name_of(tables, tables.owner), name_of(tables, sender)
        return Decision(
            refusal=Refusal(
                code=RefusalCode.UNSOLICITED_ANSWER,
                found=f"{peer} answers request {message.request}, which {me} has not sent to {peer} or has "
                "had answered.",
                change=f"send {message.application} > {message.capability} > {message.operation} first",
                who=f"the application on {me}",
            )
        )
    answer = ReceivedAnswer(
        request=message.request,
        application=message.application,
        capability=message.capability,
        operation=message.operation,
        source_instance=sender,
        payload=message.payload,
    )
    return Decision((Delete(OpenRequest, request.key), Put(answer)))
