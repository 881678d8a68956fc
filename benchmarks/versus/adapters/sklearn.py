"""scikit-learn."""

import numpy as np
from sklearn.decomposition import LatentDirichletAllocation
from sklearn.mixture import GaussianMixture

from fastvb import get_num_threads
from fastvb.special import digamma
from versus.mixture_problems import unit

NAME = "scikit-learn"


def with_topics(counts, components, alpha, tol, max_iter):
    """An estimator as if it had been fitted; digamma is ours, so that both read the same rows."""
    lda = LatentDirichletAllocation(
        len(components), doc_topic_prior=alpha, mean_change_tol=tol, max_doc_update_iter=max_iter
    )
    lda._init_latent_vars(components.shape[1], dtype=components.dtype)
    exact = components.astype(np.float64)
    elog = digamma(exact) - digamma(exact.sum(axis=1, keepdims=True))
    lda.components_ = components
    lda.exp_dirichlet_component_ = np.exp(elog).astype(components.dtype)
    lda.n_features_in_ = components.shape[1]
    return lda, counts


def lda_e_step(lda, counts):
    return lda._e_step(counts, cal_sstats=True, random_init=False)[0]


def lda_fit(counts, n_components, max_iter, alpha, eta, seed=0, n_jobs=1):
    lda = LatentDirichletAllocation(
        n_components, doc_topic_prior=alpha, topic_word_prior=eta,
        max_iter=max_iter, random_state=seed, n_jobs=n_jobs,
    )  # fmt: skip
    return lda.fit(counts).components_


def lda_transform(lda, counts):
    return lda.transform(counts), None


def lda_curve(counts, n_components, alpha, eta, passes, seed):
    found = lda_fit(counts, n_components, passes, alpha, eta, seed=seed, n_jobs=get_num_threads())
    return found / found.sum(axis=1, keepdims=True)


def em_start(X, means, covariance_type):
    mixture = GaussianMixture(len(means), covariance_type=covariance_type, reg_covar=0.0)
    return mixture, X, means, unit(covariance_type, *means.shape)


def em_iteration(mixture, X, means, precisions):
    """The two steps that an iteration of its fit consists of."""
    mixture.weights_ = np.full(len(means), 1 / len(means))
    mixture.means_, mixture.precisions_cholesky_ = means, precisions
    log_likelihood, log_resp = mixture._e_step(X)
    mixture._m_step(X, log_resp)
    return lambda: (mixture.weights_, mixture.means_, mixture.covariances_, log_likelihood)


BUDGETS = (5, 10, 20, 30)  # passes

TASKS = {
    "em_iteration": em_iteration,
    "lda_curve": lda_curve,
    "lda_e_step": lda_e_step,
    "lda_fit": lda_fit,
    "lda_transform": lda_transform,
}
PREPARE = {
    "em_iteration": em_start,
    "lda_e_step": with_topics,
    "lda_transform": with_topics,
}
