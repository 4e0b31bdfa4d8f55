"""The names a scenario file may use: what it defines in one place and refers to in another.

They are collected from the raw data before it is checked, so that a wrong name is reported where it stands,
together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pydantic import ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from simulator.journal import Entry
from simulator.scenario.suggestion import did_you_mean
from simulator.store.cmdb.base import base_classes
from simulator.store.cmdb.parts import Attribute, CiClass
from simulator.store.tables import columns_of_class, tables
from simulator.trust.readiness import RELEASES

ONLY_ONE = ""
"""Stands for a name that was left out, which is allowed where there is only one to choose from."""

JOURNAL_FIELDS = tuple(column.name for column in fields(Entry) if column.name != "instance")
SYSTEM_COLUMNS = (
    "sys_id", "sys_created_on", "sys_updated_on", "sys_mod_count", "sys_created_by", "sys_updated_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What a scenario file defines."""

    instances: frozenset[str] = frozenset()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The instances of each group, those of groups in it included."""
    new_names: frozenset[str] = frozenset()
    """Those that steps give instances."""
    operations: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """Operation names by application and capability."""
    without_capabilities: frozenset[str] = frozenset()
    """The applications that only share data."""
    messages: frozenset[str] = frozenset()
    """The names that steps which send give their messages."""
    snapshots: frozenset[str] = frozenset()
    """The names that steps give the snapshots they take."""
    classes: Mapping[str, CiClass] = field(default_factory=dict)
    """The classes that setups of CMDBs declare, whichever instance is given them."""

    @classmethod
    def of(cls, data: object) -> Names:
        """The names in a file's raw data, which may be wrong in any way."""
        root = _mapping(data)
        operations = {
            str(application): {
                str(capability): frozenset(map(str, _mapping(_mapping(offer).get("operations"))))
                for capability, offer in _mapping(_mapping(definition).get("capabilities")).items()
            }
            for application, definition in _mapping(root.get("applications")).items()
        }
        only_sharing = {
            str(application)
            for application, definition in _mapping(root.get("applications")).items()
            if "data_sharing" in _mapping(definition) and "capabilities" not in _mapping(definition)
        }
        steps = root.get("steps")
        of_steps = list(map(_mapping, steps)) if isinstance(steps, list) else []
        groups = _mapping(root.get("groups"))
        snapshots = [_mapping(step.get("snapshot")) for step in of_steps]
        renames = [_mapping(step.get("rename")) for step in of_steps]
        sends = [_mapping(step.get(verb)) for step in of_steps for verb in ("send", "share_data")]
        return cls(
            instances=frozenset(map(str, _mapping(root.get("instances")))),
            groups={str(name): tuple(dict.fromkeys(_members(name, groups, ()))) for name in groups},
            new_names=frozenset(str(new["to"]) for new in renames if "to" in new),
            operations=operations,
            without_capabilities=frozenset(only_sharing),
            messages=frozenset(str(send["as"]) for send in sends if "as" in send),
            snapshots=frozenset(str(snapshot["as"]) for snapshot in snapshots if "as" in snapshot),
            classes={
                str(name): _class(_mapping(definition))
                for step in of_steps
                for name, definition in _classes_of(step).items()
            },
        )


def known_instance(name: str, info: ValidationInfo) -> str:
    """Validates a reference to an instance, which may be a group of one."""
    members = names_in(info).groups.get(name)
    if members is None:
        return known("instance", name, names_in(info).instances)
    if len(members) != 1:
        context = {"name": name, "number": len(members)}
        raise PydanticCustomError("group", "expected one instance; the group {name} has {number}", context)
    return members[0]


def known_instances(name: str, info: ValidationInfo) -> str:
    """Validates a reference to an instance or to a group."""
    names = names_in(info)
    if name in names.groups or name in names.instances:
        return name
    return known("instance", name, names.instances | names.groups.keys())


def without_groups(named: list[str], info: ValidationInfo) -> list[str]:
    """The instances, each once, with the members of a group in its place."""
    groups = names_in(info).groups
    return list(dict.fromkeys(one for name in named for one in groups.get(name, (name,))))


def each_of_groups(by_name: object, info: ValidationInfo) -> object:
    """What is said of a group as said of each of its instances, but of those that are named themselves."""
    if not isinstance(by_name, Mapping):
        return by_name
    groups = names_in(info).groups
    said = {one: it for name, it in by_name.items() if name in groups for one in groups[name]}
    return {**said, **{name: it for name, it in by_name.items() if name not in groups}}


def known_group(name: str, info: ValidationInfo) -> str:
    """Validates the name that a group is given."""
    if name in names_in(info).instances:
        raise PydanticCustomError("group", "{name} is an instance; expected another name", {"name": name})
    if not names_in(info).groups[name]:
        raise PydanticCustomError("group", "the group {name} has no instances", {"name": name})
    return name


def known_application(name: str, info: ValidationInfo) -> str:
    """Validates a reference to an application."""
    return known("application", name, names_in(info).operations)


def known_applications(named: list[str], info: ValidationInfo) -> list[str]:
    """Validates references to applications; without any, to the only one there is, or to all: then it is empty."""
    if named != [ONLY_ONE]:
        return [known_application(name, info) for name in named]
    everything = names_in(info).operations
    return list(everything) if len(everything) == 1 else []


def known_capability(name: str, info: ValidationInfo) -> str:
    """Validates a reference to a capability of the application named before it."""
    application = info.data.get("application")
    if application is None:  # the application itself is wrong, and reported
        return name
    return known_capability_of(application, name, info)


def known_capability_of(application: str, name: str, info: ValidationInfo) -> str:
    """Validates a reference to a capability of an application that there is."""
    if application in names_in(info).without_capabilities:
        raise PydanticCustomError(
            "no_capabilities", "{application} has no capabilities", {"application": application}
        )
    return known("capability", name, names_in(info).operations[application], of=application)


def known_operation(name: str, info: ValidationInfo) -> str:
    """Validates a reference to an operation of the capability named before it."""
    application, capability = info.data.get("application"), info.data.get("capability")
    if application is None or capability is None:
        return name
    return known("operation", name, names_in(info).operations[application][capability], of=capability)


def known_message(name: str, info: ValidationInfo) -> str:
    """Validates a reference to a message that a step names with `as`."""
    return known("message", name, names_in(info).messages)


def known_snapshot(name: str, info: ValidationInfo) -> str:
    """Validates a reference to a snapshot that a step takes."""
    return known("snapshot", name, names_in(info).snapshots)


def known_table(name: str, info: ValidationInfo) -> str:
    """Validates the name of a table that every instance has, or of a class of a CMDB."""
    classes = names_in(info).classes
    if name in tables() or columns_of_class(name, classes):
        return name
    return known("table", name, [*tables(), *base_classes(), *classes])


def known_column(name: str, info: ValidationInfo) -> str:
    """Validates the name of a column of the table named before it."""
    table = info.data.get("table")
    if table is None:
        return name
    own = tables().get(table) or columns_of_class(table, names_in(info).classes)
    return known("column", name, [*(own or ()), *SYSTEM_COLUMNS], of=table)


def known_release(name: str) -> str:
    """Validates the name of a release family."""
    return known("release", name, RELEASES)


def known_journal_field(name: str) -> str:
    """Validates the name of a field of a journal's entries."""
    return known("field", name, JOURNAL_FIELDS, of="a journal's entries")


def known(what: str, name: str, there_are: Collection[str], of: str = "") -> str:
    """The name, if it is one of those; or the only one there is, where it was left out."""
    if name in there_are:
        return name
    names = list(there_are)
    if name == ONLY_ONE and len(names) == 1:
        return names[0]
    context = {"what": what, "name": repr(name), "of": of and f" of {of}", "hint": did_you_mean(name, names)}
    if name == ONLY_ONE:
        raise PydanticCustomError("unnamed", "name the {what}{of}{hint}", context)
    raise PydanticCustomError("unknown_name", "there is no {what} {name}{of}{hint}", context)


def names_in(info: ValidationInfo) -> Names:
    """The names that the file defines of which this is a part."""
    assert isinstance(info.context, Names), "scenarios are validated with the names they define"
    return info.context


def _members(name: object, groups: Mapping[Any, Any], inside: tuple[object, ...]) -> Iterator[str]:
    """The instances of a group; *inside* are the groups around it, none of which is looked through again."""
    content = groups[name]
    for one in content if isinstance(content, list) else [content]:
        if isinstance(one, str) and one in groups:
            if one not in {name, *inside}:
                yield from _members(one, groups, (name, *inside))
        elif isinstance(one, str):
            yield one


def _classes_of(step: Mapping[Any, Any]) -> Mapping[Any, Any]:
    setup = _mapping(_mapping(step.get("configure_cmdb")).get("setup"))
    return {**_mapping(setup.get("classes")), **_mapping(setup.get("tables"))}


def _class(definition: Mapping[Any, Any]) -> CiClass:
    """A class as far as it is one; what is wrong with it is reported where the setup is checked."""
    try:
        return CiClass.model_validate(definition)
    except ValidationError:
        pass
    columns = [definition.get(key) for key in ("attributes", "mandatory", "references")]
    names = [name for some in columns if isinstance(some, list | dict) for name in some if isinstance(name, str)]
    extends = definition.get("extends")
    attributes = {name: Attribute() for name in names}
    return CiClass.model_construct(extends=extends if isinstance(extends, str) else None, attributes=attributes)


def _mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
