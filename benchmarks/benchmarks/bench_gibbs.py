import numpy as np

from fastvb.datasets import make_lda_corpus
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_gibbs import GibbsSweeps

DTYPES = ["float64", "float32"]


class LocalStep:
    """Ten sweeps over 512 documents of 200 tokens, given one draw of the topics."""

    params = ([10, 100, 500], DTYPES)
    param_names = ("topics", "dtype")

    def setup(self, topics, dtype):
        made, _, _ = make_lda_corpus(512, 5000, topics, document_length=200, random_state=0)
        self.batch = DocumentBatch(made.counts.astype(dtype))
        alpha = np.full(topics, 0.1, dtype)
        self.model = LDAModel(alpha, 0.1, 5000, np.dtype(dtype), assignments=GibbsSweeps(5, 5))
        globals_ = self.model.init_globals(self.batch, np.random.default_rng(0))
        self.view = self.model.sample_view(globals_, np.random.default_rng(1))
        self.view.at(self.batch.words)

    def time_call(self, topics, dtype):
        self.model.local_step(self.batch, self.view, None, np.random.default_rng(2))
