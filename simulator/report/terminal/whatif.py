"""What would have been otherwise: in another mode, by other rules, in another order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from simulator.report.numbers import counted
from simulator.report.whatif import (
    Difference,
    ModeComparison,
    OrderCheck,
    OrderFinding,
    RulesComparison,
    Variant,
    counts_of,
)


def mode_report(comparison: ModeComparison) -> RenderableType:
    """The counts of the three ways side by side, then what is otherwise than in strict mode."""
    heading = Text(comparison.instance, style="bold")
    heading.append(f": {counted(comparison.payloads, 'payload')}", style="not bold")
    if not comparison.has_domains:
        heading.append("; there are no domains, so the mode makes no difference", style="not bold")
        return heading
    parts: list[RenderableType] = [heading, _counts(comparison.variants), _increase(comparison)]
    told: tuple[Difference, ...] = ()
    for variant in comparison.variants[1:]:
        if variant.differences:
            parts += [Text(), Text(f"{variant.name}, against strict", style="bold")]
            parts.append(Text("  as above") if variant.differences == told else _differences(variant))
            told = variant.differences
    return Group(*parts)


def rules_report(comparison: RulesComparison) -> RenderableType:
    """The counts by the rules as they are and by the changed ones, then what is otherwise."""
    heading = Text(comparison.instance, style="bold")
    found = "" if comparison.differs else "; the changed rules make no difference"
    heading.append(f": {counted(comparison.payloads, 'payload')}{found}", style="not bold")
    parts: list[RenderableType] = [heading, _counts(comparison.variants)]
    if comparison.differs:
        parts += [Text("by the changed rules", style="bold"), _differences(comparison.variants[1])]
    return Group(*parts)


def _counts(variants: Sequence[Variant]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for variant in variants:
        table.add_column(variant.name, justify="right")
    for title, *values in counts_of(variants):
        table.add_row(title, *values, style="bold" if len(set(values)) > 1 else "dim")
    return table


def _increase(comparison: ModeComparison) -> Text:
    (strict_before, strict_after), (before, after) = comparison.increase
    return Text(
        f"De-duplication tasks before payload {comparison.switch_at} and from then on: {before} and {after} with"
        f" the switch, {strict_before} and {strict_after} without it."
    )


def _differences(variant: Variant) -> RenderableType:
    """What has the same happen to it with the same payloads stands in one place."""
    subjects: dict[tuple[str, str, tuple[int, ...]], list[str]] = defaultdict(list)
    for each in variant.differences:
        subjects[each.kind, each.detail, each.payloads].append(each.subject)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for (kind, detail, payloads), named in subjects.items():
        where = f"payload{'s' * (len(payloads) > 1)} {', '.join(map(str, payloads))}"
        table.add_row(kind, Text.assemble(", ".join(named), (f"\n{detail}; {where}", "dim")))
    return Padding(table, (0, 0, 0, 2))


def order_report(check: OrderCheck) -> RenderableType:
    """Each CI whose end depends on the order, with both orders and what each payload is."""
    heading = Text(check.instance, style="bold")
    cis = len({finding.subject for finding in check.findings})
    found = f"the order matters for {counted(cis, 'CI')}" if cis else "the order does not matter"
    tried = f"{counted(check.shuffles, 'shuffle')} with seed {check.seed}"
    heading.append(f": {counted(len(check.payloads), 'payload')}, {tried}: {found}", style="not bold")
    parts: list[RenderableType] = [heading]
    for finding in check.findings:
        parts += [Text(), *_order_finding(check, finding)]
    return Group(*parts)


def _order_finding(check: OrderCheck, finding: OrderFinding) -> Iterator[RenderableType]:
    yield Text(finding.subject, style="bold")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("attribute")
    for order in finding.orders:
        table.add_column(f"after {', '.join(map(str, order))}", overflow="fold")
    for value in finding.values:
        table.add_row(value.attribute, _shown(value.first), _shown(value.second))
    yield table
    for payload in sorted(set(finding.orders[0])):
        yield Text(f"  {payload}: {check.payloads[payload - 1]}", style="dim")


def _shown(value: str | None) -> Text:
    return Text(value) if value else Text("empty", style="dim")
