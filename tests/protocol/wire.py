"""Every envelope that the wire can carry, for Hypothesis."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, get_args

from hypothesis import strategies as st

from simulator.protocol.actions import Action, Timer
from simulator.protocol.envelope import LIFETIME, Envelope
from simulator.protocol.messages import Receipt, SyncItem, WireMessage
from simulator.protocol.operations import OperationKind

M = TypeVar("M")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(min_value=-(2**63), max_value=2**63 - 1)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
payloads = st.dictionaries(texts, values, max_size=3)
times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the time zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
lifetimes = st.timedeltas(timedelta(microseconds=1), LIFETIME)

for type_, strategy in {
    str: texts,
    int: numbers,
    OperationKind: st.sampled_from(OperationKind),
    SyncItem: st.builds(SyncItem, capability=texts, version=texts, trusted=texts),
}.items():
    st.register_type_strategy(type_, strategy)


def messages_of(union: object) -> st.SearchStrategy[Any]:
    """Any message of a closed union, each kind as often as the others."""
    return st.one_of([_build(kind) for kind in get_args(union) or (union,)])


def _build(kind: Any) -> st.SearchStrategy[Any]:
    known: dict[str, st.SearchStrategy[Any]] = {
        "payload": payloads,
        "rows": payloads,
        "setup": payloads,
        "revision": st.integers(0, 2**63 - 1),
    }
    if kind is Receipt:
        known["envelope_ids"] = st.lists(texts, max_size=5).map(tuple)
    fields = {name: strategy for name, strategy in known.items() if name in kind.__annotations__}
    return st.builds(kind, **fields)


def envelopes_of(message: st.SearchStrategy[M], is_inside: bool = False) -> st.SearchStrategy[Envelope[M]]:
    """Envelopes with such a message, from another instance or from inside."""
    made = st.builds(
        Envelope,
        id=texts,
        sender=texts.map(lambda text: f"a{text}"),
        recipient=texts.map(lambda text: f"b{text}"),
        cause=st.none() | texts,
        sent_at=times,
        expires_at=times,
        message=message,
    )
    made = st.builds(_with_lifetime, made, lifetimes)
    return made.map(_to_oneself) if is_inside else made


def _with_lifetime(envelope: Envelope[M], lifetime: timedelta) -> Envelope[M]:
    return replace(envelope, expires_at=envelope.sent_at + lifetime)


def _to_oneself(envelope: Envelope[M]) -> Envelope[M]:
    return replace(envelope, recipient=envelope.sender)


wire_envelopes = envelopes_of(messages_of(WireMessage))
action_envelopes = envelopes_of(messages_of(Action), is_inside=True)
timer_envelopes = envelopes_of(messages_of(Timer), is_inside=True)
