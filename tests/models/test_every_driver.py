"""Every model under every driver; the table of the developer pages is what this finds.

Run as a script it writes the table.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from fastvb.families import Categorical, Dirichlet, Normal, NormalGamma
from fastvb.inference import (
    Monitor,
    RobbinsMonro,
    cavi,
    em,
    memoized,
    streaming,
    structured_svi,
    svi,
)
from fastvb.models import (
    BetaBernoullis,
    ConjugateModel,
    DirichletWeights,
    DocumentBatch,
    GaussianGammaModel,
    LDAModel,
    LocalDirichletModel,
    LocalNormals,
    Mixture,
    NormalWishart,
    Observations,
    PointBernoullis,
    PointGaussians,
    PointWeights,
)

PAGE = Path(__file__).parents[2] / "docs" / "developer" / "models_and_drivers.md"
RNG = np.random.default_rng(0)
X = np.concatenate([RNG.normal(-2, 1, (20, 2)), RNG.normal(2, 1, (20, 2))])[RNG.permutation(40)]
BITS = (RNG.random((40, 6)) < 0.5).astype(float)
COUNTS = sp.csr_matrix(RNG.poisson(1.0, (40, 12)).astype(float))
CATEGORIES = RNG.integers(12, size=40)
GAUSSIANS = NormalWishart.of("full", 3, np.zeros(2), 1.0, np.zeros(2), 3.0, np.eye(2))
ROWS = slice(0, 20), slice(20, 40)


class Halves:
    """Two mini-batches, in the same order in every epoch."""

    n_total = 40

    def __init__(self, batches):
        self.batches = batches

    def epoch(self, number, start=0):
        return iter(self.batches[start:])


def local_normals(rows):
    means = np.stack([X[:, 0] - 1, X[:, 0] + 2], axis=1)[rows]
    ones = np.ones_like(means)
    return LocalNormals(X[rows, 0], means, ones, 0.8 * ones)


MODELS = {
    "`LDAModel`": (
        LDAModel(doc_topic_prior=np.full(3, 0.5), topic_word_prior=0.1, n_words=12),
        [DocumentBatch(COUNTS[rows]) for rows in ROWS],
    ),
    "`Mixture`, `NormalWishart`": (
        Mixture(DirichletWeights(np.ones(3)), GAUSSIANS),
        [Observations(X[rows]) for rows in ROWS],
    ),
    "`Mixture`, `PointGaussians`": (
        Mixture(PointWeights.of(3), PointGaussians.most_probable(GAUSSIANS)),
        [Observations(X[rows]) for rows in ROWS],
    ),
    "`Mixture`, `BetaBernoullis`": (
        Mixture(DirichletWeights(np.ones(3)), BetaBernoullis.of(3, 6, (0.5, 0.5))),
        [Observations(BITS[rows]) for rows in ROWS],
    ),
    "`Mixture`, `PointBernoullis`": (
        Mixture(PointWeights.of(3), PointBernoullis.of(3, 6)),
        [Observations(BITS[rows]) for rows in ROWS],
    ),
    "`ConjugateModel`, `Categorical`": (
        ConjugateModel(Categorical, Dirichlet(np.ones(12)), {"n_categories": 12}),
        [CATEGORIES[rows] for rows in ROWS],
    ),
    "`ConjugateModel`, `Normal`": (
        ConjugateModel(Normal, NormalGamma(0.0, 1.0, 1.0, 1.0)),
        [X[rows] for rows in ROWS],
    ),
    "`GaussianGammaModel`": (
        GaussianGammaModel(NormalGamma(0.0, 1.0, 1.0, 1.0)),
        [X[rows] for rows in ROWS],
    ),
    "`LocalDirichletModel`": (LocalDirichletModel(), [local_normals(rows) for rows in ROWS]),
}


def stochastic(driver, model, batches, monitor, **options):
    return driver(model, Halves(batches), monitor, schedule=RobbinsMonro(0.7, 5.0), **options)


EXACT = {  # the bound does not fall
    "`cavi`": cavi,
    "`em`": em,
    "`em`, accelerated": partial(em, accelerate=True),
    '`em`, `"improve"`': partial(em, m_step="improve"),
    '`em`, `"conditional"`': partial(em, m_step="conditional"),
    "`memoized`": memoized,
}
OTHERS = {
    "`svi`": partial(stochastic, svi),
    "`structured_svi`": partial(stochastic, structured_svi),
    "`structured_svi`, full": partial(stochastic, partial(structured_svi, full=True)),
    "`streaming`": streaming,
}
DRIVERS = EXACT | OTHERS


def outcome(driver, model):
    """What happens: "works", "restarts", or which function the model lacks."""
    the_model, batches = MODELS[model]
    monitor = Monitor(None if driver == "`streaming`" else 8)
    try:
        DRIVERS[driver](the_model, batches, monitor, rng=np.random.default_rng(3))
    except TypeError as error:
        return f"no `{re.match('Expected a model with (.*?), which', str(error))[1]}`"
    bounds = np.array(monitor.lower_bounds)
    assert len(bounds) > 0
    assert np.isfinite(bounds).all()
    if driver in EXACT:
        assert np.diff(bounds).min() > -1e-6 * abs(bounds[-1])
    return "restarts" if driver == "`em`" and the_model.carries_local else "works"


def table():
    lines = ["| | " + " | ".join(DRIVERS) + " |", "|---" * (len(DRIVERS) + 1) + "|"]
    for model in MODELS:
        cells = [outcome(driver, model) for driver in DRIVERS]
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def written():
    """The first table of the page."""
    return re.search(r"^\|.*\|(\n\|.*\|)*$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.skipif(not PAGE.is_file(), reason="needs the project's pages")
def test_the_table_is_what_runs():
    assert written()[0] == table(), "Write it anew: run this file as a script."


if __name__ == "__main__":
    page = PAGE.read_text()
    PAGE.write_text(page.replace(written()[0], table()))
