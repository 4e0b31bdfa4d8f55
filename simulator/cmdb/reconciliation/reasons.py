"""Why reconciliation decided as it did, in words; only made where somebody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from simulator.cmdb.conditions.encoded import Fields
from simulator.cmdb.explanation import AttributeExplanation
from simulator.cmdb.records import Record, Value
from simulator.cmdb.rules.authority import ClassRules, DynamicRule, Governor, Ranking, StaticRule


class Ground(Enum):
    """Why a source may write an attribute that static rules govern, or why it may not."""

    FIRST = "is the first on record to write it"
    OWN = "wrote it last itself"
    RANK = "ranks no lower than {owner}, which wrote it last"
    STALE = "ranks lower than {owner}, but that has not repeated its value within its effective duration"
    FILLS = "fills an empty field, as glide.reconciliation.override.null allows"
    UNLISTED = "is in none of the rules"
    EMPTIES = "may not empty it, as the attribute is not in Update with Null of its rule"
    OUTRANKED = "ranks lower than {owner}, which wrote it last and whose value is not stale"

    @property
    def is_refusal(self) -> bool:
        """Whether the source may not."""
        return self in _REFUSALS


@dataclass(frozen=True, slots=True)
class Claim:
    """What a source sends for an attribute of a CI, and what the CI has."""

    sys_id: str
    attribute: str
    source: str
    sent: Value
    current: Value

    @property
    def is_news(self) -> bool:
        """Whether the CI has another value."""
        return self.sent != self.current


_REFUSALS = frozenset({Ground.UNLISTED, Ground.EMPTIES, Ground.OUTRANKED})


def ungoverned(rules: ClassRules, claim: Claim) -> AttributeExplanation:
    """The explanation of an attribute that no rule governs."""
    others = tuple(f"{_label(rule)}: its condition does not hold" for rule in rules.rules(claim.attribute))
    reason = f"no rule governs it, so {claim.source} may write"
    return AttributeExplanation(claim.attribute, claim.sent, claim.sent, claim.source, "", reason, others)


def ranked(
    rules: ClassRules, ranking: Ranking, values: Fields, claim: Claim, ground: Ground, owner: str | None
) -> AttributeExplanation:
    """The explanation of an attribute that static rules govern; *owner* is who wrote it last before."""
    winner, value = (owner, claim.current) if ground.is_refusal else (claim.source, claim.sent)
    standing = list(ranking.rule_by_source.values())
    reason = f"{claim.source} {ground.value.format(owner=owner)}"
    if ground.is_refusal:
        reason += f". {_log_line(claim, ranking)}"
    others = [
        f"{_label(rule)}: {rule.source} has priority {rule.priority} and sent nothing now"
        for rule in standing
        if rule.source not in (winner, claim.source)
    ]
    others += _yielding(rules, ranking, claim.attribute, values)
    rule = _label(ranking.rule_by_source.get(winner or "") or standing[0])
    return AttributeExplanation(claim.attribute, claim.sent, value, winner, rule, reason, tuple(others))


def chosen(
    rules: ClassRules,
    rule: DynamicRule,
    values: Fields,
    claim: Claim,
    best: Record | None,
    reports: Iterable[Record],
) -> AttributeExplanation:
    """The explanation of an attribute whose value a dynamic rule chose among *reports*."""
    if best is None:
        value, winner, reason = claim.current, None, "no source reports a value"
    else:
        value, winner = best["value"], best.get("discovery_source")
        reason = f"{rule.choice}: {winner} reported {value!r} at {best.get('updated_on')}"
    others = [
        f"{each.get('discovery_source')}: reported {each.get('value')!r} at {each.get('updated_on')}"
        for each in reports
        if each is not best
    ]
    others += _yielding(rules, rule, claim.attribute, values)
    return AttributeExplanation(claim.attribute, claim.sent, value, winner, _label(rule), reason, tuple(others))


def _log_line(claim: Claim, ranking: Ranking) -> str:
    """What the product writes to its log when rules keep a value out."""
    names = ", ".join(rule.name or rule.sys_id for rule in ranking.rule_by_source.values())
    table = "cmdb_datasource_precedence" if ranking.is_open else "cmdb_reconciliation_definition"
    return (
        f"Reconciliation: update to field '{claim.attribute}' of CI '{claim.sys_id}' was skipped because of rules"
        f" [{names}] defined in {table}"
    )


def _yielding(rules: ClassRules, governor: Governor, name: str, values: Fields) -> list[str]:
    """Why other rules about the attribute did not decide."""
    standing: list[StaticRule] | list[DynamicRule]
    standing = list(governor.rule_by_source.values()) if isinstance(governor, Ranking) else [governor]
    first = standing[0]
    return [
        f"{_label(rule)}: {_difference(rule, first, values)}" for rule in rules.rules(name) if rule not in standing
    ]


def _difference(rule: StaticRule | DynamicRule, first: StaticRule | DynamicRule, values: Fields) -> str:
    if not rule.condition.holds(values):
        return "its condition does not hold"
    if first.attributes and not rule.attributes:
        return "a rule that names the attribute comes before one for all attributes"
    if rule.applies_to != first.applies_to:
        return "a rule on a class nearer to the CI's comes first"
    if isinstance(first, DynamicRule) and isinstance(rule, StaticRule):
        return "a dynamic rule comes before the static ones on its class"
    return "another rule of its kind on the same class comes first"


def _label(rule: StaticRule | DynamicRule) -> str:
    """A rule as people know it: what it is called, and on which class it is."""
    return f"{rule.name or rule.sys_id} on {rule.applies_to}"
