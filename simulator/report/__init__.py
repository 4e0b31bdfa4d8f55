"""A finished run, rendered. It reads what happened and never changes it.

result.py       the outcome of a run, as values
naming.py       how scenarios are called
numbers.py      numbers as people are told them
totals.py       how runs ended, in a few words
printable.py    text from data, as a terminal and XML can take it

files/          the files in which runs are told: pages, JSON, Markdown, diagrams and others
terminal/       what a person sees at a terminal
pages.py        what is no run alone, on a page
answers.py      what a CMDB has answered, item by item

    What is asked of results

arrows.py       what passed between instances, as the arrows of a diagram
matrices.py     who trusts whom, with what is alike folded
causes.py       why the seeds of a sweep did not hold, with what is alike together
coverage.py     what runs have exercised of trust
compare.py      two runs of one scenario, held against each other
flips.py        what flipped between two results
seeds.py        the results of a sweep in little room
results.py      what --json writes, read back, and its schema
remarks.py      what there is to say beside the lines of files

    What is asked of fleets, as values

views.py        the product's own views of the tables of trust
shown.py        tables and views of instances
why.py          why something is allowed or not, and how far an instance reaches
plan.py         what a sync of trust profiles would change
drift.py        where the two sides of a kept fleet have moved apart
whatif.py       what a CMDB would have come to in another mode or order
"""
