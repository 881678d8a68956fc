"""The kernel of _local_mixture against its NumPy twin."""

import numpy as np
import pytest
from reference import local_mixture as twin

import fastvb
from fastvb.models import LocalLosses, LocalNormals


def problem(n_rows, n_components, seed=0):
    rng = np.random.default_rng([seed, n_rows, n_components])
    shape = (n_rows, n_components)
    given = (
        3 * rng.normal(size=n_rows), rng.normal(size=shape), rng.gamma(2.0, 1.0, shape),
        rng.gamma(0.5, 2.0, shape) + 1e-3,
    )  # fmt: skip
    r = rng.dirichlet(np.full(n_components, 0.3), n_rows)
    return given, r, given[3] + rng.gamma(1.0, 1.0, shape)


def losses_of(given, r, posterior, factor=1.0):
    return LocalLosses(LocalNormals(*given), r, posterior, factor)


@pytest.mark.parametrize("n_components", [1, 2, 3, 7, 8, 9, 63, 64, 65, 1025])
@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 400])
def test_against_the_twin(n_rows, n_components):
    given, r, posterior = problem(n_rows, n_components)
    fit, assignment = twin.losses(*given[:3], r, posterior)
    expected = twin.gradients(*given, r, posterior)
    size = n_rows * np.log(2 + n_components)
    for with_gradients in (False, True):
        losses = losses_of(given, r, posterior, 2.5)
        if with_gradients:
            found = vars(losses.gradients()).values()
            for one, other in zip(found, expected, strict=True):
                scale = np.abs(other[np.isfinite(other)]).max(initial=1.0)
                np.testing.assert_allclose(one, 2.5 * other, 1e-11, 1e-12 * scale)
        assert losses.fit == pytest.approx(2.5 * fit, rel=1e-12, abs=1e-12 * size)
        assert losses.assignment == pytest.approx(2.5 * assignment, rel=1e-11, abs=1e-11 * size)


@pytest.mark.parametrize("n_threads", [2, 3, 5])
def test_threads_do_not_show(n_threads):
    problem_ = problem(20_001, 3)

    def run():
        losses = losses_of(*problem_)
        return [losses.fit, losses.assignment, *vars(losses.gradients()).values()]

    with fastvb.threads(1):
        one = run()
    with fastvb.threads(n_threads):
        for a, b in zip(one, run(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_strided_arrays_and_responsibilities_of_zero():
    given, r, posterior = problem(50, 4)
    r[:, 0] = 0
    x, *others = given
    wide = [np.repeat(array, 2, axis=1)[:, ::2] for array in (*others, r, posterior)]
    rows = (np.repeat(x, 3)[::3], *wide[:3])
    losses, plain = losses_of(rows, *wide[3:]), losses_of(given, r, posterior)
    assert (losses.fit, losses.assignment) == (plain.fit, plain.assignment)
    assert np.isfinite(losses.assignment)
    assert (losses.gradients().responsibilities[:, 0] == -np.inf).all()
    np.testing.assert_array_equal(losses.gradients().x, plain.gradients().x)
