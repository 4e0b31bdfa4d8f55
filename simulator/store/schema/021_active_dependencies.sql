-- A hosting or containment rule that an instance does not go by: base rules are in every file.
alter table cmdb_metadata_hosting add column active text not null default 'true';
alter table cmdb_metadata_containment add column active text not null default 'true';
