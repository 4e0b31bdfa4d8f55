-- With what clients log in besides passwords, attachments, and short forms of long URLs.
create table oauth_entity (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, client_id text not null unique, client_secret text, oauth_application_user text,
    active text not null default 'true'
);
create table oauth_credential (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    type text not null, token text not null, user text not null, client_id text not null, expires text not null
);
create index oauth_credential_by_token on oauth_credential (token);
create table api_key (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, token text not null, user text not null, active text not null default 'true'
);
create table sys_attachment (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    file_name text not null, content_type text, size_bytes integer not null, table_name text not null,
    table_sys_id text not null, hash text not null
);
create index sys_attachment_by_record on sys_attachment (table_sys_id);
-- The content, in base64; its sys_id is the attachment's.
create table sys_attachment_doc (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    sys_attachment text not null, data text not null
);
create table sys_tiny_url (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    long_url text not null
);
