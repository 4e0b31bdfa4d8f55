-- People, places and models are identified as CIs are: all that an entry may ask of them is the same whatever its case.

create table sys_user_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user_name text not null collate nocase, name text collate nocase, company text, active text not null default 'true',
    sys_domain text not null default 'global', sys_domain_path text not null default '/',
    email text collate nocase, department text, location text, user_password text, first_name text collate nocase,
    last_name text collate nocase
);
insert into sys_user_new select * from sys_user;
drop table sys_user;
alter table sys_user_new rename to sys_user;
create unique index sys_user_user_name on sys_user (user_name collate binary);
create index sys_user_by_user_name on sys_user (user_name);
create index sys_user_by_name on sys_user (name);

create table cmn_location_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, street text collate nocase, city text collate nocase, state text collate nocase,
    zip text collate nocase, country text collate nocase, parent text, company text,
    sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
insert into cmn_location_new select * from cmn_location;
drop table cmn_location;
alter table cmn_location_new rename to cmn_location;
create index cmn_location_by_name on cmn_location (name);

create table cmdb_model_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, model_number text collate nocase, manufacturer text
);
insert into cmdb_model_new select * from cmdb_model;
drop table cmdb_model;
alter table cmdb_model_new rename to cmdb_model;
create index cmdb_model_by_name on cmdb_model (name);
