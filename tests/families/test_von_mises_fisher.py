"""Unit vectors in any dimension, at concentrations from 0 to huge ones."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import scipy.stats
from reference.families import unit_vectors

from fastvb.families import VonMisesFisher

SIZES = [2, 3, 5]
CONCENTRATIONS = [1e-8, 0.1, 3.0, 41.0, 1e4, 1e8]


def directions(size, number=2):
    return unit_vectors(np.random.default_rng(size), number, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("k", [1e-3, 0.7, 20.0, 300.0])
def test_densities_and_entropy_are_scipys(size, k):
    mu = directions(size)[0]
    q, peer = VonMisesFisher(mu, k), scipy.stats.vonmises_fisher(mu, k)
    x = q.sample(0, 50)
    np.testing.assert_allclose(q.log_prob(x), peer.logpdf(x), rtol=1e-11, atol=1e-11)
    assert q.entropy() == pytest.approx(float(peer.entropy()), rel=1e-11, abs=1e-11)


def test_in_two_dimensions_it_is_von_mises():
    angles = np.linspace(-3.0, 3.0, 7)
    q = VonMisesFisher([np.cos(0.4), np.sin(0.4)], 2.5)
    x = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    expected = scipy.stats.vonmises.logpdf(angles, 2.5, 0.4)
    np.testing.assert_allclose(q.log_prob(x), expected, rtol=1e-13)


@pytest.mark.parametrize("size", [*SIZES, 200])
@pytest.mark.parametrize("k", CONCENTRATIONS)
def test_extreme_concentrations(size, k):
    mu, other = directions(size)
    q = VonMisesFisher(mu, k)
    with mpmath.workdps(60):
        v, kappa = mpmath.mpf(size) / 2 - 1, mpmath.mpf(k)

        def partition(x):
            return mpmath.log(mpmath.besseli(v, x) * mpmath.gamma(v + 1) * (2 / x) ** v)

        ratio = mpmath.besseli(v + 1, kappa) / mpmath.besseli(v, kappa)
        area = mpmath.log(2 * mpmath.pi ** (v + 1) / mpmath.gamma(v + 1))
        entropy = float(area + partition(kappa) - kappa * ratio)
        log_peak = float(kappa - partition(kappa) - area)
        expected = float(partition(kappa))
    assert q.log_partition() == pytest.approx(expected, rel=1e-14)
    assert q.entropy() == pytest.approx(entropy, rel=3e-14, abs=1e-13)
    assert q.log_prob(mu) == pytest.approx(log_peak, rel=1e-13, abs=1e-13)
    np.testing.assert_allclose(q.mean_parameters, float(ratio) * mu, rtol=1e-14)
    turned = VonMisesFisher(other, k)
    gap = 0.5 * ((mu - other) ** 2).sum()
    assert q.kl(turned) == pytest.approx(k * float(ratio) * gap, rel=1e-14)


@pytest.mark.parametrize("size", [*SIZES, 50])
def test_uniform_distribution(size):
    q = VonMisesFisher(directions(size)[0], 0.0)
    assert (q.natural == 0.0).all()
    assert (q.mean_parameters == 0.0).all()
    assert q.log_partition() == 0.0
    x = q.sample(0, 20_000)
    np.testing.assert_array_equal(q.log_prob(x), -q.entropy())
    np.testing.assert_allclose(q.log_base_measure(x), -q.entropy(), rtol=1e-14)
    spread = 5.0 / np.sqrt(20_000 * size)
    assert np.abs(x.mean(axis=0)).max() < spread
    np.testing.assert_allclose(q.hessian_vector_product(x[0]), x[0] / size, rtol=1e-14)
    for other in (VonMisesFisher.from_natural(q.natural), VonMisesFisher.fit(q.mean_parameters)):
        assert other.concentration == 0.0
        assert other.mean_direction.tolist() == [1.0] + [0.0] * (size - 1)
        assert other.kl(q) == q.kl(other) == 0.0
    near = VonMisesFisher(directions(size)[1], 1e-8)
    assert q.kl(near) == pytest.approx(0.5e-16 / size, rel=1e-13)
    assert near.kl(q) == pytest.approx(0.5e-16 / size, rel=1e-13)


@pytest.mark.parametrize("size", [*SIZES, 40])
@pytest.mark.parametrize("k", CONCENTRATIONS)
def test_draws(size, k):
    """Unit vectors whose cosines with the mean direction have the right distribution."""
    mu, number = directions(size)[0], 4_000
    q = VonMisesFisher(mu, k)
    x = q.sample(1, number)
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1.0, rtol=1e-14)
    slopes = q._slopes
    gap = 0.5 * ((x - mu) ** 2).sum(axis=-1)  # 1 - cosine
    assert abs(gap.mean() - slopes.gap) < 5.0 * np.sqrt(slopes.curvature / number)
    assert gap.var() == pytest.approx(float(slopes.curvature), rel=0.25)
    across = x - (x @ mu)[:, None] * mu
    error = 5.0 * np.sqrt(slopes.per_k / number)
    assert np.abs(across.mean(axis=0)).max() < error


@pytest.mark.parametrize("k", [0.5, 30.0])
def test_draws_have_the_density(k):
    """In three dimensions the distribution function of the cosine is an exponential."""
    x = VonMisesFisher([0.0, 0.0, 1.0], k).sample(3, 20_000)
    uniform = (np.exp(k * (x[:, 2] - 1.0)) - np.exp(-2.0 * k)) / -np.expm1(-2.0 * k)
    assert scipy.stats.kstest(uniform, "uniform").pvalue > 1e-3
    angle = np.arctan2(x[:, 1], x[:, 0]) / (2.0 * np.pi) + 0.5
    assert scipy.stats.kstest(angle, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("mu", [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
def test_draws_about_an_axis(mu):
    x = VonMisesFisher(mu, 1e6).sample(0, 1000)
    assert (x @ np.array(mu) > 0.9999).all()
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("size", [*SIZES, 500])
@pytest.mark.parametrize("k", [1e-8, 1e-2, 1.0, 30.0, 1e3, 1e6])
def test_fit_inverts_the_mean(size, k):
    q = VonMisesFisher(directions(size)[0], k)
    best = VonMisesFisher.fit(q.mean_parameters)
    np.testing.assert_allclose(best.mean_direction, q.mean_direction, rtol=1e-14, atol=1e-15)
    slopes = q._slopes
    rounding = 1e-15 * k * slopes.per_k / slopes.curvature  # of a norm near 1
    assert abs(best.concentration - k) <= 4e-15 * k + rounding


def test_batch_axes():
    q = VonMisesFisher(directions(4, 3), [[1.0], [0.0]])
    assert q.batch_shape == (2, 3)
    for value in (q.log_partition(), q.entropy(), q.log_prob(directions(4, 1)[0]), q.kl(q)):
        assert value.shape == (2, 3)
    assert q.natural.shape == q.mean_parameters.shape == q.sample(0).shape == (2, 3, 4)
    assert q.kl(VonMisesFisher([0.0, 1.0, 0.0, 0.0], 2.0)).shape == (2, 3)
    assert VonMisesFisher(np.zeros((0, 3)), 1.0).sample(0, 5).shape == (5, 0, 3)


def test_rounding_of_the_norm_is_removed():
    mu = directions(7)[0].astype(np.float32)
    q = VonMisesFisher(mu, 3.0)
    np.testing.assert_allclose(np.linalg.norm(q.mean_direction), 1.0, rtol=1e-15)
    assert np.isfinite(q.log_prob(mu))
    tiny = VonMisesFisher.from_natural([3e-200, 4e-200])
    np.testing.assert_allclose(tiny.mean_direction, [0.6, 0.8])
    np.testing.assert_allclose(tiny.concentration, 5e-200)


def test_numbers_outside_of_the_sphere():
    q = VonMisesFisher([0.0, 1.0], [0.0, 2.0])
    for x in ([0.5, 0.5], [0.0, 0.0], [np.inf, 0.0]):
        assert np.isneginf(q.log_prob(x)).all()
    assert np.isnan(q.log_prob([np.nan, 0.0])).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: VonMisesFisher([1.0, 1.0], 1.0), r"to have a norm of 1, got .*=1.41"),
        (lambda: VonMisesFisher([0.0, 0.0], 1.0), r"got norm\(mean_direction\)=0.0"),
        (lambda: VonMisesFisher([1.0], 1.0), "Expected mean_direction to have at least 2 comp"),
        (lambda: VonMisesFisher(1.0, 1.0), "Expected mean_direction to have at least 1 axes"),
        (lambda: VonMisesFisher([np.nan, 1.0], 1.0), "Expected mean_direction to be finite"),
        (lambda: VonMisesFisher([0.0, 1.0], [2.0, -1.0]), "at least 0 and finite, got .*=-1.0"),
        (lambda: VonMisesFisher([0.0, 1.0], np.inf), "Expected concentration to be .*finite"),
        (lambda: VonMisesFisher(np.eye(2), np.ones(3)), "batch axes of mean_direction and conc"),
        (lambda: VonMisesFisher.from_natural([1.0]), "Expected natural to have at least 2 comp"),
        (lambda: VonMisesFisher.fit([0.6, 0.8]), "below 1, as of observations that differ"),
        (lambda: VonMisesFisher.fit([2.0, 0.0]), "Expected the norm of mean_st.*=2.0"),
        (lambda: VonMisesFisher([0.0, 1.0], 1.0).kl(VonMisesFisher([0.0, 0.0, 1.0], 1.0)),
         "Expected self.mean_direction and other.mean_direction to have"),
    ],
)  # fmt: skip
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_no_conjugate_prior_in_closed_form():
    assert VonMisesFisher.conjugate_prior is None
    q = VonMisesFisher([0.0, 1.0], 1.0)
    with pytest.raises(TypeError, match=r"closed form, got VonMisesFisher.conjugate_prior=None"):
        VonMisesFisher.posterior(q, [0.0, 1.0], 1)
