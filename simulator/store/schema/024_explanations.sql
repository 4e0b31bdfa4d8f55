-- How the CMDB came to its answer; empty where nobody wanted to know.
alter table x_trustsim_cmdb_action add column explanation text;
