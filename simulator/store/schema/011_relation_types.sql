-- Two relation types of one name are a fault that the API tells of (DUPLICATE_RELATIONSHIP_TYPES), so a file can have them.

create table cmdb_rel_type_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, parent_descriptor text, child_descriptor text
);
insert into cmdb_rel_type_new select * from cmdb_rel_type;
drop table cmdb_rel_type;
alter table cmdb_rel_type_new rename to cmdb_rel_type;
create index cmdb_rel_type_by_name on cmdb_rel_type (name);
