"""What a real instance has, as a file to rehearse with: rows come in, and one YAML file goes out.

tables.py      what is read: tables and columns
rest.py        rows from an instance, by its Table API
login.py       how the reader proves who it is
files.py       rows from exports
rows.py        all of them: by table and sys_id

    From rows to a setup, the reverse of simulator.store.cmdb.rows and configure
classes.py     classes and their columns
rules.py       identification, dependencies, settings, and what a setup has as records
people.py      domains, groups, users
topology.py    instances and applications
names.py       invented names in the place of others
setup.py       all of the setup, and whether it can be used
document.py    the file
"""
