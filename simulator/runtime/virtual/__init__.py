"""In virtual time: the same instances in one process, from a seed.

fleet.py     the fleet
instance.py  one instance, driven by the agenda
agenda.py    what is due when
stirring.py  which instances to look at
"""
