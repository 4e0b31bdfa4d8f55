"""Which processes a domain runs: every statement of the platform's pages on process administration."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.domains.processes import applicable
from simulator.domains.tree import GLOBAL, Tree
from tests.domains.trees import DOMAINS, TREE, any_domain, trees

Row = dict[str, str | None]


def record(sys_id: str, domain: str | None, overrides: str | None = None, active: str = "true") -> Row:
    return {"sys_id": sys_id, "sys_domain": domain, "sys_overrides": overrides, "active": active}


def run(domain: str, *records: Row, tree: Tree = TREE) -> list[str | None]:
    return [one["sys_id"] for one in applicable(tree, domain, records)]


def test_a_child_runs_its_own_its_ancestors_and_global_processes() -> None:
    rules = record("g", GLOBAL), record("t", "top"), record("a", "acme"), record("e", "acme_eu"), record("n", None)
    assert run("acme_eu", *rules) == ["g", "t", "a", "e", "n"]


def test_a_parent_does_not_run_the_processes_of_a_child() -> None:
    rules = record("g", GLOBAL), record("t", "top"), record("a", "acme"), record("i", "init")
    assert run("top", *rules) == ["g", "t"]
    assert run("acme", *rules) == ["g", "t", "a"]
    assert run(GLOBAL, *rules) == ["g"]


def test_an_override_replaces_the_record_it_names_from_its_domain_down() -> None:
    rules = record("g", GLOBAL), record("a", "acme", "g")
    assert run("acme", *rules) == ["a"]
    assert run("acme_eu", *rules) == ["a"]
    assert run("top", *rules) == ["g"]
    assert run("init", *rules) == ["g"]


def test_an_override_of_an_override_replaces_both() -> None:
    rules = record("e", "acme_eu", "a"), record("a", "acme", "g"), record("g", GLOBAL)
    assert run("acme_eu", *rules) == ["e"]
    assert run("acme", *rules) == ["a"]


def test_of_several_overrides_of_one_record_the_nearest_applies() -> None:
    rules = record("g", GLOBAL), record("a", "acme", "g"), record("e", "acme_eu", "g")
    assert run("acme_eu", *rules) == ["e"]


def test_an_inactive_override_switches_the_record_off_in_its_domain() -> None:
    rules = record("g", GLOBAL), record("a", "acme", "g", active="false")
    assert run("acme_eu", *rules) == []
    assert run("top", *rules) == ["g"]


def test_an_inactive_record_does_not_apply_but_its_override_does() -> None:
    assert run("acme", record("g", GLOBAL, active="false"), record("a", "acme", "g")) == ["a"]


def test_contains_affects_no_processes() -> None:
    tree = Tree.of(DOMAINS, [("init", "acme")])
    assert run("init", record("a", "acme"), record("i", "init"), tree=tree) == ["i"]
    assert run("acme", record("a", "acme"), record("i", "init"), tree=tree) == ["a"]


def test_an_override_of_what_is_not_above_it_stands_for_itself() -> None:
    aside = record("i", "init", "g"), record("g", GLOBAL), record("e", "acme_eu", "i")
    assert run("acme_eu", *aside) == ["g", "e"]
    circle = record("a", "acme", "b"), record("b", "acme", "a"), record("t", "top", "a")
    assert run("acme", *circle) == ["a", "b", "t"]
    assert run("acme", record("a", "acme", "sofa"), record("b", "acme", "b")) == ["a", "b"]


@given(trees(), st.data())
def test_it_is_what_comes_down_from_global_level_by_level(tree: Tree, data: st.DataObject) -> None:
    places = data.draw(st.lists(any_domain(tree), max_size=8))
    names = st.none() | st.sampled_from([str(number) for number in range(max(len(places), 1))])
    rules = [record(str(number), place, data.draw(names)) for number, place in enumerate(places)]
    domain = data.draw(any_domain(tree))
    assert set(run(domain, *rules, tree=tree)) == coming_down(tree.chain(domain), rules)


def coming_down(chain: tuple[str, ...], rules: list[Row]) -> set[str | None]:
    """The same from above: each level replaces the versions that it overrides of what has come down to it."""
    first_version: dict[str | None, str | None] = {}
    versions: dict[str | None, list[str | None]] = {}
    for place in reversed(chain):
        here = [one for one in rules if one["sys_domain"] == place]
        added = {one["sys_id"]: first_version.get(one["sys_overrides"], one["sys_id"]) for one in here}
        first_version |= added
        versions |= {first: [one for one, other in added.items() if other == first] for first in added.values()}
    return {one for some in versions.values() for one in some}
