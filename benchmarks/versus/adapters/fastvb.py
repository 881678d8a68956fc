"""Our own side of every problem."""

import numpy as np

from fastvb import LatentDirichletAllocation, special
from fastvb.inference import Monitor, cavi, em
from fastvb.models import (
    DirichletWeights,
    DocumentBatch,
    LDAModel,
    Mixture,
    NormalWishart,
    Observations,
    PointGaussians,
    PointWeights,
)
from fastvb.models._lda_state import LDAGlobals
from fastvb.models.mixture import MixtureStats
from versus.lda_problems import ETA
from versus.mixture_problems import unit

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


def point_mixture(X, n_components, covariance_type, reg_covar=0.0):
    """The model of GaussianMixture."""
    gaussians = PointGaussians.most_likely(covariance_type, n_components, origin(X), reg_covar)
    return Mixture(PointWeights.of(n_components), gaussians)


def bayesian_mixture(X, n_components, covariance_type):
    """The model of BayesianGaussianMixture with Dirichlet weights."""
    n_features = X.shape[1]
    covariance = unit(covariance_type, n_components, n_features)
    gaussians = NormalWishart.of(
        covariance_type, n_components, origin(X), 1.0, origin(X), float(n_features),
        covariance if covariance_type == "tied" else covariance[0],
    )  # fmt: skip
    return Mixture(DirichletWeights(np.full(n_components, 1 / n_components)), gaussians)


def origin(X):
    return X.mean(axis=0).astype(np.float64)


def mixture_start(model, n_rows, weights, means, covariances):
    """Globals that so many rows with these statistics lead to."""
    form, counts, means = model.components.form, n_rows * weights, means - model.components.origin
    covariances = np.reshape(covariances, form.shape(*means.shape))
    divisor = form.gain(counts, means.shape[1]).reshape(-1, *(1,) * (covariances.ndim - 1))
    squares = divisor * covariances + form.outer(counts, means)
    moments = form.packed(counts[:, np.newaxis] * means, squares)
    return model.global_step(MixtureStats(counts, moments), None)


def em_start(X, means, covariance_type, make=point_mixture):
    weights = np.full(len(means), 1 / len(means))
    return em_start_at(
        X, weights, means, unit(covariance_type, *means.shape), covariance_type, make
    )


def em_start_at(X, weights, means, covariances, covariance_type, make=point_mixture):
    model = make(X, len(means), covariance_type)
    start = mixture_start(model, len(X), weights, means, covariances)
    return model, Observations(X), start


def vb_start(X, means, covariance_type):
    return em_start(X, means, covariance_type, bayesian_mixture)


def em_iteration(model, batch, start):
    """One iteration of the driver, as the estimator calls it."""
    monitor = Monitor(max_iter=1)
    found = em(model, [batch], monitor, globals_=start)

    def points():
        gaussians = model.components.gaussians(found.components)
        weights = model.weights.mean(found.weights)
        return weights, gaussians.means, gaussians.covariances, monitor.lower_bounds[0] / len(batch)

    return points


def vb_iteration(model, batch, start):
    """One iteration of the driver, as the estimator calls it."""
    return cavi(model, [batch], Monitor(1), globals_=start)


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
    "em_iteration": em_iteration,
    "vb_iteration": vb_iteration,
}
PREPARE = {
    "lda_e_step": e_step_parts,
    "lda_transform": estimator,
    "lda_transform_other": estimator,
    "em_iteration": em_start,
    "vb_iteration": vb_start,
}
