"""What the doctor asks, by subject.

A check is a question about a step and what the steps before it have come to. Its answer is an `Objection` with a
code of `simulator.catalogue`, which says what that means, what mends it and who does. Each subject follows the
steps, as if every message arrived, and asks about what it has followed. A plan asks none of this: it has the
instances decide.

finding.py       an objection of a check, and a finding with its place and what mends it
readiness.py     instances that cannot take part, or are forgotten
instances.py     of which type instances are, and whether they are in operation
installed.py     which applications are where, in which versions
management.py    who manages whom
trust.py         profiles, their syncs and records by hand, and what needs them
sharing.py       first-generation data sharing
cmdb.py          what CMDBs are given and told
races.py         what may still be on its way when a step is taken that does not wait
disturbances.py  what faults do is not followed, and that this is so
flaw.py          one thing that is wrong with the rules or the data of a CMDB
rules.py         flaws of rules: what does nothing, ties, cannot be reached
weakness.py      rules that take for one what is kept apart elsewhere
placeholders.py  criteria whose values stand for none
"""
