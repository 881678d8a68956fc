"""Which format a corpus file has."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from fastvb.datasets.corpus_layout import MAGIC
from fastvb.datasets.docword import looks_like_docword
from fastvb.datasets.ldac import looks_like_ldac
from fastvb.datasets.line_reader import LineReader, PathLikeStr
from fastvb.datasets.matrixmarket import looks_like_matrixmarket
from fastvb.datasets.svmlight import looks_like_svmlight

__all__ = ["FORMATS", "Format", "detect_format"]

Format = Literal["ldac", "docword", "matrixmarket", "svmlight", "text", "tsv", "fastvb"]
FORMATS: tuple[str, ...] = get_args(Format)

_BY_SUFFIX: dict[str, Format] = {
    ".ldac": "ldac",
    ".mtx": "matrixmarket",
    ".mm": "matrixmarket",
    ".svm": "svmlight",
    ".svmlight": "svmlight",
    ".libsvm": "svmlight",
    ".tsv": "tsv",
    ".fvb": "fastvb",
}
_COMPRESSED = (".gz", ".bz2", ".xz")
_PROBED_BYTES = 1 << 16


def detect_format(path: PathLikeStr) -> Format:
    r"""Return the format of a corpus file by its name and its first lines.

    A folder is text. The names ``docword.*``, ``*.ldac``, ``*.mtx``, ``*.mm``, ``*.svm``,
    ``*.svmlight``, ``*.libsvm``, ``*.tsv`` and ``*.fvb`` decide whatever the file holds, also with
    ``.gz``, ``.bz2`` or ``.xz`` behind them. For other names the first 64 kB do: what
    :class:`CorpusFile` begins with, the MatrixMarket banner,
    the three sizes of docword, lines of ``id:count`` pairs; what is none of these is text. Pairs
    are LDA-C where one has id 0 or at least half of the lines hold as many as their first number
    says, and else svmlight.

    Parameters
    ----------
    path : str or path-like
        The file, plain or compressed, or a folder.

    Returns
    -------
    {"ldac", "docword", "matrixmarket", "svmlight", "text", "tsv", "fastvb"}
        The `file_format` for :func:`read_corpus`.

    Raises
    ------
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from fastvb.datasets import detect_format
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "notes.txt")
    ...     _ = path.write_text("the first document\nthe second\n")
    ...     detect_format(path)
    'text'
    """
    path = Path(path)
    if path.is_dir():
        return "text"
    lines = _first_lines(path)
    name = path.name.lower()
    for suffix in _COMPRESSED:
        name = name.removesuffix(suffix)
    if name.startswith("docword."):
        return "docword"
    suffix = Path(name).suffix
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if lines[:1] == [MAGIC.rstrip()]:
        return "fastvb"
    if looks_like_matrixmarket(lines):
        return "matrixmarket"
    if looks_like_docword(lines):
        return "docword"
    if looks_like_ldac(lines):
        return "ldac"
    return "svmlight" if looks_like_svmlight(lines) else "text"


def _first_lines(path: Path) -> list[bytes]:
    with LineReader(path, _PROBED_BYTES) as reader:
        for block in reader.blocks():
            return bytes(block).split(b"\n")[:-1]
    return []
