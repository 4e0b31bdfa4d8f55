"""What domains make a tree, and what is where in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domains.tree import GLOBAL, Domain, DomainError, Tree
from tests.domains.trees import DOMAINS, TREE, trees

TOP = DOMAINS[0]


def test_a_domain_is_below_its_parents_and_global() -> None:
    assert TREE.chain("acme_eu") == ("acme_eu", "acme", "top", GLOBAL)
    assert TREE.chain(GLOBAL) == (GLOBAL,)


def test_a_subtree_is_the_domain_and_all_below() -> None:
    assert TREE.subtree("acme") == {"acme", "acme_eu"}
    assert TREE.subtree("top") == set(TREE.domains)
    assert TREE.subtree(GLOBAL) == {GLOBAL, *TREE.domains}


def test_there_need_be_no_domains() -> None:
    assert Tree.of().subtree(GLOBAL) == {GLOBAL}


def test_tasks_and_users_without_a_domain_go_to_the_default_domain() -> None:
    assert TREE.default == GLOBAL
    assert Tree.of([*DOMAINS, Domain("new", "NEW", "top", default=True)]).default == "new"


def test_contains_goes_on_through_contained_domains_and_ends_in_a_circle() -> None:
    tree = Tree.of(DOMAINS, [("acme", "init"), ("init", "acme_eu"), ("acme_eu", "acme")])
    assert tree.contains_closure("acme") == {"acme", "init", "acme_eu"}
    assert tree.contains_closure("top") == frozenset()


@pytest.mark.parametrize(
    ("domains", "contains", "message"),
    [
        ([TOP, Domain("a", "A", "b")], [], r"domains.A.parent: expected a domain above it, got 'b'; declare that"),
        ([TOP, Domain("a", "A", "a")], [], r"domains.A.parent: expected a tree, got a circle: A < A"),
        (
            [TOP, Domain("a", "A", "b"), Domain("b", "B", "c"), Domain("c", "C", "b")],
            [],
            r"domains.B.parent: expected a tree, got a circle: B < C < B; correct",
        ),
        (
            [Domain("a", "A")],
            [],
            "domains: expected exactly one primary domain, got none; mark the one at the top",
        ),
        ([TOP, Domain("a", "A", primary=True)], [], "expected exactly one primary domain, got TOP, A"),
        (
            [Domain("a", "A"), Domain("b", "B", "a", primary=True)],
            [],
            "domains.B.parent: expected no parent, for the primary domain is at the top",
        ),
        (
            [replace(TOP, default=True), Domain("a", "A", "top", default=True)],
            [],
            "domains: expected at most one default domain, got TOP, A; keep one",
        ),
        ([TOP, Domain("a", "TOP", "top")], [], "domains.TOP: expected one domain of this name and sys_id"),
        ([TOP, Domain("top", "A", "top")], [], "domains.A: expected one domain of this name and sys_id"),
        ([TOP, Domain("a", "global", "top")], [], "domains.global: global is no record"),
        ([TOP], [("top", "a")], "domains.TOP.contains: expected a domain, got 'a'; declare that domain"),
        ([TOP], [("a", "top")], "domains.a.contains: expected a domain, got 'a'"),
        ([TOP], [("top", "top")], "domains.TOP.contains: expected another domain, got itself"),
    ],
)
def test_what_is_no_tree_is_told(domains: list[Domain], contains: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(DomainError, match=message):
        Tree.of(domains, contains)


def test_a_domain_cannot_move_below_itself() -> None:
    with pytest.raises(DomainError, match="got a circle: ACME < ACME-EU < ACME"):
        TREE.joined([replace(TREE.domains["acme"], parent="acme_eu")])


def test_a_domain_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(DomainError, match="got 'sofa'; there are the domains: global, TOP, ACME, ACME-EU, INIT"):
        TREE.subtree("sofa")


@given(trees(), st.data())
def test_a_domain_is_in_the_subtrees_of_its_chain_and_no_others(tree: Tree, data: st.DataObject) -> None:
    domain = data.draw(st.sampled_from([GLOBAL, *sorted(tree.domains)]))
    above = {one for one in [GLOBAL, *tree.domains] if domain in tree.subtree(one)}
    assert above == set(tree.chain(domain))
