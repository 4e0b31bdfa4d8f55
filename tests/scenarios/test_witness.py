"""The witness of a run on a broker: it reads the instances' files, and so sees what is wrong in them."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.report.result import RunResult, StepResult, Verdict
from simulator.runtime.live.forkserver import start_fork_server
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_live
from simulator.transport.embedded import EmbeddedBroker

from .running import RUN_LIMIT, Unseen, in_full

LOADED = load_text(
    """\
name: A file that is tampered with
auto_approval: 0s
instances: { prod1: production, dev1: development }
applications:
  App: { capabilities: { Cap: { operations: { act: message } } } }
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - settle
  - save_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
  - settle
  - send: { from: prod1, to: dev1, operation: act }
    expect: processed
""",
    "tampered.yaml",
)
TAMPERING_AFTER = 5


@dataclass
class Tampering(Unseen):
    """Changes dev1's file behind its back, once its tables are complete."""

    directory: Path
    statement: str

    def ended(self, step: StepResult) -> None:
        """After the fifth step."""
        if self.statement and step.number == TAMPERING_AFTER:
            connection = sqlite3.connect(self.directory / "dev1.sqlite")
            with connection:
                assert connection.execute(self.statement).rowcount == 1
            connection.close()


def run(directory: Path, statement: str = "") -> RunResult:
    """The scenario on a broker of its own."""
    start_fork_server()
    progress = Tampering(directory, statement)

    async def limited() -> RunResult:
        async with asyncio.timeout(RUN_LIMIT):
            return await run_live(LOADED, EmbeddedBroker(preload=None), "mif", directory, 1, 0, progress)

    return asyncio.run(limited())


def test_a_right_run_has_nothing_to_report(tmp_path: Path) -> None:
    """Without a violation there is no word of one."""
    result = run(tmp_path)
    assert result.verdict is Verdict.MET, in_full(result)
    assert len(result.steps) == len(LOADED.scenario.steps)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("delete from sn_mif_trusted_instance", "dev1 has processed act of "),
        ("delete from sn_mif_trusted_instance", "prod1 has it so, and dev1 does not"),
        ("update sn_mif_application_trust_profile set revision = 0", "dev1 has gone back to revision 0"),
        ("delete from sn_mif_managed_by_instance", "prod1 has it so, and dev1 does not"),
    ],
)
def test_what_is_wrong_in_a_file_is_a_failure(tmp_path: Path, statement: str, broken: str) -> None:
    """The run fails, with what was seen as the failure of a last step."""
    result = run(tmp_path, statement)
    assert result.verdict is Verdict.NOT_MET
    assert result.steps[-1].text == "the invariants"
    assert [failure for failure in result.steps[-1].failures if broken in failure.seen], in_full(result)
