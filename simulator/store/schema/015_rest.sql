-- What clients of the REST API ask of users.
alter table sys_user add column user_password text;
alter table sys_user add column first_name text;
alter table sys_user add column last_name text;
