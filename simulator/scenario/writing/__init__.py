"""Text of scenario files.

layout.py   the text of a file in the one layout that all scenario files have, with its comments
recorded.py what has passed between instances, as the skeleton of a scenario
written.py  data as the text of a new file
"""
