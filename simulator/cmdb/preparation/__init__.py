"""What was sent made ready, before any CI is looked for.

prepare.py        the door: the body read, and all below in order
preparation.py    the data source, the rules, the fields
relations.py      the relations, and on which item another one depends
qualifiers.py     the CIs that stand between two others
references.py     what refers to other records
deduplication.py  equal items of the payload
criteria.py       by what items are looked for
identity.py       by what the same item is known again that could not be identified
partials.py       what was stored of such items, and goes into those that come now
"""
