"""trustsim: a multi-node simulator of ServiceNow's cross-instance application trust and of its CMDB.

An instance is a pure decision in a thin shell. The map of the code, from the top down; imports point down:

    cli/            arguments -> one call -> exit code; the only package that prints
    plugin/         the same for pytest, and scenarios as tests
    testing/        a fleet for a test in Python: the public surface, beside peer.py
    advice/         what to know before a change and after it: doctor, plan, drift, what-if
    importing/      a real instance's rules, as a file to rehearse with
    serving/        a fleet that stays up, and takes further steps
    exploration/    one scenario under many seeds: storms, sweep, shrink, mutants
    cluster/        the workers of a Dask cluster, as machines for fleets and sweeps
    scenario/       a YAML file in, a result out: reading, running, judging, model
    runtime/        what drives an instance
      instance.py     the path of one message, top to bottom, in one transaction
      outbox.py       what an instance has promised to deliver, and when it tries again
      fleet.py        all instances of a run, started, stopped and talked to
      live/           by the wall clock: a process for each, on a broker
      virtual/        in virtual time: all in one process
    rest/           what clients ask of an instance over HTTP, and the answers
    store/          one SQLite file per instance; the only place with SQL
    transport/      how bytes travel: the Link protocol, MQTT, in memory; the brokers
    report/         a finished run, rendered
    viewer/         the page that shows a run, finished or not

    -- the core, below: plain values and functions; no I/O, no clock, no chance --
    trust/          who manages whom, who trusts whom, and what that allows
    cmdb/           configuration items: identification, reconciliation, duplicates
    domains/        domain separation: whose data a session sees, whose processes a domain runs
    catalogue/      what every code means: refusals, findings, flaws
    journal.py      what happened, as values
    decision.py     what the core concludes: changes, envelopes to post, or a refusal
    refusal.py      every definite no, and what it is told with
    tables.py       what an instance knows: rows by table and key
    protocol/       what crosses the wire, and what happens to an instance from inside
    errors.py       every fault on one page

    -- beside it --
    docs/           the pages of the documentation, and how a site is made of them; not installed
    peer.py         a program's own part in a fleet, for Python programs of others

Nothing in the core awaits, reads a clock or draws a number: time, ids and chance come in as arguments.
"""
