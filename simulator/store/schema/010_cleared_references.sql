-- A task outlives the CI that it is about: what refers to a deleted CI is empty from then on.

create table new_duplicate_audit_result (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    "table" text, duplicate_ci text, duplicate_id text, follow_on_task text not null, sys_domain text
    not null default 'global', sys_domain_path text not null default '/'
);
insert into new_duplicate_audit_result select * from duplicate_audit_result;
drop table duplicate_audit_result;
alter table new_duplicate_audit_result rename to duplicate_audit_result;
create index duplicate_audit_result_by_ci on duplicate_audit_result (duplicate_ci);
create index duplicate_audit_result_by_task on duplicate_audit_result (follow_on_task);

create table new_reclassification_task (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    cmdb_ci text, payload text, number text not null unique, short_description text, description text,
    work_notes text, state text not null default '1', active text not null default 'true', sys_domain text not
    null default 'global', sys_domain_path text not null default '/'
);
insert into new_reclassification_task select * from reclassification_task;
drop table reclassification_task;
alter table new_reclassification_task rename to reclassification_task;
create index reclassification_task_by_ci on reclassification_task (cmdb_ci);
