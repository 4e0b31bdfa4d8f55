"""What a person sees at a terminal, as things that rich can print.

run.py     a finished run
rows.py    rows of a table
shown.py   a table or view of instances
why.py     why something is allowed or not, and how far an instance reaches
plan.py    what a sync of trust profiles would change
drift.py   where the two sides of a kept fleet have moved apart
whatif.py  what a CMDB would have come to in another mode or order
ire.py     why a call of the CMDB's API came to what it came to
audit.py   duplicates among the CIs of a CMDB
"""
