"""Does the net catch anything? Every rule that is switched off is noticed, in a shipped scenario, in few seeds."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from simulator.exploration.mutants import MUTANTS
from simulator.exploration.mutants.mutant import Mutant
from simulator.report.result import SeedVerdict

from .mutants_table import SCENARIO_BY_MUTANT, tried

EACH = pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in MUTANTS])

SHOWN_BY = {
    "recipient": "which is not for it",
    "signature": "which nobody has posted",
    "insert-in-callers-domain": "which is not its caller's domain",
    "update-keeps-domain": "with an update",
    "revision-order": "has gone back to revision",
}
"""Where a rule is one of two guards, or is not what an expectation says: the words that tell it was this one."""


def test_every_mutant_has_its_scenario() -> None:
    """None is forgotten, and none is listed that does not exist."""
    assert sorted(SCENARIO_BY_MUTANT) == sorted(mutant.name for mutant in MUTANTS)


@EACH
def test_a_broken_rule_is_noticed(mutant: Mutant) -> None:
    """The sweep finds it within so many seeds, by an invariant or an expectation; with all rules on these hold."""
    result, held = tried(mutant)
    assert {each.verdict for each in held} == {SeedVerdict.HELD}
    assert result.seeds is not None, f"nobody notices in {SCENARIO_BY_MUTANT[mutant.name]}: {mutant.rule}"
    assert SHOWN_BY.get(mutant.name, "") in result.by


@EACH
def test_a_mutant_restores_what_it_replaced(mutant: Mutant) -> None:
    """While it is in force something of the product differs; afterwards everything is as before."""
    before = dict(_attributes())
    with mutant.in_force():
        assert dict(_attributes()) != before
    assert dict(_attributes()) == before


def test_a_mutant_restores_what_it_replaced_after_a_failure() -> None:
    """An exception that leaves the block makes no difference."""
    before = dict(_attributes())
    with pytest.raises(ZeroDivisionError), MUTANTS[0].in_force():
        _ = 1 / 0
    assert dict(_attributes()) == before


def _attributes() -> Iterator[tuple[str, int]]:
    """The identity of every attribute of every module of the product, and of its classes."""
    for module_name, module in list(sys.modules.items()):
        if not module_name.startswith("simulator."):
            continue
        for name, value in list(vars(module).items()):
            yield f"{module_name}.{name}", id(value)
            if isinstance(value, type) and value.__module__ == module_name:
                yield from ((f"{module_name}.{name}.{key}", id(item)) for key, item in vars(value).items())
