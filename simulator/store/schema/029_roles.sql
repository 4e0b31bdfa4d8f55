-- A role has a sys_id like every record; before, its name was that.
update sys_user_has_role set role = derive_id('sys_user_role', role)
    where role in (select sys_id from sys_user_role where sys_id = name);
update sys_security_acl set role = derive_id('sys_user_role', role)
    where role in (select sys_id from sys_user_role where sys_id = name);
update sys_user_role set sys_id = derive_id('sys_user_role', name) where sys_id = name;
