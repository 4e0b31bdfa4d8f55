"""A plan shows what the next sync changes, which is what the sync then does, and which messages flip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simulator.advice.messages import messages_of, recorded_messages
from simulator.advice.plan import make_plan, moment_of
from simulator.errors import ScenarioError
from simulator.exploration.sweep import run_unseen
from simulator.report.files.machine import to_json
from simulator.report.plan import Plan, Sign, Sync
from simulator.scenario.reading.load import LoadedScenario, load, load_text
from tests.simulation.shipped import FILES, ROOT

from .fleets import BETWEEN, BY_HAND, DELETE, HEAD, SAVE, SEND, SYNC, SYNCED, scenario


def planned(loaded: LoadedScenario, at: str | None = None) -> Plan:
    return make_plan(loaded, moment_of(loaded, at), messages_of(loaded))


def changes(plan: Plan) -> list[str]:
    """Each row that would change, as it is shown."""
    return [
        f"{it.sign} {it.instance} {it.relation} {it.peer}: {it.before} -> {it.after}".replace(":  ->", ":")
        for it in plan.changes
    ]


def flips(plan: Plan) -> list[str]:
    return [f"{it.sign} {it.sender} -> {it.recipient} {it.operation}: {it.code} by {it.by}" for it in plan.flips]


# -- what would change ----------------------------------------------------------------------------------


def test_saved_items_that_were_not_synced() -> None:
    """Both sides of each trust are shown, the trust table and its mirror."""
    plan = planned(scenario(SAVE))
    assert changes(plan) == [
        "+ prod1 is trusted by dev1: 1.0.0",
        "+ prod1 is trusted by dev2: 1.0.0",
        "+ dev1 trusts prod1: 1.0.0 profile",
        "+ dev2 trusts prod1: 1.0.0 profile",
    ]
    assert plan.moment == "at the end of its steps"
    assert plan.syncs == (Sync("prod1", "App"),)
    assert plan.summary == "Plan: 4 to add, 0 to change, 0 to remove on 3 instances."


def test_a_deleted_item_is_removed() -> None:
    assert changes(planned(scenario(SYNCED, DELETE))) == [
        "- prod1 is trusted by dev1: 1.0.0 -> ",
        "- dev1 trusts prod1: 1.0.0 profile -> ",
    ]


def test_an_item_with_another_version_is_changed() -> None:
    newer = "  - save_profile_item: { on: prod1, trusting: dev1, trusted: prod1, version: 2.0.0 }\n"
    assert changes(planned(scenario(SYNCED, newer))) == [
        "~ prod1 is trusted by dev1: 1.0.0 -> 2.0.0",
        "~ dev1 trusts prod1: 1.0.0 profile -> 2.0.0 profile",
    ]


def test_a_record_by_hand_becomes_the_profiles() -> None:
    """Its mirror stays as it is (Q10)."""
    by_hand = "  - create_trust_record: { on: dev1, trustee: dev2 }\n"
    assert changes(planned(scenario(by_hand, BETWEEN))) == ["~ dev1 trusts dev2: 1.0.0 manual -> 1.0.0 profile"]


def test_a_record_that_was_deleted_by_hand_comes_back() -> None:
    """Nothing is pending in the profile, and still a sync would change something."""
    gone = "  - delete_trust_record: { on: dev1, trustee: prod1 }\n"
    plan = planned(scenario(SYNCED, gone), "end")
    assert changes(plan) == ["+ prod1 is trusted by dev1: 1.0.0", "+ dev1 trusts prod1: 1.0.0 profile"]


def test_nothing_to_change() -> None:
    plan = planned(scenario(SYNCED, BY_HAND), "end")
    assert (plan.changes, plan.notes) == ((), ())
    assert plan.summary == "No changes: the trust tables are as Sync Trust Profiles would make them."


def test_who_keeps_a_profile() -> None:
    """A manager does, also one whose instances have left it; these do not, with what they have received."""
    left = "  - delete_manager: { on: [dev1, dev2], manager: prod1 }\n"
    assert planned(scenario(BY_HAND)).syncs == (Sync("prod1", "App"),)
    assert planned(scenario(SYNCED, left), "end").syncs == (Sync("prod1", "App"),)


def test_nobody_keeps_a_profile() -> None:
    plan = planned(load(ROOT / "scenarios" / "first.yaml"))
    assert plan.syncs == ()
    assert plan.summary == "No changes: no instance keeps a trust profile that it could sync."


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_plan_is_what_the_sync_does(file: Path) -> None:
    """Whatever the plan says before a sync of a shipped scenario is the difference between before and after it."""
    loaded = load(file)
    for index, step in enumerate(loaded.scenario.steps):
        if step.sync_trust_profiles is None:
            continue
        plan = make_plan(loaded, index, messages_of(loaded))
        if any("the plan takes it" in note for note in plan.notes):
            continue
        before, after = trust(loaded, index), trust(loaded, index + 1)
        applications = step.sync_trust_profiles.application or [*loaded.scenario.applications]
        found = {
            (it.instance, it.peer, it.capability): (it.before, it.after)
            for it in plan.changes
            if it.application in applications and it.relation == "trusts"
        }
        assert found == {
            (trustor, trustee, capability): (before.get(key, ""), after.get(key, ""))
            for key in {*before, *after}
            for trustor, trustee, _, capability in [key]
            if before.get(key) != after.get(key)
        }


def trust(loaded: LoadedScenario, moment: int) -> dict[tuple[str, str, str, str], str]:
    """Who trusts whom after that many steps, once all is at rest."""
    (settle,) = (step for step in scenario(BY_HAND).scenario.steps[-1:])
    steps = [*loaded.scenario.steps[:moment], settle]
    empty: dict[str, list[object]] = {"expect": [], "always": [], "never": [], "eventually": [], "sometimes": []}
    cut = loaded.scenario.model_copy(update={**empty, "steps": steps})
    result = run_unseen(replace(loaded, scenario=cut), 0).result
    return {
        (it.trustor, it.trustee, it.application, it.capability): f"{it.version} {it.origin}" for it in result.trust
    }


# -- the moment -----------------------------------------------------------------------------------------


def test_the_moment_is_before_the_last_sync() -> None:
    """So that the plan of a file that saves and syncs shows what its sync does."""
    loaded = scenario(SYNCED, DELETE, SYNC, SEND)
    plan = planned(loaded)
    assert plan.moment == f"before line {loaded.line('steps', 7)}, prod1: Sync Trust Profiles for App"
    assert [it.sign for it in plan.changes] == [Sign.REMOVED, Sign.REMOVED]
    assert plan.elsewhere == (loaded.line("steps", 4),)


def test_syncs_in_a_row_are_one_moment() -> None:
    loaded = scenario(SAVE, SYNC, SYNC)
    assert moment_of(loaded, None) == 4
    assert planned(loaded).elsewhere == ()


def test_edits_after_the_last_sync_are_planned_at_the_end() -> None:
    loaded = scenario(SYNCED, DELETE, SEND)
    assert moment_of(loaded, None) == len(loaded.scenario.steps)


def test_an_edit_that_is_to_be_refused_does_not_count() -> None:
    refused = DELETE + "    expect: { refused: no_such_item }\n"
    assert moment_of(scenario(SYNCED, DELETE, SYNC, refused), None) == 7


def test_a_moment_can_be_chosen() -> None:
    loaded = scenario(SYNCED, DELETE, SYNC)
    line = loaded.line("steps", 4)
    assert moment_of(loaded, str(line)) == 4
    assert len(planned(loaded, str(line)).changes) == 4
    assert planned(loaded, "end").changes == ()


@pytest.mark.parametrize("at", ["1", "99", "-3", "x", ""])
def test_no_step_begins_there(at: str) -> None:
    """The message names the lines on which steps begin."""
    with pytest.raises(ValueError, match=r"expected 'end' or the line .* they begin on: 6, 7, 8, 9"):
        moment_of(scenario(SAVE), at)


# -- messages -------------------------------------------------------------------------------------------


def test_messages_that_would_be_processed() -> None:
    """Wherever the scenario sends them, like ones together, with the code and the reason of the refusal."""
    loaded = scenario(SEND, SAVE, SYNC, SEND)
    plan = planned(loaded)
    assert flips(plan) == ["+ dev1 -> prod1 hand over: no_trust_record by dev1"]
    (flip,) = plan.flips
    assert flip.lines == (loaded.line("steps", 3), loaded.line("steps", 6))
    assert flip.reason == "The trust table of dev1 has no record for App > Cap with trustee prod1."
    assert plan.summary.endswith("on 3 instances; 2 messages flip to processed.")


def test_messages_that_would_be_refused() -> None:
    """By the sender, who looks first, or by the receiver where the sender does not look."""
    blind = "  - send: { from: prod1, to: dev1, operation: act, unchecked: true }\n"
    plan = planned(scenario(SYNCED, DELETE, SEND, blind))
    assert flips(plan) == [
        "- dev1 -> prod1 hand over: no_trust_record by dev1",
        "- prod1 -> dev1 act: no_trust_record by dev1",
    ]
    assert plan.summary == ("Plan: 0 to add, 0 to change, 2 to remove on 2 instances; 2 messages flip to refused.")


def test_messages_that_stay_as_they_are() -> None:
    """A refusal that stays one is no flip, whatever the code."""
    other = "  - send: { from: dev2, to: dev1, operation: hand over }\n"
    plan = planned(scenario(SYNCED, BETWEEN, SEND, other))
    assert (plan.messages, plan.flips) == (2, ())
    assert plan.summary.endswith("; no message flips.")


def test_a_plan_tells_what_the_run_then_does() -> None:
    """Of the documented example: what flips to processed before its sync is what its run sees processed."""
    loaded = load(ROOT / "scenarios" / "documented-example.yaml")
    plan = planned(loaded)
    result = run_unseen(loaded, 0).result
    done = [it for it in result.journal if it.kind == "capability_message" and it.outcome == "processed"]
    assert sorted((it.sender, it.recipient, it.operation) for it in plan.flips) == sorted(
        (it.sender, it.recipient, it.operation) for it in done
    )
    assert {it.sign for it in plan.flips} == {Sign.ADDED}


def test_the_messages_of_a_journal(tmp_path: Path) -> None:
    """What a run has recorded is judged in the state of another scenario, also what its senders held back."""
    journal = tmp_path / "journal.json"
    blind = "  - send: { from: prod1, to: dev2, operation: act, unchecked: true }\n"
    ran = run_unseen(scenario(blind, SEND, SYNCED, SEND, SEND, "  - settle\n"), 0)
    journal.write_text(to_json([ran.result]))
    loaded = scenario(SYNCED, DELETE)
    plan = make_plan(loaded, moment_of(loaded, None), recorded_messages(journal, loaded))
    assert flips(plan) == ["- dev1 -> prod1 hand over: no_trust_record by dev1"]
    assert (plan.messages, plan.flips[0].times, plan.flips[0].lines) == (4, 3, ())
    assert plan.notes == ()


def test_a_journal_in_which_all_was_held_back(tmp_path: Path) -> None:
    """Nobody trusts anybody yet, so senders send nothing: whom it was for is recorded all the same."""
    journal = tmp_path / "journal.json"
    journal.write_text(to_json([run_unseen(scenario(SEND), 0).result]))
    loaded = scenario(SAVE)
    plan = make_plan(loaded, moment_of(loaded, None), recorded_messages(journal, loaded))
    assert flips(plan) == ["+ dev1 -> prod1 hand over: no_trust_record by dev1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("name: x", "expected what `trustsim run --json` writes", id="no JSON"),
        pytest.param('[{"steps": []}]', "0.journal: Field required", id="no journal"),
        pytest.param(None, "the file cannot be read", id="no file"),
    ],
)
def test_a_journal_that_is_none(text: str | None, said: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal.json"
    if text is not None:
        journal.write_text(text)
    with pytest.raises(ScenarioError, match=said):
        recorded_messages(journal, scenario(SAVE))


def test_a_journal_of_another_fleet(tmp_path: Path) -> None:
    """It names an instance that the scenario does not have."""
    journal = tmp_path / "journal.json"
    journal.write_text(to_json([run_unseen(load(ROOT / "scenarios" / "documented-example.yaml"), 0).result]))
    with pytest.raises(ScenarioError, match="has no instance subprod1, which the journal names; it has: prod1"):
        recorded_messages(journal, scenario(SAVE))


# -- what stands in the way -----------------------------------------------------------------------------


def test_who_is_down_is_taken_to_come_back() -> None:
    """Also when faults keep the fleet apart: the plan is what the sync leads to in the end."""
    apart = "  - fault: { partition: [[prod1], [dev1, dev2, dev3]] }\n  - kill: dev2\n  - stop_broker\n"
    plan = planned(scenario(SAVE, apart))
    assert len(plan.changes) == 4
    assert plan.notes == (
        "dev2 is down; the plan takes it to be up again within 36 hours",
        "the broker is away; the plan takes it to be back within 36 hours",
    )


def test_who_gets_nothing_is_named() -> None:
    unmanaged = "  - save_profile_item: { on: prod1, trusting: dev3, trusted: prod1 }\n"
    plan = planned(scenario(SYNCED, unmanaged))
    assert (plan.changes, plan.notes) == ((), ("dev3 gets nothing for App: prod1 does not manage it",))


def test_who_may_not_sync_says_why() -> None:
    """The manager is on a release without application trust."""
    plan = planned(scenario(SAVE, "  - upgrade: { on: prod1, to: Xanadu }\n"))
    assert plan.changes == ()
    (note,) = plan.notes
    assert note.startswith("prod1 cannot sync App: refused (release_too_old): prod1 has the release Xanadu")


def test_who_refuses_the_profile_says_why() -> None:
    """The application is not installed there."""
    missing = HEAD.replace("dev3: development", "dev3: { environment: development, applications: {} }")
    asked = """\
  - request_management: { on: prod1, instances: dev3 }
  - settle
  - approve_manager: { on: dev3, manager: prod1 }
  - settle
  - save_profile_item: { on: prod1, trusting: dev3, trusted: prod1 }
"""
    plan = planned(load_text(missing + asked, "fleet.yaml"))
    assert (plan.changes, plan.notes) == ((), ("dev3 refuses the profile for App of prod1: application_missing",))


def test_a_renamed_instance_keeps_the_name_of_the_file() -> None:
    """So that the plan can be read beside the file."""
    plan = planned(scenario(SAVE, "  - rename: { on: dev1, to: qa1 }\n", SEND))
    assert {it.instance for it in plan.changes} == {"prod1", "dev1", "dev2"}
    assert flips(plan) == ["+ dev1 -> prod1 hand over: no_trust_record by dev1"]


def test_a_scenario_that_goes_wrong_before() -> None:
    """The plan is made all the same, and says what it stands on."""
    wrong = SYNCED + "    expect: [{ table: sn_mif_trusted_instance, on: dev1, count: 7 }]\n"
    loaded = scenario(wrong.replace("  - settle\n    expect", "  - expect"), DELETE)
    (note,) = planned(loaded).notes
    assert "is not met before: wanted" in note
