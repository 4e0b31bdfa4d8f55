"""The pages of what is no run alone: sweeps, plans, comparisons and drift."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.report.causes import groups_of
from simulator.report.drift import Drift
from simulator.report.files.page import Section, document, run_data
from simulator.report.flips import Flip
from simulator.report.plan import Plan
from simulator.report.result import Run, RunResult, SeedVerdict, SweepResult
from simulator.report.whatif import ModeComparison, OrderCheck, RulesComparison, counts_of
from simulator.viewer import page


def sweep_to_html(sweep: SweepResult, runs: Sequence[RunResult]) -> str:
    """How many seeds held, what went wrong in the others, and *runs* of the worst of them."""
    numbers = {verdict: sweep.number_of(verdict) for verdict in SeedVerdict}
    facts = {
        "scenario": sweep.told_file,
        "weather": sweep.weather,
        "seeds": ", ".join(f"{number} {verdict}" for verdict, number in numbers.items() if number),
        "shown below": ", ".join(f"seed {run.seed}" for run in runs),
    }
    groups = Section(
        "What went wrong",
        ("seeds", "for example", "what", "also in calm weather", "again"),
        [
            (
                len(group.seeds),
                f"seed {group.example.seed}",
                "\n".join([*group.broken, *(f"wanted {it.wanted}; seen {it.seen}" for it in group.failures)])
                or str(group.example.verdict),
                "yes" if group.is_calm else "no",
                sweep.replay(group.example),
            )
            for group in groups_of(sweep)
        ],
    )
    unseen = Section("Never seen", ("line", "what"), [(it.line, it.text) for it in sweep.unseen])
    sections = [section for section in (groups, unseen) if section.rows]
    return page(document("sweep", sweep.name, [_of_seed(run) for run in runs], facts, sections))


def _of_seed(run: RunResult) -> dict[str, object]:
    return {**run_data(run), "name": f"seed {run.seed}"}


def flips_to_html(flips: Sequence[Flip], before: Sequence[Run], after: Sequence[Run]) -> str:
    """What flipped between two results, side by side, and all runs of both."""
    rows = [(it.run, it.aspect, it.what, it.before, it.after) for it in flips]
    section = Section("What flipped", ("scenario", "kind", "what", "before", "after"), rows)
    runs = [
        {**run_data(run), "name": f"{run.name}, {when}"}
        for when, each in (("before", before), ("after", after))
        for run in each
        if isinstance(run, RunResult)
    ]
    title = before[0].name if len(before) == 1 else f"{len(before)} runs"
    facts = {"flipped": str(len(flips)) if flips else "nothing"}
    return page(document("compare", f"{title}: before and after", runs, facts, [section] if rows else []))


def plan_to_html(plan: Plan) -> str:
    """Every row that Sync Trust Profiles would change, and every message that would flip."""
    syncs = Section("Syncs", ("manager", "application"), [(it.manager, it.application) for it in plan.syncs])
    rows = Section(
        "Rows",
        ("change", "instance", "relation", "peer", "application", "capability", "before", "after"),
        [
            (it.sign, it.instance, it.relation, it.peer, it.application, it.capability, it.before, it.after)
            for it in plan.changes
        ],
    )
    flips = Section(
        "Messages that would flip",
        ("change", "from", "to", "application", "capability", "operation", "by", "code", "reason", "times"),
        [
            (
                it.sign, it.sender, it.recipient, it.application, it.capability, it.operation,
                it.by, it.code, it.reason, it.times,
            )
            for it in plan.flips
        ],
    )  # fmt: skip
    notes = Section("Notes", ("note",), [(note,) for note in plan.notes])
    facts = {"scenario": plan.file, "moment": plan.moment, "plan": plan.summary}
    return page(document("plan", plan.name, (), facts, [it for it in (syncs, rows, flips, notes) if it.rows]))


def drift_to_html(drift: Drift) -> str:
    """Every relation, item and row, those that have moved apart first."""
    lines = sorted(drift.lines, key=lambda line: not line.state.is_drift)
    table = Section(
        "Both sides",
        ("state", "application", "who", "does", "whom", "capability", "version", "what the sides have"),
        [
            (it.state, it.application, it.subject, it.verb, it.object, it.capability, it.version, it.detail)
            for it in lines
        ],
    )
    return page(document("drift", f"Drift in {drift.directory}", (), {"result": drift.summary}, [table]))


def whatif_to_html(title: str, results: Sequence[ModeComparison | RulesComparison | OrderCheck]) -> str:
    """What would have been otherwise, instance by instance."""
    sections = [section for result in results for section in _otherwise(result)]
    return page(document("whatif", title, (), {}, sections))


def _otherwise(result: ModeComparison | RulesComparison | OrderCheck) -> list[Section]:
    if isinstance(result, OrderCheck):
        rows = [
            (it.subject, value.attribute, value.first, value.second, *map(_numbers, it.orders))
            for it in result.findings
            for value in it.values
        ]
        columns = ("CI", "attribute", "with the first order", "with the second", "first order", "second order")
        text = f"{len(result.payloads)} payloads in {result.shuffles} orders"
        return [Section(result.instance, columns, rows, text if rows else f"{text}: the order does not matter")]
    sections = [
        Section(
            f"{result.instance}: {result.payloads} payloads",
            ("counted", *(variant.name for variant in result.variants)),
            counts_of(result.variants),
        )
    ]
    for variant in result.variants[1:]:
        otherwise = [(it.kind, it.subject, _numbers(it.payloads), it.detail) for it in variant.differences]
        title = f"{result.instance}: {variant.name}, against {result.variants[0].name}"
        text = "" if otherwise else "no difference"
        sections.append(Section(title, ("what", "CIs", "payloads", "in detail"), otherwise, text))
    return sections


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
