"""The kernels of _random against their twins, and against the distributions of their draws."""

from __future__ import annotations

import numpy as np
import pytest
from reference import random as twin
from scipy import special, stats

from fastvb._kernels import _random as kernels

DTYPES = [np.float32, np.float64]
SHAPES = [1e-3, 0.01, 0.1, 0.5, 1.0, 1.7, 10.0, 300.0, 1e4, 1e6]
SEED = 0x9E3779B97F4A7C15


def draw(shape, seed=SEED, stream=0, start=0, n_threads=1):
    log_g = np.empty_like(shape)
    kernels.log_gamma_draws(shape, log_g, seed, stream, start, n_threads)
    return log_g


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0, 0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0xA4093822, 0x299F31D0),
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_words_are_those_of_philox(key, counter, expected):
    """The known answers that come with Random123 for philox4x32, ten rounds."""
    out = np.empty((1, 2), np.uint64)
    block = counter[0] | counter[1] << 32
    kernels.words(out, key[0] | key[1] << 32, counter[2], counter[3], block)
    assert " ".join(f"{word:08x}" for word in out.view(np.uint32)[0]) == expected


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 33])
def test_words_of_many_counters(n):
    out = np.empty((n, 2), np.uint64)
    start = 2**32 - 5  # so that the second word of the counter moves
    kernels.words(out, SEED, 7, 9, start)
    blocks = np.arange(n, dtype=np.uint64) + np.uint64(start)
    np.testing.assert_array_equal(out.T, twin.words(SEED, 7, 9, blocks))


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 4e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("shape", SHAPES)
def test_draws_are_those_of_the_twin(shape, dtype, tolerance):
    values = np.full(3001, shape, dtype)
    expected = twin.log_gamma_draws(values, SEED, 3, 5)
    result = draw(values, stream=3, start=5)
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 63, 64, 65, 600])
def test_a_draw_depends_on_its_number_alone(n, dtype):
    shape = (10.0 ** np.random.default_rng(n).uniform(-3, 4, n)).astype(dtype)
    whole = draw(shape, start=2**33 + 3)
    for cut in {0, 1, n // 3, n // 2, n}:
        np.testing.assert_array_equal(draw(shape[:cut], start=2**33 + 3), whole[:cut])
        np.testing.assert_array_equal(draw(shape[cut:], start=2**33 + 3 + cut), whole[cut:])


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads_and_in_place(dtype):
    shape = (10.0 ** np.random.default_rng(0).uniform(-3, 4, 100_003)).astype(dtype)
    expected = draw(shape, start=1001)
    for n_threads in (2, 3, 5):
        np.testing.assert_array_equal(draw(shape, start=1001, n_threads=n_threads), expected)
    kernels.log_gamma_draws(shape, shape, SEED, 0, 1001, 2)
    np.testing.assert_array_equal(shape, expected)


def log_quantiles(shape, probabilities):
    """Quantiles of log g; the lower ones of small shapes from the first two terms of a series."""
    with np.errstate(divide="ignore"):
        direct = np.log(special.gammaincinv(shape, probabilities))
    by_series = (np.log(probabilities) + special.gammaln(shape + 1)) / shape
    by_series = by_series + np.exp(np.minimum(by_series, 0.0)) / (shape + 1)
    return np.where(by_series < -20, by_series, direct)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_distribution(shape, dtype):
    """Kolmogorov-Smirnov and chi square on a grid of quantiles, the tails apart.

    Two million draws are enough to see a scale that is wrong by 0.5 %.
    """
    n, grid = 2_000_000, np.arange(1, 1000) / 1000
    log_g = draw(np.full(n, shape, dtype), stream=1, n_threads=2)
    edges = np.r_[-np.inf, log_quantiles(float(dtype(shape)), grid), np.inf]
    counts = np.histogram(log_g, edges)[0]
    distance = np.abs(counts.cumsum()[:-1] / n - grid).max()
    # float32 draws of the largest shapes lie on a lattice
    lattice = np.finfo(dtype).eps * np.log(max(shape, 2.0)) * np.sqrt(shape)
    assert distance < 1.63 / np.sqrt(n) + lattice  # 1 % significance
    if lattice < 1e-4:
        assert stats.chisquare(counts).pvalue > 1e-3
    tails = np.array([1e-5, 1e-4, 1e-3])
    below = [(log_g < q).sum() for q in log_quantiles(float(dtype(shape)), tails)]
    above = [(log_g > q).sum() for q in log_quantiles(float(dtype(shape)), 1 - tails)]
    for count in (below, above):
        np.testing.assert_allclose(count, n * tails, atol=0, rtol=4 / np.sqrt(n * tails[0]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES[:-1])
def test_moments_of_the_logarithm(shape, dtype):
    """Mean psi(a), variance psi'(a), third central moment psi''(a)."""
    n = 1_000_000
    log_g = draw(np.full(n, shape, dtype), stream=2, n_threads=2).astype(np.float64)
    variance = special.polygamma(1, shape)
    z = (log_g - special.digamma(shape)) / np.sqrt(variance)
    skewness = special.polygamma(2, shape) / variance**1.5
    kurtosis = special.polygamma(3, shape) / variance**2
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.var() - 1) < 4 * np.sqrt((2 + kurtosis) / n)
    assert abs((z**3).mean() - skewness) < 0.06


@pytest.mark.parametrize("dtype", DTYPES)
def test_draws_are_independent(dtype):
    """Neighbours, lanes, streams, seeds and refused tries do not know of one another."""
    n = 1 << 18
    shape = np.full(n, 0.8, dtype)

    def scores(**key):
        return stats.norm.ppf(np.clip(special.gammainc(0.8, np.exp(draw(shape, **key))), 1e-7, 1))

    x = scores()
    others = [np.roll(x, lag) for lag in (1, 2, 7, 8, 16, 17, 32, 4096)]
    others += [x.reshape(-1, 2)[:, ::-1].ravel()]
    others += [scores(stream=1), scores(stream=2), scores(start=1 << 32)]
    others += [scores(seed=SEED + 1), scores(seed=SEED ^ 1 << 32)]
    for y in others:
        for f in (np.copy, np.square, np.abs):
            assert abs(np.corrcoef(f(x), f(y))[0, 1]) < 5 / np.sqrt(n)
    # what comes after the tries that are refused is like everything else
    lanes = x.reshape(-1, 16)
    assert np.abs(lanes.mean(0)).max() < 4.5 / np.sqrt(len(lanes))
    assert np.abs(lanes.var(0) - 1).max() < 4.5 * np.sqrt(2 / len(lanes))


@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_shapes(dtype):
    tiny, huge = np.finfo(dtype).tiny, dtype(1e30)
    shape = np.array([tiny, huge, np.nan, 1e-12] * 20, dtype)
    log_g = draw(shape).reshape(-1, 4)
    assert (log_g[:, 0] < -1e30).all()
    np.testing.assert_allclose(log_g[:, 1], np.log(1e30), rtol=1e-6)
    assert np.isnan(log_g[:, 2]).all()
    assert (np.isfinite(log_g[:, 3]) & (log_g[:, 3] < 0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("prior_rows", [1, 90])
def test_rows_of_words(prior_rows, index, dtype):
    """Rows are numbered by their words; the sums come in blocks."""
    rng, n_columns, stride = np.random.default_rng(1), 21, 32
    counts = rng.gamma(0.3, 1.0, (90, stride)).astype(dtype)
    prior = rng.gamma(1.0, 0.2, (prior_rows, stride)).astype(dtype)
    words = np.flatnonzero(rng.random(90) < 0.8).astype(index)
    results = []
    for n_threads in (1, 2, 5):
        rows, sums = np.empty((len(words), stride), dtype), np.empty((3, 2, stride))
        kernels.draw_rows(counts, 0.7, prior, words, n_columns, SEED, 4, rows, sums, n_threads)
        results.append((rows, sums))
    for again in results[1:]:
        for x, y in zip(results[0], again, strict=True):
            np.testing.assert_array_equal(x, y)
    shape = (dtype(0.7) * counts + prior)[words]
    np.testing.assert_allclose(sums[:, 0].sum(0)[:n_columns], shape.sum(0)[:n_columns], 1e-5)
    np.testing.assert_allclose(sums[:, 1].sum(0), np.exp(rows).sum(0), 1e-5)
    for row, a, word in zip(rows, shape, words, strict=True):
        flat = draw(a, stream=4, start=int(word) * stride)
        np.testing.assert_allclose(row[:n_columns], flat[:n_columns], 2e-4)


def test_shapes_below_zero_are_taken_as_next_to_nothing():
    counts, sums = np.full((1, 16), -1.0), np.empty((1, 2, 16))
    rows = np.empty((1, 16))
    kernels.draw_rows(counts, 1.0, -counts - 1e-9, np.zeros(1, int), 16, SEED, 0, rows, sums, 1)
    assert (rows < -1e20).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_normalized_rows(dtype):
    rng, n_columns = np.random.default_rng(2), 19
    logs = rng.normal(0.0, 1.0, (33, 32)) * 10.0 ** rng.uniform(-1, 3, (33, 1))
    rows, log_total = logs.astype(dtype), rng.normal(size=n_columns)
    log_scale = np.empty(33)
    expected = rows[:, :n_columns].astype(np.float64) - log_total
    kernels.normalize_rows(log_total, rows, log_scale, 2)
    np.testing.assert_allclose(log_scale, expected.max(1), 1e-14)
    exponent = expected - expected.max(1, keepdims=True)
    small = np.exp(exponent) < np.finfo(dtype).tiny
    assert small.any()
    tolerance = 20 * np.finfo(dtype).eps  # of the exponent before it is exponentiated
    values = np.where(small, exponent, np.exp(exponent))
    np.testing.assert_allclose(rows[:, :n_columns], values, tolerance * 40)
    np.testing.assert_array_equal(rows[:, n_columns:], 0)
