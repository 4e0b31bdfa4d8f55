"""The gate beside two policy engines: may a peer's message be acted on, by what the trust table here says?

All three are asked the same questions about the same data in the same run, in turns, half of them to be
admitted, and they must agree. Each is asked in the quickest way that its documentation has:

- cedarpy (the Rust engine of Cedar): policies and entities are parsed once, as PolicySet and Entities; the
  trustees of a capability are members of a group, so that one policy answers whatever their number. One request
  at a time, and a hundred in one is_authorized_batch. Its explanation: the policies that determined the answer,
  which are none where it denies.
- casbin (PyCasbin, which has no CachedEnforcer): FastEnforcer, which looks only at policies with the trustee and
  the capability that it is asked for. It is told nothing of accounts and operations, and so is asked for less. Its
  explanation, the rule that matched, comes from enforce_ex, which looks at all rules.

Ours is `judge`, and with explanation `admit`: what was found, what is nearest, the change, and who must make it.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, quantiles
from time import perf_counter, perf_counter_ns
from typing import Any

import casbin
import cedarpy

from simulator.protocol.messages import CapabilityMessage
from simulator.protocol.operations import OperationKind
from simulator.tables import Row, Tables
from simulator.trust.application import Application, Capability, Operation
from simulator.trust.directory import DirectoryEntry, InstanceType
from simulator.trust.gate import admit, judge
from simulator.trust.management import Managed
from simulator.trust.profile import ProfileItem
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.states import Approval

from .table import Table

SIZES = (38, 10_000)
"""Profile items, each of which has made a trust record here."""

ROUNDS = 5
BATCH = 100
QUESTIONS = 1000
"""Different ones, asked again and again; half of them by peers that are not trusted."""

ME, ACCOUNT = "me", "acme"
APPLICATION, CAPABILITY, OPERATION, VERSION = "Impact Health", "Code Check", "run scan", "1.0.0"

MESSAGE = CapabilityMessage(
    application=APPLICATION,
    application_version="1.4.3",
    capability=CAPABILITY,
    version=VERSION,
    operation=OPERATION,
    operation_kind=OperationKind.MESSAGE,
    payload={},
)

POLICIES = """
@id("a trustee's message is acted on")
permit(principal is Instance, action == Action::"message", resource is Operation) when {
    principal.account == resource.account && principal in resource.trustees && context.version == resource.version
};
"""

MODEL = """
[request_definition]
r = trustee, application, capability, version
[policy_definition]
p = trustee, application, capability, version
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.trustee == p.trustee && r.capability == p.capability && r.version == p.version \\
    && r.application == p.application
"""


@dataclass
class Asked:
    """Who is asked, how, and what it took."""

    who: str
    way: str
    ask: Callable[[Any], Any]
    """Whether messages of a peer are admitted; in a batch, the same for a list of peers."""
    at_once: int = 1
    """How many questions one call answers."""
    admitted: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    """Microseconds of each question."""


def measure_gate(seconds: float, tell: Callable[[str], None]) -> Table:
    """All sizes; *seconds* is how long each is asked in each of the rounds, all together."""
    table = Table(
        "May the message be acted on: the gate beside two policy engines",
        ("asked", "explanation", "items", "decisions/s", "admitted p50 / p99 us", "refused p50 / p99 us",
         "cedarpy : this", "this : 38 items"),
        f"The same {QUESTIONS} questions of the same data, half of them to be admitted, asked in turns in {ROUNDS}"
        " rounds; of a batch, the times of one question in it. The ratios are of p50, of the questions that are "
        "admitted and of those that are refused; cedarpy is the one asked singly and without explanation.",
    )  # fmt: skip
    smallest: dict[tuple[str, str], tuple[float, float]] = {}
    for size in SIZES:
        tell(f"the gate, {size} items")
        asked = _measure(size, seconds / 5)
        cedar = next(one for one in asked if one.who == "cedarpy")
        for one in asked:
            p50s = median(one.admitted), median(one.refused)
            first = smallest.setdefault((one.who, one.way), p50s)
            table.rows.append(
                (
                    one.who,
                    one.way,
                    f"{size:,}",
                    f"{1e6 * 2 / (fmean(one.admitted) + fmean(one.refused)):,.0f}",
                    _percentiles(one.admitted),
                    _percentiles(one.refused),
                    _ratios((median(cedar.admitted), median(cedar.refused)), p50s),
                    _ratios(p50s, first),
                )
            )
    return table


def _percentiles(times: Sequence[float]) -> str:
    return f"{median(times):,.2f} / {quantiles(times, n=100)[98]:,.2f}"


def _ratios(these: tuple[float, float], those: tuple[float, float]) -> str:
    return ", ".join(f"{this / that:.2g}" for this, that in zip(these, those, strict=True))


def _measure(size: int, seconds: float) -> list[Asked]:
    peers = [f"{number:032x}" for number in range(size)]
    strangers = [f"{number:032x}" for number in range(size, size + 20)]
    trusted = [peers[number * 7919 % size] for number in range(QUESTIONS // 2)]
    others = [strangers[number % len(strangers)] for number in range(QUESTIONS // 2)]
    asked = [*_ours(peers, strangers), *_cedar(peers, strangers), *_casbin(peers)]
    for one in asked:
        for place in range(0, 5 * one.at_once, one.at_once):
            assert _answers(one, trusted, place) == {True}, f"{one.who} refuses a trustee"
            assert _answers(one, others, place) == {False}, f"{one.who} admits a stranger"
    gc.collect()
    gc.freeze()  # ten thousand rows of each are none of the collector's business while it is measured
    for _ in range(ROUNDS):
        for one in asked:
            _ask(one, trusted, others, seconds)
    gc.unfreeze()
    return asked


def _ask(one: Asked, trusted: Sequence[str], others: Sequence[str], seconds: float) -> None:
    """One round: the questions again and again, until the time is over."""
    until, place = perf_counter() + seconds, 0
    while perf_counter() < until:
        for peers, times in ((trusted, one.admitted), (others, one.refused)):
            question = _question(one, peers, place)
            at = perf_counter_ns()
            one.ask(question)
            times.append((perf_counter_ns() - at) / 1000 / one.at_once)
        place = (place + one.at_once) % len(trusted)


def _question(one: Asked, peers: Sequence[str], place: int) -> str | Sequence[str]:
    return peers[place] if one.at_once == 1 else peers[place : place + one.at_once]


def _answers(one: Asked, peers: Sequence[str], place: int) -> set[bool]:
    answer = one.ask(_question(one, peers, place))
    return {answer} if one.at_once == 1 else set(answer)


# -- who is asked ---------------------------------------------------------------------------------------


def _ours(peers: Sequence[str], strangers: Sequence[str]) -> Iterator[Asked]:
    tables = Tables(ME, _rows(peers, strangers))

    def explained(peer: str) -> bool:
        refusal = admit(tables, MESSAGE, peer)
        return refusal is None or not refusal.explanation

    yield Asked("the gate", "off", lambda peer: judge(tables, MESSAGE, peer) is None)
    yield Asked("the gate", "on", explained)


def _rows(peers: Sequence[str], strangers: Sequence[str]) -> Iterator[Row]:
    """What a trustor has that manages its own profile, in which all *peers* are trusted."""
    yield Application(name=APPLICATION, version="1.4.3")
    yield Capability(application=APPLICATION, name=CAPABILITY, version=VERSION)
    yield Operation(
        application=APPLICATION, capability=CAPABILITY, name=OPERATION, kind=OperationKind.MESSAGE, answer=None
    )
    for instance in (ME, *peers, *strangers):
        yield DirectoryEntry(
            sys_id=instance,
            name=f"instance {instance}",
            account=ACCOUNT,
            type=InstanceType.PRODUCTION,
            environment="production",
            release="Zurich",
            public_key="",
        )
    for peer in peers:
        yield Managed(application=APPLICATION, managed_instance=peer, status=Approval.APPROVED)
        yield ProfileItem(
            application=APPLICATION,
            capability=CAPABILITY,
            trusting_instance=ME,
            trusted_instance=peer,
            version=VERSION,
            active=True,
            description="",
        )
        yield TrustRecord(
            application=APPLICATION,
            capability=CAPABILITY,
            trusted_instance=peer,
            version=VERSION,
            origin=Origin.PROFILE,
        )


def _cedar(peers: Sequence[str], strangers: Sequence[str]) -> Iterator[Asked]:
    group = {"type": "Trustees", "id": f"{APPLICATION} > {CAPABILITY}"}
    operation = {"type": "Operation", "id": f"{APPLICATION} > {CAPABILITY} > {OPERATION}"}
    offered = {"account": ACCOUNT, "version": VERSION, "trustees": {"__entity": group}}
    entities = [
        {"uid": group, "attrs": {}, "parents": []},
        {"uid": operation, "attrs": offered, "parents": []},
        *(
            {"uid": {"type": "Instance", "id": peer}, "attrs": {"account": ACCOUNT}, "parents": parents}
            for some, parents in ((peers, [group]), (strangers, []))
            for peer in some
        ),
    ]
    policies = cedarpy.PolicySet.from_str(POLICIES)
    known = cedarpy.Entities.from_json_str(json.dumps(entities))

    def request(peer: str) -> dict[str, Any]:
        return {
            "principal": {"type": "Instance", "id": peer},
            "action": {"type": "Action", "id": "message"},
            "resource": operation,
            "context": {"version": VERSION},
        }

    def explained(peer: str) -> bool:
        result = cedarpy.is_authorized(request(peer), policies, known)
        return bool(result.diagnostics.reasons) and result.allowed

    def batch(some: Sequence[str]) -> list[bool]:
        return [one.allowed for one in cedarpy.is_authorized_batch(list(map(request, some)), policies, known)]

    yield Asked(
        "cedarpy",
        "off",
        lambda peer: cedarpy.is_authorized(request(peer), policies, known).allowed,
    )
    yield Asked("cedarpy", "on", explained)
    yield Asked("cedarpy", f"off, {BATCH} in a batch", batch, at_once=BATCH)


def _casbin(peers: Sequence[str]) -> Iterator[Asked]:
    model = casbin.FastModel([0, 2])
    model.load_model_from_text(MODEL)
    enforcer = casbin.FastEnforcer(model, cache_key_order=[0, 2])
    enforcer.add_policies([[peer, APPLICATION, CAPABILITY, VERSION] for peer in peers])

    def explained(peer: str) -> bool:
        admitted, rule = enforcer.enforce_ex(peer, APPLICATION, CAPABILITY, VERSION)
        return bool(rule) and bool(admitted)

    yield Asked(
        "casbin",
        "off",
        lambda peer: bool(enforcer.enforce(peer, APPLICATION, CAPABILITY, VERSION)),
    )
    yield Asked("casbin", "on", explained)
