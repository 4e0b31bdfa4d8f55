"""A payload of the Identification and Reconciliation API that a class accepts, with whatever it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from pydantic_core import to_jsonable_python

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.conditions.encoded import Condition
from simulator.cmdb.rules.identifiers import Dependency, Entry, Rule
from simulator.cmdb.rules.model import Model
from simulator.protocol.cmdb import Identify
from simulator.refusal import Refusal
from simulator.runtime.cmdb import Cmdb
from simulator.scenario.suggestion import did_you_mean
from simulator.store.cmdb.domains import load_domains
from simulator.store.cmdb.model import load_model
from simulator.store.cmdb.reader import CmdbReader
from simulator.store.cmdb.store import CmdbStore


class NoSampleError(ValueError):
    """No payload can be made of a class; the text says why, and what would mend it."""


def sample(model: Model, class_name: str) -> dict[str, Any]:
    """A body that makes new CIs of the class and of what it depends on, by the rules that *model* has.

    Every attribute that an entry of its identification rule asks for has a value, and so has every mandatory one;
    entries of other tables become lookup items. Raises NoSampleError.
    """
    if class_name not in model.hierarchy:
        raise NoSampleError(
            f"there is no class {class_name!r}{did_you_mean(class_name, model.hierarchy.parent_by_class)}"
        )
    making = _Sample(model)
    making.item(class_name, ())
    body: dict[str, Any] = {"items": making.items}
    return body | ({"relations": making.relations} if making.relations else {})


def sample_for(store: CmdbReader, class_name: str) -> dict[str, Any]:
    """See `sample`: by the rules of that CMDB."""
    return sample(load_model(store, load_domains(store).tree), class_name)


def accepted(store: CmdbStore, body: str, source: str) -> list[str]:
    """What the CMDB objects to in that body, which it is only asked about; nothing is written."""
    call = Identify(user="admin", picked=None, source=source, body=body, options=None, enhanced=False, query=True)
    answer = Cmdb(store).call(call, _ASKED_AT)
    if isinstance(answer, Refusal):
        return [answer.explanation]
    found = to_jsonable_python(answer.response)
    parts = [*found["items"], *found.get("relations", [])]
    return [error["message"] for part in parts for error in part.get("errors", [])]


_ASKED_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


@dataclass
class _Sample:
    """The items so far, and what joins them."""

    model: Model
    items: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def item(self, name: str, dependents: tuple[str, ...]) -> int:
        """Adds an item of the class and returns its index; *dependents* wait for it, the first one longest."""
        rule = self.model.rules.rule_of(self.model.hierarchy, name)
        if rule is None:
            raise NoSampleError(f"no identification rule applies to {name}: give it one, or to a class above it")
        made: dict[str, Any] = {"className": name, "values": self._values(name, rule)}
        self.items.append(made)
        index = len(self.items) - 1
        lookups = [entry for entry in rule.entries if entry.is_lookup]
        if lookups:
            made["lookup"] = [self._lookup(entry) for entry in lookups]
        if not rule.independent:
            self._host(index, name, (*dependents, name))
        return index

    def _host(self, index: int, name: str, dependents: tuple[str, ...]) -> None:
        """What the item depends on, by the first rule that does not lead back to it."""
        rules = self.model.rules.dependencies_of(self.model.hierarchy, name)
        if not rules:
            raise NoSampleError(f"{name} depends on another CI, and no hosting or containment rule says on which")
        problems = []
        for rule in rules:
            host = rule.child if rule.dependent_is_parent else rule.parent
            if any(self.model.hierarchy.is_a(each, host) for each in dependents):
                problems.append(f"{name} depends on {host}, which depends on {name}")
                continue
            items, relations = len(self.items), len(self.relations)
            try:
                self._relate(index, self.item(host, dependents), rule)
            except NoSampleError as problem:
                problems.append(str(problem))
                del self.items[items:], self.relations[relations:]
            else:
                return
        raise NoSampleError("; ".join(dict.fromkeys(problems)))

    def _relate(self, dependent: int, host: int, rule: Dependency) -> None:
        parent, child = (dependent, host) if rule.dependent_is_parent else (host, dependent)
        self.relations.append({"parent": parent, "child": child, "type": rule.relation})

    def _values(self, name: str, rule: Rule) -> dict[str, str]:
        own = [entry for entry in rule.entries if not entry.is_lookup]
        wanted = [each for entry in own for each in (*entry.attributes, *entry.hybrid_attributes)]
        columns = self.model.hierarchy.columns(name)
        display = [each for each in ("name",) if each in columns]
        values = {}
        for attribute in dict.fromkeys([*display, *wanted, *self.model.hierarchy.mandatory(name)]):
            if attribute in columns and columns[attribute].type is not Type.REFERENCE:
                values[attribute] = self._value(name, columns[attribute])
        return values

    def _lookup(self, entry: Entry) -> dict[str, Any]:
        columns = self.model.hierarchy.columns(entry.table)
        wanted = dict.fromkeys([*entry.attributes, *self.model.hierarchy.mandatory(entry.table)])
        values = {
            each: self._value(entry.table, columns[each])
            for each in wanted
            if each in columns and each != entry.referenced_field and columns[each].type is not Type.REFERENCE
        }
        return {"className": entry.table, "values": values | _wanted_by(entry.condition, columns)}

    def _value(self, name: str, column: Column) -> str:
        """One that no other item has, as far as the column's type lets it."""
        number = next(self._numbers)
        if column.label_by_choice:
            return next(iter(column.label_by_choice))
        match column.type:
            case Type.INTEGER | Type.LONG | Type.DECIMAL:
                return str(number)
            case Type.BOOLEAN:
                return "true"
            case Type.DATE:
                return "2026-01-05"
            case Type.DATE_TIME:
                return "2026-01-05 10:00:00"
            case Type.GUID:
                return f"{number:032x}"
        match column.element:
            case "ip_address":
                return f"192.0.2.{number}"
            case "mac_address":
                return f"00:00:5E:00:53:{number:02X}"
            case "name":
                return f"{name.removeprefix('cmdb_ci_').removeprefix('cmdb_').replace('_', '-')}-{number}"
        return f"{column.element}-{number}"[-column.max_length :]


def _wanted_by(condition: Condition, columns: Mapping[str, Column]) -> dict[str, str]:
    """The values for which an entry looks, such as valid=true^absent=false."""
    terms = [one for query in condition.queries[:1] for alternatives in query for one in alternatives[:1]]
    return {one.field: one.value for one in terms if one.operator == "=" and one.field in columns}
