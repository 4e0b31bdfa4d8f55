"""In which domains CIs are looked for, by "Domain separation in Identification and Reconciliation"."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cmdb.identification.candidates import candidate_domains, make_caller, standing
from simulator.domains.session import Session, visible_domains
from simulator.domains.tree import GLOBAL, DomainError, Tree
from tests.domains.trees import DOMAINS, at, sessions, trees

PLUGIN = {"glide.sys.domain.partitioning": "true"}
STRICT = {**PLUGIN, "glide.identification_engine.platform_domain_separation_enabled": "false"}
PLATFORM = {**PLUGIN, "glide.identification_engine.platform_domain_separation_enabled": "true"}
TREE = Tree.of(DOMAINS, [("init", "acme")])


def candidates(tree: Tree, properties: dict[str, str], session: Session) -> set[str]:
    """The candidate domains where they are not all."""
    domains = candidate_domains(tree, properties, session)
    assert domains is not None
    return set(domains)


@pytest.mark.parametrize(
    "properties",
    [{}, {"glide.sys.domain.partitioning": "false"}, PLATFORM | {"glide.sys.domain.partitioning": "false"}],
)
def test_domains_count_only_once_the_plugin_is_active(properties: dict[str, str]) -> None:
    caller = make_caller(TREE, properties, at("acme"))
    assert (caller.candidate_domains, caller.home) == (None, GLOBAL)


def test_strict_mode_is_the_default() -> None:
    assert candidates(TREE, PLUGIN, at("top")) == candidates(TREE, STRICT, at("top")) == {"top"}


def test_strict_only_cis_of_the_callers_domain_whatever_the_user_can_see() -> None:
    assert candidates(TREE, STRICT, at("init", sees="acme", group_sees="top")) == {"init"}


def test_strict_a_caller_in_a_child_does_not_match_global_cis() -> None:
    assert not make_caller(TREE, STRICT, at("acme")).sees({"sys_id": "ci", "sys_domain": GLOBAL})


def test_strict_a_caller_in_global_matches_only_global_cis() -> None:
    assert candidates(TREE, STRICT, at(GLOBAL)) == {GLOBAL}


def test_platform_own_descendants_and_global() -> None:
    assert candidates(TREE, PLATFORM, at("acme")) == {"acme", "acme_eu", GLOBAL}


def test_platform_visibility_domains_of_user_and_groups() -> None:
    session = at("acme_eu", sees="init_lab", group_sees="acme")
    assert candidates(TREE, PLATFORM, session) == {"acme_eu", "init_lab", "acme", GLOBAL}


def test_platform_contains_domains_while_the_session_is_in_the_containing_one() -> None:
    assert candidates(TREE, PLATFORM, at("init")) == {"init", "init_lab", "acme", "acme_eu", GLOBAL}
    assert candidates(TREE, PLATFORM, at("init", picked="acme")) == {"acme", "acme_eu", GLOBAL}


def test_platform_a_caller_in_global_matches_all_cis() -> None:
    assert candidate_domains(TREE, PLATFORM, at(GLOBAL)) is None


def test_platform_a_caller_does_not_match_the_cis_of_ancestors_unless_granted() -> None:
    assert candidates(TREE, PLATFORM, at("acme_eu")) == {"acme_eu", GLOBAL}
    assert "top" in (candidate_domains(TREE, PLATFORM, at("acme_eu", sees="top")) or ())


@pytest.mark.parametrize("properties", [STRICT, PLATFORM])
def test_a_ci_is_inserted_in_the_callers_domain(properties: dict[str, str]) -> None:
    assert make_caller(TREE, properties, at("init")).home == "init"
    assert make_caller(TREE, properties, at("init", picked="acme")).home == "acme"
    assert make_caller(TREE, properties, at("init")).user == "u"


@pytest.mark.parametrize("properties", [STRICT, PLATFORM])
def test_a_session_in_a_domain_that_is_not_there_is_told(properties: dict[str, str]) -> None:
    with pytest.raises(DomainError, match="got 'sofa'; there are the domains: global, TOP"):
        make_caller(TREE, properties, at("top", picked="sofa"))


@given(trees(), st.data())
def test_platform_mode_has_all_candidates_of_strict_mode_and_none_out_of_sight(
    tree: Tree, data: st.DataObject
) -> None:
    session = data.draw(sessions(tree))
    strict, platform = candidate_domains(tree, STRICT, session), candidate_domains(tree, PLATFORM, session)
    assert strict == frozenset([session.domain])
    assert platform is None or platform >= strict
    assert platform == visible_domains(tree, session)


@pytest.mark.parametrize(
    ("properties", "session", "domain", "said"),
    [
        ({}, at("acme"), "init", "without the domain plugin all CIs count"),
        (STRICT, at("acme"), "acme", "domain ACME is the caller's"),
        (
            STRICT,
            at("acme_eu"),
            "acme",
            "domain ACME is not the caller's ACME-EU, and in strict mode no other counts",
        ),
        (STRICT, at("acme"), GLOBAL, "domain global is not the caller's ACME, and in strict mode no other counts"),
        (PLATFORM, at(GLOBAL), "acme", "domain ACME is seen from global, as all are"),
        (PLATFORM, at("acme"), GLOBAL, "global is seen from every domain"),
        (PLATFORM, at("acme"), "acme_eu", "domain ACME-EU is below the caller's ACME"),
        (
            PLATFORM,
            at("acme_eu"),
            "acme",
            "domain ACME is above the caller's ACME-EU, and data is seen downwards only",
        ),
        (PLATFORM, at("acme_eu", sees="acme"), "acme", "domain ACME is a visibility domain of u"),
        (
            PLATFORM,
            at("acme_eu", group_sees="init"),
            "init",
            "domain INIT is a visibility domain of the group group",
        ),
        (PLATFORM, at("init"), "acme", "domain ACME is contained in the caller's INIT"),
        (PLATFORM, at("init"), "acme_eu", "domain ACME-EU is below ACME, contained in the caller's INIT"),
        (
            PLATFORM,
            at("acme"),
            "init",
            "domain INIT is neither below the caller's ACME, nor made visible, nor contained",
        ),
    ],
)
def test_why_a_domain_counts(properties: dict[str, str], session: Session, domain: str, said: str) -> None:
    assert standing(TREE, properties, session, domain) == said


@given(st.data(), st.sampled_from([STRICT, PLATFORM]))
def test_the_words_agree_with_the_decision(data: st.DataObject, properties: dict[str, str]) -> None:
    """A domain is said not to count exactly where it does not."""
    tree = data.draw(trees())
    session = data.draw(sessions(tree))
    caller = make_caller(tree, properties, session)
    for domain in tree.subtree(GLOBAL):
        words = caller.standing(domain)
        withheld = any(no in words for no in ("is not the caller's", "is above the caller's", "is neither below"))
        assert caller.sees({"sys_domain": domain}) is not withheld
