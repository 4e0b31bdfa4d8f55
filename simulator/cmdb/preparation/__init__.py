"""What was sent made ready, before any CI is looked for.

preparation.py    the data source, the rules, the fields
relations.py      the relations, and on which item another one depends
references.py     what refers to other records
deduplication.py  equal items of the payload
criteria.py       by what items are looked for
identity.py       by what the same item is known again that could not be identified
partials.py       what is stored of such items, and what comes back of it
"""
