"""What flipped between two results: verdicts, steps, what became of messages, trust, and tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from simulator.report.arrows import Arrow, Fate, arrows_of
from simulator.report.compare import content
from simulator.report.files.machine import as_json
from simulator.report.files.markdown import table, text_of
from simulator.report.numbers import counted
from simulator.report.result import BrokenRun, Run, RunResult, StepResult

NOTHING = "nothing"
"""What stands for the side that has it not."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One thing that is not as it was."""

    run: str
    """The name of the scenario."""
    aspect: str
    """Verdict, step, message, trust or table."""
    what: str
    before: str
    after: str


_Told = Mapping[str, str]
"""What is so in one result, by what it is about."""


def flips_between(before: Sequence[Run], after: Sequence[Run]) -> list[Flip]:
    """Everything, run by run. A run is known by its scenario's name; where each side has one, they are the same.

    Not told are times and ids, and copies that end no envelope: they depend on the network and on the seed.
    """
    ones, others = _by_name(before), _by_name(after)
    if len(ones) == len(others) == 1:
        others = dict(zip(ones, others.values(), strict=True))
    return [
        flip
        for name in dict.fromkeys([*ones, *others])
        for flip in _flips(name[0], ones.get(name), others.get(name))
    ]


def _by_name(runs: Sequence[Run]) -> dict[tuple[str, int], Run]:
    """By name, and by number where several have one name."""
    seen = Counter[str]()
    found = {}
    for run in runs:
        found[run.title, seen[run.title]] = run
        seen[run.title] += 1
    return found


def _flips(name: str, before: Run | None, after: Run | None) -> Iterator[Flip]:
    if (said := _verdict(before)) != (now := _verdict(after)):
        yield Flip(name, "verdict", "the run", said, now)
    if not isinstance(before, RunResult) or not isinstance(after, RunResult):
        return
    yield from _flips_of_steps(name, before.steps, after.steps)
    for aspect, told in _ASPECTS.items():
        ones, others = told(before), told(after)
        for what in dict.fromkeys([*ones, *others]):
            one, other = ones.get(what, NOTHING), others.get(what, NOTHING)
            if one != other:
                yield Flip(name, aspect, what, one, other)
    yield from _flips_of_tables(name, before, after)


def _verdict(run: Run | None) -> str:
    match run:
        case None:
            return "not run"
        case BrokenRun():
            return f"broken off: {run.error}"
    return str(run.verdict)


def _flips_of_steps(name: str, before: Sequence[StepResult], after: Sequence[StepResult]) -> Iterator[Flip]:
    """Steps are the same by their words and order: others may have been put between them."""
    matcher = SequenceMatcher(None, [it.text for it in before], [it.text for it in after], autojunk=False)
    for _, low, high, other_low, other_high in matcher.get_opcodes():
        for one, other in zip_longest(before[low:high], after[other_low:other_high]):
            if one is None or other is None or one.text != other.text:
                yield from (Flip(name, "step", _called(it), _end(it), NOTHING) for it in [one] if it)
                yield from (Flip(name, "step", _called(it), NOTHING, _end(it)) for it in [other] if it)
            elif _end(one) != _end(other):
                yield Flip(name, "step", _called(other), _end(one), _end(other))


def _called(step: StepResult) -> str:
    return f"line {step.line}: {step.text}"


def _end(step: StepResult) -> str:
    said = f"{step.verdict}: {step.outcome}" if step.outcome else str(step.verdict)
    return "; ".join([said, *(f"wanted {it.wanted}, seen {it.seen}" for it in step.failures)])


def _messages(run: RunResult) -> _Told:
    """By kind and way of messages what became of them, such as "processed, refused (no_trust_record)"."""
    fates: dict[str, Counter[str]] = defaultdict(Counter)
    for arrow in arrows_of(run):
        if arrow.fate not in {Fate.REPEATED, Fate.UNREADABLE}:
            fates[_way(arrow)][f"{arrow.fate} ({arrow.code})" if arrow.code else str(arrow.fate)] += 1
    return {
        way: ", ".join(fate if number == 1 else f"{number} {fate}" for fate, number in sorted(ends.items()))
        for way, ends in fates.items()
    }


def _way(arrow: Arrow) -> str:
    return (
        f"{arrow.sender}: {arrow.what}"
        if arrow.is_inside
        else f"{arrow.sender} -> {arrow.recipient}: {arrow.what}"
    )


def _trust(run: RunResult) -> _Told:
    return {
        f"{it.trustor} trusts {it.trustee}: {it.application} > {it.capability}": f"{it.version} {it.origin}"
        for it in run.trust
    }


_ASPECTS: Mapping[str, Callable[[RunResult], _Told]] = {"message": _messages, "trust": _trust}


def _flips_of_tables(name: str, before: RunResult, after: RunResult) -> Iterator[Flip]:
    for instance in dict.fromkeys([*before.tables, *after.tables]):
        ones, others = before.tables.get(instance, {}), after.tables.get(instance, {})
        for table_name in dict.fromkeys([*ones, *others]):
            if table_name == "sn_mif_trusted_instance":
                continue  # the trust records
            rows = Counter(map(content, ones.get(table_name, ())))
            new = Counter(map(content, others.get(table_name, ())))
            what = f"{table_name} on {instance}"
            yield from (Flip(name, "table", what, row, NOTHING) for row in (rows - new).elements())
            yield from (Flip(name, "table", what, NOTHING, row) for row in (new - rows).elements())


# -- told -----------------------------------------------------------------------------------------------


def in_words(flips: Sequence[Flip]) -> str:
    """Such as "3 flips: 1 verdict, 2 trust"."""
    if not flips:
        return "nothing flipped"
    numbers = Counter(flip.aspect for flip in flips)
    return (
        f"{counted(len(flips), 'flip')}: {', '.join(f'{number} {aspect}' for aspect, number in numbers.items())}"
    )


def flips_report(flips: Sequence[Flip]) -> RenderableType:
    """For a person at a terminal: each with what was before (-) and is after (+)."""
    parts: list[RenderableType] = []
    for name in dict.fromkeys(flip.run for flip in flips):
        parts.append(Text(name, style="bold"))
        grid = Table.grid(padding=(0, 2))
        for _ in range(2):
            grid.add_column(overflow="fold")
        for flip in flips:
            if flip.run == name:
                told = Text.assemble(
                    flip.what, "\n", (f"- {flip.before}", "red"), "\n", (f"+ {flip.after}", "green")
                )
                grid.add_row(Text(f"  {flip.aspect}", style="dim"), told)
        parts += [grid, Text()]
    return Group(*parts, Text(in_words(flips), style="bold"))


def flips_to_markdown(flips: Sequence[Flip]) -> str:
    """For tickets and wikis."""
    cells = ([text_of(each) for each in (it.run, it.aspect, it.what, it.before, it.after)] for it in flips)
    parts = [f"# {in_words(flips)}"]
    parts += [table(["scenario", "", "what", "before", "after"], list(cells))] if flips else []
    return "\n\n".join(parts) + "\n"


def flips_to_json(flips: Sequence[Flip]) -> str:
    """For programs."""
    return as_json([asdict(flip) for flip in flips])
