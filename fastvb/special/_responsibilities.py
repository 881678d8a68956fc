"""Responsibilities: log densities normalised along the last axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastvb._kernels import _responsibilities
from fastvb._threads import effective_n_threads
from fastvb.special._rows import as_float_array, as_output, as_rows

__all__ = ["responsibilities"]


def responsibilities(
    log_joint: ArrayLike, out: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Normalise the exponentials of log densities along the last axis, in parallel.

    Parameters
    ----------
    log_joint : array_like, shape (..., n_components)
        Logarithm of weight times density of each component, in nats, up to a constant per row.
        float32 and float64 are computed in their own precision, integers in float64.
    out : ndarray, optional
        Where to write `resp`, of the shape and type of `log_joint`. May be `log_joint` itself.

    Returns
    -------
    resp : ndarray, shape (..., n_components)
        ``exp(log_joint - log_norm[..., None])``: the posterior probability of each component.
    log_norm : ndarray, shape (...)
        Logarithm of the sum of the exponentials, the log evidence of each row.

    Raises
    ------
    TypeError
        If `log_joint` holds anything but real numbers of at most 64 bits, or `out` another type.
    ValueError
        If `log_joint` has no axis, or `out` has another shape or is read-only.

    See Also
    --------
    logsumexp : `log_norm` alone, along any axis.

    Notes
    -----
    Infinities are treated as by :func:`scipy.special.logsumexp` and :func:`scipy.special.softmax`:
    the norm of a row of -inf is -inf, that of a row with +inf is inf, and both have
    undefined responsibilities, nan, as have rows with nan. A row without columns has the norm
    -inf. A row's result depends on that row alone, not on the others or on the threads.

    Apart from the rounding of ``log_joint - max`` the error is a few units in the last place. In
    float32 a row is summed in at least four partial sums of float32, which are added in float64
    every 1024 values.

    Bishop (2006), *Pattern Recognition and Machine Learning*, equation 9.23.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.special import responsibilities
    >>> resp, log_norm = responsibilities([[0.0, np.log(3.0)], [-1000.0, -1000.0]])
    >>> resp
    array([[0.25, 0.75],
           [0.5 , 0.5 ]])
    >>> log_norm
    array([   1.38629436, -999.30685282])
    """
    array = as_float_array(log_joint, "log_joint")
    rows = as_rows(array)
    resp = as_output(out, array, rows)
    log_norm = np.full(len(rows), -np.inf, rows.dtype)
    _responsibilities.responsibilities(rows, resp, log_norm, effective_n_threads())
    resp = resp.reshape(array.shape)
    if out is not None:
        if not np.may_share_memory(out, resp):
            out[...] = resp
        resp = out
    return resp, log_norm.reshape(array.shape[:-1])[()]
