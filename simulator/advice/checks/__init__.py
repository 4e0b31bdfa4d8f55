"""What the doctor asks, by subject.

A check is a question about a step and what the steps before it have come to. Its answer is an `Objection` with a
code of `simulator.catalogue`, which says what that means, what mends it and who does. What instances refuse they
decide themselves, in a rehearsal of the steps in which every message arrives. The subjects look at what that has
come to, and ask what no instance sees: what is done in vain, too early or not at all.

finding.py       an objection of a check, and a finding with its place and what mends it
rehearsal.py     what the instances would make of the steps: their own decisions
readiness.py     instances that cannot take part, or are forgotten
installed.py     which applications are where, in which versions
management.py    who manages whom
trust.py         profiles, their syncs and records by hand, and what needs them
cmdb.py          what CMDBs are given and told
races.py         what may still be on its way when a step is taken that does not wait
disturbances.py  what faults do is not followed, and that this is so
flaw.py          one thing that is wrong with the rules or the data of a CMDB
rules.py         flaws of rules: what does nothing, ties, cannot be reached
weakness.py      rules that take for one what is kept apart elsewhere
placeholders.py  criteria whose values stand for none
"""
