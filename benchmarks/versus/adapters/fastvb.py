"""Our own side of every problem."""

import numpy as np

from fastvb import LatentDirichletAllocation, special
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_state import LDAGlobals
from versus.lda_problems import ETA

NAME = "fastvb"


def logsumexp(log_joint):
    return special.logsumexp(log_joint, axis=1)


def e_step_parts(counts, components, alpha, tol, max_iter):
    k, n_words = components.shape
    dtype = components.dtype
    model = LDAModel(
        np.full(k, alpha, dtype), 0.1, n_words, dtype=dtype,
        doc_init="ones", mean_change_tol=tol, max_doc_update_iter=max_iter,
    )  # fmt: skip
    batch = DocumentBatch(counts)
    batch.by_words  # noqa: B018  computed once for a whole fit
    return model, batch, model.expect(LDAGlobals.from_topics(components))


def lda_e_step(model, batch, view):
    return model.local_step(batch, view)[2].gamma


def lda_fit(counts, n_components, max_iter, alpha, eta):
    lda = LatentDirichletAllocation(
        n_components, doc_topic_prior=alpha, topic_word_prior=eta,
        max_iter=max_iter, tol=0.0, random_state=0,
    )  # fmt: skip
    return lda.fit(counts).components_


def estimator(counts, components, alpha, tol, max_iter):
    lda = LatentDirichletAllocation.from_components(
        components, doc_topic_prior=alpha, topic_word_prior=ETA,
        mean_change_tol=tol, max_doc_update_iter=max_iter,
    )  # fmt: skip
    return lda, counts


def lda_transform(lda, counts):
    return lda.transform(counts), lda.topic_word_distribution()


def lda_curve(counts, n_components, alpha, eta, passes, seed, **options):
    lda = LatentDirichletAllocation(
        n_components, doc_topic_prior=alpha, topic_word_prior=eta,
        max_iter=passes, tol=0.0, random_state=seed, **options,
    )  # fmt: skip
    return lda.fit(counts).topic_word_distribution()


BUDGETS = (2, 5, 10, 20, 40, 80)  # passes

TASKS = {
    "digamma": special.digamma,
    "trigamma": special.trigamma,
    "gammaln": special.gammaln,
    "exp_digamma": special.exp_digamma,
    "logsumexp": logsumexp,
    "responsibilities": special.responsibilities,
    "dirichlet_kl": special.dirichlet_kl,
    "lda_e_step": lda_e_step,
    "lda_fit": lda_fit,
    "lda_transform": lda_transform,
    "lda_transform_other": lda_transform,
    "lda_curve": lda_curve,
}
PREPARE = {
    "lda_e_step": e_step_parts,
    "lda_transform": estimator,
    "lda_transform_other": estimator,
}
