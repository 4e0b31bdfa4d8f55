"""What a scenario defines for a run to exercise, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from simulator.journal import Outcome
from simulator.report.result import Defined, Kind
from simulator.scenario.model import (
    ConfigureCmdbStep,
    CreateTrustRecordStep,
    OutcomeExpectation,
    SaveProfileItemStep,
)
from simulator.scenario.reading.load import LoadedScenario
from simulator.store.setups.setup import Setup

_RULES = ("cmdb_reconciliation_definition", "cmdb_dynamic_reconciliation_definition")
"""The tables of rules that decide whose value counts."""


def definitions(loaded: LoadedScenario) -> tuple[Defined, ...]:
    """Operations, profile items, trust records by hand, and rules of CMDBs; each once, where it comes first."""
    found: dict[tuple[Kind, tuple[str, ...]], Defined] = {}
    for each in (*_operations(loaded), *_of_steps(loaded)):
        found.setdefault((each.kind, each.key), each)
    return tuple(found.values())


def _operations(loaded: LoadedScenario) -> Iterator[Defined]:
    for application, definition in loaded.scenario.applications.items():
        for capability, offer in definition.capabilities.items():
            for name, operation in offer.operations.items():
                path = ("applications", application, "capabilities", capability, "operations", name)
                yield Defined(
                    kind=Kind.OPERATION,
                    name=f"{application} > {capability} > {name}",
                    line=loaded.line(*path),
                    key=(application, capability, name),
                    operation_kind=operation.kind,
                )


def _of_steps(loaded: LoadedScenario) -> Iterator[Defined]:
    for index, step in enumerate(loaded.scenario.steps):
        path = ("steps", index)
        if isinstance(step.expect, OutcomeExpectation) and step.expect.wanted != Outcome.PROCESSED:
            continue  # whoever tries it defines nothing
        match getattr(step, step.verb):
            case SaveProfileItemStep(active=True) as it:
                for trusting, trusted in product(it.trusting, it.trusted):
                    yield _trust(Kind.ITEM, it, trusting, trusted, loaded.line(*path))
            case CreateTrustRecordStep() as it:
                for trustor, trustee in product(it.on, it.trustee):
                    yield _trust(Kind.RECORD, it, trustor, trustee, loaded.line(*path))
            case ConfigureCmdbStep(setup=Setup() as setup):
                yield from _of_setup(loaded, (*path, "configure_cmdb", "setup"), setup)


def _trust(
    kind: Kind, it: SaveProfileItemStep | CreateTrustRecordStep, trustor: str, trustee: str, line: int
) -> Defined:
    what = f"{it.application} > {it.capability}"
    key = (it.application, it.capability, trustor, trustee)
    return Defined(kind=kind, name=f"{trustor} trusts {trustee} for {what}", line=line, key=key)


def _of_setup(loaded: LoadedScenario, path: tuple[str | int, ...], setup: Setup) -> Iterator[Defined]:
    for number, rule in enumerate(setup.identifiers):
        for index, entry in enumerate(rule.entries):
            if rule.active and entry.active:
                yield Defined(
                    kind=Kind.ENTRY,
                    name=f"{rule.name} [{', '.join(entry.attributes)}]",
                    line=loaded.line(*path, "identifiers", number, "entries", index),
                    key=(rule.name, *entry.attributes),
                )
    for table in _RULES:
        for index, row in enumerate(setup.records.get(table, ())):
            if row.get("active") != "false" and (label := _label(row)):
                line = loaded.line(*path, "records", table, index)
                yield Defined(kind=Kind.RULE, name=label, line=line, key=(label,))


def _label(row: Mapping[str, str | None]) -> str:
    """A rule as explanations call it; empty for one that has neither a name nor a sys_id to be called by."""
    name = row.get("name") or row.get("sys_id") or ""
    return name and f"{name} on {row.get('applies_to') or ''}"
