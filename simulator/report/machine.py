"""Finished runs for programs: JSON, and the JUnit XML that integration servers read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from xml.etree import ElementTree as Xml

from simulator.report.answers import answer_in_words
from simulator.report.drift import Drift
from simulator.report.plan import Plan
from simulator.report.result import Failure, RunResult, StepResult, SweepResult


def to_json(results: Sequence[RunResult]) -> str:
    """All runs, each with its steps, their failures and the trust at the end."""
    return json.dumps([_run(result) for result in results], indent=2, ensure_ascii=False, default=str) + "\n"


def sweep_to_json(sweep: SweepResult) -> str:
    """A sweep with all of its seeds, each with its journal's SHA-256 and the command that runs it again."""
    seeds = [{**asdict(seed), "replay": sweep.replay(seed)} for seed in sweep.seeds]
    unseen = [asdict(sighting) for sighting in sweep.unseen]
    report = {**asdict(sweep), "verdict": sweep.verdict, "unseen": unseen, "seeds": seeds}
    return json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"


def plan_to_json(plan: Plan) -> str:
    """A plan with every row that would change and every message that would flip."""
    return json.dumps({**asdict(plan), "summary": plan.summary}, indent=2, ensure_ascii=False) + "\n"


def drift_to_json(drift: Drift) -> str:
    """Every line of a comparison, drift or not."""
    report = {**asdict(drift), "is_drift": drift.is_drift, "summary": drift.summary}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def to_junit(results: Sequence[RunResult]) -> str:
    """A suite for each run and a case for each step."""
    root = Xml.Element("testsuites")
    for result in results:
        suite = Xml.SubElement(
            root,
            "testsuite",
            name=result.name,
            tests=str(len(result.steps)),
            failures=str(sum(bool(step.failures) for step in result.steps)),
            errors="0",
            time=f"{result.seconds:.3f}",
        )
        if result.replay:
            about = Xml.SubElement(suite, "properties")
            for name, value in (("seed", result.seed), ("journal", result.fingerprint), ("again", result.replay)):
                Xml.SubElement(about, "property", name=name, value=str(value))
        for step in result.steps:
            _add_case(suite, result.file, step)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _run(result: RunResult) -> dict[str, object]:
    steps = [{**asdict(step), "verdict": step.verdict} for step in result.steps]
    return {**asdict(result), "verdict": result.verdict, "replay": result.replay, "steps": steps}


def _add_case(suite: Xml.Element, file: str, step: StepResult) -> None:
    case = Xml.SubElement(
        suite,
        "testcase",
        classname=file,
        name=f"{step.number:02} {step.text}",
        file=file,
        line=str(step.line),
        time=f"{step.seconds:.3f}",
    )
    for failure in step.failures:
        problem = Xml.SubElement(case, "failure", message=f"wanted {failure.wanted}; seen {failure.seen}")
        problem.text = _details(file, failure)


def _details(file: str, failure: Failure) -> str:
    lines = [f"{file}:{failure.line}", f"wanted: {failure.wanted}", f"seen: {failure.seen}"]
    lines += [f"why: {failure.explanation}"] if failure.explanation else []
    lines += [f"answer of {name}:\n{answer_in_words(answer)}" for name, answer in failure.responses.items()]
    return "\n".join(lines)
