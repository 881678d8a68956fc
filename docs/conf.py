"""Sphinx configuration. Nothing here needs the network."""

import inspect
import subprocess
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

import numpy as np
from sphinx.errors import ExtensionError

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
templates_path = ["_templates"]
nitpicky = False

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say it
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "GL06", "GL07",  # sections: known and in order
    "SS01", "SS03",  # a summary, with a full stop
    "PR01", "PR02", "PR04", "PR07", "PR10",  # parameters: all, no others, with type and description
    "RT01", "RT03",  # results, described
}  # fmt: skip
numpydoc_validation_exclude = {
    r"Corpus", r"DirichletFit", r"FitState",  # records: their attributes are their parameters
    r"Schedule$",  # a protocol: nobody makes one
    *(rf"special\.{n}$" for n in special.__all__ if isinstance(getattr(special, n), np.ufunc)),
}  # fmt: skip

# Document a ufunc like a function.
is_routine = inspect.isroutine
inspect.isroutine = lambda obj: isinstance(obj, np.ufunc) or is_routine(obj)

html_theme = "pydata_sphinx_theme"
html_title = "fastvb"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_show_sourcelink = False


def run_examples(app):
    """Make what the gallery shows: each script's picture, and what it prints."""
    folder = Path(app.srcdir, "gallery", "generated")
    folder.mkdir(exist_ok=True)
    for script in sorted(Path(app.srcdir).parent.glob("examples/plot_*.py")):
        run = subprocess.run(
            [sys.executable, script], cwd=folder, capture_output=True, encoding="utf-8", check=False
        )
        if run.returncode != 0:
            raise ExtensionError(f"{script.name} failed:\n{run.stderr}")
        (folder / script.with_suffix(".txt").name).write_text(run.stdout, encoding="utf-8")


def setup(app):
    app.connect("builder-inited", run_examples)
