"""Who calls, and what they may.

accounts.py  users, clients and keys, and how they prove it
oauth.py     tokens, given and taken back
consent.py   the page on which a person lets a client act
jwt.py       assertions, with which a client asks in somebody's name
access.py    which records and fields a caller may see and write
"""
