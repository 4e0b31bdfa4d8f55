"""A call of the IRE API: how its answer came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from simulator.cmdb.explanation import AttemptExplanation, AttributeExplanation, Candidate, ItemExplanation

_STYLES = {"MATCHED": "green", "MULTI_MATCH": "bold red", "NO_MATCH": "", "SKIPPED": "dim"}


def explanation_report(items: Sequence[ItemExplanation], domain_names: Mapping[str, str]) -> RenderableType:
    """A tree for each item: what was tried and came upon which CIs, then who won each attribute and why."""
    return Group(*(_item(item, domain_names) for item in items))


def _item(item: ItemExplanation, names: Mapping[str, str]) -> Tree:
    where = ", ".join(map(str, item.indices)) or "from a stored partial payload"
    heading = Text.assemble((f"item {where}: {item.class_name} ", "bold"))
    if item.errors:
        heading.append(", ".join(item.errors), style="bold red")
    else:
        heading.append(f"{item.operation} {item.sys_id} in {names.get(item.domain or '', 'global')}")
    tree = Tree(heading)
    for warning in item.warnings:
        tree.add(Text(f"warning: {warning}", style="yellow"))
    for attempt in item.attempts:
        branch = tree.add(_attempt(attempt))
        for candidate in attempt.candidates:
            branch.add(_candidate(candidate, names))
    for attribute in item.attributes:
        branch = tree.add(_attribute(attribute))
        for other in attribute.others:
            branch.add(Text(other, style="dim"))
    return tree


def _attempt(explanation: AttemptExplanation) -> Text:
    attempt = explanation.attempt
    if attempt.info:
        what = attempt.info.removesuffix(f" {attempt.result}")
    else:
        attributes = ", ".join((*attempt.attributes, *attempt.hybrid_attributes))
        what = f"{attempt.identifier} [{attributes}] on {attempt.table}"
    text = Text.assemble(f"{what}: ", (attempt.result, _STYLES[attempt.result]))
    if attempt.result == "SKIPPED":
        text.append(", as values are missing", style="dim")
    return text


def _candidate(candidate: Candidate, names: Mapping[str, str]) -> Text:
    domain = names.get(candidate.domain or "", "global")
    mark = ("+ ", "green") if candidate.is_match else ("- ", "red")
    return Text.assemble(mark, (f"{candidate.title} {candidate.sys_id} in {domain}: ", "bold"), candidate.reason)


def _attribute(attribute: AttributeExplanation) -> Text:
    winner = f" of {attribute.winner}" if attribute.winner else ", whoever wrote it"
    text = Text.assemble((attribute.attribute, "bold"), f": {_shown(attribute.value)}{winner}")
    if attribute.value != attribute.sent:
        text.append(f", not {_shown(attribute.sent)} as sent", style="yellow")
    by = f"by {attribute.rule}: " if attribute.rule else ""
    return text.append(f"; {by}{attribute.reason}")


def _shown(value: str | None) -> str:
    return repr(value) if value else "nothing"
