"""Twins of the kernels in _cvb0.pyx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def document(
    counts: NDArray[Any],  # (n_words,)
    log_rows: NDArray[Any],  # (n_words, n_topics) log beta up to a constant of each word
    alpha: NDArray[Any],
    tol: float,
    max_iter: int,
) -> NDArray[np.float64]:
    """Expected topic counts of the words, shape (n_words, n_topics)."""
    rows = np.exp(log_rows - log_rows.max(axis=1, keepdims=True))
    expected = counts[:, None] * rows / rows.sum(axis=1, keepdims=True)
    for _ in range(max_iter):
        before = expected.sum(axis=0)
        for i, count in enumerate(counts):
            others = np.delete(expected, i, axis=0).sum(axis=0)
            others += expected[i] * (1 - 1 / max(count, 1))
            log_phi = np.log(alpha + others) + log_rows[i]
            phi = np.exp(log_phi - log_phi.max())
            expected[i] = count * phi / phi.sum()
        if np.abs(expected.sum(axis=0) - before).mean() < tol:
            break
    return expected
