"""Records of every table, as clients and people ask for them.

records.py  as an API shows and writes them
query.py    encoded queries as SQL, and tables shown by them
found.py    rows of any table as people read them
"""
