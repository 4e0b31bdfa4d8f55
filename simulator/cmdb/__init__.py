"""The configuration management database of an instance: classes, identification, reconciliation, duplicates.

What one call passes through, in order; engine.py puts the steps together:

    candidates.py        who calls, and in which domains CIs are looked for
    payload.py           the body and its options, as values
    partials.py          what is stored of items that cannot be identified yet, by what identity.py makes of them
    preparation.py       the data source, the rules, the fields
    relations.py         the relations, and on which item another one depends
    references.py        what refers to other records
    deduplication.py     equal items of the payload
    identification.py    the CI that an item describes
    other_tables.py      what of all this is for tables that hold no CIs
    qualifiers.py        the CIs that stand between two others
    associates.py        the lookup and related records of an item
    reclassification.py  what becomes of the CI's class
    reconciliation.py    whose values count; by dynamic.py where a dynamic rule says so, explained in reasons.py
    history.py           what sources said before
    commit.py            what all that makes of the records
    duplicates.py        equal CIs, and the tasks to remedy them
    response.py          the response body
    company.py           the rule by which a CI follows its company, which is no part of the engine

What all steps share: call.py is the call, work.py the payload's items on their way, criteria.py by what they are
looked for, messages.py the fixed texts, records.py rows and changes, index.py the rows read ahead,
text.py when two texts are the same.

What an instance knows, from its tables (base/ is what a new one holds), is in model.py: hierarchy.py the classes,
columns.py what their columns hold, identifiers.py the identification rules, restrictions.py what keeps its class,
rulebook.py and authority.py whose values count, encoded.py and conditions.py the conditions of rules, duration.py
how long a value is fresh. Lists ask more than rules do: queries.py what, periods.py of times, scripts.py of who
asks.

What people do with records, without a payload, is in forms/; what they need for it is in roles.py.
"""
