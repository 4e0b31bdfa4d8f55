"""The commands, by what somebody wants to do.

init.py       trustsim init, which writes what is in starters
files.py      trustsim validate, fmt and schema
record.py     trustsim record
importing.py  trustsim import

demo.py       trustsim demo
run.py        trustsim run
report.py     trustsim report

look.py       trustsim show, why and reach
advise.py     trustsim doctor, explain and rollout
compare.py    trustsim plan and drift
whatif.py     trustsim whatif
explore.py    trustsim sweep, shrink and mutate

up.py         trustsim up, do and exec
serve.py      trustsim broker and instance

payload.py    trustsim payload
cmdb.py       trustsim ire and store
records.py    trustsim store edit, retire, delete, audit, close and remediate
"""
