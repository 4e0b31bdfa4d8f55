-- Roles as records, and who may do what over the REST API.

-- A role's sys_id is its name, so that what says which roles a user has can be read as it stands.
create table sys_user_role (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, description text
);
insert into sys_user_role
    select distinct role, '2000-01-01 00:00:00', '2000-01-01 00:00:00', 0, role, null from sys_user_has_role;
alter table sys_user_has_role add column state text not null default 'active';
alter table sys_user_has_role add column inherited text not null default 'false';

-- Who may read, create, write and delete the records of a table, or a field of them; several rules for one thing
-- and operation each let somebody in.
create table sys_security_acl (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, operation text not null, role text, active text not null default 'true'
);
create index sys_security_acl_by_name on sys_security_acl (name);
