"""The APIs, each as the product documents it.

table.py       Table API: records of every table
stats.py       Aggregate API
attachment.py  Attachment API
ire.py         Identification and Reconciliation
instance.py    CMDB Instance API
meta.py        CMDB Meta API
batch.py       many requests in one
tinyurl.py     short forms of long URLs
actions.py     what people do with buttons: the simulator's own API
"""
