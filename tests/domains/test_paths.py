"""`sys_domain_path` as it is documented, and what changes in it with the tree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domains import paths as module
from simulator.domains.paths import MAX_CHILDREN, MAX_DEPTH, MAX_LENGTH, assign_paths, changed_paths
from simulator.domains.tree import GLOBAL, Domain, DomainError, Tree
from tests.domains.trees import TREE, any_domain, trees


def test_a_path_has_a_code_and_a_slash_for_each_level_in_the_documented_sequence() -> None:
    snc = Tree.of(
        [
            Domain("snc", "SNC", primary=True),
            Domain("us", "SNC/US", "snc"),
            Domain("eu", "SNC/EU", "snc"),
            Domain("ru", "SNC/RU", "snc"),
            Domain("de", "SNC/EU/DE", "eu"),
            Domain("fr", "SNC/EU/FR", "eu"),
        ]
    )
    assert assign_paths(snc) == {
        GLOBAL: "/",
        "snc": "!!!/",
        "us": "!!!/!!!/",
        "eu": "!!!/!!#/",
        "ru": "!!!/!!$/",
        "de": "!!!/!!#/!!!/",
        "fr": "!!!/!!#/!!#/",
    }


def test_sixty_characters_make_216_000_codes() -> None:
    codes = {module._code(number) for number in range(MAX_CHILDREN)}
    assert MAX_CHILDREN == 216_000 == len(codes)
    assert len(set("".join(codes))) == 60
    assert {len(code) for code in codes} == {3}


def test_a_node_has_at_most_216_000_children() -> None:
    children = tuple(map(str, range(MAX_CHILDREN + 1)))
    wide = Tree({"top": Domain("top", "TOP", primary=True)}, {}, {None: ("top",), "top": children})
    with pytest.raises(DomainError, match=r"domains.TOP: expected at most 216000 children, got 216001"):
        assign_paths(wide)


def test_255_characters_hold_63_levels() -> None:
    levels = [Domain("d1", "D1", primary=True)]
    levels += [Domain(f"d{level}", f"D{level}", f"d{level - 1}") for level in range(2, MAX_DEPTH + 1)]
    paths = assign_paths(Tree.of(levels))
    assert (MAX_DEPTH, len(paths["d63"])) == (63, 252)
    assert len(paths["d63"]) <= MAX_LENGTH
    with pytest.raises(DomainError, match=r"domains.D64.parent: expected at most 63 levels, got one more"):
        assign_paths(Tree.of([*levels, Domain("d64", "D64", "d63")]))


def test_siblings_keep_their_codes_when_one_goes_and_another_comes() -> None:
    old = assign_paths(TREE)
    without = [one for one in TREE.domains.values() if not one.sys_id.startswith("acme")]
    assert changed_paths(old, assign_paths(Tree.of(without), old)) == {}
    new = assign_paths(Tree.of([Domain("first", "FIRST", "top"), *TREE.domains.values()]), old)
    assert changed_paths(old, new) == {"first": "!!!/!!$/"}


def test_a_code_that_another_has_or_that_is_none_is_replaced() -> None:
    spoilt = {**assign_paths(TREE), "acme": "!!!/a b/", "init_lab": "!!!/!!#/!!!!/"}
    assert assign_paths(TREE, spoilt) == assign_paths(TREE)
    double = {**assign_paths(TREE), "acme": "!!!/!!#/"}
    assert len(set(assign_paths(TREE, double).values())) == len(TREE.domains) + 1


@given(trees(), st.data())
def test_a_path_begins_with_another_where_its_domain_is_below(tree: Tree, data: st.DataObject) -> None:
    paths = assign_paths(tree)
    one, other = data.draw(any_domain(tree)), data.draw(any_domain(tree))
    assert (other == GLOBAL or paths[one].startswith(paths[other])) == (one in tree.subtree(other))


@given(trees(), trees())
def test_paths_are_unique_whatever_there_was_before(before: Tree, tree: Tree) -> None:
    paths = assign_paths(tree, assign_paths(before))
    assert len(set(paths.values())) == len(paths)
    assert assign_paths(tree, paths) == paths


@given(trees().filter(lambda tree: len(tree.domains) > 1), st.data())
def test_moving_a_subtree_changes_the_paths_of_its_members_only(tree: Tree, data: st.DataObject) -> None:
    moved = data.draw(st.sampled_from(sorted(tree.domains.keys() - {"d0"})))
    parents = sorted(tree.domains.keys() - tree.subtree(moved))
    parent = data.draw(st.sampled_from([None, *parents]))
    old = assign_paths(tree)
    after = tree.joined([replace(tree.domains[moved], parent=parent)])
    changed = changed_paths(old, assign_paths(after, old))
    is_elsewhere = parent != tree.domains[moved].parent
    assert changed.keys() == (tree.subtree(moved) if is_elsewhere else set())
    assert after.subtree(moved) == tree.subtree(moved)
