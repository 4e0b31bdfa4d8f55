"""The product without one of its rules, and the ways of taking a rule away."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from simulator.refusal import Refusal, RefusalCode
from simulator.tables import Row, Tables
from simulator.trust.rows import ROW_TYPES

_No = Refusal | RefusalCode

Break = Callable[[Any], Any]
"""Makes from a function of the product the one that breaks its rule."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One attribute of the product that is replaced, and with what."""

    owner: ModuleType | type
    name: str
    broken: Break


@dataclass(frozen=True, slots=True)
class Mutant:
    """The product without one rule. *source* is the vendor page or the module that states the rule.

    A rule behind another one, which alone keeps it from being needed, is switched off together with that one.
    """

    name: str
    rule: str
    source: str
    switches: tuple[Switch, ...]

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """The rule is off, in this process, until the end of the block."""
        with ExitStack() as stack:
            for switch in self.switches:
                stack.enter_context(_thrown(switch))
            yield


@contextmanager
def _thrown(switch: Switch) -> Iterator[None]:
    original = getattr(switch.owner, switch.name)
    broken, places = switch.broken(original), list(_places(switch, original))
    inherited = [place for place in places if place[1] not in vars(place[0])]
    for owner, name in places:
        setattr(owner, name, broken)
    try:
        yield
    finally:
        for owner, name in places:
            if (owner, name) in inherited:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


def _places(switch: Switch, original: object) -> Iterator[tuple[ModuleType | type, str]]:
    """Its owner and, for an attribute of a module, every module of the product that has imported it by name."""
    if isinstance(switch.owner, type):
        yield switch.owner, switch.name
        return
    for module in [module for name, module in sys.modules.items() if name.startswith("simulator.")]:
        yield from ((module, name) for name, value in vars(module).items() if value is original)


def never(code: RefusalCode) -> Break:
    """Who would refuse with that code, with or without an explanation, finds nothing to refuse."""

    def broken(refuse: Callable[..., _No | None]) -> Callable[..., _No | None]:
        def lenient(*args: Any, **kwargs: Any) -> _No | None:
            no = refuse(*args, **kwargs)
            return None if (no.code if isinstance(no, Refusal) else no) is code else no

        return lenient

    return broken


def always(value: object) -> Break:
    """Whatever is asked, the answer is *value*."""
    return lambda _: lambda *_args, **_kwargs: value


def with_rows(tables: Tables, rows: Iterable[Row]) -> Tables:
    """A copy in which these rows have taken the places of those with their keys."""
    everything = (row for row_type in ROW_TYPES for row in tables.all(row_type))
    return Tables(tables.owner, [*everything, *rows])
