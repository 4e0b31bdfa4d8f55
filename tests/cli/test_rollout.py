"""`trustsim rollout`: a scenario as the checklist that people work through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.simulation.shipped import FILES

from .command import EXAMPLE, HEAD, called

SCENARIOS = EXAMPLE.parent

APPROVED = (
    HEAD.format(name="Asked <for> and *approved*")
    + """\
auto_approval: 7m
steps:
  - request_management: { on: prod1, instances: subprod1 }
  - approve_manager: { on: subprod1, manager: prod1, as: admin }
  - delete_manager: { on: subprod1, manager: prod1 }
  - name_manager: { on: subprod1, manager: prod1 }
  - save_profile_item: { on: prod1, trusting: subprod1, trusted: prod1, description: why }
  - save_profile_item: { on: prod1, trusting: subprod1, trusted: prod1, active: false }
  - delete_profile_item: { on: prod1, trusting: subprod1, trusted: prod1 }
  - create_trust_record: { on: subprod1, trustee: prod1 }
  - delete_trust_record: { on: subprod1, trustee: prod1 }
  - install_plugin: subprod1
  - fault: { isolate: subprod1, for: 1m }
  - send: { from: subprod1, to: prod1, operation: hand over }
    expect: { refused: no_trust_record }
  - name_manager: { on: prod1, manager: subprod1 }
    expect: { refused: subprod_manages_prod }
"""
)


def tasks(text: str) -> dict[int, str]:
    """The tasks by number."""
    return {int(number): task for number, task in re.findall(r"^- \[ \] (\d+)\. (.*)$", text, re.MULTILINE)}


def part(text: str, title: str) -> list[str]:
    """The lines below a heading."""
    return text.split(f"## {title}\n\n", 1)[1].split("\n\n", 1)[0].splitlines()


def told(line: str) -> str:
    """A task without its number, the menu that all are in, who does it, and its line."""
    return re.sub(
        r"- \[ \] \d+\. | \(admin or [a-z_.]+\)|Multi-Instance Management > | \(line \d+\)$|\*", "", line
    )


def test_the_documented_example_in_order() -> None:
    """Per instance and role, the menus and labels of the product, the wait, what to look at; numbered through."""
    result = called("rollout", EXAMPLE)
    assert result.code == 0
    assert "5 entries, 0 tickets, 12 checks, 10 min of waiting." in result.out
    found = tasks(result.out)
    assert list(found) == list(range(1, 19))
    assert "https://prod1.service-now.com/adcv2/supports_tls answers true" in found[1]
    assert "Impact Health 1.4.3 is installed" in found[3]
    named = "Manager Instances > New: Application Impact Health, Manager Instance prod1; Submit"
    for number, name in ((4, "subprod1"), (5, "subprod2")):
        by = f"**{name}** (admin or sn_mif.mif_admin): Multi-Instance Management > "
        assert found[number] == f"{by}{named} (Approval: Awaiting Manager Confirmation) (line 25)"
    assert found[6].startswith(
        "Wait 10 min: prod1 auto-approves subprod1 for Impact Health (Approval: Auto-Approved)"
    )
    assert found[7] == "**subprod1**: Manager Instances with Approval Auto-Approved: 1 row (line 27)"
    assert "> Trust Profile for Impact Health > Active Trust Profile Items > New: Capability Proactive" in found[9]
    trusts = "Active true, Trusting Instance subprod1, Trusted Instance prod1; Submit (line 32)"
    assert found[9].endswith(f"Application Impact Health, Application Capability Version 1.0.0, {trusts}")
    assert found[11].endswith("Trust Profile for Impact Health: Sync Trust Profiles (line 36)")
    assert found[12].startswith(
        "**prod1**: Sync status of Impact Health: subprod1: Status Synced; subprod2: Status"
    )
    assert found[16].endswith("sends request scan to subprod1, subprod2: processed (line 46)")
    assert found[18] == "**prod1**: Trust table: 0 rows (line 61)"
    assert part(result.out, "At the end") == [f"- [ ] 18. {found[18]}"]
    assert "| prod1 | admin or sn_mif.mif_admin | 3 |  | 9-11 |" in result.out
    assert "| prod1 | who looks at it |  |  | 12-13, 16, 18 |" in result.out
    assert "line 54: subprod1 and subprod2 send request scan to prod1 without looking" in result.out


def test_tickets_and_the_day_that_plugins_need() -> None:
    """What instances lack is a ticket, where a step brings it, there; people wait a day for mutual TLS."""
    result = called("rollout", SCENARIOS / "readiness.yaml")
    found = tasks(result.out)
    assert "3 tickets" in result.out
    (upgrade,) = [it for it in part(result.out, "Before the first entry") if "ticket" in it]
    assert "**old_release** (admin): Now Support ticket: upgrade to Yokohama or newer (here Xanadu)" in upgrade
    tickets = [it for it in found.values() if "Now Support ticket" in it]
    assert [re.sub(r".*ticket: | \(line.*", "", it) for it in tickets[1:]] == [
        "enable ADCv2 mutual TLS, so that /adcv2/supports_tls answers true",
        "install com.glide.mif.mtls",
    ]
    asked = [it for it in found.values() if "Send Requests" in it]
    assert ["Application Impact Health, no_tls, new_plugin; Send Requests" in it for it in asked] == [True]
    waits = [it for it in found.values() if it.startswith("Wait")]
    assert "Wait 23 h: com.glide.mif.mtls has been on new_plugin for 24 h" in waits[1]
    assert "Wait 1 h 5 min: com.glide.mif.mtls has been on no_plugin for 24 h" in waits[2]
    assert len(part(result.out, "Left out, as only a rehearsal does it")) == 6


def test_each_kind_of_entry_and_what_is_no_entry(tmp_path: Path) -> None:
    """There is a wait where the next entry needs it, if the file has none; text from the file is no markup."""
    file, out = tmp_path / "approved.yaml", tmp_path / "rollout.md"
    file.write_text(APPROVED)
    assert called("rollout", file, "-o", out).out == ""
    text = out.read_text()
    assert text.startswith("# Roll-out: Asked &#60;for> and &#42;approved&#42;\n")
    profile = "Application Trust Profiles > Trust Profile for App > Active Trust Profile Items"
    version, named = "Application Capability Version 1.0.0", "Application App, Manager Instance prod1"
    item, pair = "Capability Cap, Application App", "Trusting Instance subprod1, Trusted Instance prod1"
    asked, items = "Application App, subprod1", f"{profile} > Cap, subprod1 trusts prod1"
    expected = f"""\
prod1: Managed Instances > Add managed instances: {asked}; Send Requests (Status: Pending approval)
subprod1: Manager Instances > prod1 for App: Approve Manager Instance
subprod1: Manager Instances > prod1 for App: Delete (there, Status: Revoked)
subprod1: Manager Instances > New: {named}; Submit (Approval: Awaiting Manager Confirmation)
Wait 7 min: prod1 auto-approves subprod1 for App (Approval: Auto-Approved)
prod1: {profile} > New: {item}, {version}, Active true, Description why, {pair}; Submit
prod1: {items}: {version}, Active false; Update
prod1: {items}: Delete
subprod1: Trust table > New: Application App, Capability Cap, Trustee instance prod1, {version}; Submit
subprod1: Trust table > App, Cap, prod1: Delete
subprod1 (admin): Now Support ticket: install com.glide.mif.mtls
subprod1: App > Cap sends hand over to prod1: refused (no_trust_record)
Wait 24 h: com.glide.mif.mtls has been on subprod1 for 24 h
"""
    assert [told(line) for line in part(text, "Step by step")] == expected.splitlines()
    left_out = part(text, "Left out, as only a rehearsal does it")
    assert ["fault" in left_out[0], "which is expected to be refused" in left_out[1]] == [True, True]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_scenario_has_a_checklist(file: Path) -> None:
    """Every step can be told; tasks are numbered without a gap."""
    found = tasks(called("rollout", file).out)
    assert list(found) == list(range(1, len(found) + 1))


def test_what_needs_no_time_says_so() -> None:
    assert "1 entry, 0 tickets, 4 checks, 0 min of waiting." in called("rollout", SCENARIOS / "first.yaml").out


def test_a_wrong_file(tmp_path: Path) -> None:
    result = called("rollout", tmp_path / "no.yaml")
    assert (result.code, "no.yaml:1:1: the file cannot be read" in result.err) == (2, True)


def test_what_is_entered_has_the_version_that_is_installed_there(tmp_path: Path) -> None:
    """Not the one that is defined for all; an upgrade counts from its step on, and a mirror is not entered."""
    file = tmp_path / "versions.yaml"
    head = HEAD.format(name="Versions").replace("Cap: {", "Cap: { version: 3.0.0,")
    own = "{ environment: production, applications: { App: { capabilities: { Cap: 2.0.0 } } } },"
    record = "create_trust_record: { on: subprod1, trustee: prod1 }"
    steps = (
        "save_profile_item: { on: prod1, trusting: subprod1, trusted: prod1 }",
        record,
        "upgrade_application: { on: subprod1, to: 1.1.0, capabilities: { Cap: 4.0.0 } }",
        record,
        "set_is_granting_access: { on: prod1, instance: subprod1, granting: true }",
    )
    file.write_text(head.replace("production,", own) + "steps:\n" + "".join(f"  - {step}\n" for step in steps))
    result = called("rollout", file)
    assert result.code == 0, result.err
    assert re.findall(r"Application Capability\s+Version\s+(\S+?)[,;]", result.out) == ["2.0.0", "3.0.0", "4.0.0"]
    assert "read-only" in result.out


def test_what_fails_is_told_before_anybody_is_asked_to_enter_it(tmp_path: Path) -> None:
    """The manager that dev1 names second is rejected ten minutes later: nobody need find out on real instances."""
    file = tmp_path / "early.yaml"
    steps = ["{ on: subprod1, manager: prod1 }", "{ on: subprod1, manager: prod2 }"]
    named = "".join(f"  - name_manager: {step}\n" for step in steps)
    head = HEAD.format(name="Early").replace("prod1: production", "prod1: production, prod2: production")
    file.write_text(f"{head}steps:\n{named}  - advance: 10m\n")
    result = called("rollout", file)
    line = file.read_text().splitlines().index(f"  - name_manager: {steps[1]}") + 1
    (told_of,) = part(result.out, "What fails as it stands")
    assert told_of.startswith(f"- line {line}: App on subprod1 is managed by prod1")
    assert result.out.index("What fails") < result.out.index("Before the first entry")
