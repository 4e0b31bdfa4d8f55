"""The CI that each item describes.

identify.py        the door: all items in the order in which they depend on each other
identification.py  one by the entries of its rule, one after the other
search.py          an item while it is looked for, and what is found of it
lookup.py          CIs by their lookup records
hosted.py          CIs that are related to a host as its dependents are
candidates.py      who calls, and in which domains CIs are looked for
sight.py           which of them may match, and why others may not
chains.py          the qualifiers that are stored between two others
associates.py      the lookup and related records of an item
other_tables.py    what of all this is for tables that hold no CIs
"""
