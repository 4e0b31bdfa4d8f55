"""A plan: what Sync Trust Profiles would change, instance by instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from simulator.report.plan import Flip, Plan, Sign, Sync, TrustChange

_STYLE = {Sign.ADDED: "green", Sign.CHANGED: "yellow", Sign.REMOVED: "red"}


def plan_report(plan: Plan) -> RenderableType:
    """The rows that would change, by capability and instance; the messages that would flip; what to know."""
    heading = Text.assemble((plan.name, "bold"), (f"\n{plan.file}\n{plan.moment}", "dim"))
    if plan.syncs:
        heading.append(f"\nif Sync Trust Profiles is selected on {_who(plan.syncs)}", style="dim")
    if plan.elsewhere:
        lines = ", ".join(map(str, plan.elsewhere))
        heading.append(f"\nthere are other syncs, to be seen with --at LINE: {lines}", style="dim")
    parts: list[RenderableType] = [heading, Text()]
    for what, changes in _by_capability(plan.changes):
        parts += [Text(what, style="bold"), _changes(changes), Text()]
    parts += _flips(plan.flips)
    parts += [Text(f"! {note}", style="yellow") for note in plan.notes]
    if plan.notes:
        parts.append(Text())
    return Group(*parts, Text(plan.summary, style="bold"))


def _who(syncs: Sequence[Sync]) -> str:
    applications: dict[str, list[str]] = defaultdict(list)
    for sync in syncs:
        applications[sync.manager].append(sync.application)
    return "; ".join(f"{manager} for {', '.join(names)}" for manager, names in applications.items())


def _by_capability(changes: Iterable[TrustChange]) -> Iterator[tuple[str, list[TrustChange]]]:
    found: dict[str, list[TrustChange]] = defaultdict(list)
    for change in changes:
        found[f"{change.application} > {change.capability}"].append(change)
    yield from found.items()


def _changes(changes: Iterable[TrustChange]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    last = ""
    for change in changes:
        name = "" if change.instance == last else change.instance
        last = change.instance
        style = _STYLE[change.sign]
        values = " -> ".join(filter(None, (change.before, change.after)))
        what = f"{change.relation} {change.peer}"
        table.add_row(name, Text(f"{change.sign} {what}", style=style), Text(values, style=style))
    return Padding(table, (0, 0, 0, 2))


def _flips(flips: Sequence[Flip]) -> Iterator[RenderableType]:
    """Those to be processed and those to be refused, each with the codes; the reason for a code stands once."""
    for sign, heading in (
        (Sign.ADDED, "Refused now, processed then"),
        (Sign.REMOVED, "Processed now, refused then"),
    ):
        alike = [flip for flip in flips if flip.sign is sign]
        if alike:
            yield from (Text(heading, style="bold"), _flip_table(alike), *_reasons(alike), Text())


def _flip_table(flips: Iterable[Flip]) -> RenderableType:
    table = Table.grid(*(Column(overflow="fold") for _ in range(4)), padding=(0, 2, 0, 0))
    for flip in flips:
        style = _STYLE[flip.sign]
        table.add_row(
            Text(f"{flip.sign} {flip.sender} -> {flip.recipient}", style=style),
            Text(flip.operation, style=style),
            f"{flip.code} by {flip.by}",
            Text(_where(flip), style="dim"),
        )
    return Padding(table, (0, 0, 0, 2))


def _where(flip: Flip) -> str:
    lines = f"line{'s' if len(flip.lines) > 1 else ''} {', '.join(map(str, flip.lines))}" if flip.lines else ""
    times = f"{flip.times} times" if flip.times > max(len(flip.lines), 1) else ""
    return ", ".join(filter(None, (lines, times)))


def _reasons(flips: Iterable[Flip]) -> Iterator[RenderableType]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for flip in flips:
        if flip.reason not in reasons[flip.code]:
            reasons[flip.code].append(flip.reason)
    for code, found in reasons.items():
        more = f" (and {len(found) - 1} more, alike)" if len(found) > 1 else ""
        yield Padding(Text(f"{code}: {found[0]}{more}", style="dim"), (0, 0, 0, 4))
