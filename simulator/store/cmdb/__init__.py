"""The CMDB in the file: its classes and tables, its base data, its rows, and what the engine works by.

store.py          makes change sets true, and remembers what it was told to do
reader.py         the CMDB as the engine reads it
model.py          the classes, rules and settings that the engine works by
properties.py     which values properties can have
domains.py        domains and users, and the paths that records have by them
classes.py        the classes: columns, views, indexes
declared.py       tables that setups declare: columns, views
other_indexes.py  the indexes over tables that hold no CIs and are identified
parts.py          what documents say of a CMDB: classes, tables, rules, as people write them
rows.py           the same as rows by table
base.py           the base data, of which a new instance is made
names.py          what people call the records that others refer to
dump.py           all of a CMDB as values, and back
"""
