"""One scenario under many seeds, and what is found there made small.

storms.py   the random weather of one seed
pool.py     who works on many seeds: this process or several of this machine
cluster.py  the workers of a Dask cluster
progress.py what a sweep has come to so far, in a file
sweep.py    the same scenario under many seeds
shrink.py   a seed that fails as a small scenario that fails in the same way
flaws.py    how it fails, and whether two fail in the same way
excerpt.py  a scenario file of which parts are left out
pieces.py   what can be left out of it
mutants/    rules of the product that can be switched off, to see who notices
"""
