"""What Sphinx is told: Markdown, no requests to anybody, light and dark."""

project = "trustsim"
author = "the trustsim maintainers"
root_doc = "index"
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
html_theme = "furo"
html_title = "trustsim"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
html_show_search_summary = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]

pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
highlight_language = "none"
