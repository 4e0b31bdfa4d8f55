"""What people do with records, at forms and in lists: no payload, no source, no reconciliation.

    roles.py         who may do what
    editor.py        who does it, and which records they see
    referrers.py     what refers to a CI, and what becomes of it when the CI goes
    creation.py      a record that is made
    edit.py          values that are changed
    duplicate_of.py  which CI another one may be a duplicate of
    removal.py       records that are deleted, with what goes with them
    tasks.py         tasks that are found, and closed
    remediation.py   equal CIs that become one
    audit.py         duplicates among the CIs that are there

Each plans from the records that were found, and gives the changes or a refusal.
"""
