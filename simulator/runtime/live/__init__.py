"""By the wall clock: a fleet of processes, with its instances on a broker.

fleet.py        the fleet
hosts.py        its hosts, on the sites there are
broker.py       its broker
faults.py       what befalls it

instance.py     one instance on a broker
crashing.py     how it dies, where it is to
host.py         an operating-system process of instances
channel.py      where hosts run, and the way to each
local.py        hosts on this machine
process.py      the fleet's side of one host
control.py      what the fleet and its processes say to each other
statuses.py     what instances still have to do, as the fleet hears it
forkserver.py   where new processes come from
preloaded.py    what is ready there
"""
