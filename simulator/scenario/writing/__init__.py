"""Text of scenario files.

layout.py   the text of a file in the one layout that all scenario files have, with its comments
written.py  data as the text of a new file
"""
