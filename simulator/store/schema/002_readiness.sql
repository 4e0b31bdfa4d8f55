-- Installed plugins, with the time at which each was installed.
create table v_plugin (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    id text not null unique, installed_at text not null
);
