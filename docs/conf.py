"""Sphinx configuration. Nothing here needs the network."""

import inspect
from importlib.metadata import version as installed_version

import numpy as np

from fastvb import special

project = "fastvb"
author = "The fastvb developers"
copyright = "The fastvb developers"
version = release = installed_version("fastvb")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = False

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say it
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "all",
    "ES01",  # an extended summary is not always needed
    "EX01",  # properties have no examples; tests look for those of functions and classes
    "GL01",  # the summary starts on the line of the quotes
    "GL08",  # numpydoc also visits private names; tests watch over the public ones
    "SA01", "SA04",  # "See Also" where it helps
    "SS05",  # "Return" and "Returns" are both fine
    "SS06",  # so is a summary of two lines
    "YD01",  # context managers that yield nothing
}  # fmt: skip

numpydoc_validation_exclude = {
    r"datasets\.Corpus",  # a record: its attributes are its parameters
    *(rf"special\.{n}$" for n in special.__all__ if isinstance(getattr(special, n), np.ufunc)),
}

# Document a ufunc like a function.
is_routine = inspect.isroutine
inspect.isroutine = lambda obj: isinstance(obj, np.ufunc) or is_routine(obj)

html_theme = "pydata_sphinx_theme"
html_title = "fastvb"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_show_sourcelink = False
