"""The doctor finds what is wrong with a topology before anything is started, and the run shows that it is so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator.advice.checks.finding import Severity
from simulator.advice.doctor import examine
from simulator.catalogue.findings import FINDINGS
from simulator.exploration.sweep import run_unseen
from simulator.journal import Outcome
from simulator.refusal import RefusalCode
from simulator.scenario.reading.load import load_all, load_text
from tests.simulation.shipped import EVERY

TOPOLOGY = """\
name: A topology
instances:
  prod1: production
  prod2: production
  dev1: development
  dev2: development
  other: { environment: development, account: globex }
  old: { environment: development, release: Xanadu }
  bare: { environment: development, plugins: { com.glide.mif.mtls: missing } }
  empty: { environment: development, applications: {} }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data, act: message } } } }
steps:
"""
FIRST_STEP = TOPOLOGY.count("\n") + 1


@dataclass(frozen=True, slots=True)
class Case:
    """Steps with something wrong, the finding and its line, counted from the first step."""

    code: str
    line: int
    steps: str
    severity: Severity = Severity.ERROR


WRONG = [
    Case("subprod_manages_prod", 1, "  - name_manager: { on: prod1, manager: dev1 }\n"),
    Case("application_installed", 1, "  - install_application: dev1\n"),
    Case("application_missing", 1, "  - remove_application: empty\n"),
    Case("application_missing", 1, "  - upgrade_application: { on: empty, to: 2.0.0 }\n"),
    Case(
        "application_missing",
        2,
        "  - remove_application: dev1\n  - send: { from: dev1, to: prod1, operation: hand over }\n",
    ),
    Case("self_management", 1, "  - name_manager: { on: dev1, manager: dev1 }\n"),
    Case("other_account", 1, "  - name_manager: { on: other, manager: prod1 }\n"),
    Case(
        "second_manager",
        3,
        "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
        "  - name_manager: { on: dev1, manager: prod2 }\n",
    ),
    Case(
        "managing_and_managed",
        3,
        "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
        "  - name_manager: { on: prod1, manager: prod2 }\n",
    ),
    Case(
        "managing_and_managed",
        3,
        "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
        "  - request_management: { on: dev1, instances: dev2 }\n",
    ),
    Case(
        "instance_retired",
        3,
        "  - decommission: dev1\n  - settle\n  - request_management: { on: prod1, instances: dev1 }\n",
    ),
    Case("no_such_item", 1, "  - delete_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }\n"),
    Case("no_such_record", 1, "  - delete_trust_record: { on: dev1, trustee: prod1 }\n"),
    Case("no_such_request", 1, "  - delete_manager: { on: dev1, manager: prod1 }\n"),
    Case("other_account", 1, "  - save_profile_item: { on: other, trusting: dev1, trusted: prod1 }\n"),
    Case("application_missing", 1, "  - save_profile_item: { on: empty, trusting: dev1, trusted: prod1 }\n"),
    Case("application_missing", 1, "  - sync_trust_profiles: { on: empty, application: App }\n"),
    Case("application_missing", 1, "  - change_settings: { on: empty, payload: { a: 1 } }\n"),
    Case(
        "instance_retired",
        3,
        "  - decommission: dev1\n  - settle\n  - upgrade_application: { on: dev1, to: 2.0.0 }\n",
    ),
    Case(
        "profile_is_managed",
        3,
        "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
        "  - sync_trust_profiles: { on: dev1 }\n",
    ),
    Case("self_trust", 1, "  - create_trust_record: { on: dev1, trustee: dev1 }\n"),
    Case("no_such_request", 1, "  - approve_manager: { on: dev1, manager: prod1 }\n"),
    Case("application_missing", 1, "  - create_trust_record: { on: empty, trustee: prod1 }\n"),
    Case(
        "profile_is_managed",
        3,
        "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
        "  - save_profile_item: { on: dev1, trusting: dev1, trusted: prod1 }\n",
    ),
]
"""What the run refuses with the same code, at the same step."""


def findings(steps: str, severity: Severity = Severity.ERROR) -> list[tuple[str, int]]:
    """Code and line, counted from the first step, of what is wrong with these steps."""
    found = examine(load_text(TOPOLOGY + steps, "topology.yaml"))
    return [
        (it.code, it.line - FIRST_STEP + 1) for it in found if it.severity is severity and it.line >= FIRST_STEP
    ]


def test_an_upgrade_on_one_side_is_found_where_it_keeps_something_from_being_sent() -> None:
    """Until the trust and the other side have the version, too; what is made after the upgrade is for that."""
    trust = "create_trust_record: { on: dev1, trustee: prod1 }"
    send = "send: { from: dev1, to: prod1, operation: hand over }"
    upgrade = "upgrade_application: { on: NAME, to: 2.0.0, capabilities: { Cap: 2.0.0 } }"
    dev1, prod1 = upgrade.replace("NAME", "dev1"), upgrade.replace("NAME", "prod1")
    lines = [trust, "settle", dev1, send, prod1, send, trust, "settle", send]
    found = findings("".join(f"  - {line}\n" for line in lines), Severity.WARNING)
    assert [line for code, line in found if code == "version_mismatch"] == [4, 6]


@pytest.mark.parametrize(
    "fault", ["stop: dev1", "kill: prod1", "stop_broker", "fault: { cut: { from: dev1, to: prod1 } }"]
)
def test_that_faults_are_not_followed_is_said(fault: str) -> None:
    """Where something is to be processed after one; where nothing is, there is nothing to be wrong about."""
    trust = "  - create_trust_record: { on: dev1, trustee: prod1 }\n"
    send = "  - send: { from: prod1, to: dev1, operation: hand over }\n    expect: EXPECTED\n"
    text = f"{trust}  - {fault}\n{send}"
    processed = findings(text.replace("EXPECTED", "processed"), Severity.NOTE)
    assert [line for code, line in processed if code == "fault_not_followed"] == [2]
    for harmless in (text.replace("EXPECTED", "expired"), f"{trust}  - {fault}\n", text.replace(fault, "settle")):
        found = findings(harmless.replace("EXPECTED", "processed"), Severity.NOTE)
        assert "fault_not_followed" not in dict(found)


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.code)
def test_what_it_finds_is_refused(case: Case) -> None:
    """The finding has the code of the refusal that the run leads to."""
    assert (case.code, case.line) in findings(case.steps)
    run = run_unseen(load_text(TOPOLOGY + case.steps, "topology.yaml"), 0)
    assert case.code in {entry.code for entry in run.result.journal if entry.outcome is Outcome.REFUSED}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.code)
def test_what_the_scenario_expects_is_a_note(case: Case) -> None:
    """A scenario that shows a refusal on purpose is not wrong, whichever way it says so; one that denies it is."""
    for expected in (f"{{ refused: {case.code} }}", "{ outcome: refused }", "refused"):
        steps = case.steps + f"    expect: {expected}\n"
        assert (case.code, case.line) in findings(steps, Severity.NOTE)
    denied = case.steps + f"    expect: {{ refused: {case.code}, never: true }}\n"
    assert (case.code, case.line) in findings(denied)


def of_instances(text: str) -> set[tuple[str, int, Severity]]:
    """What is found, but that an instance is not mentioned."""
    found = examine(load_text(text, "topology.yaml"))
    return {(it.code, it.line, it.severity) for it in found if it.code != "not_mentioned"}


def test_instances_that_are_not_ready() -> None:
    """At the place of the instance; a step that mends it makes a note of the error."""
    text = TOPOLOGY + "  - settle\n"
    found = of_instances(text)
    assert found == {("release_too_old", 8, Severity.ERROR), ("plugin_missing", 9, Severity.ERROR)}
    text = TOPOLOGY + "  - install_plugin: { on: bare }\n"
    found = of_instances(text)
    assert ("plugin_missing", 9, Severity.NOTE) in found
    text = TOPOLOGY + "  - upgrade: { on: old, to: Zurich }\n"
    found = of_instances(text)
    assert ("release_too_old", 8, Severity.NOTE) in found


@pytest.mark.parametrize(
    ("code", "refused", "mended"),
    [
        (
            "release_too_old",
            "create_trust_record: { on: old, trustee: prod1 }",
            "upgrade: { on: old, to: Zurich }",
        ),
        ("plugin_missing", "name_manager: { on: bare, manager: prod1 }", "install_plugin: bare"),
        ("plugin_too_new", "name_manager: { on: bare, manager: prod1 }", "advance: 24h"),
        ("plugin_missing", "name_manager: { on: dev2, manager: bare }", "install_plugin: bare"),
        ("managing_and_managed", "name_manager: { on: dev2, manager: dev1 }", "settle"),
    ],
)
def test_a_step_that_comes_before_what_mends_it_is_refused(code: str, refused: str, mended: str) -> None:
    """By the instance itself, or by the one that it asks; and the run shows that it is so."""
    before = MANAGED + ("  - install_plugin: bare\n" if code == "plugin_too_new" else "  - settle\n")
    steps = f"{before}  - {refused}\n  - {mended}\n  - settle\n"
    assert (code, 4) in findings(steps)
    journal = run_unseen(load_text(TOPOLOGY + steps, "topology.yaml"), 0).result.journal
    assert code in {entry.code for entry in journal}


MANAGED = "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
ITEM = "  - save_profile_item: {{ on: prod1, trusting: {trusting}, trusted: {trusted} }}\n"
SYNC = "  - sync_trust_profiles: { on: prod1 }\n  - settle\n"


def test_a_profile_without_a_manager_distributes_nothing() -> None:
    """F1: and indeed no trust record is anywhere."""
    steps = ITEM.format(trusting="dev1", trusted="prod1") + SYNC
    assert findings(steps) == [("no_manager", 2)]
    assert run_unseen(load_text(TOPOLOGY + steps, "topology.yaml"), 0).result.trust == ()


def test_an_item_whose_trustor_is_not_managed_does_not_arrive() -> None:
    """Q13: the others are synced."""
    steps = MANAGED + ITEM.format(trusting="[dev1, dev2]", trusted="prod1") + SYNC
    assert findings(steps) == [("not_managed", 3)]
    trust = run_unseen(load_text(TOPOLOGY + steps, "topology.yaml"), 0).result.trust
    assert [record.trustor for record in trust] == ["dev1"]


def test_an_item_that_is_never_synced() -> None:
    """Nothing is distributed before somebody selects Sync Trust Profiles."""
    assert findings(MANAGED + ITEM.format(trusting="dev1", trusted="prod1"), Severity.WARNING) == [
        ("never_synced", 3)
    ]


def test_a_request_that_nobody_approves() -> None:
    """It stays pending."""
    steps = "  - request_management: { on: prod1, instances: dev1 }\n"
    assert findings(steps, Severity.WARNING) == [("approval_missing", 1)]
    assert findings(steps + "  - approve_manager: { on: dev1, manager: prod1 }\n", Severity.WARNING) == []


@pytest.mark.parametrize(
    ("code", "meanwhile"),
    [
        ("second_manager", "name_manager: { on: dev1, manager: prod1 }"),
        ("managing_and_managed", "name_manager: { on: prod2, manager: prod1 }"),
    ],
)
def test_a_manager_that_is_named_and_rejected_when_its_turn_comes(code: str, meanwhile: str) -> None:
    """The record is saved, for neither of the two relations is there yet; the one that comes second never is."""
    steps = f"  - {meanwhile}\n  - name_manager: {{ on: dev1, manager: prod2 }}\n  - advance: 10m\n"
    assert findings(steps) == [(code, 2)]
    journal = run_unseen(load_text(TOPOLOGY + steps, "topology.yaml"), 0).result.journal
    assert [entry.code for entry in journal if entry.outcome is Outcome.REFUSED] == [code]
    assert findings(steps.replace("  - advance: 10m\n", "")) == []


def test_trust_that_comes_too_late_or_that_nothing_needs() -> None:
    """What is sent before its trust is there, and trust that runs the wrong way."""
    late = "  - send: { from: dev1, to: prod1, operation: hand over }\n"
    late += "  - create_trust_record: { on: dev1, trustee: prod1 }\n"
    assert findings(late, Severity.WARNING) == [("no_trust_record", 1), ("trust_too_late", 2)]
    meant = late.replace("hand over }\n", "hand over }\n    expect: { refused: no_trust_record }\n")
    assert findings(meant, Severity.WARNING) == []
    unused = "  - create_trust_record: { on: prod1, trustee: dev1 }\n"
    assert findings(unused, Severity.NOTE) == [("unused_trust", 1)]


def test_a_record_by_hand_that_the_profile_has_too() -> None:
    """Q10: the profile owns it from then on."""
    steps = MANAGED + ITEM.format(trusting="dev1", trusted="prod1") + SYNC
    steps += "  - create_trust_record: { on: dev1, trustee: prod1 }\n"
    assert findings(steps, Severity.WARNING) == [("profile_takes_over", 6)]


def test_a_flawless_topology_has_no_findings() -> None:
    """Managed, synced and used."""
    steps = MANAGED + ITEM.format(trusting="dev1", trusted="prod1") + SYNC
    steps += "  - send: { from: dev1, to: prod1, operation: hand over }\n"
    assert examine(load_text(FLAWLESS + steps, "topology.yaml")) == []


FLAWLESS = re.sub(r"^  (prod2|dev2|other|old|bare|empty): .*\n", "", TOPOLOGY, flags=re.MULTILINE)
SEND = "  - send: { from: dev1, to: prod1, operation: hand over }\n"


@pytest.mark.parametrize(
    ("expected", "severity"),
    [
        ("", Severity.WARNING),
        ("    expect: processed\n", Severity.ERROR),
        ("    expect: { outcome: processed, by: prod1 }\n", Severity.ERROR),
        ("    expect: [{ table: sn_mif_sync_data, on: prod1 }]\n", Severity.ERROR),
        ("    expect: processed\n    at_once: true\n", Severity.ERROR),
        ("    expect: refused\n", Severity.NOTE),
    ],
)
def test_a_message_that_cannot_be_processed_is_as_bad_as_the_file_expects_it_to_be(
    expected: str, severity: Severity
) -> None:
    found = examine(load_text(FLAWLESS + SEND + expected, "topology.yaml"))
    assert ("no_trust_record", severity) in {(it.code, it.severity) for it in found}


def test_trust_stays_until_the_next_sync_whatever_becomes_of_its_item() -> None:
    off = ITEM.format(trusting="dev1", trusted="prod1").replace("trusted: prod1", "trusted: prod1, active: false")
    deleted = "  - delete_profile_item: { on: prod1, trusting: dev1, trusted: prod1 }\n"
    expected = SEND + "    expect: processed\n"
    for change in (off, deleted):
        steps = MANAGED + ITEM.format(trusting="dev1", trusted="prod1") + SYNC + change
        assert findings(steps + expected) == []
        assert findings(steps + SYNC + expected)[-1:] == [("no_trust_record", 9)]


def test_a_sync_before_the_manager_has_approved_reaches_nobody_or_not_all() -> None:
    named = "  - name_manager: { on: dev1, manager: prod1 }\n"
    item = ITEM.format(trusting="[dev1, dev2]", trusted="prod1")
    assert findings(named + ITEM.format(trusting="dev1", trusted="prod1") + SYNC) == [("sync_too_early", 3)]
    more = "  - name_manager: { on: dev2, manager: prod1 }\n"
    assert findings(MANAGED + more + item + SYNC, Severity.WARNING) == [("sync_too_early", 5)]
    assert findings(MANAGED + more + "  - advance: 6m\n" + item + SYNC, Severity.WARNING) == []
    awaited = "  - expect: [{ table: sn_mif_managed_instance, on: prod1, count: 1, within: 10m }]\n"
    assert ("sync_too_early", 4) not in findings(named + awaited + item + SYNC)


def test_a_sync_without_any_item_or_managed_instance_reaches_nobody() -> None:
    assert findings("  - sync_trust_profiles: { on: prod1 }\n") == [("no_manager", 1)]


def test_an_instance_that_nothing_mentions() -> None:
    text = FLAWLESS.replace("dev1: development", "dev1: development\n  dev9: development")
    found = examine(load_text(text + MANAGED, "topology.yaml"))
    assert [(it.code, it.severity, it.line) for it in found] == [("not_mentioned", Severity.WARNING, 5)]
    claimed = "never: [{ journal: dev9, where: { outcome: unreadable } }]\n"
    assert examine(load_text(text + MANAGED + claimed, "topology.yaml")) == []


RACE = MANAGED + ITEM.format(trusting="dev1", trusted="prod1") + "  - sync_trust_profiles: { on: prod1 }\n"


@pytest.mark.parametrize(
    ("step", "severity"),
    [
        (SEND, Severity.WARNING),
        (SEND + "    expect: processed\n    at_once: true\n", Severity.NOTE),
        (SEND + "    expect: refused\n", Severity.NOTE),
        ("  - stop: dev1\n", Severity.WARNING),
        ("  - kill: dev1\n", Severity.WARNING),
        ("  - snapshot: { on: dev1, as: before }\n", Severity.WARNING),
        (SEND + "    expect: processed\n", None),
        ("  - settle\n" + SEND, None),
        ("  - advance: 1m\n" + SEND, None),
        ("  - expect: [{ table: sn_mif_trusted_instance, on: dev1 }]\n" + SEND, None),
        ("  - stop: dev2\n", None),
    ],
)
def test_a_race_that_is_left_names_what_is_on_its_way(step: str, severity: Severity | None) -> None:
    races = [it for it in examine(load_text(TOPOLOGY + RACE + step, "topology.yaml")) if it.code == "race_left"]
    assert [it.severity for it in races] == ([] if severity is None else [severity])
    for race in races:
        assert race.found == f"The sync of line {FIRST_STEP + 3} may still be on its way to dev1."


SHARING = """
name: Sharing
instances: { prod1: production, dev1: development, dev2: { environment: development, certificate: expired } }
applications:
  Shared: { data_sharing: true }
  Other: { capabilities: { Cap: { operations: { act: message } } } }
steps:
  - share_data: { from: dev1, to: prod1, application: Shared }
  - share_data: { from: prod1, to: dev1, application: Shared }
  - set_grant_access: { on: prod1, application: Shared, instance: dev1, grant: true }
  - share_data: { from: prod1, to: dev1, application: Shared }
  - set_grant_access: { on: prod1, application: Other, instance: dev1, grant: true }
  - set_is_granting_access: { on: dev1, application: Shared, instance: prod1, granting: true }
"""


def test_data_that_is_not_granted() -> None:
    """What data sharing will refuse, each where it is met first, and the certificate that keeps one out."""
    first = SHARING.split("\n").index("steps:") + 2
    found = [
        (it.code, it.line) for it in examine(load_text(SHARING, "sharing.yaml")) if it.code != "not_mentioned"
    ]
    assert found == [
        ("certificate_expired", 3),
        ("access_not_granted", first + 1),
        ("no_data_sharing", first + 4),
        ("mirror_is_read_only", first + 5),
    ]


def test_a_demotion_takes_back_what_was_granted() -> None:
    """Customised or not, the defaults of the new type hold; who is non-production already is not demoted."""
    granted = "  - set_grant_access: { on: [prod1, dev1], application: Shared, instance: dev2, grant: true }\n"
    share = "  - share_data: { from: [prod1, dev1], to: dev2, application: Shared }\n"
    head = SHARING[: SHARING.index("  - share_data")].replace(", certificate: expired", "")
    codes = [
        [it.code for it in examine(load_text(head + steps, "demoted.yaml")) if it.code != "not_mentioned"]
        for steps in (
            granted + share,
            *(f"{granted}  - demote: {{ on: {it} }}\n{share}" for it in ("prod1", "dev1")),
        )
    ]
    assert codes == [[], ["access_not_granted"], []]


def test_what_was_granted_goes_with_the_application() -> None:
    """Installed again, it grants what it does by default."""
    granted = "  - set_grant_access: { on: dev1, application: Shared, instance: dev2, grant: true }\n"
    again = "".join(
        f"  - {verb}_application: {{ on: dev1, application: Shared }}\n" for verb in ("remove", "install")
    )
    share = "  - share_data: { from: dev1, to: dev2, application: Shared }\n"
    head = SHARING[: SHARING.index("  - share_data")].replace(", certificate: expired", "")
    codes = [
        [it.code for it in examine(load_text(head + steps, "removed.yaml")) if it.code != "not_mentioned"]
        for steps in (granted + share, granted + again + share, again + granted + share)
    ]
    assert codes == [[], ["access_not_granted"], []]


def test_a_decommissioned_manager_leaves_its_place() -> None:
    """Another one may be named; before that there is one too many."""
    named = "  - name_manager: { on: dev1, manager: prod1 }\n  - advance: 10m\n"
    other = "  - name_manager: { on: dev1, manager: prod2 }\n"
    assert findings(named + "  - decommission: prod1\n" + other) == []
    assert findings(named + other) == [("second_manager", 3)]


def test_a_promoted_instance_is_free() -> None:
    """The roles are those of the moment."""
    steps = "  - name_manager: { on: dev2, manager: dev1 }\n  - advance: 10m\n  - promote: dev2\n"
    assert findings(steps + "  - name_manager: { on: dev2, manager: prod1 }\n") == []
    assert findings(steps + "  - name_manager: { on: dev2, manager: dev1 }\n") == [("subprod_manages_prod", 4)]


@pytest.mark.parametrize("file", EVERY, ids=lambda file: file.stem)
def test_every_code_is_one_that_can_be_explained(file: Path) -> None:
    """Of a refusal, or of the doctor's own."""
    assert {finding.code for loaded in load_all(file) for finding in examine(loaded)} <= {*RefusalCode, *FINDINGS}


CMDBS = """\
name: CMDBs
instances: { prod1: production, dev1: development }
applications: { App: { capabilities: { Cap: { operations: { cis: { kind: data, cmdb: true } } } } } }
steps:
  - create_trust_record: { on: dev1, trustee: prod1 }
  - configure_cmdb:
      on: prod1
      setup:
        domains: { TOP: { primary: true } }
        users: { ann: { roles: [itil] }, rob: {} }
        sources: [Mine]
        classes: { u_badge_reader: { extends: cmdb_ci_hardware } }
"""
CMDBS_FIRST_STEP = CMDBS.count("\n") + 1
SAM = (
    "configure_cmdb: { on: prod1, setup: { domains: { ACME: { parent: TOP }, INIT: { parent: TOP } },"
    " users: { sam: { domain: ACME, roles: [itil, itil_admin] } } } }\n  - "
)
READER = "payload: { items: [{ className: u_badge_reader, values: { name: r1 } }] }"
PLATFORM = "setup: { properties: { glide.identification_engine.platform_domain_separation_enabled: true } }"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (f"identify: {{ on: prod1, user: ann, source: Mine, {READER} }}", []),
        (f"identify: {{ on: prod1, user: bob, source: Mine, {READER} }}", ["user_unknown"]),
        (f"identify: {{ on: prod1, user: rob, source: Mine, {READER} }}", ["role_missing"]),
        (
            f"identify: {{ on: prod1, source: Mine, enhanced: true, options: partial, {READER} }}",
            ["options_invalid"],
        ),
        (f"identify: {{ on: prod1, source: Yours, {READER} }}", ["source_unknown"]),
        (f"identify: {{ on: prod1, {READER} }}", ["source_unknown"]),
        (f"identify: {{ on: dev1, source: Mine, {READER} }}", ["class_unknown", "source_unknown"]),
        (f"send: {{ from: dev1, to: prod1, {READER} }}", ["no_assigned_user"]),
        (
            (
                "assign_user: { on: prod1, instance: dev1, user: rob, source: Mine }\n"
                f"  - send: {{ from: dev1, to: prod1, {READER} }}"
            ),
            ["role_missing"],
        ),
        (
            (
                "assign_user: { on: prod1, instance: dev1, user: ann, source: Yours }\n"
                f"  - send: {{ from: dev1, to: prod1, {READER} }}"
            ),
            ["source_unknown"],
        ),
        (
            (
                "snapshot: { on: dev1, as: before }\n  - clone: { from: prod1, to: dev1 }\n"
                f"  - identify: {{ on: dev1, user: ann, source: Mine, {READER} }}\n  - restore: before\n"
                f"  - identify: {{ on: dev1, user: ann, source: Mine, {READER} }}"
            ),
            ["user_unknown"],
        ),
        (
            (
                f"identify: {{ on: prod1, user: ann, source: Mine, {READER} }}\n"
                f"  - configure_cmdb: {{ on: prod1, {PLATFORM} }}"
            ),
            ["mode_switched"],
        ),
        (f"configure_cmdb: {{ on: prod1, {PLATFORM} }}", []),
        (f"{SAM}identify: {{ on: prod1, user: sam, picked: ACME, source: Mine, {READER} }}", []),
        (
            f"{SAM}identify: {{ on: prod1, user: sam, picked: INIT, source: Mine, {READER} }}",
            ["domain_not_selectable"],
        ),
        (
            f"{SAM}identify: {{ on: prod1, user: sam, picked: ACNE, source: Mine, {READER} }}",
            ["domain_not_selectable"],
        ),
        (
            f"{SAM}retire: {{ on: prod1, as: sam, picked: INIT, table: cmdb_ci, where: {{ name: a }} }}",
            ["domain_not_selectable"],
        ),
        (f"{SAM}audit: {{ on: prod1, as: sam, picked: INIT }}", ["domain_not_selectable"]),
        (f"{SAM}close_task: {{ on: prod1, as: sam, picked: ACME, task: DUP0001001 }}", []),
    ],
    ids=str,
)
def test_what_cmdbs_are_told(steps: str, found: list[str]) -> None:
    """Who calls, under which source and of which class; and as whom a peer's data goes in."""
    findings = examine(load_text(f"{CMDBS}  - {steps}\n", "cmdbs.yaml"))
    assert [it.code for it in findings if it.line >= CMDBS_FIRST_STEP] == found
