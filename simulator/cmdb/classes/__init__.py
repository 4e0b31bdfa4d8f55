"""The classes of CIs.

hierarchy.py  which class extends which, with the columns of each
columns.py    what a column holds
"""
