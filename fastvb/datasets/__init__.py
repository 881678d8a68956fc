"""Corpora and tables: readers of the field's file formats, a real corpus, generators."""

from fastvb.datasets.converting import convert_corpus
from fastvb.datasets.corpus import Corpus
from fastvb.datasets.corpus_file import CorpusFile
from fastvb.datasets.formats import detect_format
from fastvb.datasets.generators import make_lda_corpus, write_lda_corpus
from fastvb.datasets.mixtures import make_mixture
from fastvb.datasets.python_docs import load_python_docs
from fastvb.datasets.reading import read_corpus
from fastvb.datasets.table import Table, read_table
from fastvb.datasets.text import tokenize

__all__ = [
    "Corpus",
    "CorpusFile",
    "Table",
    "convert_corpus",
    "detect_format",
    "load_python_docs",
    "make_lda_corpus",
    "make_mixture",
    "read_corpus",
    "read_table",
    "tokenize",
    "write_lda_corpus",
]
