"""The witness notices: each invariant is broken on purpose, by a wrong handler, gate, store or network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.decision import NOTHING, Decision, PostIds
from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.protocol.envelope import Envelope, derive_id
from simulator.protocol.messages import CapabilityMessage, TrustGranted, TrustProfileSync
from simulator.report.result import RunResult, SeedVerdict, Verdict
from simulator.runtime import instance as path
from simulator.runtime.clock import EPOCH as START
from simulator.runtime.instance import Instance
from simulator.scenario.reading.load import LoadedScenario, load_text
from simulator.scenario.running.run import run_virtual
from simulator.scenario.topology import instance_specs
from simulator.tables import Change, Put, Tables
from simulator.trust import capability, designation, handler, sharing, sync
from simulator.trust import record as trust_record
from simulator.trust.management import Managed, ManagedBy
from simulator.trust.profile import TrustProfile
from simulator.trust.record import Origin, TrustRecord
from simulator.trust.states import Approval

from .shipped import Unseen

LOADED = load_text(
    """\
name: A little of everything
auto_approval: 0s
instances:
  prod1: production
  dev1: development
  dev2: development
  alien: { environment: production, account: other }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: { kind: message, answer: {} } } } } }
steps:
  - name_manager: { on: dev1, manager: prod1 }
  - settle
  - save_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }
  - sync_trust_profiles: { on: prod1 }
  - settle
  - sync_trust_profiles: { on: prod1 }
  - settle
  - send: { from: prod1, to: dev1, operation: act }
  - send: { from: dev2, to: prod1, operation: act, unchecked: true }
  - create_trust_record: { on: dev2, trustee: dev1 }
""",
    "witness.yaml",
)
SHARED = load_text(
    """\
name: Data sharing
instances: { prod1: production, dev1: development }
applications: { App: { data_sharing: true } }
steps:
  - set_grant_access: { on: prod1, instance: dev1, grant: true }
  - settle
  - share_data: { from: prod1, to: dev1 }
  - set_grant_access: { on: dev1, instance: prod1, grant: false }
  - share_data: { from: dev1, to: prod1 }
""",
    "witness.yaml",
)
UNTRUSTED = """\
name: Trust that is taken back
instances: { prod1: production, dev1: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
  - create_trust_record: { on: dev1, trustee: prod1 }
  - settle
  - delete_trust_record: { on: dev1, trustee: prod1 }
  - send: { from: dev1, to: prod1 }
"""
ID = {spec.name: spec.id for spec in instance_specs(LOADED.scenario, "mif", START)}
PROD1, DEV1, DEV2, ALIEN = ID.values()


def run(loaded: LoadedScenario = LOADED) -> RunResult:
    """The scenario in fine weather, watched."""
    return asyncio.run(run_virtual(loaded, 0, None, Unseen()))


def seen(result: RunResult) -> list[str]:
    """What the witness has seen."""
    return [failure.seen for step in result.steps if step.text == "the invariants" for failure in step.failures]


def test_a_right_run_has_nothing_to_report() -> None:
    """Without a violation there is no word of one."""
    for result in (run(), run(SHARED)):
        assert result.verdict is Verdict.MET
        assert seen(result) == []


# -- what must not stand in the tables of one instance --------------------------------------------------


def managed_by(manager: str, application: str = "App") -> Put:
    return Put(ManagedBy(application=application, manager_instance=manager, approval=Approval.APPROVED))


def managed(instance: str) -> Put:
    return Put(Managed(application="App", managed_instance=instance, status=Approval.APPROVED))


def record(trustee: str, capability: str = "Cap") -> Put:
    return Put(
        TrustRecord(
            application="App",
            capability=capability,
            trusted_instance=trustee,
            version="1.0.0",
            origin=Origin.MANUAL,
        )
    )


@pytest.mark.parametrize(
    ("on", "changes", "broken"),
    [
        (PROD1, [managed_by(DEV2)], "prod1 is managing and managed"),
        (DEV2, [managed_by(PROD1), managed_by(DEV1)], "App on dev2 has more than one manager"),
        (PROD1, [managed_by(DEV2)], "dev2 is non-production and manages prod1, which is production"),
        (DEV2, [managed(PROD1)], "dev2 is non-production and manages prod1, which is production"),
        (DEV2, [managed_by(ALIEN)], "alien manages dev2 of another account"),
        (DEV2, [managed_by("nobody")], f"nobody manages {DEV2}, and one of them does not exist"),
        (DEV2, [record(DEV2)], "dev2 trusts itself"),
        (DEV2, [record(ALIEN)], "dev2 trusts alien of another account"),
    ],
)
def test_a_wrong_row(monkeypatch: pytest.MonkeyPatch, on: str, changes: list[Change], broken: str) -> None:
    """A handler that makes a row that must not be is found out at once."""
    add_to_decisions(monkeypatch, on, changes)
    result = run()
    assert broken in seen(result)
    assert result.verdict is Verdict.NOT_MET


def test_a_lowered_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A managed instance that takes in an older profile is found out."""
    original = sync.decide_profile_sync

    def wrong(tables: Tables, message: TrustProfileSync, sender: str) -> Decision:
        decision = original(tables, message, sender)
        if message.revision < 2:
            return decision
        back = [
            Put(replace(change.row, revision=0))
            for change in decision.changes
            if isinstance(change, Put) and isinstance(change.row, TrustProfile)
        ]
        assert back
        return replace(decision, changes=(*decision.changes, *back))

    monkeypatch.setattr(sync, "decide_profile_sync", wrong)
    assert any("dev1 has gone back to revision 0" in broken for broken in seen(run()))


# -- what must not happen -------------------------------------------------------------------------------


def test_an_operation_without_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that lets everything in is found out when it processes what no record covers."""
    monkeypatch.setattr(handler, "admit", lambda *_: None)
    assert f"prod1 has processed act of {DEV2} without trust" in seen(run())


def test_data_that_leaves_without_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """An owner that does not look before it sends is found out, whatever the viewer believes."""
    monkeypatch.setattr(capability, "refuse_operation", lambda *_, **__: None)
    monkeypatch.setattr(trust_record, "decide_removed", lambda *_: NOTHING)
    assert "prod1 has data of dev1, which did not trust it when it left" in seen(
        run(load_text(UNTRUSTED, "witness.yaml"))
    )


def test_data_that_is_sent_without_a_look() -> None:
    """The viewer has heard of everything that its owner did before it sent, and takes nothing in."""
    assert (
        seen(run(load_text(UNTRUSTED.replace("to: prod1 }", "to: prod1, unchecked: true }"), "witness.yaml")))
        == []
    )


def test_data_without_a_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A grantor that shares what it does not grant is found out when it arrives."""
    monkeypatch.setattr(sharing, "_refuse_ungranted", lambda *_: None)
    assert seen(run(SHARED)) == ["prod1 has data of dev1, which did not grant access when it left"]


def test_an_envelope_that_is_handled_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that forgets what it has seen is found out as soon as something comes twice."""
    original = Instance._handle

    def wrong(self: Instance, envelope: Envelope[Any], decide: Callable[[], Decision], now: datetime) -> None:
        if isinstance(envelope.message, TrustGranted):
            self._store.forget(now + timedelta(days=365))
        original(self, envelope, decide, now)

    monkeypatch.setattr(Instance, "_handle", wrong)
    result = run_seed(LOADED, PROFILES["calm"].model_copy(update={"duplicate": 1.0}), 0)
    assert result.verdict is SeedVerdict.BROKEN
    assert any(re.fullmatch(r"dev1 has finished with trust_granted \w+ twice", broken) for broken in result.broken)


def test_a_message_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that gives its receipt and does nothing else is found out when all has come to rest."""
    original = Instance._handle

    def wrong(self: Instance, envelope: Envelope[Any], decide: Callable[[], Decision], now: datetime) -> None:
        if not isinstance(envelope.message, CapabilityMessage):
            original(self, envelope, decide, now)

    monkeypatch.setattr(Instance, "_handle", wrong)
    assert [broken for broken in seen(run()) if " is lost" in broken]


def test_an_envelope_that_nobody_has_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that believes what it cannot have been sent is found out."""
    original = Instance._handle

    def wrong(self: Instance, envelope: Envelope[Any], decide: Callable[[], Decision], now: datetime) -> None:
        if isinstance(envelope.message, CapabilityMessage):
            envelope = replace(envelope, id=derive_id("invented", envelope.id))
        original(self, envelope, decide, now)

    monkeypatch.setattr(Instance, "_handle", wrong)
    assert [broken for broken in seen(run()) if "which nobody has posted" in broken]


# -- what must be the same on both sides when all has come to rest --------------------------------------


def test_trust_that_only_the_trustor_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trustee that does not listen is found out at the end."""
    monkeypatch.setattr(trust_record, "decide_granted", lambda *_: NOTHING)
    assert "dev2 trusts dev1 for App > Cap 1.0.0: dev2 has it so, and dev1 does not" in seen(run())


def test_management_that_only_one_side_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A managed side that does not hear of its manager's consent is found out at the end."""
    monkeypatch.setattr(designation, "decide_confirmation", lambda *_: NOTHING)
    assert "prod1 manages dev1 for App: prod1 has it so, and dev1 does not" in seen(run())


def test_a_grant_that_only_the_grantor_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that does not follow is found out at the end, in both directions."""
    monkeypatch.setattr(sharing, "decide_grant_state", lambda *_: NOTHING)
    assert seen(run(SHARED)) == [
        f"{grantor} grants access to {grantee} for App: {knows} has it so, and {does_not} does not"
        for grantor, grantee, knows, does_not in (
            ("dev1", "prod1", "prod1", "dev1"),
            ("prod1", "dev1", "prod1", "dev1"),
        )
    ]


def add_to_decisions(monkeypatch: pytest.MonkeyPatch, on: str, changes: list[Change]) -> None:
    """Lets every action on that instance make more changes."""
    original = handler.decide_from_inside

    def wrong(tables: Tables, envelope: Envelope[Any], now: datetime, ids: PostIds) -> Decision:
        decision = original(tables, envelope, now, ids)
        return replace(decision, changes=(*decision.changes, *changes)) if tables.owner == on else decision

    monkeypatch.setattr(path, "decide_from_inside", wrong)
