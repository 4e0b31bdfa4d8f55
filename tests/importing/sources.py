"""Instances to import from, served in process: the reader asks the REST API that any client asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import httpx

from simulator.importing.document import Document, document
from simulator.importing.login import Login
from simulator.importing.rest import Reader, client_of
from simulator.importing.rows import Rows
from simulator.importing.tables import TABLES
from simulator.protocol.http import Request, Response
from simulator.store.setups.document import read_document
from simulator.transport.http import asgi_app
from tests.fleet import START
from tests.rest.client import Api

HOST = "prod1.example"
ADMIN = Login("admin", "admin")

EVERYTHING: dict[str, Any] = {
    "properties": {
        "glide.identification_engine.platform_domain_separation_enabled": True,
        "glide.identification_engine.skip_duplicates.threshold": 7,
        "glide.identification_engine.multisource_enabled": True,
    },
    "sources": ["Acme Scan"],
    "relation_types": ["Feeds::Fed by"],
    "domains": {
        "TOP": {"primary": True},
        "Acme": {"parent": "TOP", "type": "msp", "contains": ["Initech"], "description": "The first customer"},
        "Initech": {"parent": "TOP", "active": False},
        "Lobby": {"parent": "TOP", "default": True},
    },
    "groups": {"ops": {"domain": "Acme", "visibility": ["Initech"]}, "idle": {}},
    "users": {
        "ann": {"domain": "Acme", "roles": ["itil", "asset"], "groups": ["ops"], "visibility": ["TOP"]},
        "ben": {"domain": "global"},
        "cleo": {},
        "admin": {"roles": ["admin", "itil"]},
    },
    "classes": {
        "u_badge_reader": {
            "extends": "cmdb_ci_hardware",
            "label": "Badge Reader",
            "attributes": {
                "u_door": {},
                "u_floors": {"type": "integer", "default": "3"},
                "u_site": {"reference": "cmn_location", "label": "Where it is", "mandatory": True},
                "u_kind": {"choices": {"in": "Inside", "out": 'Outside: "the gate"'}, "max_length": 40},
            },
        },
        "u_turnstile": {"extends": "u_badge_reader"},
        "cmdb_ci_hpux_server": {"label": "HP-UX", "attributes": ["u_patch"]},
        "cmdb_ci_esx_server": {"attributes": {"morid": {"mandatory": True}, "u_rack": {}}},
        "cmdb_ci_dns_name": {"mandatory": ["service_provider"]},
        "cmdb_ci_storage_server": {"attributes": {"cim_object_path": {"max_length": 255}}},
    },
    "identifiers": [
        {
            "name": "Hardware Rule",
            "applies_to": "cmdb_ci_hardware",
            "entries": [
                {"order": 300, "attributes": ["name"], "sys_id": "556eb250c3400200d8d4bea192d3ae92"},
                {
                    "order": 400,
                    "attributes": ["mac_address", "name"],
                    "table": "cmdb_ci_network_adapter",
                    "referenced_field": "cmdb_ci",
                    "condition": "install_status!=100^EQ",
                    "active": False,
                },
            ],
        },
        {
            "name": "Badges",
            "applies_to": "u_badge_reader",
            "description": 'By door, or the serial number: what the "gate" says.',
            "entries": [
                {"order": 100, "attributes": ["u_door", "name"], "allow_null_attribute": True, "sys_id": "b" * 32}
            ],
            "related": [
                {
                    "order": 1,
                    "attributes": ["key"],
                    "table": "cmdb_key_value",
                    "referenced_field": "configuration_item",
                }
            ],
        },
        {
            "name": "Turnstiles",
            "applies_to": "u_turnstile",
            "independent": False,
            "entries": [
                {
                    "order": 50,
                    "attributes": ["serial_number"],
                    "table": "cmdb_serial_number",
                    "referenced_field": "cmdb_ci",
                    "hybrid_entry_ci_criterion_attributes": ["name"],
                    "exact_count_match": True,
                },
                {"order": 60, "attributes": ["name"], "allow_fallback": True},
            ],
        },
        {
            "name": "Software",
            "applies_to": "cmdb_ci_spkg",
            "active": False,
            "entries": [{"order": 100, "attributes": ["key"]}],
        },
    ],
    "hosting": [
        {"parent_type": "u_badge_reader", "rel_type": "Feeds::Fed by", "child_type": "cmdb_ci_server"},
        {
            "parent_type": "cmdb_ci_disk",
            "rel_type": "Hosted on::Hosts",
            "child_type": "cmdb_ci_hardware",
            "active": False,
        },
    ],
    "containment": [
        {
            "parent_type": "u_badge_reader",
            "rel_type": "Contains::Contained by",
            "ci_type": "cmdb_ci_disk",
            "is_reverse": True,
        }
    ],
    "records": {
        "core_company": [
            {"sys_id": "c" * 32, "name": "Initrode", "sys_domain": "Acme"},
            {"sys_id": "d" * 32, "name": "Umbrella"},
        ],
        "sys_user": [{"user_name": "ann", "name": "Ann Lee"}],
        "sys_choice": [
            {"name": "cmdb_ci", "element": "discovery_source", "value": "Altiris", "inactive": True},
            {"name": "cmdb_ci", "element": "discovery_source", "value": "Acme Scan", "label": "The scan"},
        ],
        "cmdb_rel_type": [{"sys_id": "1" * 32, "name": "Feeds::Fed by"}],
        "cmdb_ie_active_config": [
            {"sys_id": "2" * 32, "table": "cmdb_ci_server", "condition": "install_status!=7^company.name=Initrode"}
        ],
        "cmdb_reconciliation_definition": [
            {
                "sys_id": "e" * 32,
                "name": "Scans own names",
                "applies_to": "cmdb_ci_server",
                "discovery_source": "Acme Scan",
                "attributes": "name,ram",
                "update_with_null": "ram",
                "priority": 10,
                "sys_domain": "TOP",
            },
            {
                "sys_id": "f" * 32,
                "name": "Not for Initrode, and ann",
                "applies_to": "cmdb_ci_server",
                "discovery_source": "SCCM",
                "attributes": "ram",
                "priority": 20,
                "condition": "company.name=Initrode",
                "sys_domain": "Acme",
                "sys_overrides": "e" * 32,
            },
        ],
        "cmdb_datasource_precedence": [
            {"sys_id": "3" * 32, "applies_to": "cmdb_ci_computer", "discovery_source": "SCCM", "order": 50}
        ],
        "cmdb_datasource_staleness": [
            {
                "sys_id": "4" * 32,
                "applies_to": "cmdb_ci_server",
                "discovery_source": "SCCM",
                "duration": "15 08:00:00",
            }
        ],
        "cmdb_dynamic_reconciliation_definition": [
            {"sys_id": "5" * 32, "applies_to": "cmdb_ci_server", "type": "Largest", "attributes": "disk_space"}
        ],
        "cmdb_ire_data_source_rule": [
            {"sys_id": "6" * 32, "applies_to": "cmdb_ci_server", "discovery_source": "SCCM", "active": False}
        ],
        "cmdb_ire_reclassification_restriction": [
            {
                "sys_id": "7" * 32,
                "name": "No Windows",
                "source_table": "cmdb_ci_linux_server",
                "target_table": "cmdb_ci_win_server",
                "target_inheritance": True,
                "type": "Switch",
            }
        ],
        "cmdb_duplicate_lookup_related_allowed_class": [
            {"sys_id": "8" * 32, "class": "cmdb_ci_server", "identifier_table": "cmdb_serial_number"}
        ],
    },
}
"""A setup with something of all that there is."""


class Served:
    """An instance whose REST API is asked, and what it was asked."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        self.requests.append(request)
        return self.api.instance.serve(request, self.api.now)[0]

    def rows(self, login: Login = ADMIN) -> Rows:
        """All rows that the reader gets."""
        return read(httpx.ASGITransport(asgi_app(self.answer)), login)


def read(transport: httpx.AsyncBaseTransport, login: Login = ADMIN, waited: list[float] | None = None) -> Rows:
    """All rows that the reader gets over a transport; it does not really wait."""

    async def wait(seconds: float) -> None:
        assert waited is not None, "nothing asked for a rest"
        waited.append(seconds)

    async def all_rows() -> Rows:
        async with client_of(f"http://{HOST}", login, transport) as client:
            return await Reader(client, wait, lambda _: None, lambda: START).read()

    return asyncio.run(all_rows())


def imported(api: Api, **options: Any) -> Document:
    """The file that is made of an instance."""
    return document(Served(api).rows(), HOST, **options)


def content(made: Document) -> Any:
    """What the file says."""
    return read_document(made.text, "imported.yaml", dict[str, Any])


def setup_in(made: Document) -> dict[str, Any]:
    """The setup in the file."""
    said = content(made)
    setup: dict[str, Any] = said["steps"][0]["configure_cmdb"]["setup"] if "steps" in said else said
    return setup


# -- exports --------------------------------------------------------------------------------------------


def tables(api: Api, parameters: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All tables as the Table API gives them."""
    for table in TABLES:
        yield table, api.get(f"/api/now/table/{table}?sysparm_limit=10000&{parameters}")


def as_json(records: list[dict[str, Any]]) -> str:
    """An export as the Table API gives it."""
    return json.dumps({"result": records})


def as_xml(table: str, records: list[dict[str, Any]]) -> str:
    """An export as a list is exported; of records with `sysparm_display_value=all`."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<unload unload_date="2026-01-05 08:00:00">']
    for record in records:
        lines.append(f'<{table} action="INSERT_OR_UPDATE">')
        lines += [_element(name, cell) for name, cell in record.items()]
        lines.append(f"</{table}>")
    return "\n".join([*lines, "</unload>"])


def _element(name: str, cell: dict[str, str]) -> str:
    shown = f" display_value={quoteattr(cell['display_value'])}" if "link" in cell else ""
    return f"<{name}{shown}>{escape(cell['value'])}</{name}>" if cell["value"] else f"<{name}/>"


Export = Callable[[str, list[dict[str, Any]]], str]
