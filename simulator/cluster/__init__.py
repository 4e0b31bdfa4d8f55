"""A Dask cluster as the machines of a fleet, and of sweeps: Dask places and supervises, and carries what is said.

scheduler.py  the scheduler, its workers, and whether they have this trustsim
shipping.py   what a worker is asked and given before
sites.py      the workers as sites of hosts: the fleet's side
relay.py      what Dask keeps on a worker for it
agent.py      the process there that starts the hosts, and watches their files
frames.py     what site and agent say to each other
"""
