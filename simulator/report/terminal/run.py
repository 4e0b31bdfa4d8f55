"""A finished run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report import causes
from simulator.report.answers import answer_in_words
from simulator.report.matrices import is_nobody_trusted, matrices_of, spans
from simulator.report.result import (
    BrokenRun,
    Failure,
    MutantResult,
    Run,
    RunResult,
    SeedResult,
    SeedVerdict,
    StepResult,
    SweepResult,
    Verdict,
)
from simulator.report.totals import MARKS, figures, is_met, since, totals

_STYLE = {Verdict.MET: "green", Verdict.NOT_MET: "bold red"}


def step_line(step: StepResult, total: int) -> str:
    """One step in one plain line, for progress."""
    return f"{step.number:>3}/{total}  {step.verdict:<7}  {step.seconds or 0:6.2f} s  {step.text}"


def report(result: RunResult, *, verbose: bool, objections: Sequence[str] = ()) -> RenderableType:
    """One run: its steps, who trusts and grants whom, each failure, and the verdict as the last line.

    *verbose*, also why the refused were refused where that was expected, and what every instance journalled.
    *objections* are what else lets it fail.
    """
    told, failures = _told(result, verbose=verbose), failures_report(result.file, result.steps)
    return Group(told, failures, *_again(result), _verdict(is_met(result), figures(result), objections))


def run_line(run: Run, width: int) -> Text:
    """One run of several, in one line; names of files have columns of that *width*."""
    file = Text(f"  {run.told_file}  ")
    file.pad_right(max(0, width + 4 - file.cell_len))
    if isinstance(run, BrokenRun):
        return Text.assemble((f"{_BROKEN_OFF:<{_VERDICT}}", "bold red"), file)
    verdict = (f"{MARKS[run.verdict]:<{_VERDICT}}", _STYLE[run.verdict])
    return Text.assemble(verdict, file, (figures(run), "dim"))


_BROKEN_OFF = "✗ broken off"
_VERDICT = len(_BROKEN_OFF)


def run_in_full(result: RunResult) -> RenderableType:
    """One run of several with all that there is to tell but its failures, which come at the end."""
    return Group(_told(result, verbose=True), _verdict(is_met(result), figures(result)), Text())


def closing(runs: Sequence[Run], seconds: float | None = None, objections: Sequence[str] = ()) -> RenderableType:
    """The end of runs: each that failed, with all of its failures, and the verdict on all as the last line.

    *seconds* is how long all of it took, *objections* are what else lets them fail.
    """
    figures = totals(runs) if seconds is None else f"{totals(runs)}, {seconds:.2f} s"
    parts = [_failed(run) for run in runs if not is_met(run)]
    return Group(*parts, _verdict(all(map(is_met, runs)), figures, objections))


def _failed(run: Run) -> RenderableType:
    heading = Text.assemble((run.name, "bold"), (f"\n{run.told_file}", "dim"))
    if isinstance(run, BrokenRun):
        return Group(heading, Text(f"broken off: {run.error}", style="bold red"), Text())
    return Group(heading, failures_report(run.file, run.steps), *_again(run), Text())


def _told(result: RunResult, *, verbose: bool) -> RenderableType:
    parts: list[RenderableType] = [Text.assemble((result.name, "bold"), (f"\n{result.told_file}", "dim"))]
    parts.append(_steps(result.steps))
    if verbose:
        parts += _reasons(result.steps)
    elif explained := list(
        dict.fromkeys(str(step.line) for step in result.steps if step.reasons and not step.failures)
    ):
        lines = f"line{'' if len(explained) == 1 else 's'} {', '.join(explained)}"
        parts += [Text(f"Refused or expired as expected: {lines}; -v explains it.", style="dim"), Text()]
    parts += _trust(result)
    if verbose:
        parts.append(_journal(result))
    return Group(*parts)


def _again(result: RunResult) -> Iterator[Text]:
    if result.replay:
        yield Text(f"virtual time, journal {result.fingerprint}\nagain with: {result.replay}", style="dim")


def _verdict(is_good: bool, figures: str, objections: Sequence[str] = ()) -> Text:
    verdict = Verdict.MET if is_good and not objections else Verdict.NOT_MET
    return Text(", ".join([f"{MARKS[verdict]}: {figures}", *objections]), style=_STYLE[verdict])


def steps_report(file: str, steps: Sequence[StepResult]) -> RenderableType:
    """What became of steps, why the refused were refused, and each failure."""
    return Group(_steps(steps), *_reasons(steps), failures_report(file, steps))


def failures_report(file: str, steps: Sequence[StepResult]) -> RenderableType:
    """What is not as the steps expect it."""
    return Group(*(_failure(file, failure) for step in steps for failure in step.failures))


def sweep_report(sweep: SweepResult) -> RenderableType:
    """How many seeds held, and for those that did not what was broken and how to run them again."""
    numbers = {verdict: sweep.number_of(verdict) for verdict in SeedVerdict}
    heading = Text.assemble((sweep.name, "bold"), (f"\n{sweep.told_file}", "dim"), f"\n{sweep.weather} weather, ")
    heading.append(
        ", ".join(f"{number} {verdict}" for verdict, number in numbers.items() if number),
        style="green" if sweep.verdict is SeedVerdict.HELD else "bold red",
    )
    number = len(sweep.seeds)
    heading.append(f" of {number} seeds, {number / max(sweep.seconds, 1e-9):.1f} seeds/s")
    parts: list[RenderableType] = [heading]
    if sweep.calm:
        parts.append(_calm(sweep.calm))
    groups: list[RenderableType] = [_group(sweep, group) for group in causes.groups_of(sweep)]
    for unseen in sweep.unseen:
        said = Text(f"  never seen in {number} seeds  {unseen.text}")
        groups.append(Group(Text(f"{sweep.file}:{unseen.line}", style="bold"), said))
    parts += [Text(), *groups] if groups else []
    return Group(*parts)


def _calm(calm: SeedResult) -> Text:
    if calm.verdict is SeedVerdict.HELD:
        return Text("in calm weather it holds")
    return Text(f"in calm weather it does not hold either: it is {calm.verdict}", style="bold red")


def _group(sweep: SweepResult, group: causes.Group) -> RenderableType:
    """One example in full, and the seeds that share it."""
    example, *others = group.seeds
    heading = Text(f"seed {example.seed}: {example.verdict}", style="bold")
    if others:
        heading.append(f"; {len(others)} more alike: {', '.join(spans([str(it.seed) for it in others]))}")
    if group.is_calm:
        heading.append("; in calm weather, too")
    parts: list[RenderableType] = [
        heading,
        Text(f"  journal {example.fingerprint}\n  again   {sweep.replay(example)}", style="dim"),
    ]
    parts += [Padding(Text(f"broken  {broken}"), (0, 0, 0, 2)) for broken in group.broken]
    parts += [_failure(sweep.file, failure) for failure in group.failures] or [Text()]
    return Group(*parts)


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


def _steps(steps: Sequence[StepResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("line", justify="right", style="dim")
    table.add_column("step", overflow="fold")
    table.add_column("what became of it", overflow="fold")
    table.add_column("expected", no_wrap=True)
    for step in steps:
        verdict = Text(MARKS[step.verdict], style=_STYLE[step.verdict])
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
        after = since(result.journal[0].at, entry.at)
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
    return Padding(Group(Text(failure.place(file), style="bold"), table), (0, 0, 1, 0))


def _trust(result: RunResult) -> Iterator[RenderableType]:
    for matrix in matrices_of(result):
        yield Text(matrix.title, style="bold")
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column(matrix.corner, style="dim")
        for column in matrix.columns:
            table.add_column(Text(column), justify="center")
        for name, cells in matrix.rows:
            table.add_row(Text(name), *map(Text, cells))
        yield table
    if is_nobody_trusted(result):
        yield Text("Nobody trusts anybody.", style="dim")
