"""Functions of Dirichlet distributions, one per row of concentrations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastvb._kernels import _dirichlet
from fastvb._threads import effective_n_threads

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
        Where to put the result, C order and of the result's type; it may be `alpha` itself.

    Returns
    -------
    ndarray of shape (..., K)
        ``psi(alpha_k) - psi(sum(alpha))`` in nats, or its exponential.

    Raises
    ------
    TypeError
        If `alpha` is not real, or `out` not an array of the result's type.
    ValueError
        If a concentration is not positive and finite, or `out` has another shape or order.

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
    rows = _rows(alpha, "alpha")
    if out is None:
        out = np.empty(rows.shape, rows.dtype)
    else:
        _check_out(out, rows)
        if np.may_share_memory(out, rows):  # nothing of it may be lost to an error
            _check_values(rows, "alpha")
            if not _same_memory(out, rows):
                rows = rows.copy()
    kernel = _dirichlet.exp_expectation if exp else _dirichlet.expectation
    _by_rows(kernel, rows, "alpha", out.reshape(-1, rows.shape[-1]))
    return out


def dirichlet_log_normalizer(a: ArrayLike) -> Any:
    """Logarithm of the constant of Dirichlet densities, row by row.

    Parameters
    ----------
    a : array_like of shape (..., K)
        Concentrations, positive and finite.

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
        If a concentration is not positive and finite.

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
        Concentrations, positive and finite.

    Returns
    -------
    ndarray of shape (...) or scalar
        In nats.

    Raises
    ------
    TypeError
        If `a` is not real.
    ValueError
        If a concentration is not positive and finite.

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
        Concentrations, positive and finite. Their shapes are broadcast against each other; K must
        be the same.

    Returns
    -------
    ndarray of shape (...) or scalar
        KL(Dirichlet(a) || Dirichlet(b)) in nats, not negative beyond rounding.

    Raises
    ------
    TypeError
        If `a` or `b` is not real.
    ValueError
        If a concentration is not positive and finite, or the shapes do not fit.

    References
    ----------
    W. Penny (2001), KL-divergences of Normal, Gamma, Dirichlet and Wishart densities.

    Examples
    --------
    >>> from fastvb.special import dirichlet_kl
    >>> dirichlet_kl([[3.0, 2.0], [1.0, 1.0]], [1.0, 1.0]).round(6)
    array([0.234907, 0.      ])
    """
    a, b = np.asanyarray(a), np.asanyarray(b)
    dtype = np.result_type(_real_type(a, "a"), _real_type(b, "b"))
    if not a.ndim or not b.ndim or a.shape[-1] != b.shape[-1]:
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
    rows_a, rows_b = _rows(a, "a", dtype, shape), _rows(b, "b", dtype, shape)
    out = np.empty(shape[:-1], dtype)
    matrix_a, matrix_b = _matrix(rows_a), _matrix(rows_b)
    bad = np.empty(_dirichlet.n_tasks(*matrix_a.shape), np.intp)
    bad_b = np.empty_like(bad)
    if out.size:
        _dirichlet.kl(matrix_a, matrix_b, out.reshape(-1, 1), bad, bad_b, effective_n_threads())
    _raise_if_bad(bad, rows_a, "a")
    _raise_if_bad(bad_b, rows_b, "b")
    return out[()]


def _reduced(kernel: Callable[..., None], a: ArrayLike) -> Any:
    rows = _rows(a, "a")
    out = np.empty(rows.shape[:-1], rows.dtype)
    _by_rows(kernel, rows, "a", out.reshape(-1, 1))
    return out[()]


def _by_rows(kernel: Callable[..., None], rows: NDArray[Any], name: str, out: NDArray[Any]) -> None:
    matrix = _matrix(rows)
    bad = np.empty(_dirichlet.n_tasks(*matrix.shape), np.intp)
    if matrix.size:
        kernel(matrix, out, bad, effective_n_threads())
    _raise_if_bad(bad, rows, name)


def _real_type(a: NDArray[Any], name: str) -> np.dtype[Any]:
    """float32 for float32 and less, else float64."""
    if a.dtype.kind not in "biuf" or a.dtype.itemsize > 8:
        raise TypeError(f"Expected {name} to hold real numbers up to float64, got {a.dtype}.")
    return np.dtype(np.float32 if a.dtype.kind == "f" and a.dtype.itemsize <= 4 else np.float64)


def _rows(
    a: ArrayLike,
    name: str,
    dtype: np.dtype[Any] | None = None,
    shape: tuple[int, ...] | None = None,
) -> NDArray[Any]:
    """Return `a` with at least one column, as aligned native floats."""
    a = np.asarray(a)
    if not a.ndim or not a.shape[-1]:
        raise ValueError(
            f"Expected {name} to have at least one column, got {name}.shape={a.shape}."
        )
    a = np.require(a, dtype or _real_type(a, name), "A")
    return a if shape is None else np.broadcast_to(a, shape)


def _matrix(rows: NDArray[Any]) -> NDArray[Any]:
    """Return the rows of an array of any number of axes, without a copy where strides allow."""
    n_columns = rows.shape[-1]
    return rows.reshape(-1, n_columns) if rows.size else rows.reshape(0, n_columns)


def _check_out(out: Any, rows: NDArray[Any]) -> None:
    if not isinstance(out, np.ndarray) or out.dtype != rows.dtype:
        got = out.dtype if isinstance(out, np.ndarray) else type(out).__name__
        raise TypeError(f"Expected out to be an array of {rows.dtype}, got {got}.")
    if out.shape != rows.shape or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError(
            f"Expected out to be writeable, in C order and of shape {rows.shape}, "
            f"got out.shape={out.shape}, out.strides={out.strides}."
        )


def _same_memory(out: NDArray[Any], rows: NDArray[Any]) -> bool:
    return out.ctypes.data == rows.ctypes.data and out.strides == rows.strides


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
