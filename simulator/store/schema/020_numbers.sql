-- How the records of declared tables are numbered: the last number that was given.
create table sys_number (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    category text not null unique, prefix text not null, number integer not null default 1000
);
