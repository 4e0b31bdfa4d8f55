"""What a careful administrator wants to know before a change, and after it.

examine.py        a file of any kind, examined by one of the two doctors
doctor.py         what is wrong with a topology and with the trust that a scenario sets up, without running it
checks/           what is asked of a scenario and of a CMDB, by subject
ruleset.py        what is wrong with a CMDB, in a setup or in an instance's file
plan.py           what Sync Trust Profiles would change, and which messages would flip
messages.py       the messages of a scenario or of a recorded journal, and what would become of each
drift.py          trust profiles held against the trust tables of both sides
kept.py           the files that a run has kept, as a fleet
why.py            why an instance may send another something or not, and by which rows
sample.py         a payload that a class accepts
reach.py          what an instance may do to all others, and get from them
rollout.py        what people have to do in the product for what a scenario does
ended.py          a scenario at its end, in virtual time
state.py          what the instances of a fleet know, to be judged
stream.py         what the CMDB of an instance was told
replay.py         that done again, otherwise than it was
differences.py    two of these held against each other
domain_mode.py    in strict and in platform mode, and with a switch between them
order.py          in other orders
changed_rules.py  by other rules
"""
