"""What a call makes of the records.

commit.py  the changes, item by item
"""
