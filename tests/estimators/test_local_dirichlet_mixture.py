"""LocalDirichletMixture: arrays in, arrays out; the mathematics is tested with the model."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from fastvb import LocalDirichletMixture
from fastvb.models import LocalLosses


def inputs(n_samples=40, n_components=3, seed=0):
    rng = np.random.default_rng(seed)
    shape = n_samples, n_components
    return (
        rng.normal(size=n_samples), rng.normal(size=shape), rng.gamma(2.0, 1.0, shape),
        rng.gamma(2.0, 1.0, shape),
    )  # fmt: skip


def test_the_small_example():
    ones = np.ones((2, 2))
    given = [0.0, 1.0], [[0.0, 2.0]] * 2, ones, ones
    mixture = LocalDirichletMixture(tol=1e-15).fit(*given)
    np.testing.assert_allclose(
        mixture.responsibilities_, [[0.9469025, 0.0530975], [0.5, 0.5]], atol=5e-8
    )
    np.testing.assert_allclose(mixture.weight_concentration_, 1 + mixture.responsibilities_)
    assert mixture.lower_bound_ == pytest.approx(-3.221164360, abs=5e-10)
    assert mixture.log_evidence(*given).sum() == pytest.approx(-2.904096236, abs=5e-10)
    losses = mixture.losses(*given)
    np.testing.assert_allclose(
        [losses.fit, losses.assignment, losses.weights], [2.44407207, 0.56721971, 0.20987258],
        atol=5e-9,
    )  # fmt: skip


def test_inputs_may_change_afterwards():
    """Networks update what they give in place; losses are computed when they are asked for."""
    given = inputs()
    losses, wanted = (LocalDirichletMixture().losses(*given) for _ in range(2))
    fit = wanted.fit
    for array in given:
        array += 100.0
    assert losses.fit == fit


def test_the_bound_rises_to_below_the_evidence():
    given = inputs()
    mixture = LocalDirichletMixture().fit(*given)
    assert mixture.converged_
    assert mixture.n_iter_ == len(mixture.lower_bounds_) > 2
    assert (np.diff(mixture.lower_bounds_) > -1e-12).all()
    assert mixture.lower_bound_ < mixture.log_evidence(*given).sum()
    assert mixture.lower_bound_ == pytest.approx(-mixture.losses(*given).total, rel=1e-12)


def test_gradients_are_those_of_the_optimal_bound():
    x, means, scales, concentration = inputs(5)
    mixture = LocalDirichletMixture(tol=1e-14, max_iter=5000, total_samples=20)
    gradients = vars(mixture.losses(x, means, scales, concentration).gradients())
    at = {"x": x, "means": means, "scales": scales, "concentration": concentration}
    for name, value in at.items():

        def negative_bound(flat, name=name, shape=value.shape):
            return -mixture.fit(**(at | {name: flat.reshape(shape)})).lower_bound_

        expected = approx_fprime(value.ravel(), negative_bound, 1e-6).reshape(value.shape)
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-3, atol=1e-3)


def test_given_q():
    given, rng = inputs(), np.random.default_rng(1)
    r = rng.dirichlet(np.ones(3), 40)
    losses = LocalDirichletMixture(total_samples=80).losses(*given, r, given[3] + r)
    optimum = LocalDirichletMixture(total_samples=80).losses(*given)
    assert isinstance(losses, LocalLosses)
    assert losses.total > optimum.total
    np.testing.assert_allclose(losses.gradients().posterior, 0, atol=1e-12)


def test_mini_batches_stand_for_all():
    given = inputs()
    parts = [tuple(array[some] for array in given) for some in (slice(0, 25), slice(25, 40))]
    whole = LocalDirichletMixture().losses(*given).total
    scaled = [LocalDirichletMixture(total_samples=40).losses(*part).total for part in parts]
    assert (25 * scaled[0] + 15 * scaled[1]) / 40 == pytest.approx(whole, rel=1e-9)


def test_one_vector_of_concentrations_is_that_of_every_row():
    x, means, scales, _ = inputs()
    alpha = np.array([0.5, 1.0, 2.0])
    one = LocalDirichletMixture().fit(x, means, scales, alpha)
    rows = LocalDirichletMixture().fit(x, means, scales, np.tile(alpha, (40, 1)))
    np.testing.assert_array_equal(one.responsibilities_, rows.responsibilities_)


def test_shared_weights():
    """Weights of generated observations come back; each q is the best for the other."""
    rng = np.random.default_rng(0)
    weights, n = np.array([0.6, 0.3, 0.1]), 4000
    means, scales = rng.normal(0, 3, (n, 3)), rng.gamma(4.0, 0.2, (n, 3))
    z = rng.choice(3, n, p=weights)
    x = rng.normal(means[np.arange(n), z], scales[np.arange(n), z])
    mixture = LocalDirichletMixture(shared_weights=True).fit(x, means, scales, np.ones(3))
    q = mixture.weight_concentration_
    np.testing.assert_allclose(q / q.sum(), weights, atol=0.03)
    np.testing.assert_allclose(q, 1 + mixture.responsibilities_.sum(axis=0), rtol=1e-6)
    assert (np.diff(mixture.lower_bounds_) > -1e-8).all()
    tenfold = LocalDirichletMixture(shared_weights=True, total_samples=10 * n)
    tenfold.fit(x, means, scales, np.ones(3))
    assert tenfold.weight_concentration_.sum() == pytest.approx(3 + 10 * n)


def test_exact_responsibilities():
    x, means, scales, concentration = inputs()
    densities = np.exp(-0.5 * ((x[:, None] - means) / scales) ** 2) / scales
    joint = concentration * densities
    np.testing.assert_allclose(
        LocalDirichletMixture().exact_responsibilities(x, means, scales, concentration),
        joint / joint.sum(axis=1, keepdims=True), rtol=1e-12,
    )  # fmt: skip


def test_saving(tmp_path):
    mixture = LocalDirichletMixture(max_iter=5).fit(*inputs())
    mixture.save(tmp_path / "mixture.npz")
    again = LocalDirichletMixture.load(tmp_path / "mixture.npz")
    assert again.get_params() == mixture.get_params()
    np.testing.assert_array_equal(again.responsibilities_, mixture.responsibilities_)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": [[1.0]]}, r"x to have shape \(n_samples,\)"),
        ({"x": []}, r"x to have shape \(n_samples,\)"),
        ({"means": np.zeros((3, 2))}, r"means to have shape \(2, n_components\)"),
        ({"means": [[np.nan, 0], [0, 0]]}, "means to be finite"),
        ({"scales": [[1.0, 0], [1, 1]]}, "scales to be above 0"),
        ({"scales": np.ones((2, 3))}, r"scales to have shape \(2, 2\)"),
        ({"concentration": [1.0, -1]}, "concentration to be above 0"),
        ({"concentration": np.ones(3)}, r"concentration to have shape \(2,\)"),
    ],
)
def test_bad_input(changed, message):
    given = {"x": [0.0, 1], "means": np.zeros((2, 2)), "scales": np.ones((2, 2))}
    given |= {"concentration": np.ones((2, 2))} | changed
    mixture = LocalDirichletMixture()
    with pytest.raises(ValueError, match=message):
        mixture.fit(**given)
    assert not hasattr(mixture, "responsibilities_")


def test_bad_use():
    given = inputs()
    with pytest.raises(ValueError, match="tol"):
        LocalDirichletMixture(tol=-1.0).fit(*given)
    with pytest.raises(ValueError, match="total_samples"):
        LocalDirichletMixture(total_samples=0).fit(*given)
    with pytest.raises(ValueError, match=r"concentration to have shape \(3,\)"):
        LocalDirichletMixture(shared_weights=True).fit(*given)
    with pytest.raises(ValueError, match="shared_weights=False for losses"):
        LocalDirichletMixture(shared_weights=True).losses(*given)
    with pytest.raises(ValueError, match="together"):
        LocalDirichletMixture().losses(*given, np.ones((40, 3)) / 3)
    with pytest.raises(ValueError, match="responsibilities to be at least 0"):
        LocalDirichletMixture().losses(*given, -np.ones((40, 3)), np.ones((40, 3)))


@pytest.mark.parametrize("size", [1e8, 1e12, 1e16])
def test_a_bound_under_strong_priors_keeps_its_digits(size):
    x, means, scales, _ = inputs(1000)
    given = x, means, scales, np.full((1000, 3), size)
    mixture = LocalDirichletMixture().fit(*given)
    evidence = mixture.log_evidence(*given).sum()  # the weights are known: nothing is lost
    assert evidence - 1e-4 < mixture.lower_bound_ < evidence + 1e-8
    assert mixture.lower_bound_ == pytest.approx(-mixture.losses(*given).total, rel=1e-12)


def test_an_impossible_observation_is_named():
    x, means, scales, concentration = inputs()
    x[3] = 1e200
    for method in ("fit", "losses", "log_evidence", "exact_responsibilities"):
        with pytest.raises(FloatingPointError, match=r"x\[3\]=1e\+200"):
            getattr(LocalDirichletMixture(), method)(x, means, scales, concentration)
