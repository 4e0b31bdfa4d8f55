"""What a careful administrator wants to know before a change, and after it.

doctor.py    what is wrong with a topology and with the trust that a scenario sets up, without running it
cmdb.py      what is wrong with what CMDBs are given and told
finding.py   one thing that is wrong, and what each kind of it means
plan.py      what Sync Trust Profiles would change, and which messages would flip
messages.py  the messages of a scenario or of a recorded journal, and what would become of each
drift.py     trust profiles held against the trust tables of both sides
kept.py      the files that a run has kept, as tables
"""
