"""Records that clients write.

writes.py          records that are made, changed and deleted, each table's own way
values.py          the values that a client sends
trust.py           what writing into tables of trust stands for
business_rules.py  what keeps records from being written
structure.py       tables, columns and domains that clients add
files.py           files that belong to records
"""
