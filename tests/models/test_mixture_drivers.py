"""Mixtures under every driver: what agrees with what, and that state survives."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from fastvb.inference import (
    Checkpoint,
    Monitor,
    RobbinsMonro,
    cavi,
    memoized,
    streaming,
    structured_bound,
    structured_svi,
    svi,
    svi_step,
)
from fastvb.models import (
    DirichletWeights,
    GivenWeights,
    Mixture,
    NormalWishart,
    ObservationMinibatches,
    Observations,
    PointGaussians,
    PointWeights,
    StickBreakingWeights,
)

FORMS = ["full", "tied", "diag", "spherical"]
D, K = 2, 3


def data(n=40, seed=1):
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0], [5, 1], [-2, 6.0]])
    X = np.concatenate([rng.normal(size=(n, D)) * [1, 2] + c for c in centres])
    return X[rng.permutation(len(X))]


X = data()


def gaussians(form):
    scale = {"diag": np.ones(D), "spherical": 1.0}.get(form, np.eye(D))
    return NormalWishart.of(form, K, np.ones(D), 0.5, np.array([1.0, 2.0]), D + 1.0, scale)


KINDS = {
    "bayes": lambda form: Mixture(DirichletWeights(np.full(K, 0.7)), gaussians(form)),
    "sticks": lambda form: Mixture(
        StickBreakingWeights(0.7, np.zeros(K), (1.0, 1.0)), gaussians(form)
    ),
    "probable": lambda form: Mixture(
        PointWeights.of(K, 1.5), PointGaussians.most_probable(gaussians(form))
    ),
    "likely": lambda form: Mixture(
        PointWeights.of(K), PointGaussians.most_likely(form, K, np.ones(D))
    ),
}
CASES = list(itertools.product(KINDS, FORMS))


def start_of(model):
    return model.init_globals(Observations(X), np.random.default_rng(0))


def arrays(x):
    """All arrays and numbers of globals or statistics."""
    if hasattr(x, "__dataclass_fields__"):
        for name in x.__dataclass_fields__:
            yield from arrays(getattr(x, name))
    elif isinstance(x, tuple):
        for item in x:
            yield from arrays(item)
    elif x is not None and not isinstance(x, str):
        yield np.asarray(x)


def assert_close(a, b, rtol=1e-11, atol=1e-11):
    for x, y in zip(arrays(a), arrays(b), strict=True):
        np.testing.assert_allclose(x, y, rtol, atol)


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_pieces_of_the_data_add_up(kind, form):
    model = KINDS[kind](form)
    view = model.expect(start_of(model))
    whole, h, _ = model.local_step(Observations(X), view)
    parts = [model.local_step(Observations(X[i : i + 50]), view) for i in range(0, len(X), 50)]
    total = parts[0][0] + parts[1][0] + parts[2][0]
    assert_close(total, whole)
    assert h == pytest.approx(sum(part[1] for part in parts), rel=1e-11)
    assert_close(total - parts[1][0], parts[0][0] + parts[2][0], atol=1e-9)
    assert_close(whole + whole.zeros(), whole, 0, 0)
    assert whole.scale(2.5).inner(view) == pytest.approx(2.5 * whole.inner(view), rel=1e-11)
    monitors = Monitor(max_iter=8), Monitor(max_iter=8)
    batches = [Observations(X[i : i + 50]) for i in range(0, len(X), 50)]
    one = cavi(model, [Observations(X)], monitors[0], globals_=start_of(model))
    assert_close(cavi(model, batches, monitors[1], globals_=start_of(model)), one, 1e-9, 1e-9)
    np.testing.assert_allclose(monitors[0].lower_bounds, monitors[1].lower_bounds, 1e-11)


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_what_is_taken_away_is_gone(kind, form):
    """Where nothing is left of a component, nothing is left of its rounding."""
    model = KINDS[kind](form)
    stats, _ = model.bounded_step(Observations(X), model.expect(start_of(model)))
    nothing = (stats + stats.scale(0.3)) - stats.scale(1.3)
    assert (nothing.counts == 0).all()
    assert (nothing.moments[0] == 0).all()


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_a_full_stochastic_step_is_an_iteration(kind, form):
    model = KINDS[kind](form)
    schedule, monitor = RobbinsMonro(decay=0, offset=1), Monitor(max_iter=4)
    minibatches = ObservationMinibatches(Observations(X), len(X), seed=None)
    q = svi(model, minibatches, monitor, schedule=schedule, globals_=start_of(model))
    expected = cavi(model, [Observations(X)], Monitor(max_iter=4), globals_=start_of(model))
    assert_close(q, expected, 1e-10, 1e-10)


def natural(form, globals_):
    """Natural coordinates of a mixture, one after the other."""
    w, c = globals_.weights, globals_.components
    outer = c.strength[:, np.newaxis, np.newaxis] * np.einsum("ki,kj->kij", c.means, c.means)
    diagonals = np.einsum("kii->ki", outer)
    second = {
        "full": outer,
        "tied": outer.sum(axis=0, keepdims=True),
        "diag": diagonals,
        "spherical": diagonals.sum(axis=1, keepdims=True),
    }[form]
    parts = [c.strength, c.strength[:, np.newaxis] * c.means, c.dof, c.scatter + second]
    weights = [w.counts] if hasattr(w, "counts") else []
    return np.concatenate([part.ravel() for part in weights + parts])


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_the_mean_of_stochastic_steps_is_the_full_step(kind, form):
    """In natural coordinates; in means and covariances it would not be."""
    model, rho, few = KINDS[kind](form), 0.3, X[:6]
    start = start_of(model)
    full = svi_step(model, Observations(few), start, rate=rho, n_total=6)
    steps = []
    for rows in itertools.combinations(range(6), 2):
        batch = Observations(few[list(rows)])
        steps.append(natural(form, svi_step(model, batch, start, rate=rho, n_total=6)))
    np.testing.assert_allclose(np.mean(steps, axis=0), natural(form, full), 1e-10, 1e-10)
    # and a blend is where the coordinates say
    target = model.global_step(model.bounded_step(Observations(few), model.expect(start))[0], start)
    expected = 0.7 * natural(form, start) + 0.3 * natural(form, target)
    np.testing.assert_allclose(natural(form, full), expected, 1e-10, 1e-10)


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_means_and_scatter_must_not_be_interpolated(kind, form):
    """Steps that do are wrong on average."""
    model, rho, few = KINDS[kind](form), 0.3, X[:6]
    start = start_of(model)

    def target(rows):
        batch = Observations(few[list(rows)])
        stats, _ = model.bounded_step(batch, model.expect(start))
        return model.global_step(stats.scale(6 / len(rows)), start).components

    def direct(to, name):
        return (1 - rho) * getattr(start.components, name) + rho * getattr(to, name)

    pairs = [target(rows) for rows in itertools.combinations(range(6), 2)]
    for name in ("means", "scatter"):
        mean = np.mean([direct(to, name) for to in pairs], axis=0)
        full = direct(target(range(6)), name)
        assert np.abs(mean - full).max() > 1e-3 * np.abs(full).max()


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_stochastic_inference_comes_close_to_the_optimum(kind, form):
    model = KINDS[kind](form)
    labels = np.argmin(np.abs(X[:, :1] - [0, 5, -2]), axis=1).astype(np.intc)  # a good start
    start = model.global_step(model.gather(Observations(X), labels), None)
    monitor = Monitor(max_iter=40)
    cavi(model, [Observations(X)], monitor, globals_=start)
    q = svi(
        model, ObservationMinibatches(Observations(X), 30, seed=0), Monitor(max_iter=30),
        schedule=RobbinsMonro(0.8, 2), globals_=start,
    )  # fmt: skip
    _, bound = model.bounded_step(Observations(X), model.expect(q))
    bound += model.global_bound(q)
    assert monitor.lower_bounds[0] < bound
    assert monitor.lower_bounds[-1] - 3 < bound < monitor.lower_bounds[-1] + 1e-6


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_memoized_inference_knows_the_bound_of_all_data(kind, form):
    model = KINDS[kind](form)
    batches = [Observations(X[i : i + 25]) for i in range(0, len(X), 25)]
    monitor = Monitor(max_iter=8)
    q = memoized(model, batches, monitor, globals_=start_of(model))
    bounds = np.array(monitor.batch_bounds)
    assert (np.diff(bounds) > -1e-9 * np.abs(bounds[1:])).all()
    # at its end, a visit of all data does not change much, and does not lower the bound
    _, bound = model.bounded_step(Observations(X), model.expect(q))
    assert bound + model.global_bound(q) >= monitor.lower_bounds[-1] - 1e-9


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_memoized_inference_of_one_batch_is_coordinate_ascent(kind, form):
    model, monitors = KINDS[kind](form), (Monitor(max_iter=6), Monitor(max_iter=6))
    q = memoized(model, [Observations(X)], monitors[0], globals_=start_of(model))
    expected = cavi(model, [Observations(X)], monitors[1], globals_=start_of(model))
    assert_close(q, expected, 0, 0)
    assert monitors[0].lower_bounds == monitors[1].lower_bounds == monitors[0].batch_bounds


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_streaming_goes_on_where_it_was(kind, form):
    """With the components given, the posterior of a stream is that of all data."""
    model = KINDS[kind](form)
    first, second = Observations(X[:70]), Observations(X[70:])
    start = start_of(model)
    view = model.expect(start)
    parts = [model.bounded_step(batch, view)[0] for batch in (first, second)]
    middle = model.global_step(parts[0], start)
    if kind == "sticks":  # whose order and alpha are kept
        order = middle.weights.order
        later = model.with_prior(middle)
        q = later.global_step(parts[1], middle)
        np.testing.assert_array_equal(q.weights.order, order)
        assert q.weights.rate is None
    else:
        q = model.with_prior(middle).global_step(parts[1], middle)
        assert_close(q, model.global_step(parts[0] + parts[1], start), 1e-9, 1e-9)
    later = model.with_prior(middle)
    assert later.global_bound(middle) == pytest.approx(0, abs=1e-9)
    assert later.global_bound(start) < 0
    monitor = Monitor(max_iter=None)
    rng = np.random.default_rng(0)
    q = streaming(model, iter([first, second]), monitor, rng=rng, forgetting=0.0)
    assert len(monitor.lower_bounds) == 2
    assert q.weights.counts.sum() == pytest.approx(
        (model.weights.with_prior(q.weights).prior_counts if kind != "bayes"
         else q.weights.counts).sum()
    )  # fmt: skip
    again = streaming(
        model, iter([first, second]), Monitor(None), rng=np.random.default_rng(0), forgetting=0.3
    )
    assert again.components.strength.sum() < q.components.strength.sum()


@pytest.mark.parametrize("form", FORMS)
def test_streams_add_up_to_the_evidence_of_one_component(form):
    scale = {"diag": np.ones(D), "spherical": 1.0}.get(form, np.eye(D))
    one = NormalWishart.of(form, 1, np.ones(D), 0.5, np.zeros(D), D + 1.0, scale)
    model = Mixture(DirichletWeights(np.ones(1)), one)
    rng = np.random.default_rng(0)
    whole, stream = Monitor(max_iter=2), Monitor(None)
    cavi(model, [Observations(X)], whole, rng=rng)
    streaming(model, (Observations(X[i : i + 30]) for i in range(0, 120, 30)), stream, rng=rng)
    assert sum(stream.lower_bounds) == pytest.approx(whole.lower_bounds[-1], rel=1e-10)


@pytest.mark.parametrize("kind", ["bayes", "sticks"])
@pytest.mark.parametrize("form", FORMS)
def test_draws_have_the_moments_of_q(kind, form):
    """Means over draws of what a view says are the expectations that the local step reads."""
    model = KINDS[kind](form)
    q = cavi(model, [Observations(X[:30])], Monitor(max_iter=3), globals_=start_of(model))
    view, rng = model.expect(q), np.random.default_rng(0)
    stats, _ = model.bounded_step(Observations(X[:30]), view)
    values, log_weights = [], []
    for _ in range(1500):
        draw = model.sample_view(q, rng)
        values.append(draw.components.inner(stats.counts, stats.moments))
        log_weights.append(draw.log_weights)
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - view.components.inner(stats.counts, stats.moments)) < 4 * error
    error = np.std(log_weights, axis=0) / np.sqrt(len(values))
    assert (np.abs(np.mean(log_weights, axis=0) - view.log_weights) < 4.5 * error + 1e-12).all()


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_structured_inference_runs(kind, form):
    model = KINDS[kind](form)
    minibatches = ObservationMinibatches(Observations(X), 40, seed=0)
    monitor = Monitor(max_iter=20)
    q = structured_svi(
        model, minibatches, monitor, schedule=RobbinsMonro(0.75, 0), ramp=True,
        globals_=start_of(model),
    )  # fmt: skip
    estimate, _ = structured_bound(model, [Observations(X)], q, n_draws=20)
    _, start_bound = model.bounded_step(Observations(X), model.expect(start_of(model)))
    assert estimate > start_bound + model.global_bound(start_of(model))


@pytest.mark.parametrize("driver", ["cavi", "svi", "memoized", "streaming"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_fit_ends_with_the_same_bits(kind, driver, tmp_path):
    form = {"bayes": "full", "sticks": "tied", "probable": "diag", "likely": "spherical"}[kind]
    batches = [Observations(X[i : i + 40]) for i in range(0, 120, 40)]

    def fit(n_iter, path):
        model, rng = KINDS[kind](form), np.random.RandomState(3)
        checkpoint = Checkpoint(path, resume=True) if path else None
        common = {"rng": rng, "checkpoint": checkpoint}
        if driver == "cavi":
            return cavi(model, batches, Monitor(n_iter), **common)
        if driver == "memoized":
            spill = tmp_path / f"memo{path is None}"
            return memoized(model, batches, Monitor(n_iter), spill=spill, **common)
        if driver == "streaming":
            stream = itertools.islice(itertools.cycle(batches), n_iter)
            return streaming(model, stream, Monitor(None), forgetting=0.1, **common)
        minibatches = ObservationMinibatches(Observations(X), 50, seed=2)
        return svi(model, minibatches, Monitor(n_iter), schedule=RobbinsMonro(), **common)

    fit(2, tmp_path / "state.npz")
    assert_close(fit(5, tmp_path / "state.npz"), fit(5, None), 0, 0)


def test_given_weights():
    """With the same weights for all rows it is the mixture with these weights fixed."""
    rng = np.random.default_rng(0)
    log_prior = np.log(rng.dirichlet(np.ones(K), len(X)))
    model = Mixture(GivenWeights(K), gaussians("full"))
    batch, monitor = Observations(X, log_prior=log_prior), Monitor(max_iter=20)
    q = cavi(model, [batch], monitor, rng=rng)
    assert (np.diff(monitor.lower_bounds) > -1e-9).all()
    densities = np.array(
        [
            model.assign(
                Observations(X, log_prior=np.where(np.arange(K) == k, 0, -np.inf) + 0 * log_prior),
                model.expect(q), log_norm=True,
            ).log_norm
            for k in range(K)
        ]
    ).T  # fmt: skip
    expected = np.logaddexp.reduce(log_prior + densities, axis=1).sum()
    assert model.bounded_step(batch, model.expect(q))[1] == pytest.approx(expected, rel=1e-12)
    assert model.weights.bound(q.weights) == 0
    labels = np.where(np.eye(K)[np.arange(len(X)) % K] > 0, 0, -np.inf)
    known = model.assign(Observations(X, log_prior=labels), model.expect(q), labels=True)
    np.testing.assert_array_equal(known.labels, np.arange(len(X)) % K)


def test_mini_batches_keep_weights_and_priors_with_their_rows():
    rows = Observations(np.arange(14.0).reshape(7, 2), np.arange(7.0), -np.arange(7.0)[:, None])
    for seed in (None, 0):
        minibatches = ObservationMinibatches(rows, 3, seed=seed)
        assert minibatches.n_total == 7
        seen = list(minibatches.epoch(1))
        assert [len(batch) for batch in seen] == [3, 3, 1]
        for batch in seen:
            np.testing.assert_array_equal(batch.X[:, 0], 2 * batch.weights)
            np.testing.assert_array_equal(batch.log_prior[:, 0], -batch.weights)
        later = list(minibatches.epoch(1, start=1))
        np.testing.assert_array_equal(later[0].X, seen[1].X)
        assert sorted(np.concatenate([batch.weights for batch in seen])) == list(range(7))


def test_what_a_batch_keeps_is_of_one_origin():
    """Squares that all passes share are made again for another model."""
    batch, other = (
        Observations(X),
        NormalWishart.of("tied", K, np.full(D, 3.0), 0.5, np.array([1.0, 2.0]), D + 1.0, np.eye(D)),
    )
    bounds = []
    for components in (gaussians("tied"), other, gaussians("tied")):
        model = Mixture(DirichletWeights(np.full(K, 0.7)), components)
        monitor = Monitor(max_iter=3)
        cavi(model, [batch], monitor, rng=np.random.default_rng(0))
        bounds.append(monitor.lower_bounds)
    assert bounds[0] == bounds[2]
    np.testing.assert_allclose(bounds[0], bounds[1], 1e-11)
