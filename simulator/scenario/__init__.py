"""A YAML file in, a result out.

model/          the format of a scenario file, as types
references.py   the names a file may use
choices.py      what a column or a field may hold, for what expectations write
source.py       the text of a file as plain data, and the place of every part of it
library.py      ready-made applications, included by name
attachments.py  files beside a scenario that its steps name
beginnings.py   kept files that a scenario begins with
load.py         a file as a checked scenario, or all of its problems at once, each with its place
problems.py     what is wrong with a document, in words and with its place
suggestion.py   what somebody may have meant who wrote a name that there is not
format.py       the format's documentation: the prose of format.md, with tables from the types
schema.py       its JSON Schema, for editors

topology.py     a scenario's instances and applications as directory entries and rows
acts.py         a step as what is done on which instances
cmdb.py         the tables of a CMDB, as expectations and comparisons see them
copies.py       what clones and restores bring along
certificates.py who gets a certificate when it becomes ready for mutual TLS
failures.py     the known ways in which trust fails, and where a scenario shows each
requests.py     requests to the REST API, and what must come of them
faults.py       a fault step as the faults that a fleet makes happen
words.py        a step in words
waiting.py      which steps wait for what earlier ones have set going
traffic.py      what is on its way, or due later, and which step has set it going
touches.py      whether faults have met any message
syncs.py        whom each sync has reached, and why not the others
circumstances.py  what the fleet shows of a refusal, and who refused could not know
runner.py       the steps, one after the other, on a fleet
outcome.py      what became of each action and message
history.py      how a run came to its end: what changed, what is still on its way, what CMDBs answered
claims.py       what a scenario claims of its whole run: always, never, eventually, sometimes
responses.py    what a CMDB has answered
expect.py       what a scenario expects, held against what is there
run.py          one run, on a broker or in virtual time

domain_witness.py  looks whether CIs are and stay in their domains
witness.py      looks after every step of every instance whether what must hold still holds
"""
