"""Rules about instances that change, and about the data that they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.decision import NOTHING, Decision
from simulator.exploration.mutants.mutant import Mutant, Switch, always, never
from simulator.protocol.actions import CloneOver
from simulator.refusal import RefusalCode
from simulator.tables import Put, Tables
from simulator.trust import ending, lifecycle, relations, sharing
from simulator.trust.copies import TRUST_ROWS, paste
from simulator.trust.directory import DirectoryEntry
from simulator.trust.sharing import TrustConfig


def _brings_trust(decide_clone: Callable[..., Decision]) -> Callable[..., Decision]:
    def broken(tables: Tables, action: CloneOver) -> Decision:
        brought = [Put(row) for row in paste(action.rows) if isinstance(row, TRUST_ROWS)]
        decided = decide_clone(tables, action)
        return replace(decided, changes=(*decided.changes, *brought))

    return broken


def _keeps_customs(reset: Callable[..., TrustConfig]) -> Callable[..., TrustConfig]:
    def broken(tables: Tables, config: TrustConfig, became: DirectoryEntry) -> TrustConfig:
        return config if config.customised else reset(tables, config, became)

    return broken


LIFECYCLE = (
    Mutant(
        "type-change-ends-management",
        "When an instance is promoted or demoted, management that is not allowed any more ends.",
        "Q19",
        (Switch(ending, "end_forbidden", always(NOTHING)),),
    ),
    Mutant(
        "type-change-is-heard",
        "All instances of the account hear of a promotion or demotion.",
        "S4",
        (Switch(lifecycle, "decide_instance_changed", always(NOTHING)),),
    ),
)

SHARING = (
    Mutant(
        "clone-quarantine",
        "What a clone brings along of its source's trust is not in force at the target.",
        "Q20",
        (Switch(lifecycle, "decide_clone", _brings_trust),),
    ),
    Mutant(
        "lost-relations-end",
        "A management relation that only one side knows after a clone or a restore ends, and mirrors follow.",
        "relations.py",
        (Switch(relations, "decide_relations", always(NOTHING)),),
    ),
    Mutant(
        "restored-revisions",
        "A manager that was restored counts on from the newest revision that it has ever distributed.",
        "relations.py",
        (Switch(relations, "_revisions", always([])),),
    ),
    Mutant(
        "decommission-ends",
        "What a decommissioned instance had with others ends on both sides.",
        "lifecycle.py",
        (Switch(lifecycle, "_end_all", always(())),),
    ),
    Mutant(
        "grant",
        "Data is shared only with an instance that is granted access.",
        "S4",
        (Switch(sharing, "_refuse_ungranted", never(RefusalCode.ACCESS_NOT_GRANTED)),),
    ),
    Mutant(
        "grant-default",
        "By default non-production grants access to production.",
        "S4",
        (Switch(sharing, "grants_by_default", always(False)),),
    ),
    Mutant(
        "grant-reset",
        "An instance that changes type is back at the defaults, whatever was customised.",
        "S4",
        (Switch(sharing, "_reset", _keeps_customs),),
    ),
    Mutant(
        "grant-mirror",
        "Is granting access at the grantee shows what the grantor says.",
        "S4",
        (Switch(sharing, "decide_grant_state", always(NOTHING)),),
    ),
    Mutant(
        "grant-told-again",
        "A grant that nobody has taken in before it expired is told again.",
        "sharing.py",
        (Switch(sharing, "tell_again", always(NOTHING)),),
    ),
)
