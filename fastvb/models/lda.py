"""Latent Dirichlet allocation with Dirichlet topics (smoothed LDA).

    theta_d ~ Dirichlet(alpha),  beta_k ~ Dirichlet(eta_k),
    z_dn ~ theta_d,  w_dn ~ beta_{z_dn}

Mean field: q(theta_d) = Dirichlet(gamma_d), q(beta_k) = Dirichlet(lambda_k), q(z_dn) = phi_dn
(Blei, Ng and Jordan 2003, section 5.4; Hoffman, Blei and Bach 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _lda
from fastvb._threads import effective_n_threads
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors
from fastvb.special import digamma, gammaln

__all__ = ["LDAGlobals", "LDALocal", "LDAModel", "LDAStats", "elbo_terms"]

DocInit = Literal["auto", "ones", "random", "warm"]


@dataclass(frozen=True)
class LDAGlobals:
    """q(beta): Dirichlet parameters by words, and their sums over words."""

    concentration: NDArray[Any]  # (n_words, stride)
    total: NDArray[np.float64]  # (n_topics,)

    @classmethod
    def from_topics(cls, topic_word: NDArray[Any]) -> LDAGlobals:
        """From lambda of shape (n_topics, n_words)."""
        n_topics, n_words = topic_word.shape
        dtype = topic_word.dtype
        rows = _aligned.empty((n_words, _aligned.padded_length(n_topics, dtype)), dtype)
        rows[:, :n_topics] = topic_word.T
        rows[:, n_topics:] = 0
        return cls._with_totals(rows, n_topics)

    @classmethod
    def _with_totals(cls, rows: NDArray[Any], n_topics: int) -> LDAGlobals:
        return cls(rows, rows.sum(axis=0, dtype=np.float64)[:n_topics])

    @property
    def topic_word(self) -> NDArray[Any]:
        """Lambda of shape (n_topics, n_words), a copy."""
        return np.ascontiguousarray(self.concentration[:, : len(self.total)].T)


@dataclass(frozen=True)
class LDAStats:
    """Expected topic counts of the words that a batch has seen."""

    words: NDArray[Any]  # (n_seen,) ascending
    counts: NDArray[Any]  # (n_seen, stride)
    n_threads: int = 1

    def __add__(self, other: LDAStats) -> LDAStats:
        if np.array_equal(self.words, other.words):
            return LDAStats(self.words, self.counts + other.counts, self.n_threads)
        words = np.union1d(self.words, other.words).astype(self.words.dtype, copy=False)
        counts = _aligned.empty((len(words), self.counts.shape[1]), self.counts.dtype)
        counts[:] = 0
        counts[np.searchsorted(words, self.words)] = self.counts
        counts[np.searchsorted(words, other.words)] += other.counts
        return LDAStats(words, counts, self.n_threads)

    def scale(self, factor: float) -> LDAStats:
        """All counts times `factor`."""
        return LDAStats(self.words, self.counts * self.counts.dtype.type(factor), self.n_threads)

    def zeros(self) -> LDAStats:
        """The neutral element of ``+``."""
        return LDAStats(self.words[:0], self.counts[:0], self.n_threads)

    def inner(self, view: DirichletTopics) -> float:
        """<stats, E[log beta]>: the expected log likelihood of the words given q(z)."""
        by_word = np.empty(len(self.words))
        _lda.inner_product(
            self.words, self.counts, view.concentration, view.digamma_total, by_word,
            self.n_threads,
        )  # fmt: skip
        return float(by_word.sum())


@dataclass(frozen=True)
class LDALocal:
    """What a batch's next local step starts from."""

    gamma: NDArray[Any]  # (n_docs, n_topics)
    n_visits: int


@dataclass(frozen=True)
class LDAModel:
    """The four functions of smoothed LDA.

    Parameters
    ----------
    doc_topic_prior : ndarray of shape (n_topics,)
        alpha.
    topic_word_prior : float or ndarray of shape (n_words,) or (n_topics, n_words)
        eta.
    n_words : int
        Size of the vocabulary.
    dtype : dtype
        float32 or float64: of everything that is stored. Bounds are float64.
    mean_change_tol, max_doc_update_iter : float, int
        When a document's iteration stops.
    doc_init : {"auto", "ones", "random", "warm"}
        Where a document's iteration starts, see :class:`fastvb.LatentDirichletAllocation`.
    n_threads : int or None
        Threads of the kernels; None follows :func:`fastvb.set_num_threads`.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.models import DocumentBatch, LDAModel
    >>> model = LDAModel(doc_topic_prior=np.full(2, 0.5), topic_word_prior=0.1, n_words=3)
    >>> batch = DocumentBatch(sp.csr_matrix([[2.0, 1, 0], [0, 1, 3]]))
    >>> topics = model.init_globals(batch, np.random.default_rng(0))
    >>> stats, h, local = model.local_step(batch, model.expect(topics))
    >>> before = stats.inner(model.expect(topics)) + h + model.global_bound(topics)
    >>> topics = model.global_step(stats, topics)
    >>> after = stats.inner(model.expect(topics)) + h + model.global_bound(topics)
    >>> before < after
    True
    """

    doc_topic_prior: NDArray[Any]
    topic_word_prior: float | NDArray[Any]
    n_words: int
    dtype: Any = np.float64
    mean_change_tol: float = 1e-3
    max_doc_update_iter: int = 100
    doc_init: DocInit = "auto"
    n_threads: int | None = None

    carries_local = True
    # "auto": inner iterations of a batch's first visits, while the topics are still vague
    ramp = (5, 10, 20)

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return len(self.doc_topic_prior)

    @cached_property
    def _prior_rows(self) -> NDArray[Any]:
        """Prior by words, padded: one row if all words share it."""
        eta = np.asarray(self.topic_word_prior)
        n_rows = 1 if eta.ndim == 0 else self.n_words
        stride = _aligned.padded_length(self.n_topics, self.dtype)
        rows = _aligned.empty((n_rows, stride), self.dtype)
        rows[:, : self.n_topics] = eta.T if eta.ndim == 2 else eta.reshape(-1, 1)
        rows[:, self.n_topics :] = 0
        return rows

    @cached_property
    def _prior_log_normalizer(self) -> float:
        """Return sum_k [log Gamma(sum_v eta_kv) - sum_v log Gamma(eta_kv)]."""
        eta = self._prior_rows[:, : self.n_topics].astype(np.float64)
        repeats = self.n_words // len(eta)
        totals = eta.sum(axis=0) * repeats
        return float(gammaln(totals).sum() - repeats * gammaln(eta).sum())

    def init_globals(self, batch: DocumentBatch, rng: Any) -> LDAGlobals:
        """Draw lambda ~ Gamma(100, 1/100), as scikit-learn does.

        Parameters
        ----------
        batch : DocumentBatch
            Not looked at.
        rng : RandomState or Generator
            Source of the draws.

        Returns
        -------
        LDAGlobals
            q(beta).
        """
        draws = rng.gamma(100.0, 0.01, (self.n_topics, self.n_words))
        return LDAGlobals.from_topics(draws.astype(self.dtype, copy=False))

    def expect(self, globals_: LDAGlobals) -> DirichletTopics:
        """Expectations that the local step reads.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        DirichletTopics
            exp(E[log beta]) by words.
        """
        n_threads = effective_n_threads(self.n_threads)
        return DirichletTopics(globals_.concentration, globals_.total, n_threads)

    def posteriors(
        self, batch: DocumentBatch, view: DirichletTopics, gamma: NDArray[Any] | None = None
    ) -> DocumentPosteriors:
        """Prepare q(theta) of documents for their iteration.

        Parameters
        ----------
        batch : DocumentBatch
            The documents.
        view : DirichletTopics
            The topics.
        gamma : ndarray of shape (n_docs, n_topics) or None
            Where to start (copied); None is ones.

        Returns
        -------
        DocumentPosteriors
            Before the first iteration.
        """
        if gamma is None:
            gamma = np.ones((batch.n_docs, self.n_topics), dtype=self.dtype)
        else:
            gamma = np.array(gamma, dtype=self.dtype, order="C")
        n_threads = effective_n_threads(self.n_threads)
        return DocumentPosteriors(batch, view, self.doc_topic_prior, gamma, n_threads)

    def local_step(
        self,
        batch: DocumentBatch,
        view: DirichletTopics,
        local: LDALocal | None = None,
        rng: Any = None,
    ) -> tuple[LDAStats, float, LDALocal]:
        """Find q(theta) and q(z) of every document.

        Parameters
        ----------
        batch : DocumentBatch
            The documents.
        view : DirichletTopics
            The topics.
        local : LDALocal or None
            What the batch's last local step returned.
        rng : RandomState or Generator or None
            Needed with ``doc_init="random"`` only.

        Returns
        -------
        stats : LDAStats
            Expected topic counts of the words.
        h : float
            Part of the ELBO that is free of q(beta): E[log p(theta)] + E[log p(z)] and the
            entropies of q(theta) and q(z).
        local : LDALocal
            Where to go on from.
        """
        n_visits = 0 if local is None else local.n_visits
        documents = self._visit(batch, view, local, rng, n_visits)
        stats = LDAStats(batch.by_words.words, documents.word_counts(), documents.n_threads)
        h = float(documents.bound.sum()) - stats.inner(view)
        return stats, h, LDALocal(documents.gamma, n_visits + 1)

    def _visit(
        self,
        batch: DocumentBatch,
        view: DirichletTopics,
        local: LDALocal | None,
        rng: Any,
        n_visits: int,
    ) -> DocumentPosteriors:
        tol, max_iter = self.mean_change_tol, self.max_doc_update_iter
        if self.doc_init == "random":
            start = rng.gamma(100.0, 0.01, (batch.n_docs, self.n_topics))
            documents = self.posteriors(batch, view, start)
        elif self.doc_init == "ones" or local is None:
            documents = self.posteriors(batch, view)
        else:
            documents = self.posteriors(batch, view, local.gamma)
        if self.doc_init == "auto" and n_visits < len(self.ramp):
            max_iter = min(max_iter, self.ramp[n_visits])
            if local is not None:
                return self._better_of_fresh_and_warm(documents, local, tol, max_iter)
        documents.run(tol, max_iter)
        return documents

    def _better_of_fresh_and_warm(
        self, documents: DocumentPosteriors, local: LDALocal, tol: float, max_iter: int
    ) -> DocumentPosteriors:
        """From ones; documents that end below where they stood go on from there instead.

        So a restart cannot lower the ELBO.
        """
        documents.run(tol, 0)
        stood = documents.bound.copy()
        everything = np.ones(len(stood), dtype=bool)
        documents.restart(everything, np.ones_like(documents.gamma))
        documents.run(tol, max_iter)
        documents.restart(documents.bound < stood, local.gamma)
        documents.run(tol, max_iter)
        return documents

    def global_step(self, stats: LDAStats, globals_: LDAGlobals) -> LDAGlobals:
        """Set lambda to eta + expected counts (Blei et al. 2003, section 5.4).

        Parameters
        ----------
        stats : LDAStats
            Of all documents.
        globals_ : LDAGlobals
            The q(beta) to replace.

        Returns
        -------
        LDAGlobals
            The q(beta) that is best for the statistics.
        """
        prior = self._prior_rows
        rows = _aligned.empty(globals_.concentration.shape, self.dtype)
        rows[:] = prior
        if len(stats.words) == self.n_words:
            rows += stats.counts
        else:
            rows[stats.words] += stats.counts
        return LDAGlobals._with_totals(rows, self.n_topics)

    def global_bound(self, globals_: LDAGlobals) -> float:
        """Return -sum_k KL(q(beta_k) || p(beta_k)).

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        float
            In nats, not positive.
        """
        by_word = np.empty(self.n_words)
        _lda.dirichlet_terms(
            self._prior_rows, globals_.concentration, digamma(globals_.total), by_word,
            effective_n_threads(self.n_threads),
        )  # fmt: skip
        total_terms = float(gammaln(globals_.total).sum())
        return self._prior_log_normalizer + float(by_word.sum()) - total_terms


def elbo_terms(
    model: LDAModel, batch: DocumentBatch, globals_: LDAGlobals, gamma: NDArray[Any]
) -> dict[str, float]:
    """The seven expectations whose sum is the ELBO, with q(z) optimal given the rest.

    Parameters
    ----------
    model : LDAModel
        The priors.
    batch : DocumentBatch
        All documents.
    globals_ : LDAGlobals
        q(beta).
    gamma : ndarray of shape (n_docs, n_topics)
        q(theta).

    Returns
    -------
    dict of float
        In nats: ``log_p_theta``, ``log_p_beta``, ``log_p_z``, ``log_p_w`` (expected log
        densities) and ``entropy_beta``, ``entropy_theta``, ``entropy_z``.
    """
    view = model.expect(globals_)
    documents = model.posteriors(batch, view, gamma)
    documents.run(0.0, 0)
    stats = LDAStats(batch.by_words.words, documents.word_counts(), documents.n_threads)
    after_one_step = model.posteriors(batch, view, gamma)
    after_one_step.run(0.0, 1)
    alpha = model.doc_topic_prior.astype(np.float64)
    doc_counts = after_one_step.gamma - alpha  # sum over the document's tokens of phi
    g = np.asarray(documents.gamma, dtype=np.float64)
    elog_theta = digamma(g) - digamma(g.sum(axis=1, keepdims=True))
    log_normalizer = float(gammaln(alpha.sum()) - gammaln(alpha).sum())
    log_p_theta = batch.n_docs * log_normalizer + float(((alpha - 1) * elog_theta).sum())
    entropy_theta = float(
        gammaln(g).sum() - gammaln(g.sum(axis=1)).sum() - ((g - 1) * elog_theta).sum()
    )
    log_p_z = float((doc_counts * elog_theta).sum())
    log_p_w = stats.inner(view)
    local = float(documents.bound.sum())
    log_p_beta, entropy_beta = _topic_terms(model, globals_)
    return {
        "log_p_theta": log_p_theta,
        "log_p_beta": log_p_beta,
        "log_p_z": log_p_z,
        "log_p_w": log_p_w,
        "entropy_beta": entropy_beta,
        "entropy_theta": entropy_theta,
        "entropy_z": local - log_p_theta - entropy_theta - log_p_z - log_p_w,
    }


def _topic_terms(model: LDAModel, globals_: LDAGlobals) -> tuple[float, float]:
    """E[log p(beta)] and the entropy of q(beta)."""
    n_topics = model.n_topics
    view = model.expect(globals_)
    words = np.arange(model.n_words)
    prior = np.broadcast_to(model._prior_rows, globals_.concentration.shape)
    prior_less_one = np.array(prior, order="C")
    prior_less_one[:, :n_topics] -= 1
    log_p_beta = model._prior_log_normalizer + LDAStats(words, prior_less_one).inner(view)
    return log_p_beta, model.global_bound(globals_) - log_p_beta
