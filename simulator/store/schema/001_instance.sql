-- An instance's file. sn_* and sys_* are tables of the product; names and columns that are not public are
-- chosen in the same style (README, "Tables"). x_trustsim_* belong to the simulator.
-- Every product table has the product's system fields; references hold the sys_id of an instance. A sys_id is
-- derived from the row's key, so the tables that grow with the traffic need no other unique index.

create table sys_properties (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, value text not null
);

create table sn_mif_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null, account text not null, type text not null, environment text not null, release text not null,
    public_key text not null
);

create table sys_store_app (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    name text not null unique, version text not null
);

create table sn_mif_application_capability (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, name text not null, version text not null,
    unique (application, name)
);

create table sn_mif_capability_operation (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, name text not null, kind text not null, answer text,
    unique (application, capability, name)
);

-- Manager Instances, on the managed side.
create table sn_mif_managed_by_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, manager_instance text not null, approval text not null, reason text not null,
    unique (application, manager_instance)
);

-- Managed Instances, on the manager.
create table sn_mif_managed_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, managed_instance text not null, status text not null, reason text not null,
    unique (application, managed_instance)
);

create table sn_mif_application_trust_profile (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null unique, name text not null, manager_instance text not null, revision integer not null,
    distributed integer not null
);

create table sn_mif_trust_profile_item (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusting_instance text not null,
    trusted_instance text not null, version text not null, active integer not null, description text not null,
    unique (application, capability, trusting_instance, trusted_instance)
);

create table sn_mif_sync_status (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, instance text not null, revision integer not null, status text not null,
    code text not null, detail text not null,
    unique (application, instance)
);

-- The trust table of the trustor.
create table sn_mif_trusted_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusted_instance text not null, version text not null,
    origin text not null,
    unique (application, capability, trusted_instance)
);

-- Trusting Instances: its mirror at the trustee.
create table sn_mif_trusting_instance (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    application text not null, capability text not null, trusting_instance text not null, version text not null,
    unique (application, capability, trusting_instance)
);

-- Sync Data: a trustor's data that has arrived at this trustee.
create table sn_mif_sync_data (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    source_instance text not null, payload text not null
);

-- Messages of a trustee that this trustor has acted on.
create table sn_mif_message (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    sender_instance text not null, payload text not null, answered integer not null
);

create table sn_mif_message_request (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    envelope text not null, application text not null, capability text not null, operation text not null,
    recipient_instance text not null
);

create table sn_mif_message_answer (
    sys_id text primary key, sys_created_on text not null, sys_updated_on text not null, sys_mod_count integer not null,
    request text not null, application text not null, capability text not null, operation text not null,
    source_instance text not null, payload text not null
);

-- Envelopes that are finished with, to recognise their repeats.
create table x_trustsim_inbox (
    envelope text primary key, forget_at text not null
) without rowid;

-- Envelopes to peers without a receipt, and timers (sender = recipient), in the order of posting.
create table x_trustsim_outbox (
    number integer primary key autoincrement, envelope text not null unique, due_at text not null, body text not null
);

create table x_trustsim_journal (
    number integer primary key autoincrement, at text not null, outcome text not null, code text not null,
    explanation text not null, envelope text not null, cause text not null, kind text not null, sender text not null,
    recipient text not null, application text not null, capability text not null, operation text not null
);
