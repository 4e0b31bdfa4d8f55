"""A finished run, rendered. It reads what happened and never changes it.

result.py     the outcome of a run, as values
compare.py    two runs of one scenario, held against each other
terminal.py   for a person at a terminal
machine.py    for programs: JSON and JUnit XML
"""
