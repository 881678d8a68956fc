"""Collapsed variational inference for latent Dirichlet allocation, zero-order: CVB0.

theta and beta are integrated out; q(z_dn) = phi_dn is all there is. With n the expected counts of
topics without one token of the entry itself,

    phi_dwk ~ (n_dk + alpha_k) (n_wk + eta_kw) / (n_k + sum_w eta_kw)

(Asuncion, Welling, Smyth and Teh 2009, equation 9). No digamma, no bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb._kernels import _collapsed
from fastvb._threads import effective_n_threads
from fastvb.models._collapsed_state import CollapsedLocal, Entries
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_priors import Learn, Priors, TableStats, TopicPrior
from fastvb.models._lda_state import LDAGlobals, LDAStats, column_sums
from fastvb.models.lda import LDAModel

__all__ = ["CollapsedLDA"]

# What documents of random topics would teach the priors is wrong, and hard to unlearn.
_SWEEPS_TO_LEARN = 8


@dataclass(frozen=True, eq=False)
class CollapsedLDA:
    """CVB0 for smoothed LDA: phi of every non-zero count is kept and updated with fresh counts.

    A local step sweeps over its batch several times; every visit of a non-zero updates the counts
    of its document and its word at once. Counts of other batches stay as the view has them. The
    result depends on the number of threads in no bit.

    CVB0 optimises no bound: it is the zero-order Taylor approximation of collapsed variational
    Bayes, whose updates need not raise anything. What takes the place of the ELBO here is the
    predictive log likelihood of the training tokens,

        sum over entries of count * log sum_k theta_dk beta_kw

    at the mean theta and beta given the counts. It is evaluated once per local step, grows in
    practice, and levels off when phi does; it is larger than any bound on the evidence, so it
    must not be compared with an ELBO.

    Memory: :func:`phi_bytes` for phi, 24 bytes for each non-zero, and 4 bytes for each document
    and topic and (twice) for each word and topic. All arithmetic is in single precision.

    Parameters
    ----------
    doc_topic_prior : ndarray of shape (n_topics,)
        alpha.
    topic_word_prior : float or ndarray of shape (n_words,) or (n_topics, n_words)
        eta.
    n_words : int
        Size of the vocabulary.
    sweeps_per_step : int
        Sweeps of a local step. Counts are summed up exactly after each step, so rounding of the
        running counts does not accumulate over more sweeps than these.
    relaxation : float
        How far all sweeps but a step's last one go beyond the update: phi is set to
        ``max(update + relaxation * (update - old), 0)``. What no longer moves is the same fixed
        point, reached in about half of the sweeps. 0 is CVB0 itself. Such phi need not sum to 1;
        after the last sweep, which is not over-relaxed, they do.
    learn_doc_topic_prior, learn_topic_word_prior : {"vector", "symmetric"} or None
        Learn alpha, or eta, from `doc_topic_prior` and `topic_word_prior` on: after 8 sweeps, one
        step of Minka's fixed point for expected counts in each global step. A "vector" of eta is
        learned as a number in the first 20 steps, while topics are still alike; eta is for steps
        on all data.
    n_jobs : int or None
        Threads of the kernels, counted as in scikit-learn; None follows
        :func:`fastvb.set_num_threads`.

    References
    ----------
    A. Asuncion, M. Welling, P. Smyth, Y. W. Teh (2009), On smoothing and inference for topic
    models, UAI.
    T. Minka (2000), Estimating a Dirichlet distribution, equation 55.

    Examples
    --------
    >>> import numpy as np, scipy.sparse as sp
    >>> from fastvb.inference import Monitor, cavi
    >>> from fastvb.models import CollapsedLDA, DocumentBatch
    >>> X = sp.csr_matrix([[3.0, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> model = CollapsedLDA(doc_topic_prior=np.full(2, 0.1), topic_word_prior=0.1, n_words=4)
    >>> monitor = Monitor(max_iter=5)
    >>> topics = cavi(model, [DocumentBatch(X)], monitor, rng=np.random.default_rng(0))
    >>> topics.topic_word.argmax(axis=0).tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    True
    """

    doc_topic_prior: NDArray[Any]
    topic_word_prior: float | NDArray[Any]
    n_words: int
    sweeps_per_step: int = 4
    relaxation: float = 1.0
    learn_doc_topic_prior: Learn | None = None
    learn_topic_word_prior: Learn | None = None
    n_jobs: int | None = None

    carries_local = True
    state_types = (LDAGlobals, LDAStats, CollapsedLocal, Entries, Priors, TopicPrior, TableStats)

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return len(self.doc_topic_prior)

    @cached_property
    def _mean_field(self) -> LDAModel:
        """What makes globals of statistics, which are the same there."""
        alpha = np.asarray(self.doc_topic_prior, np.float32)
        return LDAModel(
            alpha, self.topic_word_prior, self.n_words, dtype=np.float32, collapsed=True,
            learn_doc_topic_prior=self.learn_doc_topic_prior,
            learn_topic_word_prior=self.learn_topic_word_prior, n_jobs=self.n_jobs,
        )  # fmt: skip

    @cached_property
    def _stride(self) -> int:
        return _aligned.padded_length(self.n_topics, np.float32)

    def alpha(self, globals_: LDAGlobals) -> NDArray[np.float32]:
        """Prior of the documents' topic weights, as given or learned so far.

        Parameters
        ----------
        globals_ : LDAGlobals
            Where what was learned is kept.

        Returns
        -------
        ndarray of shape (n_topics,)
            alpha.
        """
        return self._mean_field.alpha(globals_)

    def init_globals(self, batch: DocumentBatch, rng: Any) -> LDAGlobals:
        """Topics without counts: a batch's first local step draws phi.

        Parameters
        ----------
        batch : DocumentBatch
            Not looked at.
        rng : RandomState or Generator
            Not used.

        Returns
        -------
        LDAGlobals
            The prior.
        """
        no_words = np.empty(0, np.int32)
        return self.global_step(LDAStats(no_words, np.empty((0, self._stride), np.float32)), None)

    def expect(self, globals_: LDAGlobals) -> LDAGlobals:
        """Return the globals: their counts are all that a local step reads.

        Parameters
        ----------
        globals_ : LDAGlobals
            Counts of all batches (of a batch that has been visited, those of its last visit).

        Returns
        -------
        LDAGlobals
            The same.
        """
        return globals_

    def local_step(
        self,
        batch: DocumentBatch,
        view: LDAGlobals,
        local: CollapsedLocal | None = None,
        rng: Any = None,
    ) -> tuple[LDAStats, float, CollapsedLocal]:
        """Sweep over the batch with fresh counts, starting from a draw or the last visit.

        Parameters
        ----------
        batch : DocumentBatch
            The documents. With several batches, hand the new counts of one on before the next is
            visited (memoized inference): batches that start from the same empty topics would
            disagree on which topic is which.
        view : LDAGlobals
            Of :meth:`expect`.
        local : CollapsedLocal or None
            What the batch's last local step returned; overwritten.
        rng : RandomState or Generator or None
            Source of the seed of a first visit; None is the seed 0.

        Returns
        -------
        stats : LDAStats
            Expected topic counts of the batch's words.
        h : float
            Predictive log likelihood of the batch's tokens.
        local : CollapsedLocal
            phi and the topic counts of the documents.
        """
        rows, total = self._word_rows(view, batch.words)
        if local is None:
            local = CollapsedLocal.random(batch, self.n_topics, _seed(rng), self.n_jobs)
            rows += local.recount(len(rows), self.n_jobs)
        else:
            total -= column_sums(local.doc_counts)
        alpha = np.zeros(self._stride, np.float32)
        alpha[: self.n_topics] = self.alpha(view)
        sweeps = Sweeps(local, rows, alpha, total, self.n_jobs)
        for _ in range(self.sweeps_per_step - 1):
            sweeps.run(self.relaxation)
        sweeps.run(0.0)
        h = sweeps.log_likelihood(self.n_topics)
        local.n_sweeps += self.sweeps_per_step
        stats = LDAStats(batch.words, local.recount(len(rows), self.n_jobs), priors=view.priors)
        if view.priors is not None and local.n_sweeps >= _SWEEPS_TO_LEARN:
            alpha = alpha[: self.n_topics]
            weights = TableStats.of(local.doc_counts[:, : self.n_topics] + alpha, alpha)
            stats = replace(stats, weights=weights)
        return stats, h, local

    def _word_rows(
        self, view: LDAGlobals, words: NDArray[Any]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Counts + prior of some words, padded with zeros, and the totals, padded with ones."""
        view = view.with_all_words(self.n_words)
        rows = _aligned.empty((len(words), self._stride), np.float32)
        everything = len(words) == self.n_words
        counts = view.counts if everything else view.counts[words]
        np.multiply(counts, np.float32(view.scale), out=rows)
        rows += view.prior if everything or len(view.prior) == 1 else view.prior[words]
        total = np.ones(self._stride)
        total[: self.n_topics] = view.total
        return rows, total

    def global_step(self, stats: LDAStats, globals_: LDAGlobals | None) -> LDAGlobals:
        """Add up: the topics' parameters are eta + expected counts.

        Parameters
        ----------
        stats : LDAStats
            Of all documents; the result shares their memory where it can.
        globals_ : LDAGlobals or None
            Its learned priors are where to start; None starts from those of the statistics.

        Returns
        -------
        LDAGlobals
            Dirichlet parameters of the topics given q(z).
        """
        model = self._mean_field
        if stats.weights is None:  # too early to learn eta
            model = replace(model, tunes=True)
        return model.global_step(stats, globals_)

    def posterior_bound(self, globals_: LDAGlobals) -> float:
        """Return 0: all of what takes the place of the ELBO comes from the local steps.

        Parameters
        ----------
        globals_ : LDAGlobals
            Not looked at.

        Returns
        -------
        float
            0.
        """
        return 0.0

    def global_bound(self, globals_: LDAGlobals) -> float:
        """Return 0: there are no topics to have a divergence from their prior.

        Parameters
        ----------
        globals_ : LDAGlobals
            Not looked at.

        Returns
        -------
        float
            0.
        """
        return 0.0

    def doc_topic(self, local: CollapsedLocal, globals_: LDAGlobals) -> NDArray[np.float32]:
        """Mean topic weights of the documents given q(z).

        Parameters
        ----------
        local : CollapsedLocal
            Of a local step.
        globals_ : LDAGlobals
            Where a learned alpha is kept.

        Returns
        -------
        ndarray of shape (n_docs, n_topics)
            (n_dk + alpha_k) normalised.
        """
        weights = local.doc_counts[:, : self.n_topics] + self.alpha(globals_)
        normalized: NDArray[np.float32] = weights / weights.sum(axis=1, keepdims=True)
        return normalized


class Sweeps:
    """Running counts of a batch, which every visit of an entry keeps up to date.

    Parameters
    ----------
    local : CollapsedLocal
        phi, updated in place, and the counts of the documents.
    word_rows : ndarray of shape (n_words, stride)
        Counts + prior of the batch's words; updated in place.
    alpha_row : ndarray of shape (stride,)
        Prior of the documents, zeros in the padding.
    other_total : ndarray of shape (stride,)
        Sum of counts + prior of all words without the batch's counts, ones in the padding.
    n_jobs : int or None
        Threads of the kernels.
    """

    def __init__(
        self,
        local: CollapsedLocal,
        word_rows: NDArray[np.float32],
        alpha_row: NDArray[np.float32],
        other_total: NDArray[np.float64],
        n_jobs: int | None,
    ) -> None:
        self._entries, self._phi = local.entries, local.phi.view(np.uint16)
        self._word_rows, self._n_threads = word_rows, effective_n_threads(n_jobs)
        self._doc_rows = _aligned.empty(local.doc_counts.shape, np.float32)
        np.add(local.doc_counts, alpha_row, out=self._doc_rows)
        n_docs, stride = local.doc_counts.shape
        self._totals = np.empty((self._entries.n_blocks, stride))
        _collapsed.sum_docs(
            self._entries.doc_starts, self._doc_rows, self._totals, self._n_threads
        )  # fmt: skip
        self._offset = other_total - n_docs * alpha_row.astype(np.float64)
        self._work = _aligned.empty((self._n_threads + 1, 3 * stride), np.float32)

    def run(self, relaxation: float) -> None:
        """Visit every entry once."""
        _collapsed.sweep(
            *self._entries.of_tasks, self._phi, self._entries.doc_starts, self._doc_rows,
            self._word_rows, self._totals, self._offset, self._work, relaxation,
            self._n_threads,
        )  # fmt: skip
        if not np.isfinite(self._totals).all():
            raise FloatingPointError(
                "Expected the topic counts of every document to be finite, got some that are not. "
                "Are counts or priors near the limits of single precision?"
            )

    def log_likelihood(self, n_topics: int) -> float:
        """Sum over entries of count * log p(word | document) at the mean parameters."""
        totals = (self._totals.sum(axis=0) + self._offset).astype(np.float32)
        by_task = np.zeros(self._entries.n_blocks**2)
        _collapsed.log_likelihood(
            *self._entries.of_tasks, self._phi, self._doc_rows, self._word_rows, totals, by_task,
            self._work, self._n_threads,
        )  # fmt: skip
        lengths = np.bincount(
            self._entries.docs, self._entries.counts, minlength=len(self._doc_rows)
        )
        prior_total = self._doc_rows.sum(axis=1, dtype=np.float64)
        return float(by_task.sum() - lengths @ np.log(prior_total))


def _seed(rng: Any) -> int:
    if rng is None:
        return 0
    draw = rng.integers if hasattr(rng, "integers") else rng.randint
    return int(draw(2**31))
