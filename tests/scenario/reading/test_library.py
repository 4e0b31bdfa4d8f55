"""Ready-made applications: included by name, from beside the scenario or from what is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import ScenarioError
from simulator.scenario.reading.library import SHIPPED
from simulator.scenario.reading.load import load

TEXT = """\
name: Included
include: [{names}]
instances: {{ a: production, b: development }}
steps:
  - create_trust_record: {{ on: b, application: {name}, capability: {capability}, trustee: a }}
"""
ADDON = """\
name: Our Add-on
version: 2.0.0
capabilities: { Sharing: { operations: { share: data } } }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A scenario with a library of its own beside it."""
    library = tmp_path / "applications"
    library.mkdir()
    (library / "add-on.yaml").write_text(ADDON)
    return tmp_path / "scenario.yaml"


def problems(file: Path, text: str) -> list[str]:
    """What is wrong with that text, without the file's name."""
    file.write_text(text)
    with pytest.raises(ScenarioError) as error:
        load(file)
    return [f"{it.line}:{it.column}: {it.message}" for it in error.value.problems]


@pytest.mark.parametrize("shipped", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_application_can_be_included(shipped: Path, file: Path) -> None:
    """Each is what the format wants, and has capabilities to trust."""
    [name] = [
        line.removeprefix("name: ") for line in shipped.read_text().splitlines() if line.startswith("name: ")
    ]
    file.write_text(TEXT.format(names=f"Our Add-on, {name}", name="Our Add-on", capability="Sharing"))
    offered = load(file).scenario.applications[name]
    assert offered.capabilities or offered.data_sharing


def test_one_beside_the_scenario(file: Path) -> None:
    """The author's own library works like the shipped one, and both can be mixed."""
    file.write_text(TEXT.format(names="Our Add-on, Impact Health", name="Our Add-on", capability="Sharing"))
    scenario = load(file).scenario
    assert scenario.applications["Our Add-on"].version == "2.0.0"
    assert "Proactive Code Check Data Transfer" in scenario.applications["Impact Health"].capabilities


def test_the_author_s_own_comes_first(file: Path) -> None:
    """A file beside the scenario takes the place of a shipped one with the same name."""
    (file.parent / "applications" / "mine.yaml").write_text(ADDON.replace("Our Add-on", "Impact Health"))
    file.write_text(TEXT.format(names="Impact Health", name="Impact Health", capability="Sharing"))
    assert list(load(file).scenario.applications["Impact Health"].capabilities) == ["Sharing"]


def test_an_unknown_application(file: Path) -> None:
    """The place of the name, and what was probably meant; other mistakes are found beside it."""
    assert problems(file, TEXT.format(names="Impact Helth", name="X", capability="Y")) == [
        "2:11: include[0]: there is no application 'Impact Helth'; did you mean 'Impact Health'?",
        "5:48: steps[0].create_trust_record.application: there is no application 'X'; there are: Impact Health",
    ]


def test_one_that_is_there_already(file: Path) -> None:
    """Neither twice in the list, nor in the list and defined."""
    text = TEXT.format(names="Our Add-on, Our Add-on", name="Our Add-on", capability="Sharing")
    assert problems(file, text) == ["2:23: include[1]: the application 'Our Add-on' is included already"]
    text = TEXT.format(names="Our Add-on", name="Our Add-on", capability="Sharing")
    text += "applications: { Our Add-on: { capabilities: { Sharing: { operations: { share: data } } } } }\n"
    assert problems(file, text) == ["2:11: include[0]: the application 'Our Add-on' is defined here already"]


def test_a_library_file_that_is_wrong(file: Path) -> None:
    """What the format does not know is reported where the application is included."""
    (file.parent / "applications" / "add-on.yaml").write_text(ADDON.replace("version", "versoin"))
    [said] = problems(file, TEXT.format(names="Our Add-on", name="Our Add-on", capability="Sharing"))
    assert said.startswith("2:11: applications")
    assert "versoin" in said


def test_neither_included_nor_defined(file: Path) -> None:
    """Without any application there is nothing to trust."""
    text = TEXT.format(names="", name="X", capability="Y")
    assert any("applications" in said for said in problems(file, text))
