"""A finished run, rendered. It reads what happened and never changes it.

result.py     the outcome of a run, as values
arrows.py     what passed between instances, as the arrows of a diagram
plan.py       what a sync of trust profiles would change
drift.py      where the two sides of a kept fleet have moved apart
compare.py    two runs of one scenario, held against each other
whatif.py     what a CMDB would have come to in another mode or order
audit.py      duplicates among the CIs of a CMDB
answers.py    what a CMDB has answered, item by item
ire.py        why a call of the CMDB's API came to what it came to
printable.py  text from data, as a terminal and XML can take it
rows.py       rows of a table
terminal.py   for a person at a terminal
machine.py    for programs: JSON and JUnit XML
"""
