-- Which tables clients reach, and with what: the tables that the API serves, those that it serves to everybody, in
-- which order choices stand, and how a user reads times.
alter table sys_db_object add column ws_access text not null default 'true';
alter table sys_choice add column sequence integer;
alter table sys_user add column time_zone text;
alter table sys_user add column date_format text;
alter table sys_user add column time_format text;

create table sys_public (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    page text not null unique, active text not null default 'true'
);

-- Business rules that keep records from being written: a condition each; scripts there are none.
create table sys_script (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, collection text not null, "when" text not null default 'before',
    action_insert text not null default 'false', action_update text not null default 'false',
    action_delete text not null default 'false', filter_condition text, abort_action text not null default 'false',
    "order" integer not null default 100, active text not null default 'true'
);
create index sys_script_by_collection on sys_script (collection);
