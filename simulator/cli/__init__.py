"""The command line: arguments, one call, an exit code. Nothing else prints.

main.py       the entry point: all commands, and every fault as one clear message and its exit code
command.py    what every command needs: exit codes and loading
stopping.py   how a command is stopped
output.py     the one door through which text leaves, and the files of results
brokers.py    the options that say which broker it is, and how TLS is spoken with it
fleets.py     what every command needs that starts a fleet
clusters.py   what every command needs that works on a cluster
progress.py   how runs go, while they go
runs.py       scenario files, run one by one or several at a time
reports.py    the files in which runs are told
github.py     what a workflow of GitHub is told
covering.py   --cover: what runs have exercised of trust
watching.py   --watch: a command taken again when its files change
run.py        trustsim run
report.py     trustsim report
up.py         trustsim up, do and exec
demo.py       trustsim demo
init.py       trustsim init, which writes what is in starters/
explore.py    trustsim sweep, shrink and mutate
compare.py    trustsim plan and drift
advise.py     trustsim doctor, explain and rollout
files.py      trustsim validate, fmt and schema
record.py     trustsim record
serve.py      trustsim broker and instance
places.py     where somebody looks: a scenario, kept files, a fleet that is up
look.py       trustsim show, why and reach
payload.py    trustsim payload
cmdb.py       trustsim ire and store
records.py    trustsim store edit, retire, delete, audit, close and remediate
whatif.py     trustsim whatif
importing.py  trustsim import
"""
