"""Tables, columns and domains that clients add and change: what the instance is built of.

Adding one is what a setup does that states it; what cannot be taken back is refused, and says so.
"""

from __future__ import annotations

import re
from typing import Any, get_args

from simulator.cmdb.classes.columns import Column, Type
from simulator.cmdb.conditions.encoded import Condition, Term
from simulator.cmdb.conditions.queries import Query
from simulator.cmdb.records import ChangeSet, Record
from simulator.protocol.cmdb import ConfigureCmdb
from simulator.rest import errors
from simulator.rest.call import Call
from simulator.rest.writing import values
from simulator.store.cmdb.parts import NAME, TypeName
from simulator.store.records.records import Page

TABLES, COLUMNS, DOMAINS, CONTAINED = "sys_db_object", "sys_dictionary", "domain", "domain_contains"

BUILT_OF = frozenset({TABLES, COLUMNS, DOMAINS, CONTAINED})
"""The tables that say it."""

_CHANGES = {
    TABLES: ("label", "ws_access"),
    COLUMNS: ("column_label", "max_length", "mandatory", "display"),
    DOMAINS: ("parent", "type", "primary", "default", "active", "description"),
    CONTAINED: (),
}
"""What can be changed of a record that is there; the file keeps the other fields, or nothing here goes by them."""

_PARTS = {
    "column_label": "label", "max_length": "max_length", "mandatory": "mandatory", "display": "display",
    "default_value": "default",
}  # fmt: skip
"""The fields of a column, by what a setup calls them."""

_TYPES = get_args(TypeName)

_TABLE = Column("super_class", Type.REFERENCE, reference=TABLES)


def insert(call: Call, table: str, given: dict[str, str]) -> str:
    """Makes a table, a column, a domain, or has a domain contain another; the sys_id. Raises RestError."""
    said = {name: value for name, value in given.items() if value}
    needed = {
        TABLES: ("name",),
        COLUMNS: ("name", "element"),
        DOMAINS: ("name",),
        CONTAINED: ("domain", "contains"),
    }
    missing = [name for name in needed[table] if name not in said]
    if missing:
        raise errors.impossible(f"A record of {table} needs {', '.join(missing)}.")
    named = said["element"] if table == COLUMNS else said["name"] if table == TABLES else "x"
    if re.match(NAME, named) is None:
        raise errors.impossible(f"{named} is no name: expected small letters, figures and _, a letter first.")
    match table:
        case "sys_db_object":
            return _insert_table(call, said)
        case "sys_dictionary":
            return _insert_column(call, said)
        case "domain":
            _refuse_known(call, DOMAINS, name=said["name"])
            stated = {name: value for name, value in said.items() if name in _CHANGES[DOMAINS]}
            _configure(call, {"domains": {said["name"]: _by_name(call, stated)}})
            return _found(call, DOMAINS, name=said["name"])["sys_id"] or ""
    return _contain(call, values.read(call, CONTAINED, said))


def update(call: Call, table: str, record: Record, given: dict[str, str]) -> None:
    """Changes what can be changed of it; a value that it has already is no change. Raises RestError."""
    changes = {name: value for name, value in given.items() if value != (record.get(name) or "")}
    fixed = [name for name in changes if name not in _CHANGES[table]]
    if fixed:
        able = ", ".join(_CHANGES[table]) or "nothing"
        raise errors.impossible(f"{', '.join(fixed)} of a record of {table} cannot be changed, only: {able}.")
    if table == DOMAINS and changes:
        _configure(call, {"domains": {record["name"] or "": _by_name(call, changes)}})
    elif changes:
        _write(call, table, record["sys_id"] or "", values.read(call, table, changes))


def delete(call: Call, table: str, record: Record) -> None:
    """A domain contains another no more; all else stays. Raises RestError."""
    if table != CONTAINED:
        instead = "; set active to false" if table == DOMAINS else ""
        raise errors.impossible(f"A record of {table} stays once it is there, for records may need it{instead}.")
    _contain(call, {**record, "contains": None}, record["contains"])


# -- tables and columns -------------------------------------------------------------------------------------------


def _insert_table(call: Call, said: dict[str, str]) -> str:
    name = said["name"]
    if call.desk.records.has(name, call.desk.model.hierarchy):
        raise errors.impossible(f"There is a table {name} already.")
    one: dict[str, Any] = {"label": said.get("label", "")}
    if above := said.get("super_class"):
        sys_id = values.reference(call, _TABLE, above)
        one["extends"] = _found(call, TABLES, sys_id=sys_id)["name"]
    is_class = one.get("extends") in call.desk.model.hierarchy
    _configure(call, {"classes" if is_class else "tables": {name: one}})
    made = _found(call, TABLES, name=name)
    update(call, TABLES, made, {"ws_access": values.read(call, TABLES, said).get("ws_access") or "true"})
    return made["sys_id"] or ""


def _insert_column(call: Call, said: dict[str, str]) -> str:
    name, element, hierarchy = said["name"], said["element"], call.desk.model.hierarchy
    is_class = name in hierarchy
    is_declared = hierarchy.has_field(hierarchy.chain(name)[-1], "sys_class_name")
    if not is_class and not is_declared:
        raise errors.impossible(f"{name} takes no further columns: it is neither a class nor a table of a setup.")
    if hierarchy.has_field(name, element):
        raise errors.impossible(f"{name} has a column {element} already.")
    one: dict[str, Any] = {part: said[field] for field, part in _PARTS.items() if field in said}
    kind = said.get("internal_type", "string")
    if kind not in (*_TYPES, "reference"):
        raise errors.impossible(f"internal_type cannot be {kind}: expected reference, {', '.join(_TYPES)}.")
    if kind != "reference":
        one["type"] = kind
    elif not call.desk.records.has(said.get("reference", ""), hierarchy):
        raise errors.impossible(f"{element} refers to records: say in reference of which table.")
    else:
        one["reference"] = said["reference"]
    # What a class states of attributes takes the place of what it had: those that are there are stated, too.
    kept: dict[str, Any] = {known: {} for known in hierarchy.own_columns.get(name, {})} if is_class else {}
    _configure(call, {"classes" if is_class else "tables": {name: {"attributes": {**kept, element: one}}}})
    return _found(call, COLUMNS, name=name, element=element)["sys_id"] or ""


# -- domains ------------------------------------------------------------------------------------------------------


def _by_name(call: Call, said: dict[str, str]) -> dict[str, Any]:
    """What is said of a domain in the words of a setup, where a parent is called by its name."""
    read = values.read(call, DOMAINS, said)
    stated = {name: value if value is not None else "" for name, value in read.items()}
    parent = read.get("parent")
    return stated | ({"parent": parent and call.desk.domains.tree.name(parent)} if "parent" in said else {})


def _contain(call: Call, pair: Record, without: str | None = None) -> str:
    """The domain contains another besides what it contains, or contains one no more; the sys_id of the pair."""
    tree, domain, other = call.desk.domains.tree, pair["domain"] or "", pair["contains"]
    if domain not in tree.domains:
        raise errors.impossible(f"{domain} is no domain that could contain others.")
    contained = [one for one in sorted(tree.contained.get(domain, ())) if one != without]
    names = [tree.name(one) for one in (*contained, *([other] if other else []))]
    _configure(call, {"domains": {tree.name(domain): {"contains": list(dict.fromkeys(names))}}})
    return _found(call, CONTAINED, domain=domain, contains=other)["sys_id"] or "" if other else ""


# -- what they share ----------------------------------------------------------------------------------------------


def _configure(call: Call, setup: dict[str, Any]) -> None:
    refusal = call.desk.act(ConfigureCmdb(setup=setup))
    if refusal is not None:
        raise errors.refused(refusal)


def _write(call: Call, table: str, sys_id: str, change: Record) -> None:
    changes = ChangeSet()
    changes.updates[table][sys_id] = change
    problem = call.desk.write(changes, call.caller.name)
    if problem is not None:
        raise errors.impossible(problem)


def _refuse_known(call: Call, table: str, **where: str) -> None:
    if _rows(call, table, **where):
        said = " and ".join(where)
        raise errors.impossible(f"There is another record with this {said}.")


def _found(call: Call, table: str, **where: str | None) -> Record:
    return _rows(call, table, **where)[0]


def _rows(call: Call, table: str, **where: str | None) -> list[Record]:
    groups = tuple((Term(name, "=", value or ""),) for name, value in where.items())
    return call.desk.records.find(table, Page(Query(Condition((groups,))), 1), call.desk.model.hierarchy)
