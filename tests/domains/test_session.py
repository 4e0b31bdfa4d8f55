"""Whose data a session sees: every statement of the platform's pages on scope, visibility and contains."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from simulator.domains.session import Session, selectable_domains, visible_domains
from simulator.domains.tree import GLOBAL, Tree
from tests.domains.trees import DOMAINS, TREE, any_domain, at, sessions, trees

CONTAINS = Tree.of(DOMAINS, [("init", "acme"), ("acme", "init_lab")])


def seen(tree: Tree, session: Session) -> set[str]:
    """The domains whose data a session outside global sees."""
    visible = visible_domains(tree, session)
    assert visible is not None
    return set(visible)


def test_a_users_domain_is_that_of_the_user_record() -> None:
    assert at("acme").domain == "acme"


def test_the_domain_picker_changes_the_domain_of_the_session() -> None:
    session = at("top", picked="acme")
    assert session.domain == "acme"
    assert seen(TREE, session) == {GLOBAL, "acme", "acme_eu"}


def test_a_session_sees_its_domain_its_descendants_and_global() -> None:
    assert seen(TREE, at("acme")) == {GLOBAL, "acme", "acme_eu"}
    assert seen(TREE, at("top")) == {GLOBAL, *TREE.domains}


def test_the_data_of_ancestors_is_not_visible() -> None:
    assert seen(TREE, at("acme_eu")) == {GLOBAL, "acme_eu"}


def test_global_records_are_visible_to_everyone() -> None:
    assert all(GLOBAL in (visible_domains(TREE, at(one)) or ()) for one in TREE.domains)


def test_global_sees_all() -> None:
    assert visible_domains(TREE, at(GLOBAL)) is None
    assert visible_domains(TREE, at("top", picked=GLOBAL)) is None


def test_contained_domains_are_visible_with_their_children_also_indirectly() -> None:
    assert seen(CONTAINS, at("init")) == {GLOBAL, "init", "init_lab", "acme", "acme_eu"}
    assert seen(CONTAINS, at("acme")) == {GLOBAL, "acme", "acme_eu", "init_lab"}
    chain = Tree.of(DOMAINS, [("acme_eu", "init_lab"), ("init_lab", "acme")])
    assert seen(chain, at("acme_eu")) == {GLOBAL, "acme_eu", "acme", "init_lab"}


def test_contains_counts_only_while_the_picker_is_on_the_containing_domain() -> None:
    tree = Tree.of(DOMAINS, [("init", "acme")])
    assert seen(tree, at("init", picked="acme")) == {GLOBAL, "acme", "acme_eu"}
    assert seen(tree, at("top", picked="init_lab")) == {GLOBAL, "init_lab"}
    assert seen(tree, at("acme_eu", sees="init")) == {GLOBAL, "acme_eu", "init", "init_lab"}


def test_visibility_domains_count_always_with_their_children() -> None:
    for session in (at("acme_eu", sees="init"), at("acme", sees="init", picked="acme_eu")):
        assert seen(TREE, session) == {GLOBAL, "acme_eu", "init", "init_lab"}


def test_a_user_sees_the_visibility_domains_of_the_users_groups() -> None:
    assert seen(TREE, at("acme_eu", group_sees="init_lab")) == {GLOBAL, "acme_eu", "init_lab"}


def test_a_user_who_leaves_a_group_loses_its_visibility_domains() -> None:
    session = at("acme_eu", group_sees="init_lab")
    alone = Session(replace(session.user, groups=()))
    assert seen(TREE, alone) == {GLOBAL, "acme_eu"}


def test_the_picker_offers_the_active_domains_that_the_user_sees() -> None:
    closed = [replace(one, active=one.sys_id != "acme_eu") for one in DOMAINS]
    assert selectable_domains(Tree.of(closed), at("acme", sees="init_lab").user) == {"acme", "init_lab"}
    assert selectable_domains(Tree.of(closed), at("acme_eu").user) == {"acme_eu"}
    assert selectable_domains(TREE, at(GLOBAL).user) == {GLOBAL, *TREE.domains}


@given(trees(), st.data())
def test_more_visibility_more_contains_and_more_domains_never_hide_anything(
    tree: Tree, data: st.DataObject
) -> None:
    session = data.draw(sessions(tree))
    before = visible_domains(tree, session)
    wider = Session(replace(session.user, visibility=session.user.visibility | {data.draw(any_domain(tree))}))
    wider = replace(wider, picked=session.picked)
    assert is_at_least(visible_domains(tree, wider), before)
    if session.domain != GLOBAL:
        others = [one for one in tree.domains if one != session.domain]
        assert is_at_least(visible_domains(tree.joined([], {session.domain: others}), session), before)
    upper = Session(session.user, data.draw(st.sampled_from(tree.chain(session.domain))))
    if not any(tree.contained.values()):
        assert is_at_least(visible_domains(tree, upper), before)


@given(trees(), st.data())
def test_the_picker_never_shows_more_than_home_without_contains(tree: Tree, data: st.DataObject) -> None:
    plain = Tree.of(tree.domains.values())
    user = data.draw(sessions(tree)).user
    picked = data.draw(st.sampled_from(sorted(selectable_domains(plain, user))))
    assert is_at_least(visible_domains(plain, Session(user)), visible_domains(plain, Session(user, picked)))


def is_at_least(wider: frozenset[str] | None, seen: frozenset[str] | None) -> bool:
    return wider is None or (seen is not None and wider >= seen)
