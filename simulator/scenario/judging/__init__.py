"""What came of the steps, seen in the fleet, and held against what the scenario expects.

fates.py           what became of each action and message
journals.py        the journals of all instances, and the fates that they tell
traffic.py         what is on its way, or due later, and which step has set it going
syncs.py           whom each sync has reached, and why not the others
touches.py         whether faults have met any message
history.py         how a run came to its end: what changed, what is still on its way, what CMDBs answered
responses.py       what a CMDB has answered
tables.py          the tables of a fleet, as a result has them
cmdb.py            the tables of a CMDB, as expectations and comparisons see them
definitions.py     what a scenario defines for a run to exercise
expect.py          what a scenario expects, held against what is there
mismatch.py        one thing that is not as expected, and the failure that this is in a report
claims.py          what a scenario claims of its whole run: always, never, eventually, sometimes
witness.py         looks after every step of every instance whether what must hold still holds
watched.py         the tables of an instance as the witness knows them
domain_witness.py  looks whether CIs are and stay in their domains
"""
