"""A finished run, rendered. It reads what happened and never changes it.

result.py     the outcome of a run, as values
naming.py     how scenarios are called
arrows.py     what passed between instances, as the arrows of a diagram
pages.py      what is no run alone, on a page
page.py       a run as the viewer reads it
plan.py       what a sync of trust profiles would change
drift.py      where the two sides of a kept fleet have moved apart
compare.py    two runs of one scenario, held against each other
whatif.py     what a CMDB would have come to in another mode or order
audit.py      duplicates among the CIs of a CMDB
answers.py    what a CMDB has answered, item by item
ire.py        why a call of the CMDB's API came to what it came to
printable.py  text from data, as a terminal and XML can take it
rows.py       rows of a table
views.py      the product's own views of the tables of trust, as data
shown.py      tables and views of instances
rollout.py    a roll-out as a checklist in Markdown
why.py        why something is allowed or not, and how far an instance reaches
terminal.py   for a person at a terminal
machine.py    for programs: JSON and JUnit XML
formats.py    the files in which finished runs are told, by suffix
markdown.py   a summary for tickets and CI
sequence.py   the rows of a sequence diagram
mermaid.py    the diagram for Mermaid
svg.py        the diagram as SVG
tap.py        TAP 14
json_lines.py the journal as JSON lines
remarks.py    what there is to say beside the lines of files
annotations.py  the same for workflows of GitHub
sarif.py      the same as SARIF
matrices.py   who trusts whom, with what is alike folded
totals.py     how runs ended, in a few words
results.py    what --json writes, read back, and its schema
coverage.py   what runs have exercised of trust
covered.py    the same, told
flips.py      what flipped between two results
seeds.py      the results of a sweep in little room
causes.py     why the seeds of a sweep did not hold, with what is alike together
markup.py     XML whose texts come from data
"""
