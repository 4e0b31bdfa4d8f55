begin;
CREATE TABLE sys_properties (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, value text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, account text not null, type text not null, environment text not null, release text not null,
    public_key text not null
, retired integer not null default 0, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_store_app (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, version text not null
, minimum_version text not null default '', same_version integer not null default 0, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_application_capability (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, name text not null, version text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, name)
);
CREATE TABLE sn_mif_capability_operation (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, name text not null, kind text not null, answer text, cmdb integer not null default 0, settings integer not null default 0, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, capability, name)
);
CREATE TABLE sn_mif_managed_by_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, manager_instance text not null, approval text not null, reason text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, manager_instance)
);
CREATE TABLE sn_mif_managed_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, managed_instance text not null, status text not null, reason text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, managed_instance)
);
CREATE TABLE sn_mif_application_trust_profile (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null unique, name text not null, manager_instance text not null, revision integer not null,
    distributed integer not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_trust_profile_item (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusting_instance text not null,
    trusted_instance text not null, version text not null, active integer not null, description text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, capability, trusting_instance, trusted_instance)
);
CREATE TABLE sn_mif_sync_status (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, revision integer not null, status text not null,
    code text not null, detail text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, instance)
);
CREATE TABLE sn_mif_trusted_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusted_instance text not null, version text not null,
    origin text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, capability, trusted_instance)
);
CREATE TABLE sn_mif_trusting_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusting_instance text not null, version text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, capability, trusting_instance)
);
CREATE TABLE sn_mif_sync_data (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    source_instance text not null, payload text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_message (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    sender_instance text not null, payload text not null, answered integer not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_message_request (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    recipient_instance text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_message_answer (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    request text not null, application text not null, capability text not null, operation text not null,
    source_instance text not null, payload text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE v_plugin (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    id text not null unique, installed_at text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_table_registration (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null unique
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_trust_config (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, grant_access integer not null,
    is_granting_access integer not null, customised integer not null, revision integer not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, instance)
);
CREATE TABLE x_trustsim_quarantine (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    table_name text not null, record text not null, source_instance text not null, content text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (table_name, record)
);
CREATE TABLE cmdb (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    sys_class_name text not null, sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_db_object (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, label text, super_class text
, ws_access text not null default 'true', sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_dictionary (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, element text not null, internal_type text not null default 'string', mandatory text not
    null default 'false', reference text, column_label text, max_length integer, display text not null default 'false', choice integer not null default 0, read_only text not null default 'false', active text not null default 'true', default_value text, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (name, element)
);
CREATE TABLE sys_choice (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, element text not null, value text not null, label text, inactive text not null default
    'false', sequence integer, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (name, element, value)
);
CREATE TABLE cmdb_identifier (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, description text, applies_to text not null, independent text not null, active text not
    null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_identifier_entry (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    identifier text not null, "table" text, attributes text, hybrid_entry_ci_criterion_attributes text, "order"
    integer not null, active text not null, allow_null_attribute text not null, allow_fallback text not null,
    exact_count_match text not null, referenced_field text, condition text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_identifier_entry_by_identifier on cmdb_identifier_entry (identifier);
CREATE TABLE cmdb_related_entry (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    identifier text not null, "table" text not null, referenced_field text, attributes text, "order" integer not
    null, allow_null_attribute text not null, condition text, active text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_related_entry_by_identifier on cmdb_related_entry (identifier);
CREATE TABLE cmdb_ie_active_config (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "table" text not null unique, condition text, active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_metadata_hosting (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    parent_type text not null, child_type text not null, rel_type text not null, is_reverse text not null
    default 'false'
, active text not null default 'true', sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_metadata_containment (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    ci_type text not null, parent_id text, rel_type text not null, always_include text not null default 'false',
    is_reverse text not null default 'false'
, active text not null default 'true', sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_duplicate_lookup_related_allowed_class (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    active text not null default 'true', class text not null, identifier_table text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_reconciliation_definition (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, attributes text, update_with_null text,
    priority integer, condition text, active text not null default 'true', sys_domain text
    not null default 'global', sys_domain_path text not null default '/', sys_overrides text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_datasource_precedence (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, "order" integer not null default 100,
    fall_back text, active text not null default 'true', sys_domain text not null default 'global',
    sys_domain_path text not null default '/', sys_overrides text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_datasource_staleness (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, duration text not null default '0',
    active text not null default 'true', sys_domain text not null default 'global', sys_domain_path text not
    null default '/', sys_overrides text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_dynamic_reconciliation_definition (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, type text not null, applies_to text not null, attributes text not null, condition text, active text
    not null default 'true', sys_domain text not null default 'global', sys_domain_path text not null default '/',
    sys_overrides text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_ire_data_source_rule (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    applies_to text not null, discovery_source text not null, insert_not_allowed text not null default 'true',
    active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_ire_reclassification_restriction (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, source_table text not null, source_inheritance text not null default 'false', target_table text
    not null, target_inheritance text not null default 'false', type text not null, active text not null default
    'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_datasource_last_update (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    discovery_source text not null, class text, attribute text not null, record text not null, updated_on text
    not null, sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_datasource_last_update_by_record on cmdb_datasource_last_update (record, attribute);
CREATE TABLE cmdb_multisource_data (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    discovery_source text not null, class text, attribute text not null, record text not null, value text,
    last_discovered text, updated_on text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_multisource_data_by_record on cmdb_multisource_data (record, attribute);
CREATE TABLE sys_rel_source (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, source_feed text, relation text not null, last_scan text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX sys_rel_source_by_relation on sys_rel_source (relation);
CREATE TABLE cmdb_rel_ci (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    parent text not null, child text not null, type text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (parent, child, type)
);
CREATE INDEX cmdb_rel_ci_by_child on cmdb_rel_ci (child, type);
CREATE TABLE reconcile_duplicate_task (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    number text not null unique, short_description text, description text, work_notes text, state text not null
    default '1', active text not null default 'true', sys_domain text not null default 'global', sys_domain_path
    text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_ire_partial_payloads (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    payload text not null, source text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE cmdb_ire_partial_payloads_index (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    partial_payload text not null, class text, identifier_key text not null, sys_domain text not null default
    'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_ire_partial_payloads_index_by_key on cmdb_ire_partial_payloads_index (identifier_key, sys_domain);
CREATE INDEX cmdb_ire_partial_payloads_index_by_payload on cmdb_ire_partial_payloads_index (partial_payload);
CREATE TABLE cmdb_ire_incomplete_payloads (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    payload text not null, source text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE domain (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, type text, parent text, "primary" text not null default 'false', "default" text
    not null default 'false', active text not null default 'true', description text, sys_domain text,
    sys_domain_path text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE domain_contains (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    domain text not null, contains text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (domain, contains)
);
CREATE TABLE sys_user_grmember (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, "group" text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (user, "group")
);
CREATE TABLE sys_user_has_role (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, role text not null, state text not null default 'active', inherited text not null default 'false', sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (user, role)
);
CREATE TABLE sys_user_visibility (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, domain text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique (user, domain)
);
CREATE TABLE sys_user_group_visibility (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "group" text not null, domain text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system', unique ("group", domain)
);
CREATE TABLE x_trustsim_cmdb_action (
    number integer primary key, envelope text not null unique, at text not null, action text not null, response text
, explanation text);
CREATE TABLE x_trustsim_assigned_user (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, user_name text not null, discovery_source text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sn_mif_application_setting (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, source_instance text not null, payload text not null, sys_created_by text not null default 'system', sys_updated_by text not null default 'system',
    unique (application, capability)
);
CREATE TABLE "sys_object_source" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, id text not null collate nocase, source_feed text, target_table text,
    target_sys_id text, last_scan text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX sys_object_source_by_key on sys_object_source (name, id);
CREATE INDEX sys_object_source_by_target on sys_object_source (target_sys_id);
CREATE TABLE "cmdb_serial_number" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    serial_number text collate nocase, serial_number_type text collate nocase, valid text default 'true', absent text
    default 'false', cmdb_ci text, sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_serial_number_by_number on cmdb_serial_number (serial_number, serial_number_type);
CREATE INDEX cmdb_serial_number_by_ci on cmdb_serial_number (cmdb_ci);
CREATE TABLE "cmdb_software_instance" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, installed_on text, software text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_software_instance_by_ci on cmdb_software_instance (installed_on);
CREATE INDEX cmdb_software_instance_by_software on cmdb_software_instance (software);
CREATE TABLE "cmdb_print_queue_instance" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, installed_on text, sys_domain text not null default 'global', sys_domain_path text not
    null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_print_queue_instance_by_ci on cmdb_print_queue_instance (installed_on);
CREATE TABLE "cmdb_key_value" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    key text collate nocase, value text collate nocase, configuration_item text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_key_value_by_ci on cmdb_key_value (configuration_item);
CREATE TABLE "core_company" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX core_company_by_name on core_company (name);
CREATE TABLE "duplicate_audit_result" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "table" text, duplicate_ci text, duplicate_id text, follow_on_task text not null, sys_domain text
    not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX duplicate_audit_result_by_ci on duplicate_audit_result (duplicate_ci);
CREATE INDEX duplicate_audit_result_by_task on duplicate_audit_result (follow_on_task);
CREATE TABLE "reclassification_task" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    cmdb_ci text, payload text, number text not null unique, short_description text, description text,
    work_notes text, state text not null default '1', active text not null default 'true', sys_domain text not
    null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX reclassification_task_by_ci on reclassification_task (cmdb_ci);
CREATE TABLE "cmdb_rel_type" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, parent_descriptor text, child_descriptor text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_rel_type_by_name on cmdb_rel_type (name);
CREATE TABLE "x_trustsim_inbox" (
    sender text not null, envelope text not null, forget_at text not null, primary key (sender, envelope)
) without rowid;
CREATE TABLE cmn_department (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, id text collate nocase, company text, cost_center text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
, dept_head text, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmn_department_by_name on cmn_department (name);
CREATE TABLE cmn_cost_center (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, account_number text collate nocase,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmn_cost_center_by_name on cmn_cost_center (name);
CREATE TABLE cmn_building (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, location text, floors text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmn_building_by_name on cmn_building (name);
CREATE TABLE cmn_schedule (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmn_schedule_by_name on cmn_schedule (name);
CREATE TABLE business_unit (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, company text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX business_unit_by_name on business_unit (name);
CREATE INDEX cmdb_ire_partial_payloads_by_age on cmdb_ire_partial_payloads (sys_created_on);
CREATE TABLE "sys_user_group" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, sys_domain text not null default 'global', sys_domain_path text not null default
    '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE UNIQUE INDEX sys_user_group_name on sys_user_group (name collate binary);
CREATE INDEX sys_user_group_by_name on sys_user_group (name);
CREATE TABLE sys_user_role (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, description text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_security_acl (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, operation text not null, role text, active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX sys_security_acl_by_name on sys_security_acl (name);
CREATE TABLE oauth_entity (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, client_id text not null unique, client_secret text, oauth_application_user text,
    active text not null default 'true'
, redirect_url text, public_client text not null default 'false', user_field text not null default 'user_name', public_key text, enable_jti_verification text not null default 'true', sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE oauth_credential (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    type text not null, token text not null, user text not null, client_id text not null, expires text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX oauth_credential_by_token on oauth_credential (token);
CREATE TABLE api_key (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, token text not null, user text not null, active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_attachment (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    file_name text not null, content_type text, size_bytes integer not null, table_name text not null,
    table_sys_id text not null, hash text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX sys_attachment_by_record on sys_attachment (table_sys_id);
CREATE TABLE sys_attachment_doc (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    sys_attachment text not null, data text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_tiny_url (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    long_url text not null
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_by_class on cmdb (sys_class_name, sys_id);
CREATE TABLE sys_number (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    category text not null unique, prefix text not null, number integer not null default 1000
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE "sys_user" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user_name text not null collate nocase, name text collate nocase, company text, active text not null default 'true',
    sys_domain text not null default 'global', sys_domain_path text not null default '/',
    email text collate nocase, department text, location text, user_password text, first_name text collate nocase,
    last_name text collate nocase
, time_zone text, date_format text, time_format text, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE UNIQUE INDEX sys_user_user_name on sys_user (user_name collate binary);
CREATE INDEX sys_user_by_user_name on sys_user (user_name);
CREATE INDEX sys_user_by_name on sys_user (name);
CREATE TABLE "cmn_location" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, street text collate nocase, city text collate nocase, state text collate nocase,
    zip text collate nocase, country text collate nocase, parent text, company text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmn_location_by_name on cmn_location (name);
CREATE TABLE "cmdb_model" (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, model_number text collate nocase, manufacturer text
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX cmdb_model_by_name on cmdb_model (name);
CREATE TABLE sys_public (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    page text not null unique, active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE TABLE sys_script (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, collection text not null, "when" text not null default 'before',
    action_insert text not null default 'false', action_update text not null default 'false',
    action_delete text not null default 'false', filter_condition text, abort_action text not null default 'false',
    "order" integer not null default 100, active text not null default 'true'
, sys_created_by text not null default 'system', sys_updated_by text not null default 'system');
CREATE INDEX sys_script_by_collection on sys_script (collection);
CREATE INDEX sys_dictionary_with_default on sys_dictionary (name) where default_value is not null;
CREATE TABLE "x_trustsim_outbox" (
    number integer primary key, envelope text not null unique, due_at text not null, body text not null
);
CREATE TABLE "x_trustsim_journal" (
    number integer primary key, at text not null, outcome text not null, code text not null,
    explanation text not null, envelope text not null, cause text not null, kind text not null, sender text not null,
    recipient text not null, application text not null, capability text not null, operation text not null
);
CREATE TABLE "x_trustsim_alteration" (
    number integer primary key,
    at text not null,
    cause text not null,
    table_name text not null,
    before text,  -- JSON; empty where the row is new
    after text    -- JSON; empty where the row is gone
);
pragma user_version = 30;
commit;
