"""Clients that nobody here wrote, on a fleet that `trustsim exec` gives them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.cli.command import Command

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMIT = 120.0
"""Seconds for a story; each takes some."""


def told(tmp_path: Path, story: str) -> Any:
    """What the clients of a story print at its end."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    options = ("--http-port", "0", "--instances-per-process", "2")
    program = (sys.executable, "-m", f"tests.stories.{story}")
    with Command(tmp_path, "exec", HERE / f"{story}.yaml", *options, "--", *program, PYTHONPATH=path) as command:
        result = command.wait(LIMIT)
    assert result.code == 0, result
    return json.loads(result.out)


def test_two_customers_load_a_thousand_servers_each(tmp_path: Path) -> None:
    """In either mode a customer's are its own, though both have named them alike, and the provider sees all."""
    acme, init = {"Linux of ACME": 1000}, {"Linux of INIT": 1000}
    expected = {
        "loaded": [{"INSERT": 1000}, {"INSERT": 1000}],
        "seen": [acme, init, acme | init],
        "again": {"NO_CHANGE": 1000},
    }
    assert told(tmp_path, "providers") == {"strict": expected, "platform": expected}


def test_what_a_client_writes_trust_carries_and_clients_of_others_read(tmp_path: Path) -> None:
    """From a manager's name to the mirror of a trust record; what a rule forbids is refused with its reason."""
    story = told(tmp_path, "trust")
    refused = story.pop("refused")
    assert story == {
        "pressed": "processed",
        "trustor": {"capability": "Inventory", "origin": "profile"},
        "trustee": {"capability": "Inventory"},
    }
    assert "Assets on dev1 is managed by prod1" in refused
