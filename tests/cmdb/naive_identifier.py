"""A second identifier, written from the facts and not from the engine: plain lists, looked through from the start.

The facts: in which domains CIs are looked for ("Domain separation in Identification and Reconciliation"), what
identifies a CI and in which order ("Identification rules"), what depends on what ("CMDB dependent relationship
rules"), which duplicates are tolerated ("Detecting duplicate CIs"), and what is kept of items in trouble ("IRE").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Row = dict[str, str | None]

Condition = list[tuple[str, str, str]]
"""Field, "=" or "!=", and value; all hold, or the condition does not."""

ABANDONED, NOT_ALLOWED = "ABANDONED", "RECLASSIFICATION_NOT_ALLOWED"
MAY_BE_COMPLETED = ("MISSING_MATCHING_ATTRIBUTES", "MISSING_DEPENDENCY")


@dataclass(frozen=True)
class Entry:
    """A criterion of a rule, in the order of its number; with *reference* a lookup, with *own* a hybrid one."""

    order: int
    table: str
    attributes: tuple[str, ...]
    reference: str = ""
    own: tuple[str, ...] = ()
    condition: Condition = field(default_factory=list)
    exact: bool = False
    allow_null: bool = False
    fallback: bool = False


@dataclass(frozen=True)
class Rule:
    """An identification rule; *entries* in the order of their numbers."""

    name: str
    applies_to: str
    independent: bool
    entries: list[Entry]


@dataclass(frozen=True)
class State:
    """All that an instance knows: rows, and relations between texts as tuples."""

    superclasses: list[tuple[str, str]]
    """Class and the class it extends."""
    rules: list[Rule]
    inclusion: list[tuple[str, Condition]]
    hosting: list[tuple[str, str, str, str]]
    """Dependent class, host class, type of relation, and which end of it the dependent is."""
    domains: list[tuple[str, str]]
    """Domain and the one above, "" for none; global is none of them."""
    contains: list[tuple[str, str]]
    cis: list[Row]
    lookups: list[Row]
    """Lookup records that are no CIs; `table` names theirs."""
    relations: list[tuple[str, str, str]]
    """Parent, child and type."""
    sources: list[tuple[str, str, str]]
    """Source, key and the CI."""
    platform: bool = False
    rules_first: bool = False
    conditions: bool = False
    skip_duplicates: bool = True
    threshold: int = 5
    now: dict[str, Row] = field(default_factory=dict)
    """What earlier items of a payload have made of CIs, by the CI."""


@dataclass(frozen=True)
class Caller:
    """The user's domain, and the visibility domains of the user and of the user's groups."""

    domain: str
    visible: list[str]


@dataclass(frozen=True)
class Item:
    """A payload item; *lookup* are tables with values, *key* is a source's name and key."""

    class_name: str
    values: dict[str, str]
    lookup: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    key: tuple[str, str] | None = None


@dataclass
class Answer:
    """What becomes of an item."""

    attempts: list[tuple[str, str, tuple[str, ...], str]] = field(default_factory=list)
    """Rule, result, attributes and table; the first, by the source's key, has neither rule nor table."""
    match: str = ""
    operation: str = ""
    problem: str = ""
    kept: str = ""
    """For an item in trouble "partial" or "incomplete", where such are kept."""
    duplicates: tuple[str, ...] = ()
    """Oldest first."""
    task_domain: str | None = None


def identify(
    state: State, caller: Caller, items: list[Item], relations: list[tuple[int, int, str]], call: str
) -> list[Answer]:
    """What the engine must say of each item; *call* is "plain", "enhanced" or "enhanced, nothing kept"."""
    seen = candidate_domains(state, caller)
    state = replace(state, now={})
    answers = [Answer() for _ in items]
    hosts: list[list[tuple[int, str, str]]] = [
        _hosts(state, items, relations, place) for place in range(len(items))
    ]
    left = list(range(len(items)))
    while left:
        place = next(one for one in left if not [host for host, _, _ in hosts[one] if host in left])
        left.remove(place)
        _identify(state, seen, items, place, hosts[place], answers)
        _look_at_lookups(state, seen, items[place], answers[place])
        if answers[place].match and not answers[place].problem:
            made = {**items[place].values, "sys_class_name": items[place].class_name}
            state.now[answers[place].match] = {**state.now.get(answers[place].match, {}), **made}
        if call == "enhanced" and answers[place].problem:
            answers[place].kept = _kept(state, items[place], answers[place], hosts[place], answers)
    if call == "plain" and [answer for answer in answers if answer.problem]:
        for answer in answers:
            answer.problem = answer.problem or ABANDONED
    return answers


# -- domains ---------------------------------------------------------------------------------------------


def candidate_domains(state: State, caller: Caller) -> list[str]:
    """The domains whose CIs can match."""
    if not state.platform:
        return [caller.domain]
    every = ["global", *(domain for domain, _ in state.domains)]
    if caller.domain == "global":
        return every
    tops = [caller.domain, *caller.visible]
    contained = [caller.domain]
    for domain in contained:
        contained += [other for one, other in state.contains if one == domain and other not in contained]
    return ["global", *(one for one in every if [top for top in tops + contained if _is_below(state, one, top)])]


def _is_below(state: State, domain: str, top: str) -> bool:
    above = [parent for one, parent in state.domains if one == domain]
    return domain == top or bool(above and _is_below(state, above[0], top))


# -- one item --------------------------------------------------------------------------------------------


def _identify(
    state: State,
    seen: list[str],
    items: list[Item],
    place: int,
    hosts: list[tuple[int, str, str]],
    answers: list[Answer],
) -> None:
    item, answer, rule = items[place], answers[place], _rule(state, items[place].class_name)
    if rule is None:
        answer.problem = "IDENTIFICATION_RULE_MISSING"
        return
    tables = [entry.table for entry in rule.entries if entry.reference]
    if [table for table, _ in item.lookup if not [one for one in tables if _is_a(state, table, one)]]:
        answer.problem = "IDENTIFICATION_RULE_FOR_LOOKUP_MISSING"
        return
    if "sys_id" in item.values:
        _match(state, [ci for ci in _visible(state, seen) if ci["sys_id"] == item.values["sys_id"]], item, answer)
        answer.problem = answer.problem or ("" if answer.match else "INVALID_INPUT_DATA")
        return
    if not rule.independent:
        if len(hosts) != 1:
            answer.problem = "MULTIPLE_DEPENDENCIES" if hosts else "MISSING_DEPENDENCY"
            return
        if answers[hosts[0][0]].problem:
            answer.problem = ABANDONED
            return
    tried = _tried(state, rule)
    can_run = [one for one in tried if _can_run(state, item, one[1])]
    if not (state.rules_first and can_run):
        _by_source(state, seen, item, answer)
        if answer.match:
            return
    answer.operation = "INSERT"
    if not can_run:
        answer.problem = "MISSING_MATCHING_ATTRIBUTES"
    if not rule.independent and not answers[hosts[0][0]].match:
        return
    host = None if rule.independent else (answers[hosts[0][0]].match, *hosts[0][1:])
    for name, entry in tried:
        result = "SKIPPED"
        if (name, entry) in can_run:
            result = _try(state, seen, item, entry, host, answer)
        answer.attempts.append((name, result, entry.attributes, entry.table))
        if result in ("MATCHED", "MULTI_MATCH"):
            return


def _by_source(state: State, seen: list[str], item: Item, answer: Answer) -> None:
    if item.key is None:
        answer.attempts.append(("", "SKIPPED", (), ""))
        return
    targets = [target for name, key, target in state.sources if not _differs(f"{name} {key}", " ".join(item.key))]
    found = [ci for target in targets for ci in _visible(state, seen) if ci["sys_id"] == target]
    result = ("MATCHED", ("source_name", "source_native_key")) if found else ("NO_MATCH", ())
    answer.attempts.append(("", *result, "sys_object_source" if found else ""))
    _match(state, found[:1], item, answer)


def _try(
    state: State, seen: list[str], item: Item, entry: Entry, host: tuple[str, str, str] | None, answer: Answer
) -> str:
    if entry.reference:
        found = _by_lookup(state, seen, item, entry)[:1]
    else:
        found = [ci for ci in _visible(state, seen) if _is_a(state, ci["sys_class_name"] or "", entry.table)]
        names = [name for name in entry.attributes if _value(item, name) or not entry.allow_null]
        found = [ci for ci in found if not [n for n in names if _differs(ci.get(n), _value(item, n))]]
        if state.conditions:
            found = [ci for ci in found if _holds(entry.condition, ci)]
        if host is not None:
            found = [ci for ci in found if _is_related(state, host, ci["sys_id"] or "")]
        found = sorted(found, key=_age)
    if len(found) > 1:
        answer.duplicates = tuple(ci["sys_id"] or "" for ci in found)
        answer.task_domain = found[0]["sys_domain"]
        if not _tolerates(state, len(found)):
            answer.problem = "MULTIPLE_DUPLICATE_RECORDS" if host is None else "MULTI_MATCH"
            return "MULTI_MATCH"
    _match(state, found[:1], item, answer)
    return "MATCHED" if found else "NO_MATCH"


def _by_lookup(state: State, seen: list[str], item: Item, entry: Entry) -> list[Row]:
    """The CIs that the item's lookup records belong to, the one to take first."""
    sent = [values for table, values in item.lookup if _is_a(state, table, entry.table)]
    sent = [values for values in sent if not [name for name in entry.attributes if not values.get(name)]]
    shared = []
    for ci in sorted(_visible(state, seen), key=_age):
        if [name for name in entry.own if _differs(ci.get(name), item.values.get(name))]:
            continue
        records = [
            row for row in _records(state, seen, entry, entry.condition) if row[entry.reference] == ci["sys_id"]
        ]
        count = 0
        for values in sent:
            same = [row for row in records if not [n for n in entry.attributes if _differs(row.get(n), values[n])]]
            count += bool(same)
        shared.append((count, ci))
    least = len(sent) if entry.exact else max([1, *(count for count, _ in shared)])
    return [ci for count, ci in shared if count >= least]


def _records(state: State, seen: list[str], entry: Entry, condition: Condition) -> list[Row]:
    """The lookup records that count: CIs, or rows of a table with domains, are looked for in the same domains."""
    cis = [ci for ci in state.cis if _is_a(state, ci["sys_class_name"] or "", entry.table)]
    rows = [row for row in cis if not row.get("duplicate_of")]
    rows += [row for row in state.lookups if row["table"] == entry.table]
    return [row for row in rows if row["sys_domain"] in seen and _holds(condition, row)]


def _look_at_lookups(state: State, seen: list[str], item: Item, answer: Answer) -> None:
    """Equal lookup records of one CI are duplicates, too."""
    rule = _rule(state, item.class_name)
    if rule is None or not answer.match or answer.problem not in ("", NOT_ALLOWED):
        return
    for table, values in item.lookup:
        fitting = [entry for entry in rule.entries if entry.reference and _is_a(state, table, entry.table)]
        entry = sorted(fitting, key=lambda one: one.order)[0]
        rows = [row for row in _records(state, seen, entry, []) if row[entry.reference] == answer.match]
        same = [row for row in rows if not [n for n in entry.attributes if _differs(row.get(n), values.get(n))]]
        if len(same) > 1 and not _tolerates(state, len(same)):
            answer.problem = "MULTI_MATCH"


def _tolerates(state: State, count: int) -> bool:
    return state.skip_duplicates and count < state.threshold


def _match(state: State, found: list[Row], item: Item, answer: Answer) -> None:
    """The first of *found*, if there is one, is the CI; its class may have to change."""
    if not found:
        return
    answer.match = found[0]["sys_id"] or ""
    ci = {**found[0], **state.now.get(answer.match, {})}
    have = ci["sys_class_name"] or ""
    changed = [name for name, value in item.values.items() if ci.get(name) != value]
    answer.operation = "UPDATE" if changed else "NO_CHANGE"
    if have == item.class_name:
        return
    upgrade, downgrade = _is_a(state, item.class_name, have), _is_a(state, have, item.class_name)
    answer.operation = "UPDATE_WITH_" + ("UPGRADE" if upgrade else "DOWNGRADE" if downgrade else "SWITCH")
    if _rule(state, have) is not _rule(state, item.class_name):
        answer.problem = NOT_ALLOWED


def _visible(state: State, seen: list[str]) -> list[Row]:
    """The CIs that can match at all."""
    return [
        ci
        for ci in state.cis
        if ci["sys_domain"] in seen
        and not ci.get("duplicate_of")
        and not [
            1
            for table, condition in state.inclusion
            if _is_a(state, ci["sys_class_name"] or "", table) and not _holds(condition, ci)
        ]
    ]


# -- rules -----------------------------------------------------------------------------------------------


def _is_a(state: State, name: str, ancestor: str) -> bool:
    above = [parent for one, parent in state.superclasses if one == name]
    return name == ancestor or bool(above and _is_a(state, above[0], ancestor))


def _rule(state: State, name: str) -> Rule | None:
    """The rule of the class, or of the nearest ancestor that has one."""
    own = [rule for rule in state.rules if rule.applies_to == name]
    above = [parent for one, parent in state.superclasses if one == name]
    return own[0] if own else _rule(state, above[0]) if above else None


def _tried(state: State, rule: Rule) -> list[tuple[str, Entry]]:
    """The entries with their rules' names: the rule's own, then those that it falls back to."""
    entries = [(rule.name, entry) for entry in sorted(rule.entries, key=lambda one: one.order)]
    above = [parent for one, parent in state.superclasses if one == rule.applies_to]
    next_rule = _rule(state, above[0]) if above else None
    if not rule.independent and next_rule and [entry for entry in rule.entries if entry.fallback]:
        entries += _tried(state, next_rule)
    return entries


def _can_run(state: State, item: Item, entry: Entry) -> bool:
    if entry.reference:
        whole = [
            values
            for table, values in item.lookup
            if _is_a(state, table, entry.table) and not [name for name in entry.attributes if not values.get(name)]
        ]
        return bool(whole) and not [name for name in entry.own if not item.values.get(name)]
    have = [name for name in entry.attributes if _value(item, name)]
    if not entry.allow_null:
        return len(have) == len(entry.attributes)
    return [name for name in have if name != "sys_class_name"] != []


def _value(item: Item, name: str) -> str | None:
    return item.class_name if name == "sys_class_name" else item.values.get(name)


def _hosts(
    state: State, items: list[Item], relations: list[tuple[int, int, str]], place: int
) -> list[tuple[int, str, str]]:
    """The items that this one depends on, with the relation's type and the end that this one is."""
    rule = _rule(state, items[place].class_name)
    if rule is None or rule.independent or "sys_id" in items[place].values:
        return []
    found = []
    for parent, child, kind in relations:
        for dependent, host, type_, end in state.hosting:
            me, other = (parent, child) if end == "parent" else (child, parent)
            fits = me == place and kind == type_ and _is_a(state, items[place].class_name, dependent)
            if fits and _is_a(state, items[other].class_name, host):
                found.append((other, type_, end))
    return found


def _is_related(state: State, host: tuple[str, str, str], ci: str) -> bool:
    host_id, kind, end = host
    return ((ci, host_id, kind) if end == "parent" else (host_id, ci, kind)) in state.relations


# -- the rest --------------------------------------------------------------------------------------------


def _kept(
    state: State, item: Item, answer: Answer, hosts: list[tuple[int, str, str]], answers: list[Answer]
) -> str:
    """As what an item in trouble is kept: for a later payload to complete, or for people to look at."""
    if answer.problem == ABANDONED:
        return answers[hosts[0][0]].kept
    has_identity = item.key is not None or _has_criteria(state, item)
    return "partial" if answer.problem in MAY_BE_COMPLETED and has_identity else "incomplete"


def _has_criteria(state: State, item: Item) -> bool:
    """Whether the item has a criterion set of an entry, with null allowed one that has collapsed."""
    rule = _rule(state, item.class_name)
    return bool([1 for _, entry in _tried(state, rule) if _can_run(state, item, entry)]) if rule else False


def _holds(condition: Condition, row: Row) -> bool:
    return not [1 for name, sign, value in condition if _differs(row.get(name), value) == (sign == "=")]


def _differs(one: str | None, other: str | None) -> bool:
    """Text is compared without regard to case."""
    return (one or "").lower() != (other or "").lower()


def _age(row: Row) -> tuple[str, str]:
    return row.get("sys_created_on") or "", row["sys_id"] or ""
