"""A finished run for a person at a terminal, as things that rich can print."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.answers import answer_in_words
from simulator.report.result import (
    Failure,
    MutantResult,
    RunResult,
    SeedResult,
    SeedVerdict,
    StepResult,
    SweepResult,
    Verdict,
)

_STYLE = {Verdict.MET: "green", Verdict.NOT_MET: "bold red"}
_MARK = {Verdict.MET: "✓ met", Verdict.NOT_MET: "✗ not met"}


def step_line(step: StepResult, total: int) -> str:
    """One step in one plain line, for progress."""
    return f"{step.number:>3}/{total}  {step.verdict:<7}  {step.seconds:6.2f} s  {step.text}"


def report(result: RunResult, *, with_journal: bool) -> RenderableType:
    """The whole report: the steps, why the refused were refused, each failure, who trusts and grants whom."""
    parts: list[RenderableType] = [_heading(result), steps_report(result.file, result.steps), *_trust(result)]
    if with_journal:
        parts.append(_journal(result))
    return Group(*parts)


def steps_report(file: str, steps: Sequence[StepResult]) -> RenderableType:
    """What became of steps, why the refused were refused, and each failure."""
    return Group(_steps(steps), *_reasons(steps), failures_report(file, steps))


def failures_report(file: str, steps: Sequence[StepResult]) -> RenderableType:
    """What is not as the steps expect it."""
    return Group(*(_failure(file, failure) for step in steps for failure in step.failures))


def sweep_report(sweep: SweepResult) -> RenderableType:
    """How many seeds held, and for those that did not what was broken and how to run them again."""
    numbers = {verdict: sweep.number_of(verdict) for verdict in SeedVerdict}
    heading = Text.assemble((sweep.name, "bold"), (f"\n{sweep.file}", "dim"), f"\n{sweep.weather} weather, ")
    heading.append(
        ", ".join(f"{number} {verdict}" for verdict, number in numbers.items() if number),
        style="green" if sweep.verdict is SeedVerdict.HELD else "bold red",
    )
    number = len(sweep.seeds)
    heading.append(f" of {number} seeds, {number / max(sweep.seconds, 1e-9):.1f} seeds/s")
    parts: list[RenderableType] = [heading]
    for seed in sweep.seeds:
        if seed.verdict is not SeedVerdict.HELD:
            parts += [Text(), _seed(sweep, seed)]
    for unseen in sweep.unseen:
        parts += [Text(), Text(f"{sweep.file}:{unseen.line}", style="bold")]
        parts.append(Text(f"  never seen in {number} seeds  {unseen.text}"))
    return Group(*parts)


def _seed(sweep: SweepResult, seed: SeedResult) -> RenderableType:
    parts: list[RenderableType] = [
        Text(f"seed {seed.seed}: {seed.verdict}", style="bold"),
        Text(f"  journal {seed.fingerprint}\n  again   {sweep.replay(seed)}", style="dim"),
    ]
    parts += [Padding(Text(f"broken  {broken}"), (0, 0, 0, 2)) for broken in seed.broken]
    return Group(*parts, *(_failure(sweep.file, failure) for failure in seed.failures))


def mutate_report(
    file: str, name: str, weather: str, seeds: int, results: Sequence[MutantResult]
) -> RenderableType:
    """Which broken rules were noticed, after how many seeds and by what."""
    noticed = sum(result.seeds is not None for result in results)
    heading = Text.assemble((name, "bold"), (f"\n{file}", "dim"))
    heading.append(f"\n{weather} weather, at most {seeds} seeds: {noticed} of {len(results)} broken rules noticed")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("mutant", no_wrap=True)
    table.add_column("rule that is off", overflow="fold", ratio=1)
    table.add_column("seeds", justify="right")
    table.add_column("noticed by", overflow="fold", ratio=1)
    for result in results:
        by = (
            Text(result.by, style="" if result.seeds else "dim") if result.by else Text("not noticed", style="red")
        )
        table.add_row(result.name, Text(result.rule), str(result.seeds or ""), by)
    return Group(heading, table)


def _heading(result: RunResult) -> Text:
    met = sum(step.verdict is Verdict.MET for step in result.steps)
    heading = Text.assemble((result.name, "bold"), (f"\n{result.file}", "dim"))
    heading.append(
        f"\n{_MARK[result.verdict]}: {met} of {len(result.steps)} steps, {len(result.instances)} instances, "
        f"{result.seconds:.2f} s",
        style=_STYLE[result.verdict],
    )
    if result.replay:
        heading.append(f"\nvirtual time, journal {result.fingerprint}", style="dim")
        heading.append(f"\nagain with: {result.replay}", style="dim")
    return heading


def _steps(steps: Sequence[StepResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("line", justify="right", style="dim")
    table.add_column("step", overflow="fold")
    table.add_column("what became of it", overflow="fold")
    table.add_column("expected", no_wrap=True)
    for step in steps:
        verdict = Text(_MARK[step.verdict], style=_STYLE[step.verdict])
        table.add_row(str(step.line), Text(step.text), Text(step.outcome), verdict)
    return table


def _reasons(steps: Sequence[StepResult]) -> Iterator[RenderableType]:
    """Why, for the refusals and expiries that were expected; a failure tells its own reason."""
    for step in steps:
        if step.reasons and not step.failures:
            yield Text(f"line {step.line}: {step.outcome}", style="bold")
            yield Padding(Text(step.reasons[0]), (0, 0, 0, 2))
            if len(step.reasons) > 1:
                yield Padding(f"(and {len(step.reasons) - 1} more, alike)", (0, 0, 0, 2), style="dim")
            yield Text()


def _journal(result: RunResult) -> Table:
    table = Table(title="Journal", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("after", "instance", "kind", "from", "outcome"):
        table.add_column(column, no_wrap=True)
    table.add_column("code", overflow="fold")
    for entry in result.journal:
        after = str(entry.at - result.journal[0].at)[:-3] or "0:00:00"
        table.add_row(after, entry.instance, entry.kind, entry.sender, entry.outcome, entry.code)
    return table


def _failure(file: str, failure: Failure) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    told = [("wanted", failure.wanted), ("seen", failure.seen), ("why", failure.explanation)]
    for instance, response in failure.responses.items():
        told.append(("answer", f"of {instance}:\n{answer_in_words(response)}"))
    for name, words in told:
        if words:
            table.add_row(f"  {name}", Text(words))
    return Padding(Group(Text(f"{file}:{failure.line}", style="bold"), table), (0, 0, 1, 0))


def _trust(result: RunResult) -> Iterator[RenderableType]:
    """A matrix for each application and capability, and for each application that shares data."""
    matrices: dict[str, Cells] = defaultdict(dict)
    for record in result.trust:
        cells = matrices[f"{record.application} > {record.capability}"]
        cells[record.trustor, record.trustee] = f"{record.version} {record.origin}"
    for title, cells in matrices.items():
        yield from _matrix(title, "trustor \\ trustee", cells)
    grants = _grants(result)
    for application, cells in grants.items():
        yield from _matrix(f"{application}: data sharing", "grantor \\ grantee", cells)
    is_exchange = any(entry.sender != entry.recipient for entry in result.journal)
    if not matrices and not grants and is_exchange:
        yield Text("Nobody trusts anybody.", style="dim")


Cells = dict[tuple[str, str], str]
"""What stands in a matrix, by row and column."""


def _grants(result: RunResult) -> dict[str, Cells]:
    """Who grants whom access to each application's data, whether by default, and whom somebody has denied it."""
    grants: dict[str, Cells] = defaultdict(dict)
    for instance, tables in result.tables.items():
        for row in tables["sn_mif_trust_config"]:
            if row["grant_access"] or row["customised"]:
                state = "default" if not row["customised"] else "customised" if row["grant_access"] else "denied"
                grants[row["application"]][instance, row["instance"]] = state
    return grants


def _matrix(title: str, corner: str, cells: Cells) -> Iterator[RenderableType]:
    yield Text(title, style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(corner, style="dim")
    columns = list(dict.fromkeys(column for _, column in cells))
    for column in columns:
        table.add_column(column, justify="center")
    for row in dict.fromkeys(row for row, _ in cells):
        table.add_row(row, *(cells.get((row, column), "·") for column in columns))
    yield table
