"""Domain separation of the platform: whose data a session sees, and whose processes a domain runs.

    tree.py         domains, what is below what, and what contains what
    paths.py        a domain's place in the tree as a short text, and what changes when the tree does
    session.py      users, groups, the domain picker, and the domains whose data they show
    processes.py    which of the records that may be overridden apply in a domain
    separation.py   the tables whose records belong to no domain

Data flows up and processes flow down: a domain sees the records of the domains below it and runs the processes of
those above it. The rules are those of the vendor's pages on domain scope, visibility and contains domains, process
administration and domain paths.
"""
