"""tomotopy: collapsed Gibbs sampling. Its topics are means over the state of the last sweep."""

import warnings
from itertools import pairwise

import numpy as np
import tomotopy

from fastvb import get_num_threads

NAME = "tomotopy"
warnings.filterwarnings("ignore", message="The training result may differ")
SWEEPS = 100  # tomotopy's own default of infer, and enough for topics to infer with


def model(counts, n_components, alpha, eta, seed):
    lda = tomotopy.LDAModel(
        k=n_components, alpha=alpha, eta=eta, seed=seed, min_cf=0, min_df=0, rm_top=0
    )
    lda.optim_interval = 0  # the prior stays as it is
    for words in as_words(counts):
        if words:
            lda.add_doc(words)
    return lda


def as_words(counts):
    names = np.array([str(word) for word in range(counts.shape[1])], dtype=object)
    for start, end in pairwise(counts.indptr):
        row = slice(start, end)
        yield list(np.repeat(names[counts.indices[row]], counts.data[row].astype(int)))


def topics(lda, n_words):
    """Its topic matrix with the columns where ours are; words without a count have zero."""
    found = np.zeros((lda.k, n_words))
    columns = [int(word) for word in lda.used_vocabs]
    for k in range(lda.k):
        found[k, columns] = lda.get_topic_word_dist(k)
    return found


def trained(counts, components, alpha, *_stopping_rule):
    """Topics of its own: it cannot be given any."""
    lda = model(counts, len(components), alpha, 0.1, seed=0)
    lda.train(SWEEPS, workers=2)
    return lda, [lda.make_doc(words) for words in as_words(counts)], counts.shape[1]


def lda_transform(lda, documents, n_words):
    weights, _ = lda.infer(documents, iterations=SWEEPS, workers=get_num_threads())
    return np.array(weights), topics(lda, n_words)


def corpus(counts, n_components, alpha, eta, passes, seed):
    return model(counts, n_components, alpha, eta, seed), passes, counts.shape[1]


def lda_curve(lda, sweeps, n_words):
    lda.train(sweeps, workers=get_num_threads())
    return topics(lda, n_words)


def lda_curve_by_steps(lda, budgets, n_words):
    for done, sweeps in pairwise((0, *budgets)):
        yield lda_curve(lda, sweeps - done, n_words)


BUDGETS = (50, 100, 200, 300, 500, 750, 1000)  # sweeps

TASKS = {
    "lda_transform_other": lda_transform,
    "lda_curve": lda_curve,
    "lda_curve_by_steps": lda_curve_by_steps,
}
PREPARE = {"lda_transform_other": trained, "lda_curve": corpus, "lda_curve_by_steps": corpus}
