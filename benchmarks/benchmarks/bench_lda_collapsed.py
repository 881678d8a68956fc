from time import perf_counter

import numpy as np
from versus.measure import on_threads

from fastvb.datasets import make_lda_corpus
from fastvb.models import CollapsedLDA, DocumentBatch

TOPICS = [10, 50, 100, 300]
DOCUMENTS = {"short": (4000, 16), "medium": (600, 110), "long": (80, 1000)}  # number, tokens


class Sweeps:
    """Local steps of CVB0 that go on from one another."""

    params = (TOPICS, list(DOCUMENTS))
    param_names = ("topics", "documents")

    def setup(self, k, documents):
        n_documents, length = DOCUMENTS[documents]
        made, _, _ = make_lda_corpus(n_documents, 5000, k, document_length=length, random_state=0)
        self.batch = DocumentBatch(made.counts.astype(np.float32))
        self.model = CollapsedLDA(np.full(k, 0.1), 0.1, 5000)
        self.view, self.local = self.model.init_globals(self.batch, None), None
        self.step()

    def step(self):
        stats, h, self.local = self.model.local_step(self.batch, self.view, self.local)
        self.view = self.model.global_step(stats, None)
        return h

    def time_step(self, k, documents):
        self.step()

    def time_first_step(self, k, documents):
        """Including the order of the entries and the draws."""
        self.model.local_step(self.batch, self.model.init_globals(self.batch, None))

    def peakmem_step(self, k, documents):
        self.step()

    def seconds(self, n_threads):
        taken = []
        with on_threads(n_threads):
            for _ in range(5):
                start = perf_counter()
                self.step()
                taken.append(perf_counter() - start)
        return float(np.median(taken))

    def track_throughput(self, k, documents):
        """One thread, counting and the likelihood included."""
        return len(self.batch.counts) * self.model.sweeps_per_step / self.seconds(1)

    track_throughput.unit = "non-zeros x sweeps per second"

    def track_two_threads(self, k, documents):
        """How much faster than one."""
        return self.seconds(1) / self.seconds(2)

    track_two_threads.unit = "times the speed of one thread"
