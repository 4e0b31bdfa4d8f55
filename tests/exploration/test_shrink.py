"""A seed that fails is made a small scenario that fails in the same way, and only because of what is broken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simulator.cli.main import cli
from simulator.decision import NOTHING
from simulator.exploration.excerpt import Excerpt
from simulator.exploration.pieces import instances
from simulator.exploration.pool import Alone, crew_of
from simulator.exploration.shrink import Shrunk, shrink
from simulator.exploration.storms import PROFILES, in_a_storm
from simulator.exploration.sweep import run_seed, run_unseen
from simulator.report.result import Verdict
from simulator.runtime.instance import Instance
from simulator.runtime.outbox import Outbox
from simulator.scenario.reading.load import LoadedScenario, load_text
from simulator.scenario.reading.source import parse
from simulator.scenario.running.run import WatchedRun
from simulator.scenario.writing.written import written
from simulator.trust import record
from tests.simulation.shipped import FILES, ROOT, loaded

STORMY = PROFILES["stormy"]
BY_HAND = ROOT / "scenarios" / "manual-trust-without-manager.yaml"
EXAMPLE = ROOT / "scenarios" / "documented-example.yaml"


@pytest.fixture
def bug() -> Iterable[pytest.MonkeyPatch]:
    """Breaks the product until it is undone."""
    with pytest.MonkeyPatch.context() as bug:
        yield bug


def forget_the_outbox(bug: pytest.MonkeyPatch) -> None:
    """An instance that starts again does not know what it still has to deliver."""
    load = Instance._load

    def broken(self: Instance, *args: Any, **kwargs: Any) -> None:
        load(self, *args, **kwargs)
        self._outbox = Outbox()

    bug.setattr(Instance, "_load", broken)


def failing_seed(file: Path, *, breaks_an_invariant: bool = False) -> int:
    """The first seed under which the scenario does not hold, or even breaks an invariant."""
    for seed in range(200):
        result = run_seed(loaded(file), STORMY, seed)
        if result.broken or (result.failures and not breaks_an_invariant):
            return seed
    raise AssertionError("the net has caught nothing")


def rerun(shrunk: Shrunk, seed: int) -> WatchedRun:
    """A run of the file that is written, as `trustsim run --virtual` does it."""
    return run_unseen(load_text(shrunk.as_file(["Shrunk."]), "small.yaml"), seed)


# -- a storm, written out -------------------------------------------------------------------------------


def text_of(scenario: LoadedScenario) -> str:
    data = scenario.source.data
    assert isinstance(data, dict)
    return written(data, ["A comment."])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_scenario_is_written_as_it_was_read(file: Path) -> None:
    """Only its layout and its comments are others."""
    assert load_text(text_of(loaded(file)), "again.yaml").scenario == loaded(file).scenario


def test_texts_are_written_as_they_were_read() -> None:
    """Also those that look like something else, or do not fit in a line."""
    text = (
        '["1.0", "1", "true", "null", "~", "", " a", "a: b", "a #b", "[", "{x}", "é", "a\\nb", "\\u2028", on, 24h]'
    )
    data = parse(f"steps: [{{ send: {{ payload: {{ x: {text}, y: [1, 0.1, 1e-07, true, null] }} }} }}]", "").data
    assert isinstance(data, dict)
    assert parse(written(data, []), "").data == data


def test_lists_are_written_as_they_were_read() -> None:
    """One of a single text where it names no instance, and of nothing: a step of which nothing is expected."""
    text = """
name: Lists
instances: { a: production, b: production }
applications: { A: { capabilities: { C: { operations: { ask: { kind: message, answer: { on: [x] } } } } } } }
steps:
  - send: { from: [a], to: [b], payload: { to: [x], y: { from: [z] } } }
    expect: { outcome: processed, response: { to: [x] } }
  - fault: { cut: { from: [a] }, for: 1s }
    expect: []
expect:
  - { table: sn_mif_message, on: [b], rows: [{ payload: { to: [x] } }] }
"""
    loaded = load_text(text, "lists.yaml")
    again = text_of(loaded)
    assert load_text(again, "again.yaml").scenario == loaded.scenario
    assert "send: { from: a, to: b," in again
    assert "cut: { from: a }" in again


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("file", [BY_HAND, EXAMPLE], ids=lambda file: file.stem)
def test_a_storm_is_its_written_form(file: Path, seed: int) -> None:
    """A seed of a sweep and the file with the storm of that seed have the same journal."""
    stormy = in_a_storm(loaded(file), STORMY, seed)
    assert any(step.fault for step in stormy.scenario.steps)
    again = run_unseen(load_text(text_of(stormy), "stormy.yaml"), seed)
    assert again.result.fingerprint == run_seed(loaded(file), STORMY, seed).fingerprint


def test_what_a_storm_adds_stands_where_its_step_stands() -> None:
    """So a failure in a storm has its line in the scenario's own file."""
    file = loaded(EXAMPLE)
    stormy = in_a_storm(file, STORMY, 3)
    lines = [stormy.line("steps", index) for index in range(len(stormy.scenario.steps))]
    assert lines == sorted(lines)
    own = [line for line, step in zip(lines, stormy.scenario.steps, strict=True) if not step.fault]
    assert own == [file.line("steps", index) for index in range(len(file.scenario.steps))]
    assert stormy.line("expect", 1) == file.line("expect", 1)


# -- an excerpt -----------------------------------------------------------------------------------------


def test_an_instance_goes_with_all_that_names_it() -> None:
    """And with nothing else: where others are named too, they stay."""
    whole = Excerpt(loaded(EXAMPLE).source)
    data = whole.without(instances(whole)[2]).as_source().data
    assert isinstance(data, dict)
    assert list(data["instances"]) == ["prod1", "subprod1"]
    assert data["steps"][0] == {"name_manager": {"on": ["subprod1"], "manager": "prod1"}}
    assert "subprod2" not in str(data)
    assert len(data["steps"]) == len(loaded(EXAMPLE).scenario.steps)


# -- shrinking ------------------------------------------------------------------------------------------


def test_an_expectation_that_is_not_met(bug: pytest.MonkeyPatch) -> None:
    """It takes a lost message and a crash before it is sent again; all the rest goes."""
    forget_the_outbox(bug)
    seed = failing_seed(BY_HAND)
    shrunk = shrink(loaded(BY_HAND), STORMY, seed, Alone())
    assert shrunk is not None
    assert shrunk.is_finished
    assert (shrunk.after.instances, shrunk.after.steps, shrunk.after.expectations) == (2, 1, 1)
    assert shrunk.after.faults <= 3 < shrunk.before.faults
    assert shrunk.difference is not None
    assert "fault" in shrunk.difference.without
    assert shrunk.difference.failing != shrunk.difference.passing
    assert rerun(shrunk, seed).as_result().verdict is Verdict.NOT_MET
    bug.undo()
    assert rerun(shrunk, seed).as_result().verdict is Verdict.MET


def test_a_broken_invariant(bug: pytest.MonkeyPatch) -> None:
    """A run of the small file breaks it too and says so, and shrinking comes to the same each time."""
    forget_the_outbox(bug)
    seed = failing_seed(BY_HAND, breaks_an_invariant=True)
    shrunk = shrink(loaded(BY_HAND), STORMY, seed, Alone())
    assert shrunk is not None
    assert shrunk == shrink(loaded(BY_HAND), STORMY, seed, Alone())
    assert (shrunk.after.instances, shrunk.after.expectations) <= (2, 1)
    assert shrunk.after.steps <= 3
    assert shrunk.after.faults <= 3
    result = rerun(shrunk, seed).as_result()
    assert result.steps[-1].text == "the invariants"
    assert shrunk.flaw.words in [f"Broken: {failure.seen}." for failure in result.steps[-1].failures]
    bug.undo()
    assert rerun(shrunk, seed).as_result().verdict is Verdict.MET


def test_a_failure_that_needs_no_weather(bug: pytest.MonkeyPatch) -> None:
    """Of the storm nothing stays."""
    bug.setattr(record, "decide_removed", lambda *_: NOTHING)
    shrunk = shrink(loaded(BY_HAND), STORMY, 0, Alone())
    assert shrunk is not None
    assert (shrunk.after.instances, shrunk.after.steps, shrunk.after.faults) == (2, 2, 0)
    assert [next(iter(step)) for step in shrunk.data["steps"]] == ["create_trust_record", "delete_trust_record"]
    assert rerun(shrunk, 0).as_result().verdict is Verdict.NOT_MET
    bug.undo()
    assert rerun(shrunk, 0).as_result().verdict is Verdict.MET


def test_a_run_that_ends_with_an_error(bug: pytest.MonkeyPatch) -> None:
    """What the product raises is a failure as well."""

    def raises(*_: object) -> None:
        raise KeyError("gone")

    bug.setattr(record, "decide_removed", raises)
    shrunk = shrink(loaded(BY_HAND), STORMY, 0, Alone())
    assert shrunk is not None
    assert shrunk.flaw.words == "The run ends with KeyError('gone')."
    assert (shrunk.after.steps, shrunk.after.faults) == (2, 0)


CUT_OFF = """
  - fault: { cut: { from: subprod1 }, for: 1h }
  - create_trust_record: { on: [subprod1, subprod2], trustee: prod1 }
  - advance: 10s
    expect:
      - { table: sn_mif_trusting_instance, on: prod1, count: 1, within: 1s }
"""
"""What holds because of a fault of its own, and not in every storm."""


def test_a_fault_of_the_file_is_no_storm() -> None:
    """Without it the expectation fails too, but for another reason; so it is the storm's doing that stays."""
    data = loaded(BY_HAND).source.data
    assert isinstance(data, dict)
    head = written({key: data[key] for key in ("name", "instances", "applications")}, [])
    file = load_text(f"{head}\nsteps:{CUT_OFF}", "cut-off.yaml")
    seed = next(seed for seed in range(100) if run_seed(file, STORMY, seed).failures)
    shrunk = shrink(file, STORMY, seed, Alone())
    assert shrunk is not None
    assert shrunk.after.faults >= 1
    assert shrunk.difference is not None
    assert "fault" in shrunk.difference.without


def test_it_ends_when_there_are_no_more_runs(bug: pytest.MonkeyPatch) -> None:
    """What it has come to by then still fails."""
    forget_the_outbox(bug)
    seed = failing_seed(BY_HAND)
    shrunk = shrink(loaded(BY_HAND), STORMY, seed, Alone(), max_runs=20)
    assert shrunk is not None
    assert (shrunk.runs, shrunk.is_finished) == (20, False)
    assert rerun(shrunk, seed).as_result().verdict is Verdict.NOT_MET


@pytest.mark.parametrize("max_runs", [500, 33])
def test_several_at_work_come_to_the_same(bug: pytest.MonkeyPatch, max_runs: int) -> None:
    """Run for run: what they try in vain does not count, also where there are no more runs.

    And what they have run is not run here again.
    """
    forget_the_outbox(bug)
    seed = failing_seed(BY_HAND)
    run_here = list[object]()

    def counted(*run: Any, **how: Any) -> WatchedRun:
        run_here.append(run)
        return run_unseen(*run, **how)

    bug.setattr("simulator.exploration.flaws.run_unseen", counted)
    heard = [list[object](), list[object]()]
    alone = shrink(loaded(BY_HAND), STORMY, seed, Alone(), max_runs, lambda *now: heard[0].append(now))
    number_alone = len(run_here)
    with crew_of(3) as crew:
        together = shrink(loaded(BY_HAND), STORMY, seed, crew, max_runs, lambda *now: heard[1].append(now))
        assert len(crew.done) > 1
    assert alone is not None
    assert together == alone
    assert heard[1] == heard[0]
    assert len(heard[0]) > 10
    assert len(run_here) - number_alone < number_alone / 2


# -- the command ----------------------------------------------------------------------------------------


def test_the_command(bug: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It writes a file that begins with the command that fails with it."""
    forget_the_outbox(bug)
    seed, out = failing_seed(BY_HAND), tmp_path / "small.yaml"
    result = CliRunner().invoke(cli, ["shrink", str(BY_HAND), "--seed", str(seed), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert "Without this step all is well: { fault:" in result.output
    command = f"trustsim run --virtual --seed {seed} {out}"
    assert command in result.output
    assert command in "".join(out.read_text().splitlines(keepends=True)[:2])
    again = CliRunner().invoke(cli, ["run", "--virtual", "--seed", str(seed), str(out)])
    assert again.exit_code == 1
    bug.undo()
    assert CliRunner().invoke(cli, ["run", "--virtual", "--seed", str(seed), str(out)]).exit_code == 0


def test_a_seed_that_holds(tmp_path: Path) -> None:
    """There is nothing to shrink, and nothing is written."""
    out = tmp_path / "small.yaml"
    result = CliRunner().invoke(cli, ["shrink", str(BY_HAND), "--seed", "1", "-o", str(out)])
    assert result.exit_code == 2
    assert "does not fail under seed 1 in stormy weather" in result.output
    assert not out.exists()


def test_a_scenario_is_not_written_over() -> None:
    """The file that is shrunk stays."""
    result = CliRunner().invoke(cli, ["shrink", str(BY_HAND), "--seed", "1", "-o", str(BY_HAND)])
    assert result.exit_code == 2
    assert "this is the scenario that is to be shrunk" in result.output
