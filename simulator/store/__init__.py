"""One SQLite file per instance: the only place with SQL.

schema/         the tables, one file per version, in the product's names where those are public
migrations.py   brings a file to the newest version
columns.py      a row as the values of its columns, and back
store.py        the store: transactions, rows, inbox, outbox, journal
thread.py       a store on a thread of its own, for asyncio
"""
