"""`trustsim record`: what instances say to each other becomes a scenario that can be run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.scenario.reading.library import EXAMPLES
from simulator.scenario.reading.source import parse
from simulator.scenario.writing.layout import laid_out

from .command import Command, Result, run

LISTENING = "listening on"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker that is there for this module."""
    folder = tmp_path_factory.mktemp("broker")
    with Command(folder, "broker", "--port", "0") as command:
        command.wait_until(lambda: "serving MQTT" in command.out)
        yield command.out.split(" on ")[1].split(";")[0]


def record(tmp_path: Path, broker: str, example: str, *more: str | Path) -> tuple[Result, Path]:
    """What was recorded of an example, and what the command said."""
    out = tmp_path / "recorded.yaml"
    with Command(tmp_path, "record", "--broker", broker, "-o", out, *more) as command:
        command.wait_until(lambda: LISTENING in command.err)
        assert run(tmp_path / "run", "run", "-q", "--broker", broker, EXAMPLES / example).code == 0
        command.interrupt()
        result = command.wait()
    return result, out


def said(file: Path) -> dict[str, Any]:
    """What a scenario file says."""
    data = parse(file.read_text(), str(file)).data
    assert isinstance(data, dict)
    return data


def test_a_recorded_run_is_a_scenario_that_holds(tmp_path: Path, broker: str) -> None:
    """The documented example, without names: who manages whom, the profile, what was sent and what came of it."""
    (tmp_path / "run").mkdir()
    result, out = record(tmp_path, broker, "documented-example.yaml")
    assert (result.code, result.out.split(";")[0]) == (0, f"{out}: 18 messages")
    text = out.read_text()
    assert "# - of 2 messages nobody said on the wire what became of them: add what you expect" in text
    assert laid_out(text, "f") == text
    data = said(out)
    assert sorted(data["instances"].values()) == ["development", "development", "production"]
    assert data["applications"]["Impact Health"] == {
        "version": "1.4.3",
        "capabilities": {
            "Proactive Code Check Data Transfer": {
                "version": "1.0.0",
                "operations": {
                    "transfer scan results": "data",
                    "request scan": {"kind": "message", "answer": {"accepted": True}},
                },
            }
        },
    }
    assert [next(iter(step)) for step in data["steps"] if "advance" not in step] == [
        "name_manager",
        "save_profile_item",
        "sync_trust_profiles",
        "send",
        "send",
        "send",
    ]
    assert set(data["steps"][-4]["expect"][0]["results"].values()) == {"synced"}
    assert [step.get("expect") for step in data["steps"][-3:]] == [None, "processed", "refused"]
    assert data["steps"][-1]["send"]["unchecked"] is True
    assert run(tmp_path / "run", "run", "--virtual", out).code == 0


def test_names_are_those_of_a_scenario_and_trust_comes_and_goes_as_it_did(tmp_path: Path, broker: str) -> None:
    """Items of several instances and of the manager itself, saved and deleted, and trust by hand beside them."""
    (tmp_path / "run").mkdir()
    result, out = record(tmp_path, broker, "profile-changes.yaml", "--names", EXAMPLES / "profile-changes.yaml")
    assert result.code == 0
    data = said(out)
    assert data["instances"] == {"subprod1": "development", "prod1": "production", "subprod2": "test"}
    verbs = [next(iter(step)) for step in data["steps"]]
    assert {"create_trust_record", "delete_trust_record", "delete_profile_item"} <= set(verbs)
    assert any(step.get("save_profile_item", {}).get("trusting") == "prod1" for step in data["steps"])
    assert run(tmp_path / "run", "run", "--virtual", out).code == 0


def test_where_nothing_passes_nothing_is_written(tmp_path: Path, broker: str) -> None:
    out = tmp_path / "recorded.yaml"
    result = run(tmp_path, "record", "--broker", broker, "-o", out, "--for", "0.2")
    assert (result.code, out.exists()) == (1, False)
    assert "nothing has passed on mqtt://127.0.0.1" in result.err


def test_a_broker_that_is_not_there(tmp_path: Path) -> None:
    result = run(tmp_path, "record", "--broker", "mqtt://127.0.0.1:1", "-o", tmp_path / "x.yaml")
    assert (result.code, len(result.err.splitlines())) == (3, 1)
    assert "no connection to the broker at mqtt://127.0.0.1:1" in result.err
    assert run(tmp_path, "record", "--broker", "here", "-o", tmp_path / "x.yaml").code == 2
