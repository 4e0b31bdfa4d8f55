"""What a careful administrator wants to know before touching anything.

doctor.py   what is wrong with a topology and with the trust that a scenario sets up, without running it
finding.py  one thing that is wrong, and what each kind of it means
"""
