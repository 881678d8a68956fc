"""Where the fit of a mixture starts: at the best components for some first assignment of rows."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

from fastvb.estimators._kmeans import Rows, kmeans, kmeans_plusplus, random_rows
from fastvb.estimators._seeds import seed_of
from fastvb.models import Mixture, Observations
from fastvb.models.mixture import MixtureStats

__all__ = ["INIT_PARAMS", "first_statistics"]

INIT_PARAMS = ("kmeans", "k-means++", "random", "random_from_data")

_BLOCK_VALUES = 1 << 17  # responsibilities that are drawn at a time


def first_statistics(
    model: Mixture, batch: Observations, rows: Rows, init_params: str, rng: Any
) -> MixtureStats:
    """Statistics of a first assignment.

    Parameters
    ----------
    model : Mixture
        Whose components they are of.
    batch : Observations
        The data.
    rows : Rows
        The same.
    init_params : {"kmeans", "k-means++", "random", "random_from_data"}
        How it is found: by k-means; to the nearest row of its greedy seeding, or of rows that are
        drawn by chance; or by responsibilities that are drawn by chance, those that scikit-learn
        draws from the same RandomState.
    rng : RandomState or Generator
        Source of the draws.

    Returns
    -------
    MixtureStats
        For the model's global step.
    """
    if init_params == "random":
        return _random_statistics(model, batch, rng)
    seed, n_clusters = seed_of(rng), model.n_components
    if n_clusters == 1:
        return model.gather(batch, np.zeros(len(batch), np.intc))
    if init_params == "random_from_data":
        centres = rows.about_origin(random_rows(rows, n_clusters, seed))
    else:
        centres = kmeans_plusplus(rows, n_clusters, seed)
    clustering = kmeans(rows, centres, max_iter=300 if init_params == "kmeans" else 0)
    return model.gather(batch, clustering.labels)


def _random_statistics(model: Mixture, batch: Observations, rng: Any) -> MixtureStats:
    """By blocks, so that never all responsibilities are in memory."""
    n_rows, n_components = max(256, _BLOCK_VALUES // model.n_components), model.n_components

    def of_block(first: int) -> MixtureStats:
        block = batch.rows(slice(first, first + n_rows))
        drawn = rng.uniform(size=(len(block), n_components)).astype(batch.X.dtype)
        drawn /= drawn.sum(axis=1, keepdims=True)
        return model.gather(block, drawn)

    return reduce(add, map(of_block, range(0, len(batch), n_rows)))
