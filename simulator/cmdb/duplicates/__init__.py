"""Equal CIs, and the classes of CIs.

duplicates.py        equal CIs, and the tasks to remedy them
reclassification.py  what becomes of the class of a CI
"""
