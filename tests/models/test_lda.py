"""Smoothed LDA against worked numbers, and the laws of its bound."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import gammaln, logsumexp

from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_state import LDAGlobals, LDALocal
from fastvb.models._lda_terms import elbo_terms
from fastvb.models.lda import LDAModel

# Two documents [0, 0, 1] and [1, 2, 2, 2]; the numbers are from an independent derivation of
# all seven expectations with explicit q(z), and from enumeration of the 2^7 assignments.
COUNTS = sp.csr_matrix(np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0]]))
ALPHA, ETA = np.array([0.5, 0.5]), 0.1
GAMMA = np.array([[1.0, 2.0], [2.0, 3.0]])
LAMBDA = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
TERMS = {
    "log_p_theta": -0.45612644,
    "log_p_beta": -3.49467992,
    "log_p_z": -5.53934932,
    "log_p_w": -7.92114427,
    "entropy_beta": -2.48868912,
    "entropy_theta": -0.42805383,
    "entropy_z": 3.52873012,
}
ELBO_AT_START, ELBO_AT_LIMIT, LOG_EVIDENCE = -16.799312778, -11.623606418645, -9.538074171175


def bound(model, stats, h, globals_):
    return stats.inner(model.expect(globals_)) + h + model.global_bound(globals_)


def test_seven_terms():
    model = LDAModel(ALPHA, ETA, n_words=3)
    terms = elbo_terms(model, DocumentBatch(COUNTS), LDAGlobals.from_topics(LAMBDA), GAMMA)
    assert list(terms) == list(TERMS)
    for name, value in TERMS.items():
        assert terms[name] == pytest.approx(value, abs=1e-8)
    assert sum(terms.values()) == pytest.approx(ELBO_AT_START, abs=1e-8)


def test_coordinate_ascent_reaches_the_known_optimum():
    model = LDAModel(ALPHA, ETA, 3, mean_change_tol=0.0, max_doc_update_iter=1, doc_init="warm")
    batch, globals_, local = DocumentBatch(COUNTS), LDAGlobals.from_topics(LAMBDA), None
    local, trace = LDALocal(GAMMA, 1), []
    for _ in range(3000):
        stats, h, local = model.local_step(batch, model.expect(globals_), local)
        trace.append(bound(model, stats, h, globals_))
        globals_ = model.global_step(stats, globals_)
        trace.append(bound(model, stats, h, globals_))
    assert trace[-1] == pytest.approx(ELBO_AT_LIMIT, abs=1e-8)
    assert np.diff(trace).min() > -1e-12
    assert trace[-1] < LOG_EVIDENCE


def test_log_evidence_by_enumeration():
    """The bound's target, from the collapsed joint of words and assignments."""

    def log_beta(a):
        return gammaln(a).sum() - gammaln(a.sum())

    tokens = [(0, 0), (0, 0), (0, 1), (1, 1), (1, 2), (1, 2), (1, 2)]
    eta, terms = np.full(3, ETA), []
    for z in product(range(2), repeat=len(tokens)):
        n_dk, n_kv = np.zeros((2, 2)), np.zeros((2, 3))
        for (d, v), k in zip(tokens, z, strict=True):
            n_dk[d, k] += 1
            n_kv[k, v] += 1
        terms.append(
            sum(log_beta(ALPHA + n) - log_beta(ALPHA) for n in n_dk)
            + sum(log_beta(eta + n) - log_beta(eta) for n in n_kv)
        )
    assert logsumexp(terms) == pytest.approx(LOG_EVIDENCE, abs=1e-10)
