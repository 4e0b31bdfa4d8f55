"""The documentation and the JSON Schema of scenario files say what the loader does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as JsonSchemaError
from ruamel.yaml import YAML

from simulator.catalogue.refusals import REFUSALS
from simulator.protocol.codec import envelope_schema
from simulator.report.results import results_schema
from simulator.scenario.format import readme
from simulator.scenario.model import Step
from simulator.scenario.reading.load import ScenarioFile, load, load_text
from simulator.scenario.reading.source import parse
from simulator.scenario.schema import json_schema, part_schema

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ALL_BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", readme(), re.MULTILINE | re.DOTALL)
PARTS = {block.split("\n")[0].removeprefix("# "): block for block in ALL_BLOCKS if block.startswith("# ")}
"""Of a scenario that includes files: each by the name in its first line."""
BLOCKS = [block for block in ALL_BLOCKS if block not in PARTS.values()]
SMALLEST = BLOCKS[0]

INSTANCES = "instances: { prod1: production, subprod1: development, subprod2: test }\n"
APPLICATIONS = """\
applications:
  Impact Health:
    capabilities: { Code Check: { operations: { transfer results: data, request scan: message } } }
"""


def complete(block: str) -> str:
    """A scenario file around one of the page's examples."""
    if block.startswith("name:"):
        return block
    text = "name: An example\n"
    text += block if block.startswith("instances:") else INSTANCES
    text += block if block.startswith("applications:") else APPLICATIONS
    return text + "steps:\n" + (block if block.startswith("- ") else "- settle\n")


def accepts(text: str) -> bool:
    data = YAML(typ="safe", pure=True).load(text)
    return bool(Draft202012Validator(json_schema()).is_valid(data))


# -- the page -------------------------------------------------------------------------------------------


def test_the_page_in_the_repository_is_up_to_date() -> None:
    """It is made, and made again whenever the format changes."""
    page = (SCENARIOS / "README.md").read_text()
    assert page == readme(), "make it again: python -m simulator.scenario.format > scenarios/README.md"


def test_the_smallest_scenario_on_the_page_is_small() -> None:
    """It fits in fewer than 15 lines, and is complete."""
    assert len(SMALLEST.splitlines()) < 15
    assert load_text(SMALLEST, "README.md").scenario.steps


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_an_example_on_the_page_loads(block: str) -> None:
    """Every example can be pasted into a file."""
    assert ScenarioFile.of(complete(block), "README.md").all({})


def test_the_parts_on_the_page_make_a_scenario(tmp_path: Path) -> None:
    """As they stand there, each in the file that it names."""
    (tmp_path / "parts").mkdir()
    for name, block in PARTS.items():
        (tmp_path / name).write_text(block if name.startswith("parts/") else f"name: An example\n{block}")
        if name.startswith("parts/"):
            assert Draft202012Validator(part_schema()).is_valid(YAML(typ="safe", pure=True).load(block))
    assert [step.verb for step in load(tmp_path / "the scenario").scenario.steps] == ["name_manager", "advance"]


def test_the_page_has_every_step_with_an_example() -> None:
    """Nothing that a step can do is left out."""
    examples = "".join(BLOCKS)
    for verb in Step.model_fields:
        assert re.search(rf"^(- |  ){verb}\b", examples, re.MULTILINE), f"no example of {verb}"
        assert f"`{verb}`" in readme()


def test_the_page_has_every_refusal_code() -> None:
    """A code is never without its meaning, its rule and what mends it."""
    for code, meaning in REFUSALS.items():
        assert f"| `{code}` | {meaning.when} | {meaning.rule} [{meaning.source}] | {meaning.remedy} |" in readme()


def test_the_page_has_no_empty_cells() -> None:
    """Every key has a value and a meaning."""
    assert not [line for line in readme().splitlines() if re.search(r"\| +\|", line)]


# -- the schema -----------------------------------------------------------------------------------------


def test_the_schema_is_one() -> None:
    """It is itself valid, as draft 2020-12."""
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_schema_accepts_a_shipped_scenario(file: Path) -> None:
    """An editor marks nothing in a right file."""
    assert accepts(file.read_text())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_the_schema_accepts_an_example_on_the_page(block: str) -> None:
    """Short and long forms, steps that stand alone, one value in the place of a list."""
    assert accepts(complete(block))


@pytest.mark.parametrize(
    "wrong",
    [
        "instances: { prod1: producton }\n",
        "instances: { prod1: { environment: test, acount: acme } }\n",
        "- settel\n",
        "- configure_cmdb: { on: prod1, setup: { domans: {} } }\n",
        "- identify: { on: prod1, payload: {}, sorce: Discovery }\n",
        "- snd: { from: prod1, to: subprod1 }\n",
        "- send: { from: prod1 }\n",
        "- send: { from: prod1, to: [subprod1, 5] }\n",
        "- settle: 5\n",
        "- send: { from: prod1, to: subprod1 }\n  expect: procesed\n",
        "- expect:\n  - { table: sn_mif_instanc, on: prod1 }\n",
        "- expect:\n  - { journal: prod1, where: { outcme: processed } }\n",
        "- expect:\n  - { sync: Impact Health, on: prod1, results: { subprod1: { refused: no } } }\n",
    ],
)
def test_the_schema_rejects_what_an_editor_can_see_is_wrong(wrong: str) -> None:
    """Keys, enumerated values and types; names are for `trustsim validate`."""
    assert not accepts(complete(wrong))


def test_every_property_of_the_schema_has_a_description() -> None:
    """An editor shows it beside the key; a step's is that of the mapping it takes."""
    schema = json_schema()
    without = [
        f"{name}.{key}"
        for name, part in {**schema["$defs"], "Scenario": schema}.items()
        for key, value in part.get("properties", {}).items()
        if not description_of(value, schema["$defs"])
    ]
    assert without == []


def description_of(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    referred = definitions[value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else {}
    return str(value.get("description") or referred.get("description") or "")


@pytest.mark.parametrize(
    ("step", "meant"),
    [
        ("sned: { from: dev1, to: prod1 }", "did you mean send?"),
        ("save_profil_item: { on: prod1 }", "did you mean save_profile_item?"),
        ("xsettle: 1s", "did you mean settle?"),
        ("send: { from: dev1, to: prod1 }\n    expcet: processed", "did you mean expect?"),
        ("advance: 5x", "does not match"),
        ("advance: 10 m 30s", ""),
    ],
)
def test_editors_say_which_step_was_meant(step: str, meant: str) -> None:
    """What is wrong about a step is told of it alone, and not of everything that a step could be."""
    data = parse(f"name: x\ninstances: {{ prod1: production }}\nsteps:\n  - {step}\n", "f.yaml").data
    errors = [leaf for error in Draft202012Validator(json_schema()).iter_errors(data) for leaf in leaves(error)]
    assert ("\n".join(error.message for error in errors) == "") == (not meant)
    assert not meant or any(meant in error.message for error in errors)
    assert all(error.absolute_path and error.absolute_path[0] == "steps" for error in errors)


def leaves(error: JsonSchemaError) -> Iterator[JsonSchemaError]:
    """What is wrong in the end."""
    if error.context:
        for inner in error.context:
            yield from leaves(inner)
    else:
        yield error


def test_the_schemas_have_names_of_their_own() -> None:
    """By which editors keep them, and others refer to them."""
    schemas = (json_schema(), envelope_schema(), results_schema())
    assert [schema["$id"] for schema in schemas] == [
        "urn:trustsim:scenario",
        "urn:trustsim:envelope",
        "urn:trustsim:results",
    ]
