# SPDX-License-Identifier: Apache-2.0
# Sphinx's settings of the site that build.py lays out.
project = "Ringwalk"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = [".doctrees"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Ringwalk"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # a page from file:// may not read another one
html_last_updated_fmt = None
highlight_language = "none"
