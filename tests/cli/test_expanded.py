"""`trustsim validate --expanded` prints the plain scenario that a file stands for, which runs as the file does."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.runtime.virtual.fleet import finish
from simulator.scenario.reading.load import LoadedScenario, load, load_all
from simulator.scenario.running.run import run_virtual
from tests.simulation.shipped import EVERY, Unseen

from .command import called


def journal(loaded: LoadedScenario) -> str:
    return finish(run_virtual(loaded, 0, None, Unseen())).fingerprint


def settings(loaded: LoadedScenario) -> list[str]:
    return [option for each in loaded.source.settings for option in ("--set", each)]


IN_SHORT = [file for file in EVERY if any(key in file.read_text() for key in ("${", "repeat:", "for_each:"))]


@pytest.mark.parametrize("file", IN_SHORT, ids=lambda file: file.stem)
def test_what_is_printed_runs_alike(file: Path, tmp_path: Path) -> None:
    for number, loaded in enumerate(load_all(file)):
        result = called("validate", "--expanded", *settings(loaded), file)
        assert result.code == 0
        (tmp_path / "scenarios").mkdir(exist_ok=True)
        again = file.parent / f".{file.stem}-{number}.yaml" if "from:" in result.out else tmp_path / "again.yaml"
        again.write_text(result.out)
        plain = load(again)
        assert len(plain.source.data["steps"]) == len(loaded.scenario.steps)  # type: ignore[index]
        assert journal(plain) == journal(loaded)
        assert plain.scenario == loaded.scenario


def test_text_that_is_no_variable_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(
        "name: $${HOME}\nvars: { x: '$${y}' }\ninstances: { a: production, b: test }\ninclude: [Impact Health]\n"
        "steps:\n  - send: { from: a, to: b, operation: request scan, payload: { '$${k}': '${x} and $${z}' } }\n"
    )
    again = tmp_path / "again.yaml"
    again.write_text(called("validate", "--expanded", file).out)
    assert load(again).scenario == load(file).scenario
    [step] = load(file).scenario.steps
    assert step.send
    assert step.send.payload == {"${k}": "${y} and ${z}"}


def test_one_is_printed(tmp_path: Path) -> None:
    [matrix] = [file for file in EVERY if file.stem == "every-pair-of-instances"]
    result = called("validate", "--expanded", matrix)
    assert (result.code, result.out) == (2, "")
    assert "--expanded prints one scenario" in result.err
    assert f"{matrix} [manager=production, managed=production, answer=processed]" in result.err.replace("\n", " ")
    (tmp_path / "wrong.yaml").write_text("name: x\nsteps: [settel]\n")
    assert called("validate", "--expanded", tmp_path / "wrong.yaml").code == 2
