"""Equal CIs, and the classes of CIs.

duplicates.py        equal CIs, and the tasks to remedy them
operation.py         whether an item inserts or updates, and what it may not
reclassification.py  what becomes of the class of a CI
"""
