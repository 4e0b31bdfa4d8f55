"""The domains of an instance: what is below what, and what contains what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

GLOBAL = "global"
"""The domain of what belongs to no domain; it is above all others and has no record."""


class DomainError(ValueError):
    """Domains that make no tree, or a domain that the tree does not have."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A row of `domain`; *parent* is a sys_id, None for a domain right below global."""

    sys_id: str
    name: str
    parent: str | None = None
    type: str = "customer"
    """A label: vendor, customer, MSP; nothing depends on it."""
    primary: bool = False
    """Whether it is the one at the top of the service provider's tree."""
    default: bool = False
    """Whether tasks and users that nothing else gives a domain come here."""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """The domains by sys_id and their relations, checked; all functions take and give sys_ids."""

    domains: Mapping[str, Domain]
    contained: Mapping[str, frozenset[str]]
    """What a domain contains directly, besides its children (`domain_contains`)."""
    children: Mapping[str | None, tuple[str, ...]]
    """In the order in which the domains came; those right below global under None."""

    @classmethod
    def of(cls, domains: Iterable[Domain] = (), contains: Iterable[tuple[str, str]] = ()) -> Self:
        """The tree of these domains; *contains* are pairs of a domain and one that it contains.

        Raises DomainError for what is no tree, is not named uniquely, or has not exactly one primary domain.
        """
        every = tuple(domains)
        by_id = {one.sys_id: one for one in every}
        _check_names(every)
        _check_parents(by_id)
        _check_flags(every)
        contained: dict[str, set[str]] = defaultdict(set)
        for domain, other in contains:
            _check_contains(by_id, domain, other)
            contained[domain].add(other)
        children: dict[str | None, list[str]] = defaultdict(list)
        for one in every:
            children[one.parent].append(one.sys_id)
        return cls(
            by_id,
            {domain: frozenset(others) for domain, others in contained.items()},
            {parent: tuple(below) for parent, below in children.items()},
        )

    def __contains__(self, domain: object) -> bool:
        return domain == GLOBAL or domain in self.domains

    def check(self, domain: str) -> None:
        """Raises DomainError unless it is global or a domain of the tree."""
        if domain not in self:
            known = ", ".join([GLOBAL, *(one.name for one in self.domains.values())])
            raise DomainError(f"expected the sys_id of a domain, got {domain!r}; there are the domains: {known}")

    def joined(self, domains: Iterable[Domain], contained: Mapping[str, Iterable[str]] | None = None) -> Self:
        """The tree with these domains too, in the place of those with their sys_ids. Raises DomainError.

        What one of *contained* contains is what stands there, and no longer what it contained before.
        """
        every = {**self.domains, **{one.sys_id: one for one in domains}}
        pairs = [
            (one, other) for one, others in {**self.contained, **(contained or {})}.items() for other in others
        ]
        return self.of(every.values(), pairs)

    def chain(self, domain: str) -> tuple[str, ...]:
        """The domain, then those above it, nearest first, and global at the end. Raises DomainError."""
        self.check(domain)
        chain, at = [], None if domain == GLOBAL else domain
        while at is not None:
            chain.append(at)
            at = self.domains[at].parent
        return (*chain, GLOBAL)

    def subtree(self, domain: str) -> frozenset[str]:
        """The domain and all below it; below global is everything. Raises DomainError."""
        self.check(domain)
        if domain == GLOBAL:
            return frozenset([GLOBAL, *self.domains])
        found, waiting = {domain}, [domain]
        while waiting:
            below = self.children.get(waiting.pop(), ())
            found.update(below)
            waiting.extend(below)
        return frozenset(found)

    def contains_closure(self, domain: str) -> frozenset[str]:
        """What the domain contains, directly or by way of a domain that it contains. Raises DomainError.

        That contained domains count for what they contain in turn is said of CMDB Health only; that their
        children's do not, nowhere. Both stand here alone.
        """
        self.check(domain)
        found: set[str] = set()
        waiting = [domain]
        while waiting:
            new = self.contained.get(waiting.pop(), frozenset()) - found
            found |= new
            waiting.extend(new)
        return frozenset(found)

    def name(self, domain: str) -> str:
        """The domain's name. Raises DomainError."""
        self.check(domain)
        return GLOBAL if domain == GLOBAL else self.domains[domain].name

    @property
    def default(self) -> str:
        """Where a user goes whom nothing else gives a domain: the default domain; global where there is none."""
        return next((one.sys_id for one in self.domains.values() if one.default), GLOBAL)


# -- what makes domains a tree; a message begins with the place of the mistake ---------------------------


def _check_names(domains: Iterable[Domain]) -> None:
    ids: set[str] = set()
    names: set[str] = set()
    for one in domains:
        if GLOBAL in (one.sys_id, one.name):
            raise DomainError(f"domains.{one.name}: global is no record; give the domain another name")
        if one.sys_id in ids or one.name in names:
            raise DomainError(f"domains.{one.name}: expected one domain of this name and sys_id; remove the other")
        ids.add(one.sys_id)
        names.add(one.name)


def _check_parents(domains: Mapping[str, Domain]) -> None:
    settled: set[str | None] = {None}
    for one in domains.values():
        way: dict[str, None] = {}
        at: str | None = one.sys_id
        while at is not None and at not in settled:
            way[at] = None
            parent = domains[at].parent
            if parent is not None and parent not in domains:
                where = f"domains.{domains[at].name}.parent"
                raise DomainError(
                    f"{where}: expected a domain above it, got {parent!r}; declare that, or give none"
                )
            if parent in way:
                raise DomainError(_circle(domains, [*way], str(parent)))
            at = parent
        settled.update(way)


def _circle(domains: Mapping[str, Domain], way: list[str], again: str) -> str:
    names = [domains[one].name for one in [*way[way.index(again) :], again]]
    return f"domains.{names[0]}.parent: expected a tree, got a circle: {' < '.join(names)}; correct a parent"


def _check_flags(domains: tuple[Domain, ...]) -> None:
    primary = [one for one in domains if one.primary]
    if domains and len(primary) != 1:
        got = ", ".join(one.name for one in primary) or "none"
        raise DomainError(f"domains: expected exactly one primary domain, got {got}; mark the one at the top")
    if primary and primary[0].parent is not None:
        where = f"domains.{primary[0].name}.parent"
        raise DomainError(
            f"{where}: expected no parent, for the primary domain is at the top; mark the one above it"
        )
    default = [one.name for one in domains if one.default]
    if len(default) > 1:
        raise DomainError(f"domains: expected at most one default domain, got {', '.join(default)}; keep one")


def _check_contains(domains: Mapping[str, Domain], domain: str, other: str) -> None:
    name = domains[domain].name if domain in domains else domain
    for one in (domain, other):
        if one not in domains:
            raise DomainError(f"domains.{name}.contains: expected a domain, got {one!r}; declare that domain")
    if domain == other:
        raise DomainError(f"domains.{name}.contains: expected another domain, got itself; remove it")
