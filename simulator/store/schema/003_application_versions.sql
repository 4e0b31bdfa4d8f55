-- Which versions of an application take part.
alter table sys_store_app add column minimum_version text not null default '';
alter table sys_store_app add column same_version integer not null default 0;
