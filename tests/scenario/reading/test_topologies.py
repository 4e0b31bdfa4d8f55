"""Topologies in short are the instances and steps that they stand for."""

from __future__ import annotations

import time

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.progress import Unfollowed
from simulator.scenario.running.run import run_virtual
from simulator.scenario.schema import json_schema

from .test_load import problems_of

APPS = """\
applications:
  App: &App { capabilities: { Cap: { operations: { op: message } } } }
  Two: { capabilities: { One: &cap { operations: { op: message } }, Other: *cap } }
"""
INSTANCES = "instances: { p: production, d1: development, d2: development, t: test }\ngroups: { d: [d1, d2] }\n"
FILE = f"name: A test\n{INSTANCES}{APPS}steps:\n"
"""Seven lines, so that steps begin on line 8."""


def is_the_same(written: str, plain: str) -> bool:
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(YAML(typ="safe", pure=True).load(written)), "an editor marks nothing in it"
    return load_text(written, "f").scenario == load_text(plain, "f").scenario


@pytest.mark.parametrize(
    ("short", "steps"),
    [
        (
            "hub: { manager: p, managed: d, application: App }",
            [
                "name_manager: { on: d, manager: p, application: App }",
                "settle",
                "advance: 10m",
                "settle",
                "save_profile_item: { on: p, application: App, trusting: d, trusted: p }",
                "sync_trust_profiles: { on: p, application: App }",
                "settle",
            ],
        ),
        (
            "hub: { manager: p, managed: [d1, t], application: Two, capability: [One, Other], approval: 6m }",
            [
                "name_manager: { on: [d1, t], manager: p, application: Two }",
                "settle",
                "advance: 6m",
                "settle",
                "save_profile_item: { on: p, application: Two, capability: One, trusting: [d1, t], trusted: p }",
                "save_profile_item: { on: p, application: Two, capability: Other, trusting: [d1, t], trusted: p }",
                "sync_trust_profiles: { on: p, application: Two }",
                "settle",
            ],
        ),
        (
            "pipeline: { stages: [[d1, d2], t, p], application: App }",
            [
                "name_manager: { on: [d1, d2, t], manager: p, application: App }",
                "settle",
                "advance: 10m",
                "settle",
                "save_profile_item: { on: p, application: App, trusting: [d1, d2], trusted: t }",
                "save_profile_item: { on: p, application: App, trusting: t, trusted: [d1, d2] }",
                "save_profile_item: { on: p, application: App, trusting: t, trusted: p }",
                "save_profile_item: { on: p, application: App, trusting: p, trusted: t }",
                "sync_trust_profiles: { on: p, application: App }",
                "settle",
            ],
        ),
    ],
)
def test_a_topology_is_its_steps(short: str, steps: list[str]) -> None:
    """On the line on which it stands, also where its values are variables."""
    assert is_the_same(f"{FILE}- {short}\n", FILE + "".join(f"- {step}\n" for step in steps))
    loaded = load_text(f"{FILE}- settle\n- {short}\n", "f")
    assert {loaded.line("steps", index) for index in range(1, len(steps) + 1)} == {9}
    with_variable = f"vars: {{ boss: p }}\n{FILE}- {short}\n".replace("manager: p", 'manager: "${boss}"')
    assert load_text(with_variable, "f").scenario.steps == load_text(f"{FILE}- {short}\n", "f").scenario.steps


def test_a_topology_stands_where_messages_are_late() -> None:
    """The manager's time begins when it has heard of it, and what is synced before an answer is there is lost."""
    late = "- fault: { weather: { delay: { least: 5s } } }\n"
    hub = "- hub: { manager: p, managed: d, application: App, approval: 5m1s }\n"
    rest = "expect:\n- { table: sn_mif_trusted_instance, on: d, count: 1 }\n"
    result = finish(run_virtual(load_text(f"{FILE}{late}{hub}{rest}", "f"), 0, None, Unfollowed()))
    assert not result.failures


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("hub: { managed: d, application: App }", ["8:8: steps[0].hub: the key 'manager' is missing"]),
        ("hub: { manager: p, managed: x, application: App }",
         ["8:31: steps[0].hub.managed: there is no instance 'x'; there are: d, d1, d2, p, t"]),
        ("hub: { manager: d, managed: t, application: App }",
         ["8:19: steps[0].hub.manager: expected one instance; the group d has 2"]),
        ("hub: { manager: p, managed: d, aplication: App }",
         ["8:34: steps[0].hub: there is no key 'aplication'; did you mean 'application'?"]),
        ("hub: { manager: p, managed: d, application: App, approval: soon }",
         ["8:62: steps[0].hub.approval: expected a duration such as 500ms, 30s, 10m, 24h or 1d12h, got 'soon'"]),
        ("hub: p", ["8:8: steps[0].hub: expected a mapping, got 'p'"]),
        ("{ hub: { manager: p, managed: d, application: App }, expect: processed }",
         ["8:56: steps[0]: there is no key 'expect'; there are: hub"]),
        ("pipeline: { stages: [p], application: App }",
         ["8:23: steps[0].pipeline.stages: expected at least 2 entries, got 1"]),
        ("pipeline: { stages: p, application: App }",
         ["8:23: steps[0].pipeline.stages: expected a list, got 'p'"]),
        ("pipeline: { stages: [t, d], application: App }",
         ["8:27: steps[0].pipeline.stages[1]: expected one instance; the group d has 2"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_topology_is_told(step: str, wrong: list[str]) -> None:
    assert problems_of(f"{FILE}- {step}\n- settle\n") == wrong


COUNTED = f"name: A test\ninstances: {{ p: production, d: DEFINITION }}\n{APPS}steps:\n- stop: d\n- stop: d2\n"


def test_many_instances_are_a_group_of_their_name() -> None:
    written = COUNTED.replace("DEFINITION", "{ count: 3, environment: test, release: Yokohama }")
    each = "{ environment: test, release: Yokohama }"
    plain = COUNTED.replace("d: DEFINITION", ", ".join(f"d{n}: {each}" for n in (1, 2, 3)))
    assert is_the_same(written, plain.replace("\nsteps:", "\ngroups: { d: [d1, d2, d3] }\nsteps:"))
    shared = "vars: { it: { count: 2, environment: test } }\n" + COUNTED.replace(
        "d: DEFINITION", 'd: "${it}", e: "${it}"'
    )
    assert [*load_text(shared, "f").scenario.instances] == ["p", "d1", "d2", "e1", "e2"]


def test_five_hundred_are_read_at_once() -> None:
    began = time.process_time()
    loaded = load_text(COUNTED.replace("DEFINITION", "{ count: 500, environment: development }"), "f")
    assert len(loaded.scenario.instances) == 501
    assert len(loaded.scenario.groups["d"]) == 500
    assert time.process_time() - began < 5


RANGE = "2:41: instances.d.count: expected a whole number from 1 to 10000, got"


@pytest.mark.parametrize(
    ("definition", "wrong"),
    [
        ("{ count: 0, environment: test }", [f"{RANGE} 0"]),
        ("{ count: -1, environment: test }", [f"{RANGE} -1"]),
        ("{ count: 1e9, environment: test }", [f"{RANGE} 1e9"]),
        ("{ count: 10001, environment: test }", [f"{RANGE} 10001"]),
        ("{ count: many, environment: test }", [f"{RANGE} many"]),
        ("{ count: 2.5, environment: test }", [f"{RANGE} 2.5"]),
        ("{ count: true, environment: test }", [f"{RANGE} true"]),
        ("{ count: 2 }", ["2:32: instances.d: the key 'environment' is missing"]),
        ("{ count: 2, environment: tset }",
         ["2:57: instances.d.environment: unknown value 'tset'; did you mean 'test'?"]),
        ("{ cuont: 2, environment: test }", ["2:34: instances.d: there is no key 'cuont'; did you mean 'count'?"]),
        ("{ count: 2, environment: test }, d2: test",
         ["2:29: instances.d: one of these 2 is d2, which is defined already"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_count_is_told(definition: str, wrong: list[str]) -> None:
    found = problems_of(COUNTED.replace("DEFINITION", definition))
    assert [it for it in found if "there is no instance" not in it] == wrong


def test_a_group_of_the_same_name_is_another_thing() -> None:
    text = COUNTED.replace("DEFINITION", "{ count: 2, environment: test }").replace(
        "steps:", "groups: { d: [p] }\nsteps:"
    )
    assert problems_of(text)[0] == (
        "2:29: instances.d: with a count this is a group, and there is another one of this name"
    )
