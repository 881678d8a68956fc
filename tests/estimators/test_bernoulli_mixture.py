"""BernoulliMixture: three coins, every kind of zeros and ones, starts, priors, and real data."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from scipy import stats

from fastvb import BernoulliMixture, threads
from fastvb.estimators._bits import check_bits

INITS = ["kmeans", "k-means++", "random_from_data", "random"]
METHODS = ["batch", "online", "memoized"]


def kinds(n=400, d=9, missing=0.0, seed=0):
    """Rows of three kinds, and which they are of."""
    rng = np.random.default_rng(seed)
    p = np.full((3, d), 0.1)
    for k in range(3):
        p[k, k::3] = 0.9
    labels = rng.integers(0, 3, n)
    X = (rng.random((n, d)) < p[labels]).astype(float)
    X[rng.random((n, d)) < missing] = np.nan
    return X, labels


def agreement(labels, found):
    """Share of rows that are in the component of most of their kind."""
    return sum(np.bincount(found[labels == k]).max() for k in range(3)) / len(labels)


def start(X, k=3, seed=3):
    p = np.random.default_rng(seed).uniform(0.3, 0.7, (k, X.shape[1]))
    weights = np.arange(1, k + 1) / (k * (k + 1) / 2)
    return {"n_components": k, "weights_init": weights, "probabilities_init": p}


COIN = np.array([1, 1, 0, 1, 0, 0, 1, 0, 1, 1])[:, np.newaxis]


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ((0.5, 0.5, 0.5), (1 / 2, 3 / 5, 3 / 5)),
        ((0.4, 0.6, 0.7), (76 / 187, 51 / 95, 119 / 185)),
        ((0.4, 0.6, 0.6), (0.4, 0.6, 0.6)),
    ],
)
@pytest.mark.parametrize("n_iter", [1, 2, 5])
def test_three_coins(begin, end, n_iter):
    """The first coin decides which of the others is thrown; EM is at its end after one step."""
    states = []
    bm = BernoulliMixture(
        2, weights_init=[begin[0], 1 - begin[0]], probabilities_init=[[begin[1]], [begin[2]]],
        max_iter=n_iter, tol=0.0, callback=states.append,
    ).fit(COIN)  # fmt: skip
    got = [bm.weights_[0], *bm.probabilities_[:, 0]]
    np.testing.assert_allclose(got, end, 1e-12)
    assert bm.n_iter_ == n_iter == len(states)
    at_start = np.log(0.6) if begin == (0.4, 0.6, 0.6) else None
    for bound, state in zip(bm.lower_bounds_, states, strict=True):
        assert 10 * bound == pytest.approx(state.lower_bound)
    if at_start is not None or n_iter > 1:  # from the first step on, all are on the ridge
        assert 10 * bm.lower_bounds_[-1] == pytest.approx(-6.7301167, abs=5e-8)
    assert bm.weights_ @ bm.probabilities_[:, 0] == pytest.approx(0.6)
    assert 10 * bm.score(COIN) == pytest.approx(-6.7301167, abs=5e-8)


def containers(X):
    """The same zeros and ones, or those in single precision."""
    wide = np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3]
    stored = sp.csr_matrix(X)
    stored.data[:] = 0.0  # zeros may be stored, too
    stored = sp.csr_matrix((np.append(stored.data, 1.0)[:-1], stored.indices, stored.indptr))
    long = sp.csr_array(X)
    long.indices, long.indptr = long.indices.astype(np.int64), long.indptr.astype(np.int64)
    return {
        "lists": X.astype(int).tolist(), "bool": X.astype(bool), "int8": X.astype(np.int8),
        "Fortran": np.asfortranarray(X), "strided": wide, "float32": X.astype(np.float32),
        "CSR": sp.csr_matrix(X), "int64 indices": long, "COO": sp.coo_array(X),
        "CSR of bool": sp.csr_matrix(X.astype(bool)), "CSC float32": sp.csc_matrix(X, dtype="f4"),
    }  # fmt: skip


@pytest.mark.parametrize("name", containers(np.eye(3)))
def test_every_container_of_the_same_data(name):
    X, _ = kinds()
    given, tolerance = containers(X)[name], 1e-4 if "float32" in name else 1e-10
    settings = start(X) | {"tol": 0.0, "max_iter": 8}
    expected, bm = BernoulliMixture(**settings).fit(X), BernoulliMixture(**settings).fit(given)
    assert bm.probabilities_.dtype == (np.float32 if "float32" in name else np.float64)
    for one in ("weights_", "probabilities_", "lower_bounds_"):
        np.testing.assert_allclose(getattr(bm, one), getattr(expected, one), tolerance, tolerance)
    for method in ("predict", "predict_proba", "score_samples"):
        results = getattr(bm, method)(given), getattr(expected, method)(X)
        np.testing.assert_allclose(*results, tolerance, tolerance)
    for init_params in INITS:
        one = BernoulliMixture(3, random_state=0, init_params=init_params, max_iter=0)
        np.testing.assert_allclose(
            one.fit(given).probabilities_, one.fit(X).probabilities_, tolerance, tolerance
        )


def test_no_copy_where_none_is_needed():
    X, _ = kinds()
    matrix = sp.csr_matrix(X)
    assert check_bits(X, "user") is X
    checked = check_bits(matrix, "user")
    assert checked.data is matrix.data
    assert checked.indices is matrix.indices


@pytest.mark.parametrize("init_params", INITS)
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_starts_find_the_kinds(init_params, missing):
    X, labels = kinds(missing=missing)
    settings = {"init_params": init_params, "random_state": 0, "tol": 1e-6, "max_iter": 500}
    for given in (X, sp.csr_matrix(X)) if missing == 0 else (X,):
        bm = BernoulliMixture(3, n_init=4, **settings).fit(given)
        assert agreement(labels, bm.predict(given)) > (0.93 if missing == 0 else 0.88)
        assert np.diff(bm.lower_bounds_).min() > -1e-12
    begin = BernoulliMixture(40, **settings | {"max_iter": 0}).fit(X).probabilities_
    assert 0 < begin.min() < begin.max() < 1  # nothing is impossible
    first, again = (BernoulliMixture(3, **settings).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.probabilities_, again.probabilities_)


def test_missing_values_are_summed_out():
    X, _ = kinds(missing=0.2)
    bm = BernoulliMixture(3, random_state=0).fit(X)
    rows = X[np.isnan(X).sum(axis=1) > 0][:10]
    for row, score in zip(rows, bm.score_samples(rows), strict=True):
        holes, total = np.flatnonzero(np.isnan(row)), 0.0
        for values in itertools.product([0.0, 1.0], repeat=len(holes)):
            row[holes] = values
            mass = stats.bernoulli.pmf(row, bm.probabilities_).prod(axis=1)
            total += bm.weights_ @ mass
        assert score == pytest.approx(np.log(total))
    nothing = np.full((1, 9), np.nan)
    assert bm.score_samples(nothing)[0] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(bm.predict_proba(nothing)[0], bm.weights_)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_integer_weights_repeat_rows(missing):
    X, _ = kinds(120, missing=missing)
    weights = np.random.default_rng(1).integers(0, 4, 120)
    settings = start(X) | {"max_iter": 10, "tol": 0.0}
    weighted = BernoulliMixture(**settings).fit(X, sample_weight=weights)
    repeated = np.repeat(X, weights, axis=0)
    plain = BernoulliMixture(**settings).fit(repeated)
    np.testing.assert_allclose(weighted.probabilities_, plain.probabilities_, 1e-9)
    np.testing.assert_allclose(weighted.lower_bounds_, plain.lower_bounds_)
    np.testing.assert_allclose(weighted.score(X, sample_weight=weights), plain.score(repeated))


@pytest.mark.parametrize("kind", ["dense", "missing", "sparse"])
def test_threads_do_not_show(kind):
    X, _ = kinds(20_000, missing=0.1 if kind == "missing" else 0.0)
    X = sp.csr_matrix(X) if kind == "sparse" else X
    settings = {"random_state": 0, "max_iter": 4, "tol": 0.0}
    with threads(1):
        one = BernoulliMixture(4, **settings).fit(X)
    for n_jobs in (2, 5):
        other = BernoulliMixture(4, n_jobs=n_jobs, **settings).fit(X)
        np.testing.assert_array_equal(other.probabilities_, one.probabilities_)
        np.testing.assert_array_equal(other.lower_bounds_, one.lower_bounds_)


def test_warm_start_goes_on():
    X, _ = kinds()
    settings = start(X) | {"tol": 0.0}
    whole = BernoulliMixture(**settings, max_iter=12).fit(X)
    part = BernoulliMixture(**settings, max_iter=5, warm_start=True).fit(X)
    part.set_params(max_iter=7).fit(X)
    np.testing.assert_allclose(part.probabilities_, whole.probabilities_)
    np.testing.assert_allclose(part.lower_bounds_, whole.lower_bounds_[5:])


@pytest.mark.parametrize("kind", ["dense", "missing", "sparse"])
def test_learning_methods_agree(kind):
    X, _ = kinds(3000, missing=0.1 if kind == "missing" else 0.0)
    data = sp.csr_matrix(X) if kind == "sparse" else X
    settings = {"batch_size": 150, "learning_decay": 0.8, "random_state": 0}
    batch = BernoulliMixture(3, tol=1e-9, max_iter=500, **settings).fit(data)
    for method in METHODS[1:]:
        other = BernoulliMixture(3, learning_method=method, max_iter=20, **settings).fit(data)
        assert other.score(data) > batch.score(data) - 5e-3
    partial = BernoulliMixture(3, **settings)
    for _ in range(10):
        for first in range(0, 3000, 750):
            partial.partial_fit(data[first : first + 750])
    assert partial.score(data) > batch.score(data) - 5e-3
    assert (partial.n_samples_seen_, partial.n_batch_iter_) == (30_000, 201)


def test_full_steps_of_all_rows_are_em():
    X, _ = kinds()
    settings = start(X) | {"tol": 0.0, "random_state": 0}
    batch = BernoulliMixture(max_iter=4, **settings).fit(X)
    steps = BernoulliMixture(learning_decay=0.0, learning_offset=0.0, **settings)
    for _ in range(4):
        steps.partial_fit(X)
    np.testing.assert_allclose(steps.probabilities_, batch.probabilities_)


def test_the_length_of_a_step_does_not_depend_on_how_many_rows_were_seen():
    X, _ = kinds(300)
    bm = BernoulliMixture(1, learning_decay=0.5, learning_offset=2.0)
    bm.partial_fit(X[:100]).partial_fit(X[100:])
    rate = 0.5  # of the second update
    expected = (1 - rate) * X[:100].mean(axis=0) + rate * X[100:].mean(axis=0)
    np.testing.assert_allclose(bm.probabilities_[0], expected)


def test_acceleration():
    X, _ = kinds(missing=0.5)
    settings = {"random_state": 0, "tol": 1e-8, "max_iter": 2000}
    plain = BernoulliMixture(4, **settings).fit(X)
    fast = BernoulliMixture(4, accelerate=True, **settings).fit(X)
    assert fast.n_batch_iter_ < 0.75 * plain.n_batch_iter_
    assert fast.score(X) > plain.score(X) - 0.01


def test_the_mode_under_priors():
    X, _ = kinds(50, missing=0.2)
    seen, ones = (~np.isnan(X)).sum(axis=0), np.nansum(X, axis=0)
    plain = BernoulliMixture(1).fit(X)
    np.testing.assert_allclose(plain.probabilities_[0], ones / seen)
    bm = BernoulliMixture(1, probability_prior=(1.5, 3.0)).fit(X)
    np.testing.assert_allclose(bm.probabilities_[0], (ones + 0.5) / (seen + 2.5))
    likelihood = 50 * bm.score(X)
    density = stats.beta.logpdf(bm.probabilities_, 1.5, 3.0).sum()
    assert 50 * bm.lower_bound_ == pytest.approx(likelihood + density)
    weights = BernoulliMixture(3, weight_concentration_prior=1e9, random_state=0).fit(X)
    np.testing.assert_allclose(weights.weights_, 1 / 3, 1e-3)


def test_prior_weights_of_rows():
    """Where they are certain, the components are those of labelled data."""
    X, labels = kinds()
    known = np.eye(3)[labels]
    bm = BernoulliMixture(3, random_state=0).fit(X, prior_weights=known)
    for k in range(3):
        np.testing.assert_allclose(bm.probabilities_[k], X[labels == k].mean(axis=0))
    np.testing.assert_array_equal(bm.predict(X, prior_weights=known), labels)
    np.testing.assert_allclose(bm.predict_proba(X, prior_weights=known), known)


def test_what_the_user_starts_from_is_taken():
    X, _ = kinds()
    settings = start(X)
    bm = BernoulliMixture(max_iter=0, **settings).fit(X)
    np.testing.assert_allclose(bm.weights_, settings["weights_init"])
    np.testing.assert_allclose(bm.probabilities_, settings["probabilities_init"])
    impossible = settings["probabilities_init"].copy()
    impossible[0, :2] = 0.0
    bm = BernoulliMixture(**settings | {"probabilities_init": impossible}).fit(X)
    np.testing.assert_allclose(bm.probabilities_[0, :2], 0, atol=1e-100)
    bm = BernoulliMixture(3, weights_init=settings["weights_init"], max_iter=0, random_state=0)
    np.testing.assert_allclose(bm.fit(X).weights_, settings["weights_init"])


def test_sample():
    X, _ = kinds()
    bm = BernoulliMixture(3, random_state=0).fit(X)
    rows, labels = bm.sample(40_000, random_state=1)
    assert set(np.unique(rows)) == {0.0, 1.0}
    np.testing.assert_allclose(np.bincount(labels) / 40_000, bm.weights_, atol=0.01)
    for k in range(3):
        means = rows[labels == k].mean(axis=0)
        np.testing.assert_allclose(means, bm.probabilities_[k], atol=0.02)
    assert not np.array_equal(bm.sample(9)[0], bm.sample(9)[0])


def test_information_criteria():
    X, _ = kinds(1500)
    fits = [BernoulliMixture(k, random_state=0, n_init=3).fit(X) for k in range(1, 6)]
    for name in ("bic", "icl"):
        assert int(np.argmin([getattr(bm, name)(X) for bm in fits])) + 1 == 3
    bm = fits[1]
    n_parameters = 2 * 9 + 1
    assert bm.bic(X) == pytest.approx(n_parameters * np.log(1500) - 2 * 1500 * bm.score(X))
    assert bm.aic(X) == pytest.approx(2 * n_parameters - 2 * 1500 * bm.score(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saving(dtype, tmp_path):
    X = kinds(missing=0.1)[0].astype(dtype)
    bm = BernoulliMixture(3, random_state=0, probability_prior=(1.5, 1.5)).fit(X)
    bm.save(tmp_path / "mixture.npz")
    again = BernoulliMixture.load(tmp_path / "mixture.npz")
    assert again.get_params() == bm.get_params()
    np.testing.assert_array_equal(again.score_samples(X), bm.score_samples(X))
    np.testing.assert_array_equal(again.sample(5)[0], bm.sample(5)[0])
    np.testing.assert_array_equal(
        again.partial_fit(X).probabilities_, bm.partial_fit(X).probabilities_
    )


def test_binarize():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    X[3, 1] = np.nan
    bm = BernoulliMixture(2, binarize=0.5, random_state=0).fit(X)
    bits = np.where(np.isnan(X), np.nan, X > 0.5)
    plain = BernoulliMixture(2, random_state=0).fit(bits)
    np.testing.assert_array_equal(bm.probabilities_, plain.probabilities_)
    np.testing.assert_array_equal(bm.score_samples(X), plain.score_samples(bits))
    counts = sp.csr_matrix(rng.poisson(0.5, (60, 4)))
    bm = BernoulliMixture(2, binarize=1.0, random_state=0).fit(counts)
    plain = BernoulliMixture(2, random_state=0).fit(sp.csr_matrix(counts.toarray() > 1))
    np.testing.assert_allclose(bm.probabilities_, plain.probabilities_)
    with pytest.raises(ValueError, match="binarize to be at least 0 with sparse"):
        bm.set_params(binarize=-1.0).fit(counts)


@pytest.mark.parametrize("value", [0.5, 2.0, -1.0, np.inf])
def test_other_values_are_refused_with_their_place(value):
    X, _ = kinds(90_000)
    bm = BernoulliMixture(2, random_state=0, max_iter=1).fit(X[:400])
    before = bm.probabilities_
    X[80_001, 7] = value
    with pytest.raises(ValueError, match=rf"X\[80001, 7\]={value:g} in .*BernoulliMixture.fit"):
        bm.fit(X)
    if 0 < value < np.inf:
        for method in ("fit", "partial_fit", "predict", "score"):
            with pytest.raises(ValueError, match=rf"X\[80001, 7\]={value:g}"):
                getattr(bm, method)(sp.csr_matrix(X))
    assert bm.probabilities_ is before


def test_duplicates_of_sparse_ones_are_refused():
    matrix = sp.csr_matrix(([1.0, 1.0, 1.0], [2, 2, 0], [0, 2, 3]), shape=(2, 3))
    with pytest.raises(ValueError, match=r"X\[0, 2\]=2"):
        BernoulliMixture().fit(matrix)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"init_params": "best"}, ValueError, "init_params"),
        ({"binarize": "0"}, TypeError, "binarize"),
        ({"probability_prior": 2.0}, TypeError, "two parameters of a Beta"),
        ({"probability_prior": (0.5, 1.0)}, ValueError, "probability_prior of ones"),
        ({"probability_prior": (1.0, np.nan)}, ValueError, "probability_prior of zeros"),
        ({"weights_init": [0.5, 0.6]}, ValueError, "sum to 1"),
        ({"probabilities_init": [[0.5]]}, ValueError, r"shape \(2, 9\)"),
        ({"probabilities_init": np.full((2, 9), 1.5)}, ValueError, "from 0 to 1"),
        ({"probabilities_init": np.full((2, 9), np.nan)}, ValueError, "from 0 to 1"),
        ({"n_components": 401}, ValueError, "n_samples=400, n_components=401"),
    ],
)
def test_bad_parameters(settings, error, message):
    X, _ = kinds()
    bm = BernoulliMixture(2, random_state=0).fit(X)
    before = bm.probabilities_
    with pytest.raises(error, match=message):
        bm.set_params(**settings).fit(X)
    assert bm.probabilities_ is before


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "n_components", "prior", "expected"),
    [
        ("nltcs", 16, 1.1, -6.05),
        ("nltcs", 50, 1.5, -6.01),
        ("dna", 32, 1.5, -98.0),
        ("mushrooms", 16, 1.01, -16.7),
        ("mushrooms", 32, 1.01, -15.3),
        ("mushrooms", 64, 1.01, -14.5),
    ],
)
def test_binary_benchmarks(shared_data, name, n_components, prior, expected):
    """As good as plain EM on rows that training has not seen."""
    train, test = (
        np.loadtxt(shared_data(f"{name}_binary/{name}.{part}.data.gz"), np.float32, delimiter=",")
        for part in ("train", "test")
    )
    bm = BernoulliMixture(
        n_components, probability_prior=(prior, prior), tol=1e-4, max_iter=300, random_state=0
    ).fit(train)
    assert bm.score(test) > expected
