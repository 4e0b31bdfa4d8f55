"""What would have been otherwise: the results of `trustsim whatif`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

_ROWS = {
    "cis": "CIs in the end",
    "inserted": "items inserted",
    "updated": "items updated",
    "unchanged": "items unchanged",
    "failed": "items with errors",
    "across": "updates across domains",
    "tasks": "de-duplication tasks",
    "duplicates": "CIs in these tasks",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What a stream of payloads came to in one mode."""

    cis: int
    inserted: int
    updated: int
    unchanged: int
    failed: int
    """Items with errors, and payloads that the API refused."""
    across: int
    """Updates of a CI in another domain than the caller's."""
    tasks: int
    """De-duplication tasks."""
    duplicates: int
    """CIs that these tasks name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is otherwise than in the variant that others are held against."""

    kind: str
    """merged, split, duplicate, across, unique, refused, accepted, owner or class."""
    subject: str
    """The CIs, as people know them, with their domains."""
    payloads: tuple[int, ...]
    """The numbers of the payloads that have to do with it, from 1."""
    detail: str


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run the engine, and what is otherwise with it."""

    name: str
    counts: Counts
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class ModeComparison:
    """One instance's payloads in strict and in platform mode."""

    instance: str
    payloads: int
    switch_at: int
    """The number of the first payload after the switch, from 1."""
    has_domains: bool
    variants: tuple[Variant, ...]
    """Strict, platform, and switched on in the middle."""
    increase: tuple[tuple[int, int], tuple[int, int]]
    """De-duplication tasks before the switch and from then on: in strict mode, and with the switch."""

    @property
    def differs(self) -> bool:
        """Whether the mode makes any difference."""
        return any(variant.differences for variant in self.variants)


@dataclass(frozen=True, slots=True)
class RulesComparison:
    """One instance's payloads by the rules as they are and by changed ones."""

    instance: str
    payloads: int
    variants: tuple[Variant, Variant]

    @property
    def differs(self) -> bool:
        """Whether the changed rules make any difference."""
        return bool(self.variants[1].differences)


@dataclass(frozen=True, slots=True)
class OrderedValue:
    """What an attribute of a CI ends with after payloads in two orders."""

    attribute: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class OrderFinding:
    """A CI whose end depends on the order of payloads, with two short orders that show it."""

    subject: str
    orders: tuple[tuple[int, ...], tuple[int, ...]]
    """The numbers of payloads, from 1."""
    values: tuple[OrderedValue, ...]


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """One instance's payloads in many orders."""

    instance: str
    payloads: tuple[str, ...]
    """Each in a few words, by its number from 1."""
    shuffles: int
    seed: int
    findings: tuple[OrderFinding, ...]


def counts_of(variants: Sequence[Variant]) -> list[list[str]]:
    """A row for each thing that is counted: what it is, and its number in each variant."""
    counts = [asdict(variant.counts) for variant in variants]
    return [[title, *(str(each[name]) for each in counts)] for name, title in _ROWS.items()]


def as_objects(
    results: Sequence[ModeComparison] | Sequence[RulesComparison] | Sequence[OrderCheck],
) -> list[dict[str, object]]:
    """The results for programs."""
    return [asdict(result) for result in results]
