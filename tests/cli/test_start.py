"""How little a command imports before it begins: imports are most of what a short one takes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .command import EXAMPLE


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (
            ["validate", str(EXAMPLE)],
            [
                "rich.console",
                "ruamel.yaml",
                "asyncio",
                "ssl",
                "simulator.cmdb.engine",
                "simulator.report.files.page",
            ],
        ),
        (
            ["validate", str(EXAMPLE.parent / "domains-strict-and-platform.yaml")],
            ["simulator.trust.handler", "simulator.protocol.messages", "simulator.report.result"],
        ),
        (
            ["run", "--virtual", "-q", str(EXAMPLE)],
            [
                "ruamel.yaml",
                "uvicorn",
                "aiomqtt",
                "cryptography.x509",
                "simulator.rest.api",
                "simulator.report.files.page",
            ],
        ),
    ],
    ids=["validate", "validate the CMDB", "run"],
)
def test_a_command_imports_only_what_it_uses(arguments: list[str], needless: list[str]) -> None:
    """What prints reports, reads by the letter, serves or asks comes in when it is used."""
    command = [sys.executable, "-X", "importtime", "-m", "simulator", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "simulator.scenario.reading.load" in imported
    assert imported.isdisjoint(needless)
