"""The site, made by `python -m simulator.docs`: pages in Markdown stand here and beside what they describe,
and what can be made of the types and the scenarios is made.

    site.py         which pages there are, in which order, and where each stands on the site
    links.py        links between files of the repository as links between pages of the site
    reference.py    commands, codes, messages, tables, classes, routes and schemas, from the types
    surface.py      what is public in Python, which the reference tells
    gallery.py      a page for every shipped scenario: its story, its picture, the file, the run to look at
    stories.py      a page for every topic of the failure stories, with what a run says
    written.py      whether what has been written holds together
    conf.py         what Sphinx is told

Nothing of it is installed with the package.
"""
