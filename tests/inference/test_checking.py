"""check_model passes models that are right, and tells what is wrong with those that are not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp
from reference.bernoulli_mixture import BernoulliMixture, Terms, random_data
from reference.normal_mixture import NormalMixture, Normals

from fastvb.families import NormalGamma
from fastvb.inference import check_model
from fastvb.models import (
    BetaBernoullis,
    DirichletWeights,
    DocumentBatch,
    GaussianGammaModel,
    LDAModel,
    Mixture,
    NormalWishart,
    Observations,
    PointGaussians,
    PointWeights,
)

DATA = random_data()
FLAT = BernoulliMixture.flat(3, DATA.shape[1])
PRIOR = FLAT.prior
Y = np.array([-67, -48, 6, 8, 14, 16, 23, 24, 28, 29, 41, 49, 56, 60, 75.0])
START = Normals(np.array([0.5, 0.5]), np.array([30.0, -30.0]), np.array([500.0, 500.0]))


def test_the_examples():
    check_model(FLAT, DATA)
    check_model(FLAT, DATA, parts=[DATA[:7], DATA[7:11], DATA[11:]])


@pytest.mark.parametrize("form", ["full", "tied", "diag", "spherical"])
def test_gaussian_mixtures(form):
    X = np.random.default_rng(0).normal(size=(40, 2)) * [1, 2]
    X[:20] += 4
    scale = {"diag": np.ones(2), "spherical": 1.0}.get(form, np.eye(2))
    gaussians = NormalWishart.of(form, 3, np.zeros(2), 1.0, np.zeros(2), 3.0, scale)
    check_model(Mixture(DirichletWeights(np.ones(3)), gaussians), Observations(X))
    probable = PointGaussians.most_probable(gaussians)
    check_model(Mixture(PointWeights.of(3), probable), Observations(X))


def test_other_models():
    bernoullis = BetaBernoullis.of(2, DATA.shape[1], (0.5, 0.5))
    check_model(Mixture(DirichletWeights(np.ones(2)), bernoullis), Observations(DATA))
    check_model(GaussianGammaModel(NormalGamma(0.0, 1.0, 1.0, 1.0)), DATA)
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(1.0, (20, 12)).astype(float))
    lda = LDAModel(doc_topic_prior=np.full(3, 0.5), topic_word_prior=0.1, n_words=12)
    check_model(lda, DocumentBatch(counts))


@dataclass(frozen=True, eq=False)
class BadSum(Terms):
    """Statistics whose sum forgets a part."""

    def __add__(self, other):
        return BadSum(self.weights + other.weights, self.pairs)

    def scale(self, factor):
        return BadSum(self.weights * factor, self.pairs * factor)


class BadScale(BadSum):
    def __add__(self, other):
        return BadScale(self.weights + other.weights, self.pairs + other.pairs)

    def scale(self, factor):
        return BadScale(self.weights * factor, self.pairs if factor else 0 * self.pairs)


class BadZeros(BadScale):
    def __add__(self, other):
        return BadZeros(self.weights + other.weights, self.pairs + other.pairs)

    def zeros(self):
        return self


class BadDifference(BadSum):
    def __add__(self, other):
        return BadDifference(self.weights + other.weights, self.pairs + other.pairs)

    def __sub__(self, other):
        return BadDifference(self.weights - other.weights, self.pairs)

    def scale(self, factor):
        return BadDifference(self.weights * factor, self.pairs * factor)


class InPlace(BadSum):
    def __add__(self, other):
        self.weights[...] += other.weights
        return InPlace(self.weights, self.pairs + other.pairs)

    def scale(self, factor):
        return InPlace(self.weights * factor, self.pairs * factor)


class Unscalable:
    def __init__(self, stats):
        self.__add__ = stats.__add__


def with_stats(change):
    """The model with other statistics."""

    class Changed(BernoulliMixture):
        def local_step(self, batch, view, local=None, rng=None):
            stats, h, local = super().local_step(batch, view, local, rng)
            return change(stats), h, local

        def global_step(self, stats, globals_):
            return self.prior + Terms(stats.weights, stats.pairs)

    return Changed(PRIOR)


def with_result(change):
    """The model whose local step returns something else."""

    class Changed(BernoulliMixture):
        def local_step(self, batch, view, local=None, rng=None):
            return change(batch, *super().local_step(batch, view, local, rng))

    return Changed(PRIOR)


def kind_of(kind):
    return lambda stats: kind(stats.weights, stats.pairs)


class Forgetful(BernoulliMixture):
    def global_step(self, stats, globals_):
        return stats.scale(1.5)


class Careless(BernoulliMixture):
    """Uses what it is given in a way that does not pay."""

    def local_step(self, batch, view, local=None, rng=None):
        if local is None:
            return super().local_step(batch, view)
        r = np.full_like(local, 1 / local.shape[1])
        pairs = np.stack([r.T @ batch, r.T @ (1 - batch)], axis=-1)
        return Terms(r.sum(axis=0), pairs), len(batch) * np.log(local.shape[1]), r


class Overflowing(BernoulliMixture):
    def global_bound(self, globals_):
        return np.inf


class Noisy(BernoulliMixture):
    n = 0

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, local = super().local_step(batch, view, local, rng)
        Noisy.n += 1
        return stats.scale(1 + 0.1 * (Noisy.n % 2)), h, local


class Averaging(BernoulliMixture):
    """Statistics that are means: nothing adds up over mini-batches."""

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, local = super().local_step(batch, view, local, rng)
        return stats.scale(1 / len(batch)), h, local


class WrongShort(BernoulliMixture):
    def bounded_step(self, batch, view, rng=None):
        stats, h, _ = self.local_step(batch, view)
        return stats, h


class OtherShort(BernoulliMixture):
    def bounded_step(self, batch, view, rng=None):
        stats, h, _ = self.local_step(batch, view)
        return stats.scale(0.5), stats.inner(view) + h


class NoisyEntropy(BernoulliMixture):
    n = 0

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, local = super().local_step(batch, view, local, rng)
        NoisyEntropy.n += 1
        return stats, h + NoisyEntropy.n, local


class WrongPosterior(BernoulliMixture):
    def posterior_bound(self, globals_):
        return self.global_bound(globals_)


class LostCoordinates(NormalMixture):
    def at_coordinates(self, coordinates, reference):
        return super().at_coordinates(1.1 * coordinates, reference)


class HalfWay(NormalMixture):
    """Unbiased variances: nearly, but not, the maximum."""

    def global_step(self, stats, globals_):
        q = super().global_step(stats, globals_)
        return replace(q, variances=q.variances * 1.02)


BROKEN = [
    (with_result(lambda batch, *r: r[:2]), r"local_step to return \(stats, h, local\), got tuple"),
    (with_result(lambda batch, s, h, x: (s, np.nan, x)), "finite number h, got h=nan"),
    (with_result(lambda batch, s, h, x: (s, h, None)), "as carries_local says, got None"),
    (with_result(lambda batch, s, h, x: (s.scale(np.nan), h, x)), "inner to return a finite"),
    (Noisy(PRIOR), "local_step to repeat itself.* its statistics"),
    (with_stats(kind_of(BadSum)), r"inner of a \+ b to be the sum"),
    (with_stats(kind_of(BadScale)), r"scale\(c\) to multiply inner by c"),
    (with_stats(kind_of(BadZeros)), r"zeros\(\) to be neutral"),
    (with_stats(kind_of(BadDifference)), r"a \+ b - b to be a"),
    (with_stats(kind_of(InPlace)), "leave their arguments alone"),
    (Averaging(PRIOR), "scaled statistics of mini-batches to be those of all data"),
    (with_result(lambda batch, s, h, x: (s, -h, x)), "the best for its view.*of the right sign"),
    (with_result(lambda batch, s, h, x: (s, 0.9 * h, x)), "the best for its view.*complete"),
    (with_result(lambda batch, s, h, x: (s, 1.1 * h, x)), "not to fall.*after local_.*h complete"),
    (Careless(PRIOR), "ELBO not to fall.*after local_step 2.*from the local that it is given"),
    (Forgetful(PRIOR), "ELBO not to fall.*after global_step .*all its terms"),
    (Overflowing(PRIOR), "a finite ELBO after local_step 1, got inf"),
    (WrongShort(PRIOR), "bounded_step to return <stats, view>"),
    (OtherShort(PRIOR), "bounded_step to return the statistics"),
    (NoisyEntropy(PRIOR), "local_step to repeat itself.* its h"),
    (WrongPosterior(PRIOR), "posterior_bound to be <stats, expect>"),
]


@pytest.mark.parametrize(("model", "message"), BROKEN)
def test_broken_models(model, message):
    with pytest.raises(AssertionError, match=f"Expected .*{message}"):
        check_model(model, DATA)


def test_coordinates():
    check_model(NormalMixture(START), Y)
    with pytest.raises(AssertionError, match="at_coordinates to undo coordinates"):
        check_model(LostCoordinates(START), Y)
    with pytest.raises(AssertionError, match="at its maximum after global_step, got the deriv"):
        check_model(HalfWay(START), Y, n_iter=5)


def test_missing_functions():
    class Half:
        def init_globals(self, batch, rng):
            return None

    with pytest.raises(TypeError, match="a model with expect, which check_model needs"):
        check_model(Half(), DATA)

    class Silent:
        init_globals = expect = local_step = global_step = global_bound = print

    with pytest.raises(TypeError, match="Expected Silent to say carries_local, True or False"):
        check_model(Silent(), DATA)
    with pytest.raises(TypeError, match=r"a model with .*, which check_model needs, got"):
        check_model(with_stats(Unscalable), DATA)


def test_data_that_cannot_be_halved():
    with pytest.raises(ValueError, match=r"can be halved, got batch=list of 40\. Pass parts"):
        check_model(FLAT, list(DATA))
