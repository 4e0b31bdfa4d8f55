"""What files include of others is as if it stood in them, and is told of where it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.report.remarks import remarks_of
from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.library import scenarios_in
from simulator.scenario.reading.load import LoadedScenario, load
from simulator.scenario.running.run import run_virtual
from tests.cli.command import called
from tests.simulation.shipped import Unseen

APP = "applications: { App: { capabilities: { Cap: { operations: { op: message } } } } }\n"
FLEET = "instances: { a: production, b: test }\n"
TOP = "name: A test\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def loaded(folder: Path, files: dict[str, str]) -> LoadedScenario:
    write(folder, files)
    return load(folder / "main.yaml")


def problems(folder: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loaded(folder, files)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_what_is_included_is_as_if_it_stood_there(tmp_path: Path) -> None:
    """Definitions by name, claims before the file's own; parts of parts too, seen from their own folders."""
    found = loaded(
        tmp_path,
        {
            "main.yaml": TOP + "include: [deep/fleet.yaml]\ninstances: { c: test }\nsteps: [settle]\n"
            "expect: [{ journal: c, count: 0 }]\n",
            "deep/fleet.yaml": FLEET + "include: [app/app.yaml]\nexpect: [{ journal: a, count: 0 }]\n",
            "deep/app/app.yaml": APP + "groups: { all: [a, b, c] }\nalways: [{ journal: a, count: 0 }]\n",
        },
    )
    plain = (
        TOP
        + "instances: { a: production, b: test, c: test }\ngroups: { all: [a, b, c] }\n"
        + APP
        + "steps: [settle]\n"
    )
    plain += "always: [{ journal: a, count: 0 }]\nexpect: [{ journal: a, count: 0 }, { journal: c, count: 0 }]\n"
    write(tmp_path, {"plain.yaml": plain})
    assert found.scenario == load(tmp_path / "plain.yaml").scenario


@pytest.mark.parametrize(
    ("main", "settings", "expected"),
    [
        ("", [], "part"),
        ("vars: { x: main }\n", [], "main"),
        ("vars: { x: main }\n", ["x=set"], "set"),
        ("", ["x=set"], "set"),
        ("matrix: { x: [matrix] }\n", [], "matrix"),
    ],
)
def test_a_file_goes_before_what_it_includes(
    tmp_path: Path, main: str, settings: list[str], expected: str
) -> None:
    text = f"name: It is ${{x}}\n{main}include: [part.yaml]\n{FLEET}{APP}steps: [settle]\n"
    part = "vars: { x: part }\n" if "matrix" not in main else "vars: { y: 1 }\n"
    write(tmp_path, {"main.yaml": text, "part.yaml": part})
    found = load(tmp_path / "main.yaml", settings=dict(each.split("=") for each in settings))
    assert found.scenario.name == f"It is {expected}"


def test_steps_of_others_know_the_names_around_them(tmp_path: Path) -> None:
    """With `with` before all, the names around before the part's own, and captures in both directions."""
    files = {
        "main.yaml": TOP + FLEET + APP + "vars: { x: main }\nsteps:\n"
        "- request: { on: a, path: / }\n  capture: { id: r }\n"
        "- include: part.yaml\n"
        "- { repeat: 2, as: n, steps: [{ include: part.yaml, with: { x: '${n}', z: 7 } }] }\n"
        "- request: { on: a, path: '/${own1main}' }\n",
        "part.yaml": "vars: { x: part, y: '${x}y', z: 1 }\nsteps:\n"
        "- request: { on: a, path: '/${x}/${y}/${z}/${id}' }\n  capture: { 'own${z}${x}': r }\n",
    }
    found = loaded(tmp_path, files)
    assert [step.request.path for step in found.scenario.steps if step.request] == [
        "/", "/main/mainy/1/${id}", "/1/1y/7/${id}", "/2/2y/7/${id}", "/${own1main}",
    ]  # fmt: skip


def test_files_are_seen_from_the_file_that_names_them(tmp_path: Path) -> None:
    """Payloads, setups, files of loops and further parts; the plain scenario names them from its own folder."""
    files = {
        "main.yaml": TOP + FLEET + APP + "steps:\n- include: deep/part.yaml\n",
        "deep/part.yaml": "steps:\n- identify: { on: a, from: data/p.json }\n"
        "- { for_each: { it: { files: 'data/*.json' } }, steps: [identify: { on: b, from: '${it.path}' }] }\n"
        "- include: deeper/more.yaml\n",
        "deep/deeper/more.yaml": "steps: [configure_cmdb: { on: a, from: ../data/setup.yaml }]\n",
        "deep/data/p.json": '{ "items": [] }',
        "deep/data/setup.yaml": "users: { ann: {} }",
    }
    steps = loaded(tmp_path, files).scenario.steps
    assert [step.identify.payload for step in steps if step.identify] == ['{ "items": [] }'] * 2
    (tmp_path / "plain.yaml").write_text(called("validate", "--expanded", tmp_path / "main.yaml").out)
    assert load(tmp_path / "plain.yaml").scenario.steps == steps
    assert "from: deep/deeper/../data/setup.yaml" in (tmp_path / "plain.yaml").read_text()


AT_THE_TOP = (
    "and cannot be included at the top; a part with steps stands among the steps, as in `- include: steps.yaml`"
)
AMONG_STEPS = "what stands among steps has `steps` and perhaps `vars`"
KEYS = "always, applications, eventually, expect, groups, include, instances, never, sometimes, vars"
WHOLE = TOP + FLEET + APP + "steps: [settle]\n"


@pytest.mark.parametrize(
    ("entry", "files", "wrong"),
    [
        ("no.yaml", {}, ["main.yaml:2:11: no.yaml: the file cannot be read: No such file or directory"]),
        ("dir.yaml", {"dir.yaml/x": ""}, ["main.yaml:2:11: dir.yaml: the file cannot be read: Is a directory"]),
        ("main.yaml", {}, ["main.yaml:2:11: main.yaml includes itself, by way of main.yaml"]),
        ("p.yaml", {"p.yaml": "include: [q.yaml]", "q.yaml": "include: [p.yaml]"},
         ["q.yaml:1:11: p.yaml includes itself, by way of main.yaml -> p.yaml -> q.yaml"]),
        ("p.yaml", {"p.yaml": WHOLE}, [f"main.yaml:2:11: p.yaml is a whole scenario, {AT_THE_TOP}"]),
        ("p.yaml", {"p.yaml": "steps: [settle]"},
         [f"main.yaml:2:11: p.yaml has steps, {AT_THE_TOP}"]),
        ("p.yaml", {"p.yaml": "[a]"},
         ["p.yaml:1:1: expected a part of a scenario, which is a mapping, got a list"]),
        ("p.yaml", {"p.yaml": "instance: {}"},
         ["p.yaml:1:1: there is no key 'instance' in a part of a scenario; did you mean 'instances'?"]),
        ("p.yaml", {"p.yaml": "x: 1\nx: 2"}, [
            f"p.yaml:1:1: there is no key 'x' in a part of a scenario; there are: {KEYS}",
            "p.yaml:2:1: the key 'x' is here twice, first on line 1",
        ]),
        ("p.yaml", {"p.yaml": "\n\ninstances: { b: test }"},
         ["main.yaml:3:29: instances: 'b' is defined in p.yaml:3 already"]),
        ("p.yaml, q.yaml", {"p.yaml": "vars: { x: 1 }", "q.yaml": "\nvars: { x: 2 }"},
         ["q.yaml:2:9: vars: 'x' is defined in p.yaml:1 already"]),
        ("p.yaml", {"p.yaml": "instances: { c: production, d: tset }"},
         ["p.yaml:1:32: instances.d: unknown value 'tset'; did you mean 'test'?"]),
        ("p.yaml", {"p.yaml": "expect: [{ journal: z, count: 0 }]"},
         ["p.yaml:1:21: expect[0].journal: there is no instance 'z'; there are: a, b"]),
        ("p.yaml", {"p.yaml": "vars: { x: '${y}' }"}, ["p.yaml:1:12: there is no variable 'y'; there are: x"]),
        ("'${p}.yaml'", {},
         ["main.yaml:2:11: expected the name of a file without ${...}, for variables may come from it"]),
        ("p.yaml", {"p.yaml": "a: [\n"}, ["p.yaml:2:1: not valid YAML: a value is missing"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_part_is_told(
    tmp_path: Path, entry: str, files: dict[str, str], wrong: list[str]
) -> None:
    main = TOP + f"include: [{entry}]\n" + FLEET + APP + "steps: [settle]\n"
    found = problems(tmp_path, {"main.yaml": main, **files})
    assert found == wrong


@pytest.mark.parametrize(
    ("step", "files", "wrong"),
    [
        ("include: no.yaml", {}, ["main.yaml:5:12: no.yaml: the file cannot be read: No such file or directory"]),
        ("include: [p.yaml]", {}, ["main.yaml:5:12: steps[0].include: expected a text, got a list"]),
        ("include: main.yaml", {}, ["main.yaml:5:12: main.yaml includes itself, by way of main.yaml"]),
        ("include: p.yaml", {"p.yaml": "steps: [include: q.yaml]", "q.yaml": "steps: [include: p.yaml]"},
         ["q.yaml:1:18: p.yaml includes itself, by way of main.yaml -> p.yaml -> q.yaml"]),
        ("include: p.yaml", {"p.yaml": WHOLE}, [f"main.yaml:5:12: p.yaml is a whole scenario; {AMONG_STEPS}"]),
        ("include: p.yaml", {"p.yaml": "steps: [settle]\nexpect: []"},
         ["p.yaml:2:1: there is no key 'expect' in a part that stands among steps; there are: steps, vars"]),
        ("include: p.yaml", {"p.yaml": "vars: {}"},
         ["p.yaml:1:1: expected a list of `steps` to take, got nothing"]),
        ("include: p.yaml", {"p.yaml": "steps: []"}, ["p.yaml:1:8: expected a list of `steps` to take, got none"]),
        ("include: p.yaml", {"p.yaml": "steps: [stop: '${x}']"},
         ["p.yaml:1:15: there is no variable 'x'; none is defined"]),
        ("include: p.yaml", {"p.yaml": "steps: [stop: z]"},
         ["p.yaml:1:15: steps[0].stop: there is no instance 'z'; there are: a, b"]),
        ("{ include: p.yaml, with: { xx: 1 } }", {"p.yaml": "vars: { xy: 1 }\nsteps: [settle]"},
         ["main.yaml:5:30: p.yaml asks for no 'xx'; there are: xy"]),
        ("{ include: p.yaml, with: 1 }", {"p.yaml": "steps: [settle]"},
         ["main.yaml:5:28: steps[0].with: expected a mapping, got the number 1"]),
        ("{ include: p.yaml, wiht: {} }", {"p.yaml": "steps: [settle]"},
         ["main.yaml:5:22: steps[0]: there is no key 'wiht'; did you mean 'with'?"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_steps_of_others_is_told(
    tmp_path: Path, step: str, files: dict[str, str], wrong: list[str]
) -> None:
    main = TOP + FLEET + APP + f"steps:\n- {step}\n- settle\n"
    assert problems(tmp_path, {"main.yaml": main, **files}) == wrong


def test_a_failure_is_told_where_it_stands(tmp_path: Path) -> None:
    """In the file in which it stands; the step stands, for whoever counts lines, where it is included."""
    files = {
        "main.yaml": TOP + FLEET + APP + "steps:\n- settle\n- include: part.yaml\n- settle\n",
        "part.yaml": "steps:\n\n\n- settle\n- expect:\n  - { journal: a, count: 1 }\n",
    }
    found = loaded(tmp_path, files)
    result = finish(run_virtual(found, 0, None, Unseen()))
    assert [step.line for step in result.steps] == [5, 6, 6, 7]
    [failure] = result.failures
    assert (failure.file, failure.line) == (str(tmp_path / "part.yaml"), 6)
    assert [(it.file, it.line) for it in remarks_of([result])] == [(str(tmp_path / "part.yaml"), 6)]
    assert len(found.until(5).scenario.steps) == 1
    assert len(found.until(6).scenario.steps) == 3
    out = tmp_path / "out"
    reports = [f"--report={out}.{it}" for it in ("tap", "md", "xml")]
    shown = called("run", "--virtual", tmp_path / "main.yaml", *reports)
    assert f"{tmp_path}/part.yaml:6" in shown.out
    assert f'"file": {json.dumps(str(tmp_path / "part.yaml"))}' in Path(f"{out}.tap").read_text()
    assert all("part.yaml:6" in Path(f"{out}.{it}").read_text() for it in ("md", "xml"))


def test_a_folders_parts_are_no_scenarios(tmp_path: Path) -> None:
    """A file without a name that has instances and steps is a scenario that lacks one: its author hears of it."""
    write(tmp_path, {
        "a.yaml": WHOLE, "fleet.yaml": FLEET, "steps.yaml": "vars: {}\nsteps: [settle]\n",
        "nameless.yaml": FLEET + "steps: [settle]\n", "odd.yaml": "stesp: 1\nsteps: [settle]\n",
    })  # fmt: skip
    assert [path.name for path in scenarios_in(tmp_path)] == ["a.yaml", "nameless.yaml", "odd.yaml"]
