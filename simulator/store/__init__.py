"""One SQLite file per instance: the only place with SQL.

schema/         the tables, one file per version, in the product's names where those are public
migrations.py   brings a file to the newest version
tables.py       the tables of a new instance and their columns
file.py         opens an instance's file, and no other
beginning.py    a kept file as what another run begins with
cells.py        looks at every value of a kept file before it is used
fault.py        what SQLite says against a file, in our words
replica.py      a file kept a second time elsewhere, by what is written into it

columns.py      a row as the values of its columns, and back
reader.py       what an instance's file holds, for whoever only reads it
journal.py      the journal in it, and how its tables of trust have changed
store.py        the store: transactions, rows, inbox, outbox, journal
memory.py       the stores of a fleet in memory
plain.py        what such a store holds until SQL is asked for
thread.py       a store on a thread of its own, for asyncio

cmdb/           the CMDB in the file
setups/         what an administrator gives a CMDB
records/        records of every table, as clients and people ask for them
"""
