"""The files in which finished runs are told.

formats.py      the door: what makes the text of each, by the suffix of its name
machine.py      for programs: JSON and JUnit XML
json_lines.py   the journal as JSON lines
markdown.py     a summary for tickets and CI
page.py         a run as the viewer reads it
covered.py      coverage, told
sequence.py     the rows of a sequence diagram
mermaid.py      the diagram for Mermaid
svg.py          the diagram as SVG
tap.py          TAP 14
rollout.py      a roll-out as a checklist in Markdown
sarif.py        remarks and failures as SARIF
annotations.py  remarks for workflows of GitHub
markup.py       XML whose texts come from data
"""
