-- What identifies records compares without regard to case (cmdb/text.py), and so do the indexes over it.

create table sys_object_source_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, id text not null collate nocase, source_feed text, target_table text,
    target_sys_id text, last_scan text
);
insert into sys_object_source_new select * from sys_object_source;
drop table sys_object_source;
alter table sys_object_source_new rename to sys_object_source;
create index sys_object_source_by_key on sys_object_source (name, id);
create index sys_object_source_by_target on sys_object_source (target_sys_id);

create table cmdb_serial_number_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    serial_number text collate nocase, serial_number_type text collate nocase, valid text default 'true', absent text
    default 'false', cmdb_ci text, sys_domain text not null default 'global', sys_domain_path text not null default '/'
);
insert into cmdb_serial_number_new select * from cmdb_serial_number;
drop table cmdb_serial_number;
alter table cmdb_serial_number_new rename to cmdb_serial_number;
create index cmdb_serial_number_by_number on cmdb_serial_number (serial_number, serial_number_type);
create index cmdb_serial_number_by_ci on cmdb_serial_number (cmdb_ci);

create table cmdb_software_instance_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, installed_on text, software text
);
insert into cmdb_software_instance_new select * from cmdb_software_instance;
drop table cmdb_software_instance;
alter table cmdb_software_instance_new rename to cmdb_software_instance;
create index cmdb_software_instance_by_ci on cmdb_software_instance (installed_on);
create index cmdb_software_instance_by_software on cmdb_software_instance (software);

create table cmdb_print_queue_instance_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text collate nocase, installed_on text, sys_domain text not null default 'global', sys_domain_path text not
    null default '/'
);
insert into cmdb_print_queue_instance_new select * from cmdb_print_queue_instance;
drop table cmdb_print_queue_instance;
alter table cmdb_print_queue_instance_new rename to cmdb_print_queue_instance;
create index cmdb_print_queue_instance_by_ci on cmdb_print_queue_instance (installed_on);

create table cmdb_key_value_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    key text collate nocase, value text collate nocase, configuration_item text
);
insert into cmdb_key_value_new select * from cmdb_key_value;
drop table cmdb_key_value;
alter table cmdb_key_value_new rename to cmdb_key_value;
create index cmdb_key_value_by_ci on cmdb_key_value (configuration_item);

create table core_company_new (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null collate nocase, sys_domain text not null default 'global', sys_domain_path text not null
    default '/'
);
insert into core_company_new select * from core_company;
drop table core_company;
alter table core_company_new rename to core_company;
create index core_company_by_name on core_company (name);
