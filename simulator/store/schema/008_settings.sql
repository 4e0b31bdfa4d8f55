-- Settings of an application, and which operations bring them.
create table sn_mif_application_setting (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, source_instance text not null, payload text not null,
    unique (application, capability)
);
alter table sn_mif_capability_operation add column settings integer not null default 0;
