"""Where the documents' inner iterations start in each pass, and how far they go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.datasets import make_lda_corpus
from fastvb.inference import Monitor, cavi
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_state import LDALocal

N_FRESH = len(LDAModel.fresh_visits)
FIRST = np.random.RandomState(1).gamma(1.0, 9.0, (30, 4))  # a gamma to go on from


def corpus(n_documents=30):
    return sp.csr_matrix(make_lda_corpus(n_documents, 60, 4, random_state=0)[0].counts, dtype=float)


def gamma_of_a_visit(n_visits, doc_init="auto", rng=None, **options):
    """Gamma after a local step that may go on from FIRST."""
    model = LDAModel(np.full(4, 0.1), 0.1, 60, doc_init=doc_init, mean_change_tol=0.0, **options)
    batch, start = DocumentBatch(corpus()), np.random.RandomState(0)
    view = model.expect(model.init_globals(batch, start))
    _, _, local = model.local_step(batch, view, LDALocal(FIRST, n_visits), rng)
    assert local.n_visits == n_visits + 1
    return local.gamma


@pytest.mark.parametrize("n_visits", [1, 2, N_FRESH - 1])
def test_auto_starts_early_visits_from_equal_weights(n_visits):
    cap = LDAModel.fresh_visits[n_visits]
    expected = gamma_of_a_visit(n_visits, "ones", max_doc_update_iter=cap)
    np.testing.assert_array_equal(gamma_of_a_visit(n_visits), expected)


def test_auto_goes_on_where_it_was_afterwards():
    for n_visits in (N_FRESH, N_FRESH + 30):
        expected = gamma_of_a_visit(n_visits, "warm")
        np.testing.assert_array_equal(gamma_of_a_visit(n_visits), expected)
    assert not np.array_equal(expected, gamma_of_a_visit(N_FRESH, "ones"))


def test_a_lower_limit_of_inner_iterations_is_kept():
    expected = gamma_of_a_visit(3, "ones", max_doc_update_iter=2)
    np.testing.assert_array_equal(gamma_of_a_visit(3, max_doc_update_iter=2), expected)
    assert not np.array_equal(expected, gamma_of_a_visit(3))


def test_random_restarts_by_its_generator():
    first, again, other = (
        gamma_of_a_visit(99, "random", np.random.RandomState(seed), max_doc_update_iter=1)
        for seed in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_settled_documents_start_where_they_were():
    model, local = LDAModel(np.full(4, 0.1), 0.1, 60), LDALocal(FIRST, 3)
    settled = model.settle(local)
    assert settled.n_visits == N_FRESH
    assert settled.gamma is FIRST
    assert model.settle(settled) is settled
    for doc_init in ("ones", "random", "warm"):  # nothing to settle
        assert replace(model, doc_init=doc_init).settle(local) is local


def bounds(doc_init, n_passes=60, **options):
    X = corpus(200)
    model, monitor = (
        LDAModel(np.full(4, 0.1), 0.1, 60, doc_init=doc_init, **options),
        Monitor(n_passes),
    )
    cavi(model, [DocumentBatch(X)], monitor, rng=np.random.RandomState(0))
    return np.array(monitor.lower_bounds)


def test_auto_never_lowers_the_bound_where_restarts_would():
    class OftenFresh(LDAModel):
        fresh_visits = 60 * (3,)

    always = bounds("ones", max_doc_update_iter=3)
    X, monitor = corpus(200), Monitor(60)
    model = OftenFresh(np.full(4, 0.1), 0.1, 60)
    cavi(model, [DocumentBatch(X)], monitor, rng=np.random.RandomState(0))
    guarded = np.array(monitor.lower_bounds)
    rounding = 1e-12 * abs(guarded[-1])
    assert np.diff(always).min() < -rounding
    assert np.diff(guarded).min() >= -rounding
    assert guarded[-1] > always[-1]


def test_auto_needs_no_generator_after_the_start_and_repeats_itself():
    np.testing.assert_array_equal(bounds("auto", 25), bounds("auto", 25))
    assert np.diff(bounds("auto")).min() > -1e-9
