"""Cross-instance application trust: who manages whom, who trusts whom, and what that allows.

    directory.py      the instances there are
    application.py    what applications offer across instances: capabilities and operations
    management.py     manager and managed instances: the rows of both sides
    eligibility.py    who may become the manager of whom
    designation.py    the managed side names its manager
    request.py        the manager asks
    ending.py         how such a relation ends
    profile.py        the target layout of one application's trust, as its manager edits it
    sync.py           its distribution, and what managed instances make of it
    record.py         the trust table of a trustor and its mirror at the trustee
    assignment.py     as whom a peer's data goes into the CMDB
    capability.py     operations that cross: sending, acting, answering
    settings.py       settings of applications, which a trustee may have sent
    sharing.py        first-generation data sharing: who grants whom access to an application's data
    installation.py   applications that are installed, upgraded and removed
    lifecycle.py      what becomes of an instance itself
    copies.py         rows that a clone or a restore brings
    relations.py      what two instances tell each other when one may have lost its memory
    users.py          who may take an administrator's action
    connection.py     why the broker does not let an instance in
    readiness.py      whether an instance can take part at all
    gate.py           the check every message from a peer passes first
    handler.py        which decision answers which message
    states.py         how far relations and syncs are
    rows.py           the types of all rows together
    invariants.py     what must hold whatever happens, written down a second time

Rules cite their source: S-numbers and F-numbers are those of the vendor pages and failure modes listed in the
documentation under "Sources".
"""
