"""What the CMDB of a new instance holds: classes, identification rules, sources, properties, relation types.

What is documented stands as documented; the rest is a sensible base, and varies by plugin and release there too.
"""
