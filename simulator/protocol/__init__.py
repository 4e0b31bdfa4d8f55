"""What instances say to each other, and what happens to them from inside: both come in envelopes.

messages.py    all that crosses the wire
actions.py     all that an administrator, an application or a timer does, which never does
cmdb.py        those of them that are for the CMDB
operations.py  what kinds of operations there are
envelope.py    a message on its way: from whom, to whom, caused by what, until when
signature.py   by which a recipient knows that it comes from its sender
codec.py       envelopes as bytes, and back
topics.py      where they are published
http.py        what a client asks over HTTP, and the answer
content.py     the content of an answer to a client: JSON or XML
"""
