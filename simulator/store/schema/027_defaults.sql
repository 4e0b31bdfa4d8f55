-- What a new record has in a column of which nobody says anything.
alter table sys_dictionary add column default_value text;
create index sys_dictionary_with_default on sys_dictionary (name) where default_value is not null;
