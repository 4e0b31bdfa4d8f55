"""The REST API of an instance: a request becomes a read of its store, or an action of its own.

routes.py   which function answers which path
api.py      one request, from its credentials to its answer
call.py     what a function is given: the request, the caller, and the instance
errors.py   the error bodies, to the word
media.py    JSON or XML, as the client sends and wants it

callers/    who calls, and what they may
apis/       the APIs, each as the product documents it
writing/    records that clients write

filters.py  which records a request asks for
shapes.py   how records look in an answer
times.py    how a user reads and writes times
paging.py   the headers of a list

It is served inside the instance, one request at a time, like the messages of peers; how bytes come and go is the
business of simulator.transport.http.
"""
