"""The REST API of an instance: a request becomes a read of its store, or an action of its own.

routes.py      which function answers which path
api.py         one request, from its credentials to its answer
call.py        what a function is given: the request, the caller, and the instance
accounts.py    who calls: passwords, as users have them
table.py       Table API: records of every table
access.py      which records and fields a caller may see and write
writes.py      records that are made, changed and deleted, each table's own way
trust.py       what writing into tables of trust stands for
actions.py     what people do with buttons: the simulator's own API
values.py      the values that a client sends
filters.py     which records a request asks for
shapes.py      how records look in an answer
paging.py      the headers of a list
errors.py      the error bodies, to the word

It is served inside the instance, one request at a time, like the messages of peers; how bytes come and go is the
business of simulator.transport.http.
"""
