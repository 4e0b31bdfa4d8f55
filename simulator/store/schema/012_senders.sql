-- An id is its sender's word: two senders may use the same one, so a repeat is known by both.
create table x_trustsim_inbox_by_sender (
    sender text not null, envelope text not null, forget_at text not null, primary key (sender, envelope)
) without rowid;

insert into x_trustsim_inbox_by_sender
select distinct j.sender, i.envelope, i.forget_at
from x_trustsim_inbox i join x_trustsim_journal j on j.envelope = i.envelope
where j.outcome in ('processed', 'expired') or j.outcome = 'refused' and j.code not in
    ('signature_invalid', 'unknown_sender', 'not_addressed');

drop table x_trustsim_inbox;
alter table x_trustsim_inbox_by_sender rename to x_trustsim_inbox;
