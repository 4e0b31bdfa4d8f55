"""The command line: arguments, one call, an exit code. Nothing else prints.

main.py       the entry point: all commands, and every fault as one clear message and its exit code
commands/     the commands
starters/     the scenarios that init writes

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
places.py     where somebody looks: a scenario, kept files, a fleet that is up
"""
