"""What a scenario claims of its whole run: always, never, eventually and sometimes."""

from __future__ import annotations

import pytest

from simulator.errors import ScenarioError
from simulator.exploration.storms import PROFILES
from simulator.exploration.sweep import run_seed
from simulator.report.result import Failure, RunResult, SeedVerdict, SweepResult, Verdict
from simulator.scenario.reading.load import load_text
from simulator.scenario.running.run import run_virtual

from .shipped import Unseen

SCENARIO = """\
name: Trust for a while
instances: { prod1: production, dev1: development, dev2: development }
applications:
  App: { capabilities: { Cap: { operations: { hand over: data } } } }
steps:
  - create_trust_record: { on: dev1, trustee: prod1 }
  - send: { from: dev1, to: prod1, as: results }
    expect: processed
  - delete_trust_record: { on: dev1, trustee: prod1 }
  - send: { from: dev1, to: prod1, as: late }
    expect: { refused: no_trust_record }
"""


async def run(claims: str) -> RunResult:
    """The scenario with these claims."""
    return await run_virtual(load_text(SCENARIO + claims, "claims.yaml"), 0, None, Unseen())


def failure_of(result: RunResult) -> Failure:
    """The only failure of a run."""
    [failure] = result.failures
    return failure


@pytest.mark.parametrize(
    "claim",
    [
        "always: [{ table: sn_mif_trusted_instance, on: dev2, count: 0 }]",
        "never: [{ table: sn_mif_trusted_instance, on: dev2 }]",
        "always: [{ message: results, outcome: processed }]",
        "never: [{ message: results, outcome: refused }]",
        "never: [{ journal: prod1, where: { outcome: duplicate } }]",
        "eventually: [{ table: sn_mif_sync_data, on: prod1, count: 1, within: 1m }]",
        "sometimes: [{ table: sn_mif_trusted_instance, on: dev1, count: 1 }]",
    ],
)
async def test_it_holds(claim: str) -> None:
    """What is so is reported as a step of its own, and met."""
    result = await run(claim)
    assert result.verdict is Verdict.MET
    assert result.steps[-1].text.startswith(claim.partition(":")[0])


async def test_always_sees_what_lasts_for_a_moment_only() -> None:
    """The record is there between two steps, and gone at the end: it is seen, and when and where is said."""
    failure = failure_of(await run("always: [{ table: sn_mif_trusted_instance, on: dev1, count: 0 }]"))
    assert failure.line == 12
    assert failure.wanted == "always sn_mif_trusted_instance on dev1: 0 rows"
    assert failure.seen.startswith("1 row: {application: App")
    assert failure.seen.endswith("after the first step, in step 1 (line 6)")


async def test_never_is_broken_by_one_of_several_instances() -> None:
    """Never on some instances means: on none of them."""
    failure = failure_of(await run("never: [{ table: sn_mif_trusted_instance, on: [dev1, dev2] }]"))
    assert failure.wanted == "never sn_mif_trusted_instance on dev1 and dev2: at least one row"


async def test_eventually_has_a_bound() -> None:
    """What does not come true in time is not met, and nothing was due that could have made it true."""
    failure = failure_of(await run("eventually: [{ table: sn_mif_sync_data, on: prod1, count: 2, within: 1m }]"))
    assert failure.seen.startswith("1 row")
    assert not failure.is_open


async def test_eventually_begins_when_the_faults_have_ended() -> None:
    """A fault that nobody ends does not keep it from coming true."""
    cut = SCENARIO.replace("steps:\n", "steps:\n  - fault: { cut: { to: prod1 } }\n").replace(
        "    expect: processed\n", ""
    )
    claim = "eventually: [{ table: sn_mif_sync_data, on: prod1, count: 1, within: 10m }]"
    result = await run_virtual(load_text(cut + claim, "claims.yaml"), 0, None, Unseen())
    assert result.verdict is Verdict.MET


async def test_sometimes_is_no_failure_of_one_run() -> None:
    """One run may miss what happens sometimes; it says so."""
    result = await run("sometimes: [{ journal: prod1, where: { outcome: duplicate } }]")
    assert result.verdict is Verdict.MET
    assert [sighting.is_seen for sighting in result.sightings] == [False]
    assert result.steps[-1].outcome == "not seen in this run"


def sweep(claim: str, weather: str, seeds: int) -> SweepResult:
    """The scenario with this claim under some seeds."""
    loaded = load_text(SCENARIO + claim, "claims.yaml")
    results = tuple(run_seed(loaded, PROFILES[weather], seed) for seed in range(seeds))
    return SweepResult(file="claims.yaml", name="", weather=weather, seeds=results, seconds=1)


def test_a_sweep_holds_when_what_happens_sometimes_was_seen_once() -> None:
    """Repeats happen in a storm, not under every seed."""
    swept = sweep("sometimes: [{ journal: prod1, where: { outcome: duplicate } }]", "stormy", 20)
    assert swept.verdict is SeedVerdict.HELD
    assert 0 < sum(seed.sightings[0].is_seen for seed in swept.seeds) < 20


def test_a_sweep_in_which_it_never_happens_does_not_hold() -> None:
    """All seeds hold, and yet the sweep is vacuous."""
    swept = sweep("sometimes: [{ journal: prod1, where: { outcome: duplicate } }]", "calm", 3)
    assert swept.verdict is SeedVerdict.BROKEN
    assert swept.number_of(SeedVerdict.HELD) == 3
    assert [(unseen.line, unseen.text) for unseen in swept.unseen] == [
        (12, "journal on prod1 where {outcome: duplicate}: at least one entry")
    ]


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("always: [{ journal: prod1, within: 5s }]", "`within` and `never` mean nothing here"),
        ("sometimes: [{ journal: prod1, never: true }]", "`within` and `never` mean nothing here"),
        ("eventually: [{ journal: prod1 }]", "expected `within`"),
        (
            "never: [{ message: results2, outcome: refused }]",
            "there is no message 'results2'; did you mean 'results'?",
        ),
    ],
)
def test_a_wrong_claim_says_where_it_is(claim: str, said: str) -> None:
    """The problem stands at the claim's line."""
    with pytest.raises(ScenarioError) as error:
        load_text(SCENARIO + claim, "claims.yaml")
    [problem] = error.value.problems
    assert problem.line == 12
    assert said in problem.message
