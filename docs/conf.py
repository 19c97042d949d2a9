"""How Sphinx builds these pages: `sphinx-build -W docs docs/_build`."""

import sys
from pathlib import Path

import tinygrad_seq

sys.path.insert(0, str(Path(__file__).parent))

project = "tinygrad_seq"
author = "tinygrad_seq contributors"
release = version = tinygrad_seq.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax", "tables", "gallery"]
exclude_patterns = ["_build"]
nitpicky = False

html_theme = "furo"
html_title = "tinygrad_seq"
html_static_path = ["_static"]

# A name in single backticks in a docstring is code.
default_role = "code"
add_module_names = False
autodoc_member_order = "groupwise"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
