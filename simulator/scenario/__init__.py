"""A YAML file in, a result out.

running/        steps taken on a fleet: one run, on a broker or in virtual time
judging/        what came of them, seen in the fleet, and held against what the scenario expects
writing/        the text of scenario files: one layout, and data as a new file
reading/        a file as a checked scenario, or all of its problems with their places
model/          the format of a scenario file, as types

topology.py     a scenario's instances and applications as directory entries and rows
sentences.py    a step as a sentence
phrases.py      durations and lists of names in sentences
failures.py     the known ways in which trust fails, and where a scenario shows each
format.py       the format's documentation: the prose of format.md, with tables from the types
schema.py       its JSON Schema, for editors
interpolation.py  `${...}` in texts
suggestion.py   what somebody may have meant who wrote a name that there is not

Imports point down within the rooms too: running, judging, reading, model.
"""
