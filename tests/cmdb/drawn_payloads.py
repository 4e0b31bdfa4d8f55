"""Payloads over the classes of the base data, drawn by chance: what sources send, and much that is wrong in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random  # noqa: TID251 - Hypothesis makes it and prints its seed
from typing import Any

HARDWARE = ("cmdb_ci_linux_server", "cmdb_ci_server", "cmdb_ci_win_server", "cmdb_ci_computer")
APPLICATIONS = ("cmdb_ci_appl", "cmdb_ci_app_server_tomcat", "cmdb_ci_database", "cmdb_ci_db_mysql_instance")
PARTS = ("cmdb_ci_disk", "cmdb_ci_network_adapter", "cmdb_ci_ip_address")
OTHERS = ("cmdb_ci_qualifier", "cmn_location", "cmdb_ci_spkg", "cmdb_ci_service", "no_such_class")
RELATIONS = ("Runs on::Runs", "Contains::Contained by", "Owns::Owned by", "Hosted on::Hosts", "No such::type")
RELATED = ("cmdb_key_value", "cmdb_software_instance", "cmdb_print_queue_instance")

_ENGINE = "glide.identification_engine."
_CHOICES = {
    "skip_duplicates": ("true", "true", "false"),
    "skip_sys_object_source_matching": ("true", "false", "false"),
    "lookup_match.create_duplicate_task_ci.enabled": ("true", "false"),
    "partial_payload_items_max_size": ("1000", "2"),
    "update_without_switch_enabled": ("true", "false"),
}

Values = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """One call: the payload, its source and, where the API is the enhanced one, its options."""

    body: Values
    source: str | None
    options: str | None

    @property
    def is_all_or_nothing(self) -> bool:
        """Whether one error keeps all of it from being committed."""
        return self.options is None or "partial_commits:false" in self.options


def draw_properties(chance: Random) -> dict[str, str]:
    """What an administrator may set, each to one of its values."""
    return {f"{_ENGINE}{name}": chance.choice(values) for name, values in _CHOICES.items()}


def draw_sent(chance: Random, sys_ids: Sequence[str]) -> Sent:
    """A payload that may name some of *sys_ids*, and a way to send it."""
    options = (None, "", "partial_payloads:false", "partial_payloads:false,partial_commits:false")
    sources = ("SCCM", "Other Automated") if chance.random() < 0.97 else ("no such source", None)
    return Sent(_draw_body(chance, sys_ids), chance.choice(sources), chance.choice(options))


def _draw_body(chance: Random, sys_ids: Sequence[str]) -> Values:
    items = [_draw_item(chance, f"i{place}", sys_ids) for place in range(chance.choice((1, 2, 3, 4, 5, 7)))]
    return {
        "items": items,
        "relations": _draw_relations(chance, len(items)),
        "referenceItems": [_draw_reference(chance) for _ in range(chance.choice((0, 0, 1, 2, 3)))],
    }


def _draw_item(chance: Random, internal_id: str, sys_ids: Sequence[str]) -> Values:
    rooms = (HARDWARE, HARDWARE, HARDWARE, APPLICATIONS, PARTS, OTHERS)
    name = chance.choice(chance.choice(rooms))
    is_hardware = name in HARDWARE
    item: Values = {"className": name, "values": _draw_values(chance, name)}
    if chance.random() < 0.6:
        item["internal_id"] = internal_id
    if chance.random() < 0.3:
        item["sys_object_source_info"] = _draw_source(chance)
    if sys_ids and chance.random() < 0.06:
        item["values"]["sys_id"] = chance.choice(sys_ids)
    if chance.random() < 0.15:
        field = chance.choice(("location", "assigned_to", "manufacturer"))
        item["display_values"] = {field: chance.choice(("a", "Beth Anglin", "nobody"))}
    if chance.random() < (0.4 if is_hardware else 0.03):
        item["lookup"] = [_draw_lookup(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
    if chance.random() < (0.4 if is_hardware else 0.05):
        item["related"] = [_draw_related(chance) for _ in range(chance.choice((1, 2)))]
    if chance.random() < 0.1:
        setting = chance.choice(("updateWithoutSwitch", "updateWithoutDowngrade"))
        item["settings"] = {setting: "true"}
    return item


def _draw_values(chance: Random, name: str) -> Values:
    odds: list[tuple[str, tuple[str, ...], float]] = [
        ("name", ("a", "b", "C", "c", "d", "Ä", "ä"), 0.6),
        ("serial_number", ("s1", "s2", "S1"), 0.4),
        ("ram", ("12", "big", ""), 0.2),
        ("no_such_field", ("1",), 0.1),
        ("sys_domain", ("global",), 0.05),
        ("correlation_id", ("k",), 0.1),
        ("last_discovered", ("2024-01-01 00:00:00", "2030-01-01 00:00:00"), 0.15),
        ("discovery_source", ("SomebodyElse",), 0.1),
        ("location", ("nowhere",), 0.1),
    ]
    if name in APPLICATIONS:
        odds += [("cl_port", ("80", "443"), 0.6), ("install_directory", ("/a", "/b"), 0.6)]
        odds += [("running_process_key_parameters", ("p",), 0.6), ("running_process_command", ("x",), 0.5)]
    elif name in PARTS:
        odds += [("mac_address", ("m1", "m2"), 0.6), ("ip_address", ("1.1.1.1",), 0.6), ("netmask", ("n",), 0.6)]
    elif name == "cmdb_ci_spkg":
        odds += [("key", ("k1", "k2"), 0.6)]
    return _some(chance, odds)


def _some(chance: Random, odds: list[tuple[str, tuple[str, ...], float]]) -> Values:
    return {name: chance.choice(values) for name, values, share in odds if chance.random() < share}


def _draw_source(chance: Random) -> Values:
    source: Values = {
        "source_name": chance.choice(("SCCM", "ServiceNow", "other")),
        "source_native_key": chance.choice("1234"),
    }
    if chance.random() < 0.2:
        times = ("2024-01-01 00:00:00", "2025-02-01 00:00:00", "no time")
        source["source_recency_timestamp"] = chance.choice(times)
    return source


def _draw_lookup(chance: Random) -> Values:
    if chance.random() < 0.1:
        return {"className": "cmdb_ci_network_adapter", "values": {"name": "eth", "mac_address": "m1"}}
    values = _some(
        chance,
        [
            ("serial_number", ("l1", "l2"), 0.9),
            ("serial_number_type", ("t", "u"), 0.9),
            ("valid", ("true",), 0.9),
            ("absent", ("false",), 0.9),
        ],
    )
    return _draw_beside(chance, "s", {"className": "cmdb_serial_number", "values": values})


def _draw_related(chance: Random) -> Values:
    values = _some(chance, [("key", ("k1", "k2"), 0.8), ("name", ("n", "m"), 0.8), ("value", ("x", "y"), 0.8)])
    return _draw_beside(chance, "r", {"className": chance.choice(RELATED), "values": values})


def _draw_beside(chance: Random, letter: str, record: Values) -> Values:
    """What lookup and related records may have besides."""
    if chance.random() < 0.3:
        record["internal_id"] = f"{letter}{chance.randrange(9)}"
    if chance.random() < 0.1:
        record["sys_object_source_info"] = _draw_source(chance)
    return record


def _draw_relations(chance: Random, count: int) -> list[Values]:
    relations = []
    has_ids = chance.random() < 0.3
    for _ in range(chance.choice((0, 1, 2, 3, 5))):
        parent, child = chance.randrange(count), chance.randrange(count + (chance.random() < 0.05))
        kind = chance.choice(RELATIONS[:3] if chance.random() < 0.8 else RELATIONS)
        relation: Values = {"parent": parent, "child": child, "type": kind}
        if has_ids:
            relation.update(parent=f"i{parent}", child=chance.choice((f"i{child}", "s1", "r2")))
        if chance.random() < 0.2:
            relation["sys_rel_source_info"] = {"source_name": "SCCM", "source_feed": "g"}
        relations.append(relation)
    return relations


def _draw_reference(chance: Random) -> Values:
    return {
        "referenceField": chance.choice(("cmdb_ci", "location", "software", "installed_on", "managed_by_group")),
        "referenced": chance.choice(("i0", "i1", "i2", "s1", "r1")),
        "referencedBy": chance.choice(("i0", "i1", "i2", "i3", "s2", "r2", "r1")),
    }
