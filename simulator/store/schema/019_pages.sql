-- A page of a class is found by the index alone: its CIs in the order of their sys_ids.
drop index cmdb_by_class;
create index cmdb_by_class on cmdb (sys_class_name, sys_id);
