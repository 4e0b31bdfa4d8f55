-- What becomes of an instance: it may be retired, or hold what a clone has brought along.
alter table sn_mif_instance add column retired integer not null default 0;

-- Rows of trust that came with a clone and speak of the instance they came from: kept to be looked at, not in force.
create table x_trustsim_quarantine (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    table_name text not null, record text not null, source_instance text not null, content text not null,
    unique (table_name, record)
);
