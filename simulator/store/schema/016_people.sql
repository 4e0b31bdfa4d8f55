-- What people and groups are called is the same whatever its case, as with companies and all else that CIs refer to.

create table sys_user_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    user_name text not null unique, name text collate nocase, company text, active text not null default 'true',
    sys_domain text not null default 'global', sys_domain_path text not null default '/',
    email text, department text, location text, user_password text, first_name text, last_name text
);
insert into sys_user_new select * from sys_user;
drop table sys_user;
alter table sys_user_new rename to sys_user;
create index sys_user_by_name on sys_user (name);

create table sys_user_group_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, sys_domain text not null default 'global', sys_domain_path text not null default
    '/'
);
insert into sys_user_group_new select * from sys_user_group;
drop table sys_user_group;
alter table sys_user_group_new rename to sys_user_group;
create unique index sys_user_group_name on sys_user_group (name collate binary);
create index sys_user_group_by_name on sys_user_group (name);
