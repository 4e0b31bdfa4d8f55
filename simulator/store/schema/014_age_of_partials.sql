-- Partial payloads are kept for a while only: each call asks for those that are too old by now.
create index cmdb_ire_partial_payloads_by_age on cmdb_ire_partial_payloads (sys_created_on);
