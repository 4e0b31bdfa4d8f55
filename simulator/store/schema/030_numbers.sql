-- What is only added to needs no second table that keeps the numbers: it would be written with every envelope.
create table x_trustsim_outbox_new (
    number integer primary key, envelope text not null unique, due_at text not null, body text not null
);
insert into x_trustsim_outbox_new select number, envelope, due_at, body from x_trustsim_outbox;
drop table x_trustsim_outbox;
alter table x_trustsim_outbox_new rename to x_trustsim_outbox;

create table x_trustsim_journal_new (
    number integer primary key, at text not null, outcome text not null, code text not null,
    explanation text not null, envelope text not null, cause text not null, kind text not null, sender text not null,
    recipient text not null, application text not null, capability text not null, operation text not null
);
insert into x_trustsim_journal_new select * from x_trustsim_journal;
drop table x_trustsim_journal;
alter table x_trustsim_journal_new rename to x_trustsim_journal;

create table x_trustsim_alteration_new (
    number integer primary key,
    at text not null,
    cause text not null,
    table_name text not null,
    before text,  -- JSON; empty where the row is new
    after text    -- JSON; empty where the row is gone
);
insert into x_trustsim_alteration_new select * from x_trustsim_alteration;
drop table x_trustsim_alteration;
alter table x_trustsim_alteration_new rename to x_trustsim_alteration;
