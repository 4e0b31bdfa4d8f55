"""The one catalogue of codes: what each means, by which rule, what mostly leads to it, what mends it and who does.

Reports, `trustsim explain`, the doctor, the page of the scenario format and the reference take their words from
here.

meaning.py     what one code means
connection.py  refusals on the way in: the sender, the connection, the user, readiness
management.py  refusals about who manages whom
trust.py       refusals about trust profiles, and about what trust allows
sharing.py     refusals of data sharing
cmdb.py        refusals of the CMDB
refusals.py    all refusals together
findings.py    what is found in a scenario beyond what will be refused
flaws.py       what is found in the rules and the data of a CMDB
codes.py       all of these together
"""
