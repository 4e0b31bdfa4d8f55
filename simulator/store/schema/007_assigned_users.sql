-- As whom a peer's data goes into the CMDB, and which data does.
create table x_trustsim_assigned_user (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, user_name text not null, discovery_source text not null
);
alter table sn_mif_capability_operation add column cmdb integer not null default 0;
