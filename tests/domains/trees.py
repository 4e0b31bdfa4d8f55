"""Trees of domains: the one of the tests, and any for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from simulator.domains.session import Group, Session, User
from simulator.domains.tree import GLOBAL, Domain, Tree

DOMAINS = [
    Domain("top", "TOP", primary=True),
    Domain("acme", "ACME", "top"),
    Domain("acme_eu", "ACME-EU", "acme"),
    Domain("init", "INIT", "top"),
    Domain("init_lab", "INIT-LAB", "init"),
]
TREE = Tree.of(DOMAINS)


def at(domain: str, *, sees: str = "", group_sees: str = "", picked: str | None = None) -> Session:
    """A session of a user of this domain; visibility domains are separated by spaces."""
    groups = (Group("g", "group", frozenset(group_sees.split())),) if group_sees else ()
    return Session(User("u", "u", domain, frozenset(sees.split()), groups), picked)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any tree of up to twelve domains, the first one primary, with any contains relations."""
    size = draw(st.integers(0, 12))
    parents = [draw(st.sampled_from([None, *range(number)])) if number else None for number in range(size)]
    domains = [
        Domain(f"d{number}", f"D{number}", None if parent is None else f"d{parent}", primary=number == 0)
        for number, parent in enumerate(parents)
    ]
    names = st.sampled_from([one.sys_id for one in domains] or ["none"])
    pairs = draw(st.sets(st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]), max_size=6))
    return Tree.of(draw(st.permutations(domains)), pairs if domains else ())


def any_domain(tree: Tree) -> st.SearchStrategy[str]:
    """Global or any domain of the tree."""
    return st.sampled_from([GLOBAL, *sorted(tree.domains)])


@st.composite
def sessions(draw: st.DrawFn, tree: Tree) -> Session:
    """A session anywhere in the tree, of a user who may see anything."""
    some = (
        st.frozensets(st.sampled_from(sorted(tree.domains)), max_size=3) if tree.domains else st.just(frozenset())
    )
    group = Group("g", "group", draw(some))
    user = User("u", "u", draw(any_domain(tree)), draw(some), (group,))
    return Session(user, draw(st.none() | any_domain(tree)))
