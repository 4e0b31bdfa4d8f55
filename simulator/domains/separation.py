"""The tables of the CMDB whose records belong to no domain: one for all, and seen by all."""

from __future__ import annotations

NOT_SEPARATED = frozenset(
    {
        # "Domain separation in the CMDB APIs", "Domain-separated tables"
        "cmdb_key_value", "cmdb_metadata_containment", "cmdb_metadata_hosting", "cmdb_rel_ci", "cmdb_rel_type",
        "cmdb_software_instance", "sys_choice", "sys_db_object", "sys_dictionary", "sys_properties",
        # "Domain separation in IRE": identification and inclusion rules are always global
        "cmdb_identifier", "cmdb_identifier_entry", "cmdb_ie_active_config", "cmdb_related_entry",
        # Who sees what: a pair of records, each with its own domain
        "domain_contains", "sys_user_grmember", "sys_user_group_visibility", "sys_user_has_role",
        "sys_user_visibility",
        # Not stated; our choice
        "cmdb_duplicate_lookup_related_allowed_class", "cmdb_ire_data_source_rule",
        "cmdb_ire_reclassification_restriction", "sys_object_source", "sys_rel_source",
    }
)  # fmt: skip
"""All other tables of the CMDB have `sys_domain` and `sys_domain_path`."""
