"""Mixtures of Bernoullis: three coins, missing values, sparse data, and the Dirichlet process."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from reference.bernoulli_mixture import BernoulliMixture, Terms
from scipy import stats

from fastvb.inference import Monitor, RobbinsMonro, cavi, memoized, streaming, structured_svi, svi
from fastvb.models import (
    BetaBernoullis,
    DirichletWeights,
    Mixture,
    ObservationMinibatches,
    Observations,
    PointBernoullis,
    PointWeights,
    StickBreakingWeights,
)
from fastvb.models._bernoulli_components import BetaCounts
from fastvb.models.mixture import MixtureGlobals

K, D = 3, 5
KINDS = {
    "bayes": Mixture(DirichletWeights(np.full(K, 0.7)), BetaBernoullis.of(K, D, (0.8, 0.6))),
    "probable": Mixture(PointWeights.of(K, 1.5), PointBernoullis.of(K, D, (1.5, 2.0))),
    "likely": Mixture(PointWeights.of(K), PointBernoullis.of(K, D)),
}


def data(n=60, missing=0.0, seed=0):
    rng = np.random.default_rng(seed)
    p = np.array([[0.9] * D, [0.1] * D, [0.9, 0.9, 0.1, 0.1, 0.5]])[rng.integers(0, 3, n)]
    X = (rng.random((n, D)) < p).astype(float)
    X[rng.random((n, D)) < missing] = np.nan
    return X


def start_of(model, X):
    return model.init_globals(Observations(X), np.random.default_rng(0))


COIN = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 1.0])[:, np.newaxis]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((0.5, 0.5, 0.5), (1 / 2, 3 / 5, 3 / 5)),
        ((0.4, 0.6, 0.7), (76 / 187, 51 / 95, 119 / 185)),
        ((0.4, 0.6, 0.6), (0.4, 0.6, 0.6)),
    ],
)
def test_three_coins(start, end):
    """The coin A decides whether B or C is thrown; EM is at its end after one step."""
    model = Mixture(PointWeights.of(2), PointBernoullis.of(2, 1))
    weights = model.weights.step(np.array([start[0], 1 - start[0]]), None)
    p = np.array(start[1:])[:, np.newaxis]
    q = MixtureGlobals(weights, BetaCounts(p, 1 - p))
    for _ in range(2):
        monitor = Monitor(max_iter=1)
        q = cavi(model, [Observations(COIN)], monitor, globals_=q)
        got = [
            model.weights.mean(q.weights)[0],
            *model.components.probabilities(q.components)[:, 0],
        ]
        np.testing.assert_allclose(got, end, 1e-12)
        assert monitor.lower_bounds[0] == pytest.approx(-6.7301167, abs=5e-8)


@pytest.mark.parametrize("seed", range(3))
def test_variational_bayes_is_that_of_the_twin(seed):
    X = data(30, seed=seed)
    twin = BernoulliMixture(
        Terms(np.full(K, 0.7), np.broadcast_to(np.array([0.8, 0.6]), (K, D, 2)).copy())
    )
    q = twin.init_globals(X, np.random.default_rng(seed))
    start = MixtureGlobals(
        KINDS["bayes"].weights.step(q.weights - 0.7, None),
        BetaCounts(q.pairs[..., 0], q.pairs[..., 1]),
    )
    monitors = Monitor(max_iter=20), Monitor(max_iter=20)
    expected = cavi(twin, [X], monitors[0], globals_=q)
    got = cavi(KINDS["bayes"], [Observations(X)], monitors[1], globals_=start)
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, 1e-12)
    np.testing.assert_allclose(got.components.ones, expected.pairs[..., 0], 1e-10)
    few = X[:6]
    evidence = twin.exact_evidence(few)
    monitor = Monitor(max_iter=50)
    cavi(KINDS["bayes"], [Observations(few)], monitor, rng=np.random.default_rng(seed))
    assert monitor.lower_bounds[-1] < evidence


def test_one_component_has_the_exact_evidence():
    X = data(20, missing=0.3)
    model = Mixture(DirichletWeights(np.ones(1)), BetaBernoullis.of(1, D, (0.8, 0.6)))
    monitor = Monitor(max_iter=2)
    cavi(model, [Observations(X)], monitor, rng=np.random.default_rng(0))
    expected = 0.0
    for column in X.T:
        seen = column[~np.isnan(column)]
        for n, x in enumerate(seen):  # one after the other
            p = (0.8 + seen[:n].sum()) / (1.4 + n)
            expected += np.log(p if x else 1 - p)
    assert monitor.lower_bounds == pytest.approx([expected] * 2, rel=1e-11)


def enumerated_log_norm(model, q, x):
    """Of one row, by features and over all values of those that are missing."""
    p, weights = model.components.probabilities(q.components), model.weights.mean(q.weights)
    total = 0.0
    holes = np.flatnonzero(np.isnan(x))
    for values in itertools.product([0.0, 1.0], repeat=len(holes)):
        full = x.copy()
        full[holes] = values
        total += weights @ stats.bernoulli.pmf(full, p).prod(axis=1)
    return np.log(total)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_are_summed_out(kind):
    model, X = KINDS[kind], data(40, missing=0.25)
    q = cavi(model, [Observations(X)], Monitor(max_iter=5), globals_=start_of(model, X))
    predicted = model.predictive(q).log_density(X[:10])
    expected = [enumerated_log_norm(model, q, x) for x in X[:10]]
    np.testing.assert_allclose(predicted, expected, 1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_bound_never_falls(kind, missing):
    model = KINDS[kind]
    for seed in range(4):
        X, monitor = data(50, missing, seed), Monitor(max_iter=60)
        cavi(model, [Observations(X)], monitor, rng=np.random.default_rng(seed))
        assert (np.diff(monitor.lower_bounds) > -1e-10).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_weights_of_rows_and_pieces(kind, missing):
    model, X = KINDS[kind], data(50, missing)
    repeats = np.random.default_rng(0).integers(0, 4, 50)
    start, monitors = start_of(model, X), [Monitor(max_iter=10) for _ in range(3)]
    cavi(model, [Observations(X, repeats.astype(float))], monitors[0], globals_=start)
    repeated = np.repeat(X, repeats, axis=0)
    cavi(model, [Observations(repeated)], monitors[1], globals_=start)
    pieces = [Observations(repeated[:20]), Observations(repeated[20:])]
    memoized(model, pieces, monitors[2], globals_=cavi(model, [Observations(repeated)], Monitor(1),
             globals_=start))  # fmt: skip
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, 1e-11)
    bounds = np.array(monitors[2].batch_bounds)
    assert (np.diff(bounds) > -1e-9).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sparse_data_are_dense_data(kind, dtype):
    model, X = KINDS[kind], data(50)
    start, monitors = start_of(model, X), (Monitor(max_iter=6), Monitor(max_iter=6))
    q = cavi(model, [Observations(sp.csr_matrix(X.astype(dtype)))], monitors[0], globals_=start)
    cavi(model, [Observations(X)], monitors[1], globals_=start)
    rtol = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, rtol)
    wanted = {"log_norm": True, "responsibilities": True, "labels": True}
    view = model.expect(q)
    sparse = model.assign(Observations(sp.csr_array(X)), view, **wanted)
    dense = model.assign(Observations(X.astype(bool)), view, **wanted)
    for name in wanted:
        np.testing.assert_allclose(getattr(sparse, name), getattr(dense, name), 1e-12)
    np.testing.assert_array_equal(dense.labels, dense.responsibilities.argmax(axis=1))
    again = model.init_globals(Observations(sp.csr_matrix(X)), np.random.default_rng(0))
    np.testing.assert_array_equal(again.components.ones, start.components.ones)


@pytest.mark.parametrize("kind", KINDS)
def test_points_under_a_prior_are_its_modes(kind):
    model, X = KINDS[kind], data(40, missing=0.2)
    stats_ = model.gather(Observations(X), np.arange(40, dtype=np.intc) % K)
    q = model.global_step(stats_, None)

    def value(q):
        return stats_.inner(model.expect(q)) + model.global_bound(q)

    rng, best = np.random.default_rng(0), value(q)
    for _ in range(10):
        c = q.components
        near = (x * np.exp(1e-3 * rng.normal(size=x.shape)) for x in (c.ones, c.zeros))
        assert value(MixtureGlobals(q.weights, BetaCounts(*near))) < best
    if kind == "probable":
        p = model.components.probabilities(q.components)
        density = stats.beta.logpdf(p, 1.5, 2.0).sum()
        assert model.components.bound(q.components) == pytest.approx(density, rel=1e-12)


def test_what_never_occurs_is_impossible():
    """Probabilities of 0 and 1 are no obstacle, in training or after."""
    X = np.array([[1.0, 0, 1], [1, 0, 0], [0, 1, 1], [0, 1, 0]])
    model = Mixture(PointWeights.of(2), PointBernoullis.of(2, 3))
    labels, monitor = np.array([0, 0, 1, 1], np.intc), Monitor(max_iter=5)
    start = model.global_step(model.gather(Observations(X), labels), None)
    q = cavi(model, [Observations(X)], monitor, globals_=start)
    np.testing.assert_allclose(monitor.lower_bounds, 4 * np.log(0.25), 1e-12)
    p = model.components.probabilities(q.components)
    np.testing.assert_allclose(p, [[1, 0, 0.5], [0, 1, 0.5]], atol=1e-12)
    new = np.array([[1.0, 1, 0], [np.nan, 0, 1]])
    assert np.isfinite(model.predictive(q).log_density(new)).all()
    assert model.predictive(q).log_density(new)[0] < -500
    with pytest.raises(ValueError, match="Expected the prior of a most probable point"):
        PointBernoullis.of(2, 3, (0.5, 1.0))


def test_a_column_that_no_one_has_seen():
    X = data(20)
    X[:, 2] = np.nan
    for model in KINDS.values():
        q = cavi(model, [Observations(X)], Monitor(max_iter=3), globals_=start_of(model, X))
        p = model.components.probabilities(q.components)[:, 2]
        expected = {"bayes": 0.8 / 1.4, "probable": 0.5 / 1.5, "likely": 0.5}
        kind = next(name for name, m in KINDS.items() if m is model)
        np.testing.assert_allclose(p, expected[kind], 1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_stochastic_and_streaming_inference(kind):
    model, X = KINDS[kind], data(120)
    start = start_of(model, X)
    full = svi(
        model, ObservationMinibatches(Observations(X), 120, None), Monitor(3),
        schedule=RobbinsMonro(decay=0, offset=1), globals_=start,
    )  # fmt: skip
    expected = cavi(model, [Observations(X)], Monitor(3), globals_=start)
    np.testing.assert_allclose(full.components.ones, expected.components.ones, 1e-12)
    first, second = (
        model.bounded_step(Observations(part), model.expect(start))[0] for part in (X[:50], X[50:])
    )
    middle = model.global_step(first, None)
    later = model.with_prior(middle)
    assert later.global_bound(middle) == pytest.approx(0, abs=1e-10)
    both, expected = later.global_step(second, None), model.global_step(first + second, None)
    np.testing.assert_allclose(both.components.zeros, expected.components.zeros, 1e-12)
    stream = (Observations(X[i : i + 40]) for i in (0, 40, 80))
    q = streaming(model, stream, Monitor(None), rng=np.random.default_rng(0), forgetting=0.1)
    assert np.isfinite(model.components.probabilities(q.components)).all()


def test_float32_and_memory_order_do_not_matter():
    model, X = KINDS["bayes"], data(60, missing=0.2)
    start, bounds = start_of(model, X), []
    for given in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X.astype(np.float32)):
        monitor = Monitor(max_iter=8)
        cavi(model, [Observations(given)], monitor, globals_=start)
        bounds.append(monitor.lower_bounds)
    np.testing.assert_allclose(bounds[1:3], [bounds[0]] * 2, 1e-13)
    np.testing.assert_allclose(bounds[3], bounds[0], 1e-5)


def test_draws():
    model, X = KINDS["bayes"], data(40)
    q = cavi(model, [Observations(X)], Monitor(max_iter=5), globals_=start_of(model, X))
    rng, view = np.random.default_rng(0), model.expect(q).components
    draws = [model.sample_view(q, rng).components for _ in range(4000)]
    for name in ("slopes", "intercepts"):
        values = np.array([getattr(draw, name) for draw in draws])
        error = values.std(axis=0) / np.sqrt(len(values))
        assert (np.abs(values.mean(axis=0) - getattr(view, name)) < 4.5 * error).all()
    rows, labels = model.predictive(q).sample(20000, np.random.RandomState(0))
    np.testing.assert_allclose(
        np.bincount(labels, minlength=K) / 20000, model.weights.mean(q.weights), atol=0.02
    )
    values, counts = np.unique(rows, axis=0, return_counts=True)
    expected = np.exp(model.predictive(q).log_density(values))
    np.testing.assert_allclose(counts / 20000, expected, atol=0.015)


def test_structured_inference_finds_more_components_than_mean_field():
    """The Dirichlet process mixture of Hoffman and Blei (2015), section 4.2, smaller by half."""
    rng, size = np.random.default_rng(0), 60
    pi, p = rng.dirichlet(np.full(size, 0.2)), rng.beta(1, 1, (size, 60))
    z = rng.choice(size, 600, p=pi)
    X = (rng.random((600, 60)) < p[z]).astype(float)
    model = Mixture(DirichletWeights(np.full(size, 0.2)), BetaBernoullis.of(size, 60, (1.0, 1.0)))
    r = rng.dirichlet(np.ones(size), 600)
    start = model.global_step(model.gather(Observations(X), r), None)
    mean_field = cavi(model, [Observations(X)], Monitor(max_iter=100), globals_=start)
    structured = structured_svi(
        model, ObservationMinibatches(Observations(X), 600, None), Monitor(max_iter=300),
        schedule=RobbinsMonro(0.75, 0), globals_=start, bound=None,
    )  # fmt: skip
    used = [int((q.weights.counts > 1.2).sum()) for q in (mean_field, structured)]
    true = len(np.unique(z))
    assert abs(used[1] - true) <= 6
    assert used[0] < used[1]
    fresh = rng.choice(size, 1000, p=pi)
    new = (rng.random((1000, 60)) < p[fresh]).astype(float)
    scores = [model.predictive(q).log_density(new).mean() for q in (mean_field, structured)]
    assert scores[1] > scores[0] + 0.1


def test_sticks_lose_components_that_are_not_needed():
    X = data(300)
    model = Mixture(StickBreakingWeights(1.0, np.zeros(10)), BetaBernoullis.of(10, D, (1.0, 1.0)))
    monitor = Monitor(max_iter=100)
    q = cavi(model, [Observations(X)], monitor, rng=np.random.default_rng(0))
    assert (np.diff(monitor.lower_bounds) > -1e-9).all()
    weights = model.weights.mean(q.weights)[q.weights.order]
    assert (np.diff(weights[:5]) < 0).all()
