"""The REST API of an instance: a request becomes a read of its store, or an action of its own.

routes.py      which function answers which path
api.py         one request, from its credentials to its answer
call.py        what a function is given: the request, the caller, and the instance
errors.py      the error bodies, to the word
media.py       JSON or XML, as the client sends and wants it

    Who calls
accounts.py    users, clients and keys, and how they prove it
oauth.py       tokens, given and taken back
consent.py     the page on which a person lets a client act
jwt.py         assertions, with which a client asks in somebody's name
access.py      which records and fields a caller may see and write

    Which API
table.py       Table API: records of every table
stats.py       Aggregate API
attachment.py  Attachment API
ire.py         Identification and Reconciliation
instance.py    CMDB Instance API
meta.py        CMDB Meta API
batch.py       many requests in one
tinyurl.py     short forms of long URLs
actions.py     what people do with buttons: the simulator's own API

    What they share
filters.py     which records a request asks for
shapes.py      how records look in an answer
times.py       how a user reads and writes times
paging.py      the headers of a list
values.py      the values that a client sends
writes.py      records that are made, changed and deleted, each table's own way
trust.py       what writing into tables of trust stands for
business_rules.py  what keeps records from being written
structure.py   tables, columns and domains that clients add
files.py       files that belong to records

It is served inside the instance, one request at a time, like the messages of peers; how bytes come and go is the
business of simulator.transport.http.
"""
