"""One SQLite file per instance: the only place with SQL.

schema/         the tables, one file per version, in the product's names where those are public
migrations.py   brings a file to the newest version
beginning.py    a kept file as what another run begins with
file.py         opens an instance's file, and no other
cells.py        looks at every value of a kept file before it is used
fault.py        what SQLite says against a file, in our words
columns.py      a row as the values of its columns, and back
reader.py       what an instance's file holds, for whoever only reads it
journal.py      the journal in it, and how its tables of trust have changed
store.py        the store: transactions, rows, inbox, outbox, journal
memory.py       the stores of a fleet in memory
plain.py        what such a store holds until SQL is asked for
thread.py       a store on a thread of its own, for asyncio
document.py     a YAML document as a checked model
parts.py        what documents say of a CMDB: classes, tables, rules, as people write them
rows.py         the same as rows by table
base.py         the base data of the CMDB, of which a new instance is made
classes.py      the classes of the CMDB: columns, views, indexes
declared.py     tables that setups declare: columns, views
other_indexes.py  the indexes over tables that hold no CIs and are identified
cmdb_reader.py  the CMDB as the engine reads it
cmdb.py         the CMDB: makes change sets true, and remembers what it was told to do
names.py        what people call the records that others refer to
domains.py      domains and users, and the paths that records have by them
dump.py         all of a CMDB as values, and back
setup.py        what an administrator gives a CMDB: the document
configure.py    makes a setup true: classes, rules, settings, records
separation.py     its domains, users and groups
restatement.py    what becomes of what is there already
recognition.py    which rows its records are about
values.py         the values of its records, as their columns have them
properties.py   which values properties can have
model.py        the classes, rules and settings that the engine of the CMDB works by
tables.py       the tables of a new instance and their columns
query.py        encoded queries as SQL, and tables shown by them
replica.py      a file kept a second time elsewhere, by what is written into it
found.py        rows of any table as people read them
records.py      records of every table as an API shows them
"""
