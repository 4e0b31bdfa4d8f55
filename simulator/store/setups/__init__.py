"""What an administrator gives a CMDB, made true: classes, rules, settings, people, records.

document.py     a YAML document as a checked model
setup.py        the document
configure.py    makes it true
separation.py   its domains, users and groups
restatement.py  what becomes of what is there already
recognition.py  which rows its records are about
values.py       the values of its records, as their columns have them
"""
