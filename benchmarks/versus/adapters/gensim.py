"""gensim's LdaModel: online variational Bayes, one process."""

import numpy as np
from gensim.matutils import Sparse2Corpus
from gensim.models import LdaModel

NAME = "gensim LdaModel"


def as_documents(counts):
    """A list of documents, each a list of (word, count)."""
    return list(Sparse2Corpus(counts, documents_columns=False))


def with_topics(counts, components, alpha, tol, max_iter):
    k, n_words = components.shape
    lda = LdaModel(
        num_topics=k, id2word=dict(enumerate(map(str, range(n_words)))), alpha=[alpha] * k,
        eta=0.1, iterations=max_iter, gamma_threshold=tol, dtype=np.float64, random_state=0,
    )  # fmt: skip
    lda.state.sstats = components - lda.state.eta
    lda.sync_state()
    return lda, as_documents(counts)


def lda_transform(lda, documents):
    gamma, _ = lda.inference(documents)
    return gamma / gamma.sum(axis=1, keepdims=True), lda.get_topics()


def corpus(counts, n_components, alpha, eta, passes, seed):
    words = dict(enumerate(map(str, range(counts.shape[1]))))
    return as_documents(counts), words, n_components, alpha, eta, passes, seed


def lda_curve(documents, words, n_components, alpha, eta, passes, seed, kind=LdaModel, **options):
    """Its defaults but for the priors and the log of the perplexity, which takes time."""
    lda = kind(
        documents, num_topics=n_components, id2word=words, alpha=[alpha] * n_components, eta=eta,
        passes=passes, eval_every=None, random_state=seed, **options,
    )  # fmt: skip
    return lda.get_topics()


def stochastic_options(batch, inner):
    return {"chunksize": batch, "iterations": inner}


BUDGETS = (1, 2, 5, 10, 20)  # passes
SETTINGS = {", 256 documents": {"chunksize": 256}, ", 2000 documents": {}}  # its default

TASKS = {"lda_transform_other": lda_transform, "lda_curve": lda_curve}
PREPARE = {"lda_transform_other": with_topics, "lda_curve": corpus}
