-- First-generation data sharing.

-- The applications that take part in it.
create table sn_mif_table_registration (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null unique
);

-- Trust Configuration: a row for every other instance of the account.
create table sn_mif_trust_config (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, grant_access integer not null,
    is_granting_access integer not null, customised integer not null, revision integer not null,
    unique (application, instance)
);
