import tempfile
from pathlib import Path

import scipy.sparse as sp

from fastvb.datasets import CorpusFile, make_lda_corpus
from fastvb.models import FileMinibatches, MatrixMinibatches


class Minibatches:
    """An epoch of 20,000 documents and two million entries, from memory or a file in its cache."""

    params = (["matrix", "file"], [128, 512])
    param_names = ("source", "batch_size")

    def setup(self, source, batch_size):
        corpus, _, _ = make_lda_corpus(20_000, 50_000, 20, topic_word_prior=0.5, random_state=0)
        counts = sp.csr_array(corpus.counts, dtype="float32")
        if source == "matrix":
            self.minibatches = MatrixMinibatches(counts, batch_size, seed=0)
            return
        self.folder = tempfile.TemporaryDirectory()
        self.file = CorpusFile.write(Path(self.folder.name, "x"), counts)
        self.minibatches = FileMinibatches(self.file, batch_size, seed=0)

    def teardown(self, source, batch_size):
        if source == "file":
            self.file.close()
            self.folder.cleanup()

    def time_epoch(self, source, batch_size):
        for _ in self.minibatches.epoch(0):
            pass

    def peakmem_epoch(self, source, batch_size):
        self.time_epoch(source, batch_size)


class Write:
    """A file of two million entries out of a matrix in memory."""

    def setup(self):
        corpus, _, _ = make_lda_corpus(20_000, 50_000, 20, topic_word_prior=0.5, random_state=0)
        self.counts = sp.csr_array(corpus.counts, dtype="float32")
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        self.folder.cleanup()

    def time_write(self):
        CorpusFile.write(Path(self.folder.name, "x"), self.counts).close()
