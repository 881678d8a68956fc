"""Functions of Dirichlet distributions, one per row of concentrations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastvb import _aligned
from fastvb._kernels import _dirichlet
from fastvb._threads import effective_n_threads
from fastvb.special._rows import as_float_array, as_output

__all__ = [
    "dirichlet_entropy",
    "dirichlet_expectation",
    "dirichlet_kl",
    "dirichlet_log_normalizer",
]


def dirichlet_expectation(
    alpha: ArrayLike, exp: bool = False, *, out: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Expectation of log theta for theta ~ Dirichlet(alpha), row by row.

    Parameters
    ----------
    alpha : array_like of shape (..., K)
        Concentrations, positive and finite. float32 and float64 keep their type, everything is
        computed in float64.
    exp : bool
        Return exp(E[log theta]) instead.
    out : ndarray of shape (..., K), optional
        Where to put the result, of the result's type; it may be `alpha` itself.

    Returns
    -------
    ndarray of shape (..., K)
        ``psi(alpha_k) - psi(sum(alpha))`` in nats, or its exponential.

    Raises
    ------
    TypeError
        If `alpha` is not real, or `out` not an array of the result's type.
    ValueError
        If a concentration is not positive and finite, if there is no column, or if `out` has
        another shape or is read-only.

    References
    ----------
    D. Blei, A. Ng, M. Jordan (2003), Latent Dirichlet allocation, JMLR 3, appendix A.1.

    Examples
    --------
    >>> from fastvb.special import dirichlet_expectation
    >>> dirichlet_expectation([[1.0, 1.0], [3.0, 2.0]])
    array([[-1.        , -1.        ],
           [-0.58333333, -1.08333333]])
    """
    array = _concentrations(alpha, "alpha")
    rows = _matrix(array)
    result = as_output(out, array, rows)
    if out is not None and np.may_share_memory(out, array):
        _check_values(array, "alpha")  # nothing of it may be lost to an error
    kernel = _dirichlet.exp_expectation if exp else _dirichlet.expectation
    _by_rows(kernel, rows, array, "alpha", result)
    result = result.reshape(array.shape)
    if out is None:
        return result
    if not np.may_share_memory(out, result):
        out[...] = result
    return out


def dirichlet_log_normalizer(a: ArrayLike) -> Any:
    """Logarithm of the constant of Dirichlet densities, row by row.

    Parameters
    ----------
    a : array_like of shape (..., K)
        Concentrations, positive and with a finite sum.

    Returns
    -------
    ndarray of shape (...) or scalar
        ``log Gamma(sum(a)) - sum(log Gamma(a_k))``, so that the log density at theta is this plus
        ``sum((a_k - 1) * log(theta_k))``.

    Raises
    ------
    TypeError
        If `a` is not real.
    ValueError
        If a concentration is not positive and finite, or if there is no column.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equation B.23.

    Examples
    --------
    >>> from fastvb.special import dirichlet_log_normalizer
    >>> round(float(dirichlet_log_normalizer([1.0, 1.0, 1.0])), 6)  # log Gamma(3)
    0.693147
    """
    return _reduced(_dirichlet.log_normalizer, a)


def dirichlet_entropy(a: ArrayLike) -> Any:
    """Differential entropy of Dirichlet distributions, row by row.

    Parameters
    ----------
    a : array_like of shape (..., K)
        Concentrations, positive and with a finite sum.

    Returns
    -------
    ndarray of shape (...) or scalar
        In nats.

    Raises
    ------
    TypeError
        If `a` is not real.
    ValueError
        If a concentration is not positive and finite, or if there is no column.

    References
    ----------
    C. Bishop (2006), Pattern Recognition and Machine Learning, equation B.22.

    Examples
    --------
    >>> from fastvb.special import dirichlet_entropy
    >>> round(float(dirichlet_entropy([1.0, 1.0, 1.0])), 6)  # -log Gamma(3)
    -0.693147
    """
    return _reduced(_dirichlet.entropy, a)


def dirichlet_kl(a: ArrayLike, b: ArrayLike) -> Any:
    """Kullback-Leibler divergence of Dirichlet distributions, row by row.

    Where `b` is near `a`, the two terms that nearly cancel are not subtracted but integrated, so
    that the result keeps its digits; ``dirichlet_kl(a, a)`` is exactly 0.

    Parameters
    ----------
    a, b : array_like of shape (..., K)
        Concentrations, positive and with a finite sum. Their shapes are broadcast against each
        other; K must be the same.

    Returns
    -------
    ndarray of shape (...) or scalar
        KL(Dirichlet(a) || Dirichlet(b)) in nats, not negative beyond rounding.

    Raises
    ------
    TypeError
        If `a` or `b` is not real.
    ValueError
        If a concentration is not positive and finite, if there is no column, or if the shapes do
        not fit.

    References
    ----------
    W. Penny (2001), KL-divergences of Normal, Gamma, Dirichlet and Wishart densities.

    Examples
    --------
    >>> from fastvb.special import dirichlet_kl
    >>> dirichlet_kl([[3.0, 2.0], [1.0, 1.0]], [1.0, 1.0]).round(6)
    array([0.234907, 0.      ])
    """
    a, b = _concentrations(a, "a"), _concentrations(b, "b")
    dtype = np.result_type(a, b)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(
            "Expected a and b to have the same number of columns, "
            f"got a.shape={a.shape}, b.shape={b.shape}."
        )
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            "Expected the shapes of a and b to broadcast, "
            f"got a.shape={a.shape}, b.shape={b.shape}."
        ) from None
    a, b = (np.broadcast_to(x.astype(dtype, copy=False), shape) for x in (a, b))
    rows_a, rows_b = _matrix(a), _matrix(b)
    out = _aligned.empty(shape[:-1], dtype)
    bad = np.empty(_dirichlet.n_tasks(*rows_a.shape), np.intp)
    bad_b = np.empty_like(bad)
    if out.size:
        _dirichlet.kl(rows_a, rows_b, out.reshape(-1, 1), bad, bad_b, effective_n_threads())
    _raise_if_bad(bad, a, "a")
    _raise_if_bad(bad_b, b, "b")
    return out[()]


def _reduced(kernel: Callable[..., None], a: ArrayLike) -> Any:
    array = _concentrations(a, "a")
    out = _aligned.empty(array.shape[:-1], array.dtype)
    _by_rows(kernel, _matrix(array), array, "a", out.reshape(-1, 1))
    return out[()]


def _by_rows(
    kernel: Callable[..., None],
    rows: NDArray[Any],
    array: NDArray[Any],
    name: str,
    out: NDArray[Any],
) -> None:
    bad = np.empty(_dirichlet.n_tasks(*rows.shape), np.intp)
    if rows.size:
        kernel(rows, out, bad, effective_n_threads())
    _raise_if_bad(bad, array, name)


def _concentrations(a: ArrayLike, name: str) -> NDArray[Any]:
    """Return floats with at least one column."""
    array = as_float_array(a, name)
    if not array.shape[-1]:
        raise ValueError(
            f"Expected {name} to have at least one column, got {name}.shape={array.shape}."
        )
    return array


def _matrix(array: NDArray[Any]) -> NDArray[Any]:
    """Return aligned rows, of any strides: a view where the memory allows it."""
    n_columns = array.shape[-1]
    return np.require(array.reshape(math.prod(array.shape[:-1]), n_columns), None, "A")


def _check_values(rows: NDArray[Any], name: str) -> None:
    wrong = ~((rows > 0) & (rows < np.inf))
    if wrong.any():
        _raise_bad(int(np.argmax(wrong)), rows, name)


def _raise_if_bad(bad: NDArray[np.intp], rows: NDArray[Any], name: str) -> None:
    if (found := bad[bad >= 0]).size:
        _raise_bad(int(found[0]), rows, name)


def _raise_bad(flat: int, rows: NDArray[Any], name: str) -> None:
    index = tuple(int(i) for i in np.unravel_index(flat, rows.shape))
    shown = ", ".join(map(str, index))
    raise ValueError(
        f"Expected {name} to be positive and finite, got {name}[{shown}]={rows[index]}."
    )
