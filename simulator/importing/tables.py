"""What is read of an instance: tables and columns, never a password, a token or a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.store.cmdb.base import base_properties
from simulator.trust.readiness import SUPPORTS_TLS


@dataclass(frozen=True, slots=True)
class Table:
    """A table to read."""

    columns: tuple[str, ...]
    references: Mapping[str, str] = field(default_factory=dict)
    """Those of the columns that refer to records, with the tables of these."""
    called: tuple[str, ...] = ("name",)
    """The columns by which people know its records, and exports without sys_ids name them."""
    is_needed: bool = False
    """Whether there is nothing to import without it."""


_RULE = ("name", "applies_to", "discovery_source", "active", "sys_domain", "sys_overrides")
_IN_DOMAIN = {"sys_domain": "domain"}
_APPLICATION = {"application": "sys_store_app"}

RECORD_TABLES: Mapping[str, Table] = {
    "core_company": Table(("name", "sys_domain"), _IN_DOMAIN),
    "cmdb_ie_active_config": Table(("table", "condition", "active")),
    "cmdb_reconciliation_definition": Table(
        (*_RULE, "attributes", "update_with_null", "priority", "condition"), _IN_DOMAIN
    ),
    "cmdb_datasource_precedence": Table((*_RULE, "order", "fall_back"), _IN_DOMAIN),
    "cmdb_datasource_staleness": Table((*_RULE, "duration"), _IN_DOMAIN),
    "cmdb_dynamic_reconciliation_definition": Table(
        ("name", "type", "applies_to", "attributes", "condition", "active", "sys_domain", "sys_overrides"),
        _IN_DOMAIN,
    ),
    "cmdb_ire_data_source_rule": Table(("applies_to", "discovery_source", "insert_not_allowed", "active")),
    "cmdb_ire_reclassification_restriction": Table(
        ("name", "source_table", "source_inheritance", "target_table", "target_inheritance", "type", "active")
    ),
    "cmdb_duplicate_lookup_related_allowed_class": Table(("active", "class", "identifier_table")),
}
"""Those whose rows a setup takes as they are, as its `records`."""

TABLES: Mapping[str, Table] = {
    "sys_db_object": Table(
        ("name", "label", "super_class"), {"super_class": "sys_db_object"}, ("name", "label"), is_needed=True
    ),
    "sys_dictionary": Table(
        (
            "name", "element", "column_label", "internal_type", "max_length", "mandatory", "display", "reference",
            "active", "default_value",
        ),
        is_needed=True,
    ),
    "sys_choice": Table(("name", "element", "value", "label", "inactive", "language", "sequence")),
    "sys_properties": Table(("name", "value")),
    "cmdb_rel_type": Table(("name",)),
    "cmdb_identifier": Table(("name", "description", "applies_to", "independent", "active"), is_needed=True),
    "cmdb_identifier_entry": Table(
        (
            "identifier", "table", "attributes", "hybrid_entry_ci_criterion_attributes", "order", "active",
            "allow_null_attribute", "allow_fallback", "exact_count_match", "referenced_field", "condition",
        ),
        {"identifier": "cmdb_identifier"},
        is_needed=True,
    ),
    "cmdb_related_entry": Table(
        (
            "identifier", "table", "attributes", "order", "active", "allow_null_attribute", "referenced_field",
            "condition",
        ),
        {"identifier": "cmdb_identifier"},
    ),
    "cmdb_metadata_hosting": Table(
        ("parent_type", "child_type", "rel_type", "is_reverse", "active"), {"rel_type": "cmdb_rel_type"}
    ),
    "cmdb_metadata_containment": Table(
        ("ci_type", "parent_id", "rel_type", "is_reverse", "active"),
        {"rel_type": "cmdb_rel_type", "parent_id": "cmdb_metadata_containment"},
        (),
    ),
    **RECORD_TABLES,
    "domain": Table(
        ("name", "type", "parent", "primary", "default", "active", "description"), {"parent": "domain"}
    ),
    "domain_contains": Table(("domain", "contains"), {"domain": "domain", "contains": "domain"}),
    "sys_user": Table(("user_name", "name", "active", "sys_domain"), _IN_DOMAIN, ("user_name", "name")),
    "sys_user_group": Table(("name", "sys_domain"), _IN_DOMAIN),
    "sys_user_grmember": Table(("user", "group"), {"user": "sys_user", "group": "sys_user_group"}),
    "sys_user_role": Table(("name",)),
    "sys_user_has_role": Table(("user", "role", "state"), {"user": "sys_user", "role": "sys_user_role"}),
    "sys_user_visibility": Table(("user", "domain"), {"user": "sys_user", "domain": "domain"}),
    "sys_user_group_visibility": Table(("group", "domain"), {"group": "sys_user_group", "domain": "domain"}),
    "sn_mif_instance": Table(("name", "account", "type", "environment", "release", "retired")),
    "sys_store_app": Table(("name", "version", "minimum_version", "same_version")),
    "sn_mif_application_capability": Table(("application", "name", "version"), _APPLICATION),
    "sn_mif_capability_operation": Table(
        ("application", "capability", "name", "kind", "answer", "cmdb", "settings"),
        {**_APPLICATION, "capability": "sn_mif_application_capability"},
    ),
    "sn_mif_table_registration": Table(("application",), _APPLICATION),
}  # fmt: skip
"""All that is read, in the order in which it is."""

INSTANCE_NAME = "instance_name"
"""The property in which an instance keeps its own name."""

PROPERTIES = (*base_properties(), SUPPORTS_TLS, INSTANCE_NAME)
"""The properties that decide something here."""
