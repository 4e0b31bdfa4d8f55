"""The conditions of rules, and what lists ask besides.

encoded.py     the only reader of encoded queries
conditions.py  held against the tables of an instance
queries.py     what only lists ask
periods.py     what they ask of times
scripts.py     what they ask of who asks
"""
