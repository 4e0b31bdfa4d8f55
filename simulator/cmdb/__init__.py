"""The configuration management database of an instance: classes, identification, reconciliation, duplicates.

engine.py is the documented procedure, phase by phase, for one payload; a phase is a room whose door has its name:

    preparation/     what was sent made ready: source, rules, fields, relations, equal items, stored partials
    identification/  the CI that each item describes, and the records that come with it
    duplicates/      equal CIs and the tasks to remedy them; what becomes of a CI's class
    reconciliation/  whose values count
    commit/          what all that makes of the records, and what is kept of items in trouble
    outcome.py       what became of each item and relation
    response.py      the response body

    payload.py       the body and its options, as values
    call.py          the call, which all phases share
    items.py         what the phases hand on: the payload's items, prepared, identified, written
    explanation.py   how an item came to what it is, for whoever asks
    messages.py      the fixed texts
    index.py         the rows read ahead

What an instance knows, from its tables (base/ is what a new one holds):

    rules/           identification rules, inclusion rules, whose values count
    conditions/      the conditions of rules, and what lists ask besides
    classes/         the classes and what their columns hold
    records.py       rows and changes
    text.py          when two texts are the same

What people do with records, without a payload, is in forms/; company.py is the rule by which a CI follows its
company, which is no part of the engine. Imports point down: engine, commit, reconciliation, identification,
duplicates, preparation, then what the phases share, then rules, conditions, classes.
"""
