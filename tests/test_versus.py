"""The figures that the comparison with other libraries derives from its measurements."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("threadpoolctl")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
if not BENCHMARKS.is_dir():
    pytest.skip("needs the folder benchmarks", allow_module_level=True)
sys.path.insert(0, str(BENCHMARKS))
from versus.adapters import fastvb as side  # noqa: E402
from versus.convergence import Trace, passes_to, stop_of  # noqa: E402
from versus.curves import Median, Point, curves, first_as_good, next_budget  # noqa: E402
from versus.mixture_problems import gaussian_problem, unit  # noqa: E402
from versus.mixtures import compare  # noqa: E402
from versus.throughput import beside  # noqa: E402

KEY = ("corpus", 10, 2, "library")


def points(*of):
    """Points by (budget, seed, seconds, score)."""
    made = [Point(*KEY, *one) for one in of]
    return {(*KEY, point.budget, point.seed): point for point in made}


def test_the_next_budget_is_the_smallest_that_is_missing():
    found = points((1, 0, 0.5, -8.0), (4, 0, 2.0, -7.0))
    assert next_budget(found, KEY, (1, 2, 4), 0, cap=60) == 2
    assert next_budget(found, KEY, (1, 2, 4), 1, cap=60) == 1
    assert next_budget(found, KEY, (1, 4), 0, cap=60) is None


def test_budgets_that_would_take_longer_than_the_cap_are_left_out():
    found = points((2, 0, 5.0, -8.0))
    assert next_budget(found, KEY, (2, 4), 0, cap=10) == 4
    assert next_budget(found, KEY, (2, 4), 0, cap=9.9) is None


def test_the_first_budget_is_tried_whatever_the_cap():
    assert next_budget({}, KEY, (5,), 0, cap=0) == 5


def test_curves_have_medians_over_seeds_by_rising_budget():
    found = points((10, 0, 4.0, -7.0), (2, 0, 1.0, -8.0), (2, 1, 9.0, -8.5), (2, 2, 2.0, -8.1))
    (first, second) = curves(found, "corpus", 10, 2)["library"]
    assert (first.budget, first.seconds, first.score) == (2, 2.0, -8.1)
    assert (second.budget, second.spread) == (10, 0)
    assert curves(found, "corpus", 10, 1) == {}


def test_first_as_good_is_the_fastest_that_reaches_the_score():
    found = {
        "early": [Median(1, 0.1, -8.0, 0.0), Median(2, 0.4, -7.5, 0.0)],
        "late": [Median(1, 0.3, -7.6, 0.0)],
    }
    name, at = first_as_good(found, -7.7)
    assert (name, at.seconds) == ("late", 0.3)
    assert first_as_good(found, -7.4) is None


def test_ratios_are_to_the_same_setting_and_to_the_fastest_that_is_as_good():
    ours = {
        "fastvb online, small": Median(1, 0.5, -7.8, 0.0),
        "fastvb online, large": Median(1, 0.1, -7.9, 0.0),
    }
    line = beside("gensim, small", Median(1, 2.0, -8.0, 0.0), ours)
    assert line.split() == ["|", "4.0", "+0.2000", "|", "20.0", "large"]
    assert beside("gensim, small", Median(1, 2.0, -7.0, 0.0), ours).endswith("not reached")


def test_passes_are_counted_to_the_iteration_that_stops_or_is_there():
    trace = Trace(np.array([-5.0, -3.0, -2.95, -2.949]), np.array([1, 2, 4, 5]))
    assert stop_of(trace, 0.1) == 2
    assert stop_of(trace, 1e-6) == 3
    assert passes_to(trace, -2.95) == 4
    assert passes_to(trace, -2.0) is None


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_globals_that_given_points_make_have_these_points(kind):
    rng = np.random.default_rng(0)
    X, weights, means = rng.normal(size=(50, 3)) + 1e3, np.array([0.3, 0.7]), np.ones((2, 3))
    covariances = 2.0 * unit(kind, 2, 3)
    model = side.point_mixture(X, 2, kind)
    found = side.mixture_start(model, len(X), weights, means + 1e3, covariances)
    gaussians = model.components.gaussians(found.components)
    np.testing.assert_allclose(model.weights.mean(found.weights), weights)
    np.testing.assert_allclose(gaussians.means, means + 1e3)
    np.testing.assert_allclose(gaussians.covariances, covariances, rtol=1e-9, atol=1e-9)


def rival_with_own_start(shift):
    """A library that starts from means of its own, and moves them by `shift` too far."""

    def start(X, means, _kind):
        weights = np.arange(1.0, len(means) + 1)
        return lambda: (weights / weights.sum(), means + 0.5, unit("full", *means.shape), None)

    def iteration(X, means, kind):
        where = start(X, means, kind)()[:3]
        found = side.em_iteration(*side.em_start_at(X, *where, kind))
        weights, means, covariances, _ = found()
        return lambda: (weights, means + shift, covariances, None)

    return SimpleNamespace(TASKS={"em_iteration": iteration, "em_own_start": start})


def test_a_rival_with_a_start_of_its_own_is_compared_from_there():
    problem = gaussian_problem("2 features", 0.001)
    row = compare(problem, {"rival": rival_with_own_start(0.0)}, rounds=1)
    assert row.differences["rival"] <= 1e-8
    assert "rival" in row.ratios


def test_a_rival_with_another_result_stops_the_comparison():
    problem = gaussian_problem("2 features", 0.001)
    with pytest.raises(SystemExit, match="rival and fastvb disagree"):
        compare(problem, {"rival": rival_with_own_start(1e-3)}, rounds=1)
