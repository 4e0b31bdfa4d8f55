"""Which shipped scenario notices which broken rule, as a table: `python -m tests.exploration.mutants_table`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from simulator.exploration.mutants import MUTANTS
from simulator.exploration.mutants.mutant import Mutant
from simulator.exploration.mutants.trial import try_one
from simulator.exploration.pool import Alone
from simulator.exploration.storms import load_profile
from simulator.exploration.sweep import sweep
from simulator.report.result import MutantResult, SeedResult
from tests.simulation.shipped import ROOT, loaded

SCENARIOS = ROOT / "scenarios"
WEATHER = load_profile("stormy")
SEEDS = 12
"""How many seeds it may take. All are found in fewer; the rest is for changes that shift what the seeds draw."""

MUTANTS_BY_SCENARIO = {
    "ai-control-tower": ["application-versions", "read-only-settings"],
    "clone-and-restore": ["clone-quarantine", "lost-relations-end", "restored-revisions"],
    "cmdb-over-trust": ["assigned-user"],
    "data-sharing": ["grant", "grant-default", "grant-reset", "grant-mirror", "grant-told-again"],
    "decommission": ["decommission-ends"],
    "domains-strict-and-platform": [
        "candidate-domains",
        "insert-in-callers-domain",
        "update-keeps-domain",
        "task-in-duplicates-domain",
    ],
    "documented-example": ["repeat-recognition", "one-transaction"],
    "manual-trust-without-manager": ["recipient", "mirror-removal"],
    "profile-changes": [
        "channel-order",
        "outbox-survives",
        "revision-order",
        "active-items",
        "sync-removes",
        "manual-records-stay",
        "sync-result",
    ],
    "promote-and-demote": ["signature", "type-change-ends-management", "type-change-is-heard"],
    "readiness": ["readiness"],
    "reconciliation-and-reclassification": ["reconciliation-precedence", "rules-of-the-domain"],
    "revocation-and-change-of-manager": ["approval", "consent", "revocation", "giving-up", "sync-from-manager"],
    "roles-and-rules": [
        "account",
        "self-management",
        "both-roles",
        "second-manager",
        "subprod-manages-prod",
        "edit-by-manager",
        "self-trust",
    ],
    "sync-while-an-instance-is-away": ["expiry"],
    "versions-and-directions": [
        "repeat-receipt",
        "retry",
        "receipt-names-envelope",
        "trust-record",
        "trusting-instance",
        "data-direction",
        "version",
    ],
}
SCENARIO_BY_MUTANT = {name: scenario for scenario, names in MUTANTS_BY_SCENARIO.items() for name in names}


@cache
def all_rules_on(scenario: Path, seeds: int) -> Sequence[SeedResult]:
    """So many seeds of a scenario as they are without mutants."""
    return list(sweep(loaded(scenario), WEATHER, range(seeds), Alone()))


def tried(mutant: Mutant) -> tuple[MutantResult, Sequence[SeedResult]]:
    """Whether its scenario shows it, and the seeds without it: one, or all where the first shows nothing."""
    scenario = SCENARIOS / f"{SCENARIO_BY_MUTANT[mutant.name]}.yaml"
    for seeds in (1, SEEDS):
        held = all_rules_on(scenario, seeds)
        fingerprints = {result.seed: result.fingerprint for result in held}
        result = try_one(loaded(scenario), WEATHER, fingerprints, mutant.name)
        if result.seeds is not None:
            break
    return result, held


def _lines() -> Iterator[str]:
    yield "| switched off | the rule | from | scenario | seeds until found |"
    yield "| --- | --- | --- | --- | --- |"
    for mutant in MUTANTS:
        found = tried(mutant)[0].seeds or "not found"
        scenario = SCENARIO_BY_MUTANT[mutant.name]
        yield f"| {mutant.name} | {mutant.rule} | {mutant.source} | {scenario} | {found} |"


if __name__ == "__main__":
    for line in _lines():
        print(line)  # noqa: T201 - printing is all it does
