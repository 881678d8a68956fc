"""Inverse roots of covariances in plain NumPy."""

from __future__ import annotations

import numpy as np


def inverse_root(covariance):
    """Upper U with U^T U = S^-1, by Cholesky's factor of S with its order reversed."""
    lower = np.linalg.cholesky(covariance[::-1, ::-1])
    return np.linalg.inv(lower[::-1, ::-1])
