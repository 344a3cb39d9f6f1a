"""Settings of Sphinx. Warnings are errors: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import docstrings
import tables

from mcca_ml import __version__

project = "MCCA-ML"
copyright = "The MCCA-ML developers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_generated", "_templates"]
suppress_warnings = ["config.cache"]

html_theme = "pydata_sphinx_theme"
html_title = f"MCCA-ML {__version__}"
html_theme_options = {
    "show_prev_next": False,
    "navbar_center": [],  # all pages are listed on the left
    "secondary_sidebar_items": ["page-toc"],
}
templates_path = ["_templates"]
html_sidebars = {"**": ["all-pages"]}
html_show_sourcelink = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 80
default_role = "literal"  # docstrings put names into single backticks


def setup(app):
    """Write the generated tables; convert docstrings to reStructuredText."""
    app.connect("builder-inited", lambda _: tables.write(Path(__file__).parent / "_generated"))
    app.connect("autodoc-process-docstring", docstrings.process, priority=100)
    app.connect("autodoc-process-signature", docstrings.short_signature)
