"""The function of q and theta that EM maximises, and its parts, for discrete latent variables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["f_function", "h_function", "q_function"]

Array = NDArray[np.float64]


def f_function(q: Any, log_joint: Any) -> float:
    """F(q, theta) = E_q[log p(Y, Z | theta)] + H(q).

    It lies below the log likelihood by KL(q || p(Z | Y, theta)), and EM maximises it in turn over q
    and over theta.

    Parameters
    ----------
    q : array_like of shape (..., n_states)
        Distribution of each latent variable over its states; the last axis adds up to 1.
    log_joint : array_like of shape (..., n_states)
        log p(y_n, z_n | theta) for each state; -inf where a state is impossible.

    Returns
    -------
    float
        In nats, summed over all variables; -inf if q holds an impossible state possible.

    Raises
    ------
    ValueError
        If the shapes differ, or `q` has negative entries or rows that do not add up to 1.

    References
    ----------
    R. Neal, G. Hinton (1998), A view of the EM algorithm that justifies incremental, sparse, and
    other variants, in Learning in Graphical Models.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import f_function
    >>> joint = np.array([[0.1, 0.3], [0.2, 0.2]])
    >>> posterior = joint / joint.sum(axis=1, keepdims=True)
    >>> log_likelihood = np.log(joint.sum(axis=1)).sum()
    >>> bool(np.isclose(f_function(posterior, np.log(joint)), log_likelihood))
    True
    """
    return q_function(q, log_joint) - h_function(q, q)


def q_function(q: Any, log_joint: Any) -> float:
    """Q = E_q[log p(Y, Z | theta)], the expected log joint probability.

    With q = p(Z | Y, theta_old) it is Q(theta, theta_old), which the M-step maximises.

    Parameters
    ----------
    q : array_like of shape (..., n_states)
        Distribution of each latent variable over its states; the last axis adds up to 1.
    log_joint : array_like of shape (..., n_states)
        log p(y_n, z_n | theta) for each state.

    Returns
    -------
    float
        In nats, summed over all variables.

    Raises
    ------
    ValueError
        If the shapes differ, or `q` has negative entries or rows that do not add up to 1.

    References
    ----------
    A. Dempster, N. Laird, D. Rubin (1977), Maximum likelihood from incomplete data via the EM
    algorithm, JRSS B 39.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb.inference import q_function
    >>> round(q_function([[0.5, 0.5]], np.log([[0.25, 0.75]])), 6)
    -0.836988
    """
    q, log_joint = _distributions(q, "log_joint", log_joint)
    return _expected(q, log_joint)


def h_function(q: Any, posterior: Any) -> float:
    """H = E_q[log p(Z | Y, theta)], so that the log likelihood is Q - H, whatever q is.

    With q = p(Z | Y, theta_old) it is H(theta, theta_old). That falls when theta leaves theta_old
    (Gibbs' inequality), which is why a step that does not lower Q does not lower the likelihood.

    Parameters
    ----------
    q : array_like of shape (..., n_states)
        Distribution of each latent variable over its states; the last axis adds up to 1.
    posterior : array_like of shape (..., n_states)
        p(z_n | y_n, theta).

    Returns
    -------
    float
        In nats, summed over all variables; -inf if q holds an impossible state possible.

    Raises
    ------
    ValueError
        If the shapes differ, or `q` has negative entries or rows that do not add up to 1.

    References
    ----------
    C. F. J. Wu (1983), On the convergence properties of the EM algorithm, Annals of Statistics 11.

    Examples
    --------
    >>> from fastvb.inference import h_function
    >>> h_function([[1.0, 0.0]], [[1.0, 0.0]])
    0.0
    """
    q, posterior = _distributions(q, "posterior", posterior)
    with np.errstate(divide="ignore"):
        return _expected(q, np.log(posterior))


def _expected(q: Array, values: Array) -> float:
    """Sum of q times values, where values without probability do not count."""
    some = q > 0
    return float((q[some] * values[some]).sum())


def _distributions(q: Any, name: str, values: Any) -> tuple[Array, Array]:
    q, values = np.asarray(q, np.float64), np.asarray(values, np.float64)
    if q.shape != values.shape or q.ndim == 0:
        raise ValueError(
            f"Expected q and {name} of one shape (..., n_states), got q of {q.shape} and {name} of "
            f"{values.shape}."
        )
    if not (q >= 0).all() or not np.allclose(q.sum(axis=-1), 1.0, rtol=0, atol=1e-6):
        raise ValueError("Expected rows of q that are >= 0 and add up to 1, got others.")
    return q, values
