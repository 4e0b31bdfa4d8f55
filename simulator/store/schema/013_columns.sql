-- What the dictionary says of columns, and the tables that base fields of CIs refer to.

alter table sys_dictionary add column column_label text;
alter table sys_dictionary add column max_length integer;
alter table sys_dictionary add column display text not null default 'false';
alter table sys_dictionary add column choice integer not null default 0;
alter table sys_dictionary add column read_only text not null default 'false';
alter table sys_dictionary add column active text not null default 'true';

alter table sys_user add column email text;
alter table sys_user add column department text;
alter table sys_user add column location text;

create table cmdb_model (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, model_number text, manufacturer text
);
create index cmdb_model_by_name on cmdb_model (name);

create table cmn_location (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, street text, city text, state text, zip text, country text, parent text, company text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmn_location_by_name on cmn_location (name);

create table cmn_department (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, id text collate nocase, company text, cost_center text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmn_department_by_name on cmn_department (name);

create table cmn_cost_center (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, account_number text collate nocase,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmn_cost_center_by_name on cmn_cost_center (name);

create table cmn_building (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, location text, floors text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index cmn_building_by_name on cmn_building (name);

create table cmn_schedule (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase
);
create index cmn_schedule_by_name on cmn_schedule (name);

create table business_unit (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, company text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
create index business_unit_by_name on business_unit (name);

create index sys_user_by_name on sys_user (name collate nocase);
