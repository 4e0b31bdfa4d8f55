"""Finished runs for programs: JSON, and the JUnit XML that integration servers read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from xml.etree import ElementTree as Xml

from simulator.report.answers import answer_in_words
from simulator.report.drift import Drift
from simulator.report.files.markup import as_xml
from simulator.report.plan import Plan
from simulator.report.printable import printable_json
from simulator.report.result import (
    NOT_RUN,
    BrokenRun,
    Failure,
    Run,
    RunResult,
    StepResult,
    SweepResult,
    UnbegunRun,
)


def as_json(value: object) -> str:
    """Any results as JSON that a terminal can print."""
    return printable_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)) + "\n"


def to_json(results: Sequence[Run]) -> str:
    """All runs, each with its steps, their failures and the trust at the end."""
    return as_json([_run(result) if isinstance(result, RunResult) else _broken(result) for result in results])


def sweeps_to_json(sweeps: Sequence[SweepResult]) -> str:
    """The sweep of a scenario, or a list of those of its combinations where it has a matrix."""
    reports = list(map(_sweep, sweeps))
    return as_json(reports[0] if len(reports) == 1 and not sweeps[0].combination else reports)


def _sweep(sweep: SweepResult) -> dict[str, object]:
    """A sweep with all of its seeds, each with its journal's SHA-256 and the command that runs it again."""
    seeds = [{**asdict(seed), "replay": sweep.replay(seed)} for seed in sweep.seeds]
    unseen = [asdict(sighting) for sighting in sweep.unseen]
    return {**asdict(replace(sweep, seeds=())), "verdict": sweep.verdict, "unseen": unseen, "seeds": seeds}


def plan_to_json(plan: Plan) -> str:
    """A plan with every row that would change and every message that would flip."""
    return as_json({**asdict(plan), "summary": plan.summary})


def drift_to_json(drift: Drift) -> str:
    """Every line of a comparison, drift or not."""
    report = {**asdict(drift), "is_drift": drift.is_drift, "summary": drift.summary}
    return as_json(report)


def to_junit(results: Sequence[Run | UnbegunRun]) -> str:
    """A suite for each run and a case for each step; a run that is broken, or not begun, one case of its own."""
    root = Xml.Element("testsuites")
    for result in results:
        if isinstance(result, BrokenRun):
            _add_broken(root, result)
            continue
        if isinstance(result, UnbegunRun):
            _add_unbegun(root, result)
            continue
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=result.title,
            tests=str(len(result.steps)),
            failures=str(sum(bool(step.failures) for step in result.steps)),
            errors="0",
        )
        _add_time(suite, result.seconds)
        if result.replay:
            about = Xml.SubElement(suite, "properties")
            for name, value in (("seed", result.seed), ("journal", result.fingerprint), ("again", result.replay)):
                Xml.SubElement(about, "property", name=name, value=str(value))
        for step in result.steps:
            _add_case(suite, result, step)
    return as_xml(root)


def _run(result: RunResult) -> dict[str, object]:
    steps = [{**asdict(step), "verdict": step.verdict} for step in result.steps]
    return {**asdict(result), "verdict": result.verdict, "replay": result.replay, "steps": steps}


def _broken(run: BrokenRun) -> dict[str, object]:
    """With what readers of all runs look at."""
    return {**asdict(run), "verdict": "error", "steps": [], "journal": []}


def _add_broken(root: Xml.Element, run: BrokenRun) -> None:
    suite = Xml.SubElement(root, "testsuite", name=run.title, tests="1", failures="0", errors="1")
    case = Xml.SubElement(suite, "testcase", classname=run.told_file, name="the run", file=run.file)
    Xml.SubElement(case, "error", message=run.error.partition("\n")[0]).text = run.error


def _add_unbegun(root: Xml.Element, run: UnbegunRun) -> None:
    suite = Xml.SubElement(root, "testsuite", name=run.title, tests="1", failures="0", errors="0", skipped="1")
    case = Xml.SubElement(suite, "testcase", classname=run.told_file, name="the run", file=run.file)
    Xml.SubElement(case, "skipped", message=NOT_RUN)


def _add_case(suite: Xml.Element, run: RunResult, step: StepResult) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=run.told_file,
        name=f"{step.number:02} {step.text}",
        file=run.file,
        line=str(step.line),
    )
    _add_time(case, step.seconds)
    for failure in step.failures:
        problem = Xml.SubElement(case, "failure", message=f"wanted {failure.wanted}; seen {failure.seen}")
        problem.text = f"{failure.place(run.file)}\n{details(failure)}"


def _add_time(element: Xml.Element, seconds: float | None) -> None:
    if seconds is not None:
        element.set("time", f"{seconds:.3f}")


def details(failure: Failure) -> str:
    """One failure in plain lines: what was wanted and seen, and why."""
    lines = [f"wanted: {failure.wanted}", f"seen: {failure.seen}"]
    lines += [f"why: {failure.explanation}"] if failure.explanation else []
    lines += [f"answer of {name}:\n{answer_in_words(answer)}" for name, answer in failure.responses.items()]
    return "\n".join(lines)
