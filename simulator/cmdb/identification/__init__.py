"""The CI that each item describes.

identification.py  by the entries of its rule, one after the other
candidates.py      who calls, and in which domains CIs are looked for
qualifiers.py      the CIs that stand between two others
associates.py      the lookup and related records of an item
other_tables.py    what of all this is for tables that hold no CIs
"""
