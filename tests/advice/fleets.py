"""Scenarios for plans and for drift: prod1 manages three development instances, or is about to."""

from __future__ import annotations

from simulator.scenario.reading.load import LoadedScenario, load_text

HEAD = """\
name: A fleet
instances: { prod1: production, dev1: development, dev2: development, dev3: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: message } } } }
steps:
  - name_manager: { on: [dev1, dev2], manager: prod1 }
  - settle
  - advance: 10m
"""

SAVE = "  - save_profile_item: { on: prod1, trusting: [dev1, dev2], trusted: prod1 }\n"
SYNC = "  - sync_trust_profiles: { on: prod1 }\n"
SYNCED = SAVE + SYNC + "  - settle\n"
DELETE = "  - delete_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }\n"
BETWEEN = "  - save_profile_item: { on: prod1, trusting: dev1, trusted: dev2 }\n"
BY_HAND = "  - create_trust_record: { on: dev3, trustee: dev1 }\n  - settle\n"
SEND = "  - send: { from: dev1, to: prod1, operation: hand over }\n"


def scenario(*steps: str) -> LoadedScenario:
    """The fleet, dev1 and dev2 managed by prod1 and dev3 by nobody, and what then happens."""
    return load_text(HEAD + "".join(steps), "fleet.yaml")
