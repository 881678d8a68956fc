"""The priors of LDA, given or learned (empirical Bayes)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb.families import fit_dirichlet, fit_symmetric_dirichlet
from fastvb.special import digamma, dirichlet_expectation, dirichlet_log_normalizer, gammaln

if TYPE_CHECKING:
    from fastvb.models._lda_state import LDAGlobals

__all__ = ["Learn", "Priors", "TableStats", "TopicPrior", "WeightStats"]

Learn = Literal["vector", "symmetric"]

_BLOCK = 1 << 17  # numbers that are looked at together
# A prior of each word that is learned while the topics are still alike explains the corpus alone,
# and the topics stay alike for ever.
_SYMMETRIC_STEPS = 20
_LEAST = 1e-8  # of alpha: a topic that no document has could not come back from 0


@dataclass(frozen=True, eq=False)
class TopicPrior:
    """Dirichlet prior of the topics."""

    eta: NDArray[Any]  # (), (n_words,) or (n_topics, n_words), of the model's data type
    n_topics: int
    n_words: int

    @cached_property
    def rows(self) -> NDArray[Any]:
        """Prior by words, padded: one row if all words share it."""
        n_rows = 1 if self.eta.ndim == 0 else self.n_words
        stride = _aligned.padded_length(self.n_topics, self.eta.dtype)
        rows = _aligned.empty((n_rows, stride), self.eta.dtype)
        rows[:, : self.n_topics] = self.eta.T if self.eta.ndim == 2 else self.eta.reshape(-1, 1)
        rows[:, self.n_topics :] = 0
        return rows

    @cached_property
    def total(self) -> NDArray[np.float64]:
        """Return sum_v eta_kv."""
        eta = self.eta.astype(np.float64)
        return np.broadcast_to(
            self.n_words * eta if eta.ndim == 0 else eta.sum(axis=-1), self.n_topics
        )

    @cached_property
    def log_normalizer(self) -> float:
        """Return sum_k [log Gamma(sum_v eta_kv) - sum_v log Gamma(eta_kv)]."""
        repeats = self.n_topics * self.n_words // self.eta.size
        each = gammaln(self.eta.astype(np.float64))
        return float(gammaln(self.total).sum() - repeats * each.sum())

    def learned(self, globals_: LDAGlobals, learn: Learn) -> TopicPrior:
        """Make the prior that is best for q(beta); looks at all of it."""
        by_word = np.empty(self.n_words)
        step = max(1, _BLOCK // self.n_topics)
        for start in range(0, self.n_words, step):
            by_word[start : start + step] = digamma(
                globals_.parameters(slice(start, start + step))
            ).sum(axis=1)
        mean_log = by_word / self.n_topics - digamma(globals_.total).mean()
        if learn == "vector":
            eta = fit_dirichlet(mean_log, self.eta).concentration
        else:
            mean = float(mean_log.mean())
            eta = fit_symmetric_dirichlet(mean, self.n_words, float(self.eta)).concentration
        return replace(self, eta=np.asarray(eta, self.eta.dtype))

    def fixed_point(self, globals_: LDAGlobals, learn: Learn) -> TopicPrior:
        """One step of :class:`TableStats`, with topics as documents and words as their topics."""
        eta, by_word = self.eta.astype(np.float64), np.empty(self.n_words)
        step = max(1, _BLOCK // self.n_topics)
        for start in range(0, self.n_words, step):
            words = slice(start, start + step)
            prior = eta if eta.ndim == 0 else eta[words, None]
            counts = globals_.parameters(words) - prior
            by_word[words] = expected_tables(counts, prior).sum(axis=1)
        rate = float((digamma(globals_.total) - digamma(self.total)).sum())
        if rate <= 0:
            return self
        best = np.maximum((by_word if learn == "vector" else by_word.mean()) / rate, _LEAST)
        return replace(self, eta=np.asarray(best, self.eta.dtype))


@dataclass(frozen=True, eq=False)
class WeightStats:
    """Expected sufficient statistics of documents' topic weights."""

    n_docs: float
    log_theta: NDArray[np.float64]  # (n_topics,) sum over documents of E[log theta]

    @classmethod
    def of(cls, gamma: NDArray[Any]) -> Self:
        """Under q(theta) of shape (n_docs, n_topics)."""
        total, step = np.zeros(gamma.shape[1]), max(1, _BLOCK // gamma.shape[1])
        for start in range(0, len(gamma), step):
            block = gamma[start : start + step].astype(np.float64, copy=False)
            total += dirichlet_expectation(block).sum(axis=0)
        return cls(float(len(gamma)), total)

    def plus(self, other: WeightStats, factor: float) -> WeightStats:
        """Sum with `factor` times others."""
        return WeightStats(
            self.n_docs + factor * other.n_docs, self.log_theta + factor * other.log_theta
        )

    def scale(self, factor: float) -> WeightStats:
        """All of them times `factor`."""
        return WeightStats(factor * self.n_docs, factor * self.log_theta)

    def inner(self, alpha: NDArray[Any]) -> float:
        """Return sum_d E[log p(theta_d | alpha)]."""
        each = alpha.astype(np.float64)
        return float(self.n_docs * dirichlet_log_normalizer(each) + (each - 1) @ self.log_theta)

    def best_alpha(self, alpha: NDArray[Any], learn: Learn) -> Any:
        """Prior that makes these the most likely, found from `alpha` on."""
        if self.n_docs <= 0:
            return alpha
        mean_log = self.log_theta / self.n_docs
        if learn == "vector":
            return fit_dirichlet(mean_log, alpha).concentration
        mean, start = float(mean_log.mean()), float(alpha[0])
        return fit_symmetric_dirichlet(mean, len(mean_log), start).concentration


@dataclass(frozen=True, eq=False)
class TableStats:
    """What Minka's fixed point for alpha takes from documents' expected topic counts.

    The fixed point is alpha = tables / rate, with alpha_0 = sum_k alpha_k and

        tables_k = sum_d E[alpha_k (psi(n_dk + alpha_k) - psi(alpha_k))],
        rate     = sum_d [psi(n_d + alpha_0) - psi(alpha_0)],

    for n_d tokens in document d, n_dk of them of topic k. Were they customers of a Chinese
    restaurant for each document and topic, these would be its expected tables: they hardly depend
    on alpha, so that those of several batches and moments can be added up.

    A topic that has a tenth of a token has no table, most likely; in place of a tenth of a token,
    the expectation therefore takes the mean count given that there is any, with the probability of
    that, 1 - exp(-E[n_dk]). Without that, learned alpha are several times too large.

    References
    ----------
    T. Minka (2000), Estimating a Dirichlet distribution, equation 55.
    Y. W. Teh, K. Kurihara, M. Welling (2007), Collapsed variational inference for HDP, NIPS 20,
    section 4 (counts given that they are positive).
    """

    tables: NDArray[np.float64]  # (n_topics,)
    rate: float

    @classmethod
    def of(cls, gamma: NDArray[Any], alpha: NDArray[Any]) -> Self:
        """Of alpha + expected counts, shape (n_docs, n_topics)."""
        each, step = alpha.astype(np.float64), max(1, _BLOCK // gamma.shape[1])
        tables, rate = np.zeros(len(each)), 0.0
        for start in range(0, len(gamma), step):
            block = gamma[start : start + step].astype(np.float64, copy=False)
            tables += expected_tables(block - each, each).sum(axis=0)
            rate += float((digamma(block.sum(axis=1)) - digamma(each.sum())).sum())
        return cls(np.maximum(tables, 0.0), max(rate, 0.0))

    def plus(self, other: TableStats, factor: float) -> TableStats:
        """Sum with `factor` times others."""
        return TableStats(self.tables + factor * other.tables, self.rate + factor * other.rate)

    def scale(self, factor: float) -> TableStats:
        """All of them times `factor`."""
        return TableStats(factor * self.tables, factor * self.rate)

    def inner(self, alpha: NDArray[Any]) -> float:
        """Return 0: what takes the place of a bound has no part that is only of alpha."""
        return 0.0

    def best_alpha(self, alpha: NDArray[Any], learn: Learn) -> Any:
        """One step of the fixed point; `alpha` itself if there was no token."""
        if self.rate <= 0:
            return alpha
        tables = self.tables if learn == "vector" else self.tables.mean()
        return np.maximum(tables / self.rate, _LEAST)


def expected_tables(counts: NDArray[np.float64], prior: Any) -> NDArray[np.float64]:
    """Tables of expected counts, see :class:`TableStats`; overwrites the counts."""
    np.maximum(counts, np.finfo(np.float32).tiny, out=counts)
    some = -np.expm1(-counts)
    counts /= some
    counts += prior
    tables: NDArray[np.float64] = digamma(counts)
    tables -= digamma(prior)
    tables *= some
    tables *= prior
    return tables


@dataclass(frozen=True, eq=False)
class Priors:
    """Priors that are learned, at some moment."""

    alpha: NDArray[Any]  # (n_topics,), of the model's data type
    eta: TopicPrior
    weights: WeightStats | TableStats | None  # what alpha is learned from, if it is
    n_steps: int = 0  # in which eta was learned

    def astype(self, dtype: Any) -> Priors:
        """The same in another precision."""
        eta = replace(self.eta, eta=self.eta.eta.astype(dtype))
        return replace(self, alpha=self.alpha.astype(dtype), eta=eta)

    def with_alpha(self, weights: WeightStats | TableStats | None, learn: Learn | None) -> Priors:
        """Make alpha the best for `weights`."""
        if weights is None or learn is None:
            return self
        alpha = np.asarray(weights.best_alpha(self.alpha, learn), self.alpha.dtype)
        return replace(self, alpha=np.broadcast_to(alpha, self.alpha.shape), weights=weights)

    def after(self, former: Priors | None) -> Priors:
        """The same, learned further from what `former` were learned from."""
        if former is None:
            return self
        weights = former.weights if type(former.weights) is type(self.weights) else self.weights
        eta = self.eta
        if np.array_equal(np.broadcast_to(former.eta.eta, eta.eta.shape), eta.eta):
            eta = (
                former.eta
                if former.eta.n_words == eta.n_words
                else replace(eta, eta=former.eta.eta)
            )
        return replace(self, eta=eta, weights=weights, n_steps=former.n_steps)

    def lean(self) -> Priors:
        """The same without what follows from it."""
        return replace(self, eta=replace(self.eta))

    def blended(self, target: Priors, rho: float, learn: Learn | None) -> Priors:
        """Those of `target`, with alpha the best for (1 - rho) and rho of what both saw."""
        weights = target.weights
        if weights is not None and self.weights is not None:
            weights = self.weights.scale(1 - rho).plus(weights, rho)  # type: ignore[arg-type]
        return target.with_alpha(weights, learn)

    def with_eta(self, globals_: LDAGlobals, learn: Learn, collapsed: bool = False) -> Priors:
        """Make eta the best for q(beta), or better for the expected counts above it."""
        is_early = self.n_steps < _SYMMETRIC_STEPS and self.eta.eta.ndim == 0
        now: Learn = "symmetric" if is_early else learn
        eta = self.eta.fixed_point(globals_, now) if collapsed else self.eta.learned(globals_, now)
        return replace(self, eta=eta, n_steps=self.n_steps + 1)
