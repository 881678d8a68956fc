"""Generalised EM: M-steps that improve Q, and those that go block by block."""

from __future__ import annotations

import numpy as np
import pytest
from reference.normal_mixture import NormalMixture, Normals

from fastvb.inference import Monitor, em

Y = np.array([-67, -48, 6, 8, 14, 16, 23, 24, 28, 29, 41, 49, 56, 60, 75.0])
START = Normals(np.array([0.5, 0.5]), np.array([30.0, -30.0]), np.array([500.0, 500.0]))
LIMIT = [0.86682772, 0.13317228, 32.98488732, -57.51107686, 429.45834272, 90.24987768]
MODEL = NormalMixture(START)
MEANS_FIRST = ("weights", "means", "variances")
VARIANCES_FIRST = ("weights", "variances", "means")


def run(max_iter, model=MODEL, **options):
    monitor = Monitor(max_iter)
    q = em(model, [Y], monitor, **options)
    return np.concatenate([q.weights, q.means, q.variances]), np.array(monitor.lower_bounds)


def q_of(stats, globals_):
    return stats.inner(globals_)


def test_means_before_variances_is_em():
    """Iterate for iterate: the conditional maxima are the maximum."""
    for max_iter in (1, 2, 5, 30):
        one, bounds = run(max_iter)
        other, trace = run(max_iter, m_step="conditional", order=MEANS_FIRST)
        np.testing.assert_allclose(other, one, 1e-12)
        np.testing.assert_allclose(trace, bounds, 1e-13)
    assert bounds[0] == pytest.approx(-76.94428534, abs=5e-9)
    assert bounds[-1] == pytest.approx(-71.06336186, abs=5e-9)
    np.testing.assert_allclose(other, LIMIT, 1e-7)
    first, _ = run(1)
    expected = [0.7950664, 0.2049336, 34.83118958, -32.98519828, 421.96119015, 1194.64577385]
    np.testing.assert_allclose(first, expected, 1e-7)


def test_variances_before_means_takes_another_path_to_the_same_limit():
    """Variances about the old means are not the maximum of Q, but do not lower it."""
    em_path, _ = run(1)
    path, _ = run(1, m_step="conditional", order=VARIANCES_FIRST)
    stats = MODEL.local_step(Y, START)[0]
    np.testing.assert_allclose(path[:4], em_path[:4])
    np.testing.assert_allclose(path[4:], stats.squares(START.means) / stats.n)
    assert np.abs(path[4:] - em_path[4:]).min() > 8
    limit, bounds = run(60, m_step="conditional", order=VARIANCES_FIRST)
    np.testing.assert_allclose(limit, LIMIT, 1e-7)
    assert np.diff(bounds).min() > -1e-12


def test_the_default_order_is_the_models():
    np.testing.assert_array_equal(run(3, m_step="conditional")[0], run(3)[0])
    twice = ("variances", "weights", "means", "variances")
    np.testing.assert_allclose(run(3, m_step="conditional", order=twice)[0], run(3)[0], 1e-12)


@pytest.mark.parametrize("step", [1.0, 30.0, 1e4])
def test_a_step_uphill_never_lowers_q(step):
    """However long the model's step is; at the limit there is nothing to gain."""
    model, globals_ = NormalMixture(START, step), START
    for _ in range(10):
        stats = model.local_step(Y, globals_)[0]
        after = em(model, [Y], Monitor(1), globals_=globals_, m_step="improve")
        assert q_of(stats, after) >= q_of(stats, globals_)
        globals_ = after
    _, bounds = run(10, model, m_step="improve")
    assert np.diff(bounds).min() >= -1e-12
    limit, _ = run(300, m_step="improve")
    np.testing.assert_allclose(limit, LIMIT, 1e-6)


def test_no_step_where_all_lower_q():
    downhill = NormalMixture(START, -1.0)
    after, _ = run(3, downhill, m_step="improve")
    stats = MODEL.local_step(Y, START)[0]
    q = Normals(*after.reshape(3, -1))
    assert q_of(stats, q) >= q_of(stats, START)
    np.testing.assert_allclose(after[2:4], START.means, rtol=1e-6)


def test_steps_with_momentum():
    plain, _ = run(60, m_step="conditional", order=VARIANCES_FIRST)
    fast, bounds = run(60, m_step="conditional", order=VARIANCES_FIRST, accelerate=True)
    np.testing.assert_allclose(fast, plain, 1e-6)
    assert np.diff(bounds).min() > -1e-10


class Plain:
    carries_local = False


@pytest.mark.parametrize(
    ("m_step", "name"), [("improve", "ascent_direction"), ("conditional", "blocks")]
)
def test_what_a_model_lacks_is_named_before_any_work(m_step, name):
    with pytest.raises(TypeError, match=f"a model with {name}, which em with m_step='{m_step}'"):
        em(Plain(), [Y], Monitor(3), m_step=m_step)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"m_step": "best"}, "Expected m_step to be 'max', 'improve' or 'conditional'"),
        ({"order": ("means",)}, "Expected order only with m_step='conditional'"),
        ({"m_step": "conditional", "order": ("means",)}, "Expected order to name each of"),
        ({"m_step": "conditional", "order": (*MEANS_FIRST, "modes")}, "Expected order to name"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        run(1, **options)
