"""What every exponential family must do: gradients, round trips, divergences, SciPy's densities."""

from __future__ import annotations

import numpy as np
import pytest
from reference.families import KNOWN, MAKE, OF_OBSERVATIONS, SCIPY, scipy_log_prob

from fastvb import families

BATCH = (2, 3)
NAMES = list(MAKE)
SCATTER = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 4.0]])


def member(name, seed=0, batch=BATCH):
    return MAKE[name](np.random.default_rng(seed), batch)


def from_natural(q, natural):
    return q.from_natural(natural, **KNOWN.get(type(q).__name__, {}))


def statistics(q, x):
    return q.sufficient_statistics(x, **OF_OBSERVATIONS.get(type(q).__name__, {}))


def base_measure(q, x):
    return q.log_base_measure(x, **KNOWN.get(type(q).__name__, {}))


def directions(name, q, number=4):
    """Towards other members: all that the natural domain allows."""
    return [member(name, seed).natural - q.natural for seed in range(1, number + 1)]


def derivative(function, q, direction, step=1e-4):
    """Richardson's central difference along a direction of natural parameters."""

    def central(h):
        ahead, behind = (function(from_natural(q, q.natural + s * h * direction)) for s in (1, -1))
        return (ahead - behind) / (2.0 * h)

    return (4.0 * central(0.5 * step) - central(step)) / 3.0


@pytest.mark.parametrize("name", NAMES)
def test_gradient_of_the_log_partition_function(name):
    q = member(name)
    for direction in directions(name, q):
        expected = derivative(lambda other: other.log_partition(), q, direction)
        along = (q.mean_parameters * direction).sum(axis=-1)
        np.testing.assert_allclose(along, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_hessian_is_the_derivative_of_the_mean_parameters(name):
    q = member(name)
    first, second = directions(name, q, 2)
    for direction in (first, second):
        expected = derivative(lambda other: other.mean_parameters, q, direction)
        product = q.hessian_vector_product(direction)
        np.testing.assert_allclose(product, expected, rtol=1e-6, atol=1e-6 * abs(expected).max())
    crossed = (q.hessian_vector_product(first) * second).sum(axis=-1)
    np.testing.assert_allclose(crossed, (product * first).sum(axis=-1), rtol=1e-9)
    assert ((q.hessian_vector_product(first) * first).sum(axis=-1) > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_draws_have_the_mean_and_the_covariance_of_the_statistics(name):
    q = member(name, batch=())
    values = statistics(q, q.sample(0, 40_000))
    direction = member(name, 1, ()).natural - q.natural
    projected = values @ direction
    variance = float((q.hessian_vector_product(direction) * direction).sum())
    assert abs(projected.mean() - q.mean_parameters @ direction) < 4.0 * (variance / 40_000) ** 0.5
    assert projected.var() == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_summed_statistics(name):
    q = member(name)
    x = q.sample(0, 7)
    known = OF_OBSERVATIONS.get(name, {})
    expected = statistics(q, x).sum(axis=0)
    np.testing.assert_allclose(q.summed_statistics(x, **known), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_observations_may_be_lists(name):
    q = member(name, batch=())
    x = q.sample(0, 7)
    lists = tuple(part.tolist() for part in x) if isinstance(x, tuple) else x.tolist()
    np.testing.assert_array_equal(statistics(q, lists), statistics(q, x))
    known = OF_OBSERVATIONS.get(name, {})
    np.testing.assert_array_equal(
        q.summed_statistics(lists, **known), q.summed_statistics(x, **known)
    )


@pytest.mark.parametrize("name", NAMES)
def test_statistics_of_draws(name):
    """Of the right shape and distribution: equal mean and variance, up to chance."""
    q = member(name)
    assert q.sample_statistics(0, (5, 4)).shape == (5, 4, *q.natural.shape)
    q = member(name, batch=())
    first = statistics(q, q.sample(0, 40_000)) @ q.natural
    second = q.sample_statistics(1, 40_000) @ q.natural
    error = 4.0 * np.sqrt(2.0 / 40_000)
    assert abs(first.mean() - second.mean()) < error * first.std() + 1e-12
    assert second.std() == pytest.approx(first.std(), rel=0.1, abs=1e-12)


@pytest.mark.parametrize(
    "q",
    [
        families.Dirichlet(np.full(9, 1e-3)),
        families.Beta(1e-3, 2e-3),
        families.Gamma(1e-3, 5.0),
        families.InverseGamma(1e-3, 2.0),
        families.NormalGamma(3.0, 2.0, 1e-3, 1.0),
        families.Wishart(2.002, SCATTER),
        families.NormalWishart([1.0, 0.0, 3.0], 2.0, 2.002, SCATTER),
    ],
    ids=lambda q: type(q).__name__,
)
def test_statistics_of_draws_that_underflow(q):
    values = q.sample_statistics(0, 2000)
    assert np.isfinite(values).all()
    assert np.abs(values[..., 0]).max() > 1000
    spread = values.std(axis=0) / 2000**0.5
    assert (np.abs(values.mean(axis=0) - q.mean_parameters) < 5 * spread).all()


@pytest.mark.parametrize("dof", [2.1, 2.001])
def test_draws_of_a_mean_and_a_nearly_singular_precision(dof):
    """Such a precision has no Cholesky factor any more, but its own."""
    q = families.NormalWishart([1.0, 0.0, 3.0], 0.5, dof, SCATTER)
    mu, matrix = q.sample(0, 2000)
    assert np.isfinite(mu).all()
    assert np.isfinite(matrix).all()
    assert (np.linalg.matrix_rank(matrix) < 3).any()
    log_prob = q.log_prob((mu, matrix))
    assert (np.isfinite(log_prob) | (log_prob == -np.inf)).all()  # singular to the last bit
    assert np.isfinite(log_prob).any()


def test_scales_of_the_variables_do_not_matter_to_the_support():
    scale = np.diag([1e-30, 1.0, 1e30])
    q, one = families.Wishart(4.0, SCATTER), np.linalg.inv(SCATTER)
    scaled = families.Wishart(4.0, np.linalg.inv(scale) @ SCATTER @ np.linalg.inv(scale))
    np.testing.assert_allclose(scaled.log_prob(scale @ one @ scale), q.log_prob(one), rtol=1e-12)


@pytest.mark.parametrize("scales", [(1e-9, 1, 1), (1, 1e-9, 1), (1, 1, 1e12), (1e-6, 1e6, 1)])
def test_density_of_matrices_of_other_scales(scales):
    q, d = families.Wishart(4.0, SCATTER), np.array(scales)
    x = d[:, None] * np.linalg.inv(SCATTER) * d
    log_det = -np.linalg.slogdet(SCATTER)[1] + 2.0 * np.log(d).sum()
    expected = -0.5 * np.trace(SCATTER @ x) - q.log_partition() + 0.5 * (4 - 3 - 1) * log_det
    assert q.log_prob(x) == pytest.approx(expected, rel=1e-12)


def test_matrices_without_a_density_leave_others_alone():
    good, q = np.linalg.inv(SCATTER), families.Wishart(4.0, SCATTER)
    joint = families.NormalWishart(np.zeros(3), 1.0, 4.0, SCATTER)
    x = np.array([good, np.full((3, 3), np.nan), -good, np.diag([1.0, 0.0, 1.0]), good])
    for log_prob in (q.log_prob(x), joint.log_prob((np.zeros((5, 3)), x))):
        assert np.isfinite(log_prob[[0, 4]]).all()
        np.testing.assert_array_equal(log_prob[1:4], [np.nan, -np.inf, -np.inf])


def test_draws_and_their_statistics_are_the_same():
    for q in (member("Wishart"), member("NormalWishart")):
        np.testing.assert_allclose(
            q.sample_statistics(0, 5), statistics(q, q.sample(0, 5)), rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize("name", NAMES)
def test_round_trips(name):
    q = member(name)
    for other in (
        from_natural(q, q.natural),
        q.fit(q.mean_parameters, **KNOWN.get(name, {})),
    ):
        assert other.batch_shape == q.batch_shape == BATCH
        np.testing.assert_allclose(other.natural, q.natural, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_log_density_is_of_exponential_form_and_scipys(name):
    q = member(name, batch=())
    x = q.sample(1, 20)
    form = base_measure(q, x) + statistics(q, x) @ q.natural - q.log_partition()
    np.testing.assert_allclose(q.log_prob(x), form, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(q.log_prob(x), scipy_log_prob(name, q, x), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_entropy(name):
    """SciPy's, or the mean of -log p where it has none."""
    q = member(name, batch=())
    if name in SCIPY:
        assert q.entropy() == pytest.approx(float(SCIPY[name](q).entropy()), rel=1e-9, abs=1e-9)
    else:
        log_prob = q.log_prob(q.sample(0, 40_000))
        assert abs(q.entropy() + log_prob.mean()) < 4.0 * log_prob.std() / 200.0


@pytest.mark.parametrize("name", NAMES)
def test_divergence(name):
    """0 at equality; Bregman's of the log partition function elsewhere."""
    q, p = member(name), member(name, 1)
    np.testing.assert_array_equal(q.kl(q), np.zeros(BATCH))
    gradient = ((p.natural - q.natural) * q.mean_parameters).sum(axis=-1)
    expected = p.log_partition() - q.log_partition() - gradient
    assert (q.kl(p) > 0).all()
    np.testing.assert_allclose(q.kl(p), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("step", [1e-4, 1e-7, 1e-9])
def test_divergence_keeps_its_digits_next_to_equality(name, step):
    """There it is half of the squared step in the metric of the Hessian."""
    q = member(name)
    change = step * (member(name, 1).natural - q.natural)
    p = from_natural(q, q.natural + change)
    change = p.natural - q.natural  # what is left of it after rounding
    expected = 0.5 * (q.hessian_vector_product(change) * change).sum(axis=-1)
    np.testing.assert_allclose(q.kl(p), expected, rtol=100 * step + 1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_batch_is_its_members_one_by_one(name):
    q, p = member(name), member(name, 1)
    x = q.sample(2)
    for index in np.ndindex(BATCH):
        one, other = (from_natural(each, each.natural[index]) for each in (q, p))
        part = tuple(each[index] for each in x) if isinstance(x, tuple) else x[index]
        assert one.batch_shape == ()
        for whole, single in (
            (q.log_prob(x), one.log_prob(part)),
            (q.log_partition(), one.log_partition()),
            (q.entropy(), one.entropy()),
            (q.kl(p), one.kl(other)),
            (q.mean_parameters, one.mean_parameters),
        ):
            np.testing.assert_allclose(whole[index], single, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_draws_have_the_axes_of_size_and_batch(name):
    q = member(name)
    first, second = q.sample(0, (5, 4)), q.sample(np.random.RandomState(0), (5, 4))
    if not isinstance(first, tuple):
        first, second = (first,), (second,)
    for one, same in zip(first, second, strict=True):
        assert one.shape[:4] == (5, 4, *BATCH)
        np.testing.assert_array_equal(one, same)
    assert np.shape(q.log_prob(q.sample(0, np.int64(7)))) == (7, *BATCH)


def test_parameters_broadcast():
    q = families.NormalGamma([0.0, 1.0], 1.0, [[1.0], [2.0], [3.0]], 1.0)
    assert q.batch_shape == q.log_partition().shape == q.entropy().shape == (3, 2)
    assert q.natural.shape == q.mean_parameters.shape == (3, 2, 4)
    prior = families.NormalGamma(0.0, 1.0, 1.0, 1.0)
    assert q.kl(prior).shape == (3, 2)
    assert q.kl(prior)[0, 0] == 0.0
    normal = families.MultivariateNormal(np.zeros((4, 2)), np.eye(2))
    assert normal.entropy().shape == normal.log_prob([0.0, 1.0]).shape == (4,)
    assert normal.kl(normal).tolist() == [0.0] * 4


OUTSIDE = {
    "Bernoulli": [2, -1, 0.5],
    "Categorical": [-1, 4, 0.5],
    "Poisson": [-1, 0.5],
    "Beta": [-0.5, 1.5],
    "Dirichlet": [[0.5, 0.5, 0.5, 0.5], [-0.5, 0.5, 0.5, 0.5]],
    "Gamma": [-1.0],
    "InverseGamma": [-1.0, 0.0],
    "VonMisesFisher": [[0.5, 0.5, 0.5], [0.0, 0.0, 0.0]],
    "Wishart": [-np.eye(3), np.diag([1.0, 1.0, -1.0])],
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_outside_of_the_support(name):
    assert (member(name, batch=()).log_prob(np.array(OUTSIDE[name])) == -np.inf).all()


@pytest.mark.parametrize(
    "name", ["Bernoulli", "Poisson", "Beta", "Gamma", "InverseGamma", "Normal"]
)
def test_nan_stays_nan(name):
    assert np.isnan(member(name, batch=()).log_prob([np.nan])).all()


def test_boundary_of_the_support():
    assert families.Gamma([0.5, 1.0, 2.0], 3.0).log_prob(0.0) == pytest.approx(
        [np.inf, np.log(3.0), -np.inf]
    )
    assert families.Beta([0.5, 1.0, 2.0], 1.0).log_prob(0.0) == pytest.approx(
        [np.inf, 0.0, -np.inf]
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: families.Bernoulli(1.0), r"Expected probability to be in \(0, 1\), got .*=1.0"),
        (lambda: families.Categorical([0.5, 0.6]), "Expected probabilities to have a sum of 1"),
        (lambda: families.Poisson(0.0), "Expected rate to be positive and finite, got rate=0.0"),
        (lambda: families.Gamma([1.0, -2.0], 1.0), "got shape=-2.0"),
        (lambda: families.Gamma([1.0, 2.0], [1.0, 2.0, 3.0]), "batch axes of shape and rate to"),
        (lambda: families.Normal(np.nan, 1.0), "Expected mean to be finite, got mean=nan"),
        (lambda: families.Dirichlet(1.0), "Expected concentration to have at least 1 axes"),
        (lambda: families.Wishart(1.0, np.eye(2)), "Expected dof to be finite and above D - 1 = 1"),
        (lambda: families.Wishart(3.0, -np.eye(2)), "Expected scatter to be positive definite"),
        (lambda: families.Wishart(3.0, [[1.0, 0.5], [0.0, 1.0]]), "to be symmetric"),
        (lambda: families.MultivariateNormal([0.0], np.ones((1, 2))), "to hold square matrices"),
        (lambda: families.MultivariateNormal(np.zeros(3), np.eye(2)), "same number of features"),
        (lambda: families.Normal.from_natural([0.0, 1.0]), "Expected the precision .* positive"),
        (lambda: families.Normal.from_natural([0.0]), "Expected natural to have 2 coordinates"),
        (lambda: families.Wishart.from_natural(np.ones(4)), "to have 2, 5, 10, ... coordinates"),
        (lambda: families.Gamma.fit([0.0, 1.0]), "as of observations that differ, got"),
        (lambda: families.Dirichlet.fit(np.log([0.5, 0.5])), "observations that differ"),
        (lambda: families.Normal.fit([1.0, 1.0]), "Expected variance to be positive"),
        (lambda: families.Categorical.sufficient_statistics([1, 7], n_categories=4),
         "Expected x to hold whole numbers from 0 to 3, got x=7."),
    ],
)  # fmt: skip
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "q",
    [
        families.Dirichlet(np.ones(3)),
        families.MultivariateNormal(np.zeros(3), np.eye(3)),
        families.MultivariateStudentT(4.0, np.zeros(3), np.eye(3)),
        families.VonMisesFisher([1.0, 0.0, 0.0], 2.0),
    ],
    ids=lambda q: type(q).__name__,
)
def test_observations_of_another_size(q):
    """Vectors of one component are not repeated."""
    for x, shape in (([1.0], r"\(1,\)"), (1.0, r"\(\)"), ([[0.5, 0.5]], r"\(1, 2\)")):
        with pytest.raises(ValueError, match=rf"x to have shape \(..., 3\), got x.shape={shape}"):
            q.log_prob(x)


def test_matrices_of_another_size():
    q = families.NormalWishart(np.zeros(3), 1.0, 4.0, np.eye(3))
    with pytest.raises(ValueError, match=r"x to have shape \(..., 3, 3\), got x.shape=\(1, 1\)"):
        q.precision.log_prob([[1.0]])
    with pytest.raises(ValueError, match=r"Expected Lambda to have shape \(..., 3, 3\)"):
        q.log_prob((np.zeros(3), [[1.0]]))
    with pytest.raises(ValueError, match=r"Expected mu to have shape \(..., 3\), got mu.shape"):
        q.log_prob(([0.0], np.eye(3)))


def test_bad_types():
    with pytest.raises(TypeError, match=r"Expected shape to hold real numbers, got shape=\[1000"):
        families.Gamma([10**400], 1.0)
    with pytest.raises(TypeError, match="Expected rate to hold real numbers, got rate='x'"):
        families.Poisson("x")
    with pytest.raises(TypeError, match="Expected other to be of class Gamma, got Poisson"):
        families.Gamma(1.0, 1.0).kl(families.Poisson(1.0))
    with pytest.raises(TypeError, match=r"closed form, got Gamma.conjugate_prior=None"):
        families.Gamma.posterior(families.Gamma(1.0, 1.0), [1.0, 1.0], 1)
    with pytest.raises(TypeError, match="Expected prior to be of class Gamma, got Beta"):
        families.Poisson.predictive(families.Beta(1.0, 1.0))
    with pytest.raises(ValueError, match=r"Expected other.variance to be that of self"):
        families.NormalKnownVariance(0.0, 1.0).kl(families.NormalKnownVariance(0.0, 2.0))
