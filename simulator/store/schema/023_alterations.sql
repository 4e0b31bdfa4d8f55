-- How the tables of trust came to be as they are: each change with the envelope that has caused it.
create table x_trustsim_alteration (
    number integer primary key autoincrement,
    at text not null,
    cause text not null,
    table_name text not null,
    before text,  -- JSON; empty where the row is new
    after text    -- JSON; empty where the row is gone
);
