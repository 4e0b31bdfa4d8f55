-- The CMDB. One table holds all configuration items, so that a match over a class and its subclasses is one look
-- into one index. Which of them are a class's, by which columns, says store/classes.py, which also makes the columns
-- and indexes that the classes and identifier entries ask for. All values are text, as in the product's payloads.

create table cmdb (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    sys_class_name text not null, sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmdb_by_class on cmdb (sys_class_name);

-- Classes, and the class each extends.

create table sys_db_object (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, label text, super_class text
);

create table sys_dictionary (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, element text not null, internal_type text not null default 'string', mandatory text not
    null default 'false', reference text, unique (name, element)
);

create table sys_choice (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, element text not null, value text not null, label text, inactive text not null default
    'false', unique (name, element, value)
);

-- Rules without a domain.

create table cmdb_rel_type (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, parent_descriptor text, child_descriptor text
);

create table cmdb_identifier (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, description text, applies_to text not null, independent text not null, active text not
    null
);

create table cmdb_identifier_entry (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    identifier text not null, "table" text, attributes text, hybrid_entry_ci_criterion_attributes text, "order"
    integer not null, active text not null, allow_null_attribute text not null, allow_fallback text not null,
    exact_count_match text not null, referenced_field text, condition text
);
create index cmdb_identifier_entry_by_identifier on cmdb_identifier_entry (identifier);

create table cmdb_related_entry (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    identifier text not null, "table" text not null, referenced_field text, attributes text, "order" integer not
    null, allow_null_attribute text not null, condition text, active text not null
);
create index cmdb_related_entry_by_identifier on cmdb_related_entry (identifier);

create table cmdb_ie_active_config (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "table" text not null unique, condition text, active text not null default 'true'
);

create table cmdb_metadata_hosting (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    parent_type text not null, child_type text not null, rel_type text not null, is_reverse text not null
    default 'false'
);

create table cmdb_metadata_containment (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    ci_type text not null, parent_id text, rel_type text not null, always_include text not null default 'false',
    is_reverse text not null default 'false'
);

create table cmdb_duplicate_lookup_related_allowed_class (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    active text not null default 'true', class text not null, identifier_table text
);

-- Rules with a domain.

create table cmdb_reconciliation_definition (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, attributes text, update_with_null text,
    priority integer, condition text, active text not null default 'true', sys_domain text
    not null default 'global', sys_domain_path text not null default '/', sys_overrides text
);

create table cmdb_datasource_precedence (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, "order" integer not null default 100,
    fall_back text, active text not null default 'true', sys_domain text not null default 'global',
    sys_domain_path text not null default '/', sys_overrides text
);

create table cmdb_datasource_staleness (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, applies_to text not null, discovery_source text not null, duration text not null default '0',
    active text not null default 'true', sys_domain text not null default 'global', sys_domain_path text not
    null default '/', sys_overrides text
);

create table cmdb_dynamic_reconciliation_definition (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, type text not null, applies_to text not null, attributes text not null, condition text, active text
    not null default 'true', sys_domain text not null default 'global', sys_domain_path text not null default '/',
    sys_overrides text
);

create table cmdb_ire_data_source_rule (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    applies_to text not null, discovery_source text not null, insert_not_allowed text not null default 'true',
    active text not null default 'true'
);

create table cmdb_ire_reclassification_restriction (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, source_table text not null, source_inheritance text not null default 'false', target_table text
    not null, target_inheritance text not null default 'false', type text not null, active text not null default
    'true'
);

-- What the sources have said.

create table cmdb_datasource_last_update (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    discovery_source text not null, class text, attribute text not null, record text not null, updated_on text
    not null, sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmdb_datasource_last_update_by_record on cmdb_datasource_last_update (record, attribute);

create table cmdb_multisource_data (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    discovery_source text not null, class text, attribute text not null, record text not null, value text,
    last_discovered text, updated_on text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
);
create index cmdb_multisource_data_by_record on cmdb_multisource_data (record, attribute);

create table sys_object_source (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, id text not null, source_feed text, target_table text, target_sys_id text, last_scan
    text
);
create index sys_object_source_by_key on sys_object_source (name, id);
create index sys_object_source_by_target on sys_object_source (target_sys_id);

create table sys_rel_source (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, source_feed text, relation text not null, last_scan text
);
create index sys_rel_source_by_relation on sys_rel_source (relation);

-- What belongs to configuration items.

create table cmdb_rel_ci (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    parent text not null, child text not null, type text not null, unique (parent, child, type)
);
create index cmdb_rel_ci_by_child on cmdb_rel_ci (child, type);

create table cmdb_serial_number (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    serial_number text, serial_number_type text, valid text default 'true', absent text default 'false', cmdb_ci
    text, sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmdb_serial_number_by_number on cmdb_serial_number (serial_number, serial_number_type);
create index cmdb_serial_number_by_ci on cmdb_serial_number (cmdb_ci);

create table cmdb_software_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, installed_on text, software text
);
create index cmdb_software_instance_by_ci on cmdb_software_instance (installed_on);

create table cmdb_print_queue_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text, installed_on text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
);
create index cmdb_print_queue_instance_by_ci on cmdb_print_queue_instance (installed_on);

create table cmdb_key_value (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    key text, value text, configuration_item text
);
create index cmdb_key_value_by_ci on cmdb_key_value (configuration_item);

-- What the engine leaves for people, and for later.

create table reconcile_duplicate_task (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    number text not null unique, short_description text, description text, work_notes text, state text not null
    default '1', active text not null default 'true', sys_domain text not null default 'global', sys_domain_path
    text not null default '/'
);

create table duplicate_audit_result (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "table" text, duplicate_ci text not null, duplicate_id text, follow_on_task text not null, sys_domain text
    not null default 'global', sys_domain_path text not null default '/'
);
create index duplicate_audit_result_by_ci on duplicate_audit_result (duplicate_ci);
create index duplicate_audit_result_by_task on duplicate_audit_result (follow_on_task);

create table reclassification_task (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    cmdb_ci text not null, payload text, number text not null unique, short_description text, description text,
    work_notes text, state text not null default '1', active text not null default 'true', sys_domain text not
    null default 'global', sys_domain_path text not null default '/'
);
create index reclassification_task_by_ci on reclassification_task (cmdb_ci);

create table cmdb_ire_partial_payloads (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    payload text not null, source text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
);

create table cmdb_ire_partial_payloads_index (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    partial_payload text not null, class text, identifier_key text not null, sys_domain text not null default
    'global', sys_domain_path text not null default '/'
);
create index cmdb_ire_partial_payloads_index_by_key on cmdb_ire_partial_payloads_index (identifier_key, sys_domain);
create index cmdb_ire_partial_payloads_index_by_payload on cmdb_ire_partial_payloads_index (partial_payload);

create table cmdb_ire_incomplete_payloads (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    payload text not null, source text, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
);

-- Domains, and who sees which.

create table domain (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, type text, parent text, "primary" text not null default 'false', "default" text
    not null default 'false', active text not null default 'true', description text, sys_domain text,
    sys_domain_path text not null
);

create table domain_contains (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    domain text not null, contains text not null, unique (domain, contains)
);

create table core_company (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, sys_domain text not null default 'global', sys_domain_path text not null default
    '/'
);

create table sys_user (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user_name text not null unique, name text, company text, active text not null default 'true', sys_domain
    text not null default 'global', sys_domain_path text not null default '/'
);

create table sys_user_group (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, sys_domain text not null default 'global', sys_domain_path text not null default
    '/'
);

create table sys_user_grmember (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, "group" text not null, unique (user, "group")
);

create table sys_user_has_role (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, role text not null, unique (user, role)
);

create table sys_user_visibility (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user text not null, domain text not null, unique (user, domain)
);

create table sys_user_group_visibility (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "group" text not null, domain text not null, unique ("group", domain)
);

-- The simulator's own.

-- What the CMDB was told to do, in order, and what it answered.
create table x_trustsim_cmdb_action (
    number integer primary key, envelope text not null unique, at text not null, action text not null, response text
);
