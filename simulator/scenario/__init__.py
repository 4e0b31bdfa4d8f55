"""A YAML file in, a result out.

model.py       the format of a scenario file, as types
references.py  the names a file may use, with a did-you-mean for those it may not
load.py        a file as a checked scenario, or all of its problems at once, each with its place
topology.py    a scenario's instances and applications as directory entries and rows
runner.py      the steps, one after the other, on a fleet
expect.py      what a scenario expects, held against what is there
format.py      the format's documentation and JSON Schema, from the types
"""
