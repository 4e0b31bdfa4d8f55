"""Where connections are by mutual TLS, an instance that is not ready for it has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.report.result import RunResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.brokers import secure_broker
from simulator.scenario.running.run import run_virtual
from simulator.transport.embedded import EmbeddedBroker
from simulator.transport.mosquitto import find_mosquitto

from .running import Unseen, in_full, run

LOADED = load_text(
    """\
name: No mutual TLS, no certificate, no connection
instances:
  prod1: production
  no_tls: { environment: development, supports_tls: false }
  no_plugin: { environment: development, plugins: { com.glide.mif.mtls: missing } }
  neither: { environment: development, supports_tls: false, plugins: { com.glide.mif.mtls: missing } }
applications: { App: { capabilities: { Cap: { operations: { act: message } } } } }
steps:
  - expect:
      - { connection: prod1 }
      - { connection: no_tls, refused: certificate_required }
      - { connection: no_plugin, refused: certificate_required }
      - { connection: neither, refused: certificate_required }
      - { journal: no_tls, where: { kind: connection, code: certificate_required }, count: 1 }
  - send: { from: prod1, to: no_tls, unchecked: true, as: early }
    expect: pending
  - enable_tls: [no_tls, neither]
  - install_plugin: { on: no_plugin }
    expect:
      - { connection: no_tls }
      - { connection: no_plugin }
      - { connection: neither, refused: certificate_required }
      - { message: early, refused: no_trust_record, by: no_tls }
  - install_plugin: { on: neither }
    expect: [{ connection: neither }]
""",
    "readiness.yaml",
)


def reasons(result: RunResult) -> dict[str, str]:
    """Why instances could not connect, by their names."""
    return {entry.instance: entry.explanation for entry in result.journal if entry.kind == "connection"}


@pytest.mark.mosquitto
@pytest.mark.skipif(find_mosquitto() is None, reason="there is no mosquitto executable on this machine")
async def test_no_mutual_tls_no_connection(tmp_path: Path) -> None:
    """The broker's refusal is real, and ends when Support has done its part; in virtual time it is the same."""
    live = await run(LOADED, secure_broker(LOADED, tmp_path), tmp_path)
    virtual = await run_virtual(LOADED, 0, None, Unseen(), knows_clients=True)
    for result in (live, virtual):
        assert result.verdict is Verdict.MET, in_full(result)
        assert "adcv2/supports_tls of no_tls is not true. To allow it, an" in reasons(result)["no_tls"]
        assert "with a Now Support ticket, must have com.glide.mif.mtls installed" in reasons(result)["no_plugin"]


async def test_without_tls_everybody_connects(tmp_path: Path) -> None:
    """Where nobody asks for a certificate only the instances themselves say what is missing."""
    result = await run(LOADED, EmbeddedBroker(preload=None), tmp_path, 100)
    assert reasons(result) == {}
