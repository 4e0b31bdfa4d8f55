-- How OAuth clients may log people in: where codes go, without a secret, and with whose signature. Who heads a department.
alter table oauth_entity add column redirect_url text;
alter table oauth_entity add column public_client text not null default 'false';
alter table oauth_entity add column user_field text not null default 'user_name';
alter table oauth_entity add column public_key text;
alter table oauth_entity add column enable_jti_verification text not null default 'true';
alter table cmn_department add column dept_head text;
