"""Rules about what may cross between two instances, and who takes part at all."""

from __future__ import annotations

from collections.abc import Callable

from simulator.decision import NOTHING
from simulator.exploration.mutants.mutant import Mutant, Switch, always, never
from simulator.protocol.messages import CapabilityMessage
from simulator.protocol.operations import OperationKind
from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Tables
from simulator.trust import application, directory, gate, readiness, record, settings


def _turns_data_round(refuse: Callable[..., Refusal | None]) -> Callable[..., Refusal | None]:
    def broken(tables: Tables, message: CapabilityMessage, peer: str, is_trustor: bool) -> Refusal | None:
        is_data = message.operation_kind is OperationKind.DATA
        return refuse(tables, message, peer, is_trustor is not is_data)

    return broken


TRUST = (
    Mutant(
        "trust-record",
        "A trustor lets nothing cross for which it has no trust record.",
        "S1",
        (Switch(gate, "judge_operation", never(RefusalCode.NO_TRUST_RECORD)),),
    ),
    Mutant(
        "trusting-instance",
        "A trustee lets nothing cross for which no trusting instance is listed.",
        "S1",
        (Switch(gate, "judge_operation", never(RefusalCode.NO_TRUSTING_INSTANCE)),),
    ),
    Mutant(
        "data-direction",
        "For data it is the sender that must trust the receiver.",
        "S1",
        (Switch(gate, "refuse_operation", _turns_data_round),),
    ),
    Mutant(
        "version",
        "Trust is for one Application Capability Version.",
        "S6",
        (Switch(gate, "judge_operation", never(RefusalCode.VERSION_MISMATCH)),),
    ),
    Mutant(
        "mirror-removal",
        "A trustee forgets a trusting instance that does not trust it any more.",
        "S1",
        (Switch(record, "decide_removed", always(NOTHING)),),
    ),
    Mutant(
        "self-trust",
        "No instance trusts itself.",
        "S1",
        (Switch(directory, "refuse_peer", never(RefusalCode.SELF_TRUST)),),
    ),
)

APPLICATIONS = (
    Mutant(
        "application-versions",
        "Both sides have versions of the application that take part together.",
        "S8, F13",
        (Switch(application, "refuse_versions", always(None)),),
    ),
    Mutant(
        "read-only-settings",
        "Settings that another instance has sent are not changed where they arrive.",
        "S8, S9",
        (Switch(settings, "_refuse_received", always(None)),),
    ),
    Mutant(
        "readiness",
        "Who has no mutual TLS, no plugin, one that is too new or an old release takes part in nothing.",
        "S6, F10, F11",
        (Switch(readiness, "refuse_unready", always(None)),),
    ),
)
