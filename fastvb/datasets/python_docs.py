"""A real corpus on every machine: the documentation strings of Python sources."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections.abc import Collection, Iterator
from os import walk
from pathlib import Path

import numpy as np

from fastvb.datasets.corpus import Corpus
from fastvb.datasets.line_reader import PathLikeStr
from fastvb.datasets.stop_words import ENGLISH, PYTHON
from fastvb.datasets.text import count_words, tokenize

__all__ = ["load_python_docs"]

# Tests are no documentation; encodings' modules are generated and say the same a hundred times.
_SKIPPED_FOLDERS = {
    "test", "tests", "idle_test", "site-packages", "dist-packages", "encodings", "__pycache__",
}  # fmt: skip
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CONDITIONAL = (ast.If, ast.Try, ast.ExceptHandler, ast.With)


def load_python_docs(
    path: PathLikeStr | None = None,
    *,
    min_words: int = 8,
    min_df: float = 5,
    max_df: float = 0.1,
    stop_words: Collection[str] = ENGLISH | PYTHON,
) -> Corpus:
    """Load the documentation strings of Python's standard library as a corpus.

    Nothing is downloaded and nothing imported: the ``.py`` sources of the running Python are parsed
    with :mod:`ast`. A document is the docstring of a module, that of a function, or those of a
    class and all its methods together; its name is the dotted name. A docstring that occurs again
    word for word counts once. Words are those of :func:`tokenize`.

    Parameters
    ----------
    path : str or path-like, optional
        Another folder of Python sources to read in the same way; test folders, ``site-packages``
        and ``encodings`` in it are skipped.
    min_words : int, default=8
        Shorter documents are left out (stop words do not count).
    min_df, max_df : int or float
        Words in fewer or more documents are left out, as in :meth:`Corpus.prune`.
    stop_words : collection of str
        Words to leave out; by default common English words and those that every docstring uses
        (self, return, argument ...).

    Returns
    -------
    Corpus
        About 2300 documents, 2500 words and 97 000 tokens for CPython 3.11; the same each time.

    Raises
    ------
    FileNotFoundError
        If there are no sources: some installations ship the library compiled or zipped.
    ValueError
        If no document or no word is left.

    Examples
    --------
    >>> from fastvb.datasets import load_python_docs
    >>> corpus = load_python_docs()
    >>> "json.decoder.JSONDecoder" in corpus.names, "socket" in corpus.vocabulary
    (True, True)
    """
    root = Path(sysconfig.get_path("stdlib") if path is None else path)
    names, documents = [], []
    for name, text in _documents(root):
        words = [word for word in tokenize(text) if word not in stop_words]
        if len(words) >= min_words:
            names.append(name)
            documents.append(words)
    if not names:
        raise ValueError(
            f"Expected a documented module, class or function under {root}, "
            f"got none of min_words={min_words} words."
        )
    counts, vocabulary = count_words(documents)
    corpus = Corpus(counts, vocabulary, np.array(names, dtype=object))
    return corpus.prune(min_df=min_df, max_df=max_df)


def _documents(root: Path) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, text); every docstring once."""
    seen: set[str] = set()
    for file in _sources(root):
        tree = _parse(file)
        if tree is None:
            continue
        parts = file.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        groups = {module: [ast.get_docstring(tree)]}
        for node in _definitions(tree):  # one name may have a definition per platform
            groups.setdefault(f"{module}.{node.name}", []).extend(_docstrings(node))
        for name, docstrings in groups.items():
            fresh = dict.fromkeys(text for text in docstrings if text and text not in seen)
            seen.update(fresh)
            if fresh:
                yield name, "\n".join(fresh)


def _sources(root: Path) -> list[Path]:
    files = []
    for folder, subfolders, names in walk(root):
        subfolders[:] = sorted(set(subfolders) - _SKIPPED_FOLDERS)
        files += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
    if not files:
        raise FileNotFoundError(
            f"Expected Python sources (.py) under {root}, found none: this Python has its library "
            "compiled, zipped or stripped. Give a folder of sources, or read a corpus from a file."
        )
    return files


def _parse(file: Path) -> ast.Module | None:
    """The syntax tree, None for a file that this Python cannot read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are not our business
            return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _definitions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes directly in a body, also below ``if``, ``try`` and ``with``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _DEFINITIONS):
            yield child
        elif isinstance(child, _CONDITIONAL):
            yield from _definitions(child)


def _docstrings(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
) -> list[str | None]:
    """The docstring of a definition and those of all definitions in it."""
    nested = [text for child in _definitions(node) for text in _docstrings(child)]
    return [ast.get_docstring(node), *nested]
