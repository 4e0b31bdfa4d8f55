"""The configuration management database of an instance: classes, identification, reconciliation, duplicates.

What one call passes through is in engine.py, from the top down:

    payload.py           the body and its options, as values
    partials.py          what was stored of items that could not be identified before, and what is stored now
    preparation.py       the data source, the rules, the fields
    relations.py         the relations, and on which item another one depends
    references.py        what refers to other records
    deduplication.py     equal items of the payload
    identification.py    the CI that an item describes
    qualifiers.py        the CIs that stand between two others
    associates.py        the lookup and related records of an item
    reclassification.py  what becomes of the CI's class
    reconciliation.py    whose values count
    commit.py            what all that makes of the records
    duplicates.py        equal CIs, and the tasks to remedy them
    response.py          the response body

All steps share the call (call.py) and fill in the works (work.py), which are the payload's items on their way.
"""
