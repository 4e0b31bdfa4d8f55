"""Whose values count.

reconciliation.py  for each attribute of a CI that was there before
reasons.py         why, in words
history.py         what sources said before
"""
