"""What the full path costs on this machine, against a bare client in the same layout: `make bench`.

path.py     request and reply of a bare client, message and receipt of two instances; the fleet's side
worker.py   the same, in a process of pairs
start.py    how long `trustsim run` takes to bring a fleet up
table.py    a result on the terminal, and for the README
"""
