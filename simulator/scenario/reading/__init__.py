"""A file as a checked scenario, or all of its problems at once, each with its place.

load.py         the door: a text or a file in, a LoadedScenario out, or a ScenarioError
source.py       the text of a file as plain data, and the place of every part of it
nodes.py        the same as nodes, as YAML has them
place.py        where a part of a file stands, in it and in its data
expansion.py    the plain scenarios that a file with variables and a matrix stands for
parts.py        parts of other files that a scenario includes
steps.py        steps written out one by one, loops pass by pass
series.py       what `for_each` goes through: files, lines and rows
topologies.py   many instances of one kind, hubs and pipelines, and what they stand for
variables.py    what variables stand for, and the combinations of a matrix
scope.py        names at one place of a file, and the sheet on which it is written out
library.py      ready-made applications, included by name
attachments.py  files beside a scenario that its steps name
beginnings.py   kept files that a scenario begins with
problems.py     what is wrong with a document, in words and with its place
"""
