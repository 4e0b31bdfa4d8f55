"""What an instance knows, from its tables, prepared for questions.

model.py         all of it, and who calls
plan.py          what all that says of the items of one class, settled once
identifiers.py   the identification rules, the inclusion rules, and what depends on what
restrictions.py  what keeps its class
rulebook.py      the rules about whose values count, by class and domain
authority.py     which source may write what
dynamic.py       the value that a dynamic rule picks
duration.py      how long a value is fresh
"""
