import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy import io
from sklearn.datasets import load_svmlight_file
from versus.measure import ratio

from fastvb import threads
from fastvb._kernels import _scan
from fastvb.datasets import make_lda_corpus, read_corpus

FORMATS = ("docword", "matrixmarket", "ldac", "svmlight")
RIVALS = {
    "docword": lambda path: np.loadtxt(path, dtype=int, skiprows=3),
    "matrixmarket": io.mmread,
    "svmlight": lambda path: load_svmlight_file(str(path)),
}


def written(file_format, counts):
    """The text of a corpus in some format."""
    coo = counts.tocoo()
    entries = zip(coo.row + 1, coo.col + 1, coo.data, strict=True)
    triples = "".join(f"{i} {j} {x}\n" for i, j, x in entries)
    d, w = counts.shape
    if file_format == "docword":
        return f"{d}\n{w}\n{counts.nnz}\n{triples}"
    if file_format == "matrixmarket":
        return f"%%MatrixMarket matrix coordinate real general\n{d} {w} {counts.nnz}\n{triples}"
    lines = []
    for start, stop in zip(counts.indptr, counts.indptr[1:], strict=False):
        entries = zip(counts.indices[start:stop] + 1, counts.data[start:stop], strict=True)
        head = stop - start if file_format == "ldac" else 1
        lines.append(" ".join([str(head), *(f"{j}:{x}" for j, x in entries)]) + "\n")
    return "".join(lines)


class Read:
    """A file of a million entries in the page cache, on two threads."""

    params = FORMATS
    param_names = ("file_format",)

    def setup(self, file_format):
        corpus, _, _ = make_lda_corpus(
            10_000, 50_000, 20, document_length=120.0, topic_word_prior=0.5, random_state=0
        )
        self.n_entries = corpus.counts.nnz
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "corpus")
        self.path.write_text(written(file_format, corpus.counts))

    def teardown(self, file_format):
        self.folder.cleanup()

    def read(self, file_format):
        with threads(2):
            return read_corpus(self.path, file_format=file_format)

    def time_read(self, file_format):
        self.read(file_format)

    def peakmem_read(self, file_format):
        self.read(file_format)

    def track_entries(self, file_format):
        seconds = []
        for _ in range(7):
            begin = perf_counter()
            self.read(file_format)
            seconds.append(perf_counter() - begin)
        return self.n_entries / float(np.median(seconds))

    track_entries.unit = "entries per second"

    def track_ratio_to_others(self, file_format):
        if file_format not in RIVALS:
            return float("nan")
        return ratio(
            lambda: RIVALS[file_format](self.path), lambda: self.read(file_format), rounds=3
        )

    track_ratio_to_others.unit = "times the speed of NumPy, SciPy or scikit-learn"


class Scan:
    """The kernel alone, on text in the cache and one thread."""

    def setup(self):
        entries = ((i // 90 + 1, i * 7 % 90_000, i % 9) for i in range(200_000))
        lines = b"".join(b"%d %d %d\n" % entry for entry in entries)
        self.text = np.frombuffer(lines + bytes(8), np.uint8)
        self.starts, self.counts = np.empty(2, np.intp), np.empty((1, 2), np.intp)
        self.offsets, self.results = np.zeros((1, 2), np.intp), np.empty((1, 4), np.intp)
        self.outputs = [np.empty(200_000, np.int32) for _ in range(3)]
        self.time_cut()

    def time_cut(self):
        _scan.cut_lines(self.text, len(self.text) - 8, self.starts, self.counts, 1)

    def time_triples(self):
        ids = (0, 100_000, 100_000)
        _scan.scan_triples(
            self.text, self.starts, self.offsets, *ids, *self.outputs, self.results, 1
        )
