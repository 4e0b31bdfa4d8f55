"""What drives an instance.

instance.py   the path of one message, top to bottom, in one transaction
outbox.py     what an instance has promised to deliver, and when it tries again
clock.py      the fleet's time
live.py       one instance on a broker, by the wall clock
control.py    what the fleet and its processes say to each other
host.py       an operating-system process of instances
fleet.py      all instances of a run, started, stopped and talked to
"""
