"""A fleet that stays up: it takes further steps while others talk to it.

fleet.py       a scenario's fleet, its steps so far, and the next ones
happenings.py  what happens in it, a line each
feed.py        the same for pages
control.py     what a program may ask of it, over HTTP
known.py       what an instance knows of trust, for who asks
client.py      a program that asks
passwords.py   with which passwords users log in
registry.py    the fleets that a user has up, and where they are
typed.py       steps as people type them at a shell, as the text of steps
"""
