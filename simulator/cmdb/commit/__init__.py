"""What a call makes of the records.

commit.py   the changes, item by item
keeping.py  the items in trouble, kept until a later payload completes them
"""
