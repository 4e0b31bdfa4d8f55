"""What the full path costs on this machine, against a bare client in the same layout: `make bench`.

path.py     request and reply of a bare client, message and receipt of two instances; the fleet's side
worker.py   the same, in a process of pairs
start.py    how long `trustsim run` takes to bring a fleet up
virtual.py  virtual time: events, seeds, messages and instances; against SimPy and simloop
ours.py     what is measured again and again, ours ...
theirs.py   ... and the same in SimPy's and simloop's own terms
laps.py     measuring such things in turns, each in a process of its own
rivals.py   an environment for those two, who are no dependencies of ours
gate.py     decisions of the gate; beside cedarpy and casbin
fleets.py   virtual fleets that send, that idle and that are large
table.py    a result on the terminal, and for the README
"""
