"""Latent Dirichlet allocation with Dirichlet topics (smoothed LDA).

    theta_d ~ Dirichlet(alpha),  beta_k ~ Dirichlet(eta_k),
    z_dn ~ theta_d,  w_dn ~ beta_{z_dn}

Mean field: q(theta_d) = Dirichlet(gamma_d), q(beta_k) = Dirichlet(lambda_k), q(z_dn) = phi_dn
(Blei, Ng and Jordan 2003, section 5.4; Hoffman, Blei and Bach 2010).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb import _aligned
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_bounds import topics_bound, topics_evidence
from fastvb.models._lda_cvb0 import CVB0
from fastvb.models._lda_gibbs import GibbsSweeps
from fastvb.models._lda_local import DirichletTopics, TopicView
from fastvb.models._lda_priors import Learn, Priors, TableStats, TopicPrior, WeightStats
from fastvb.models._lda_sampled import SampledTopics, natural_stats
from fastvb.models._lda_state import LDAGlobals, LDALocal, LDAStats, column_sums
from fastvb.models._lda_steps import TopicSteps
from fastvb.models._lda_visits import DocInit, DocumentVisits

__all__ = ["DocInit", "LDAModel"]


@dataclass(frozen=True, eq=False)
class LDAModel(TopicSteps, DocumentVisits):
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
        Where a document's iteration starts, see :class:`fastvb.LatentDirichletAllocation`. The
        first visits with "auto" may iterate in single precision, all other steps are in `dtype`.
    collapsed : bool
        Read the means of theta and beta in place of exp(E[log theta]) and exp(E[log beta]): the
        collapsed local step where a token sees its own share of the counts (Foulds et al. 2013).
        There is no ELBO then; in its place stands the log probability of the words at the means.
    assignments : CVB0 or GibbsSweeps or None
        Go from token to token in the local step, given a draw of the topics: by variational
        inference, with `collapsed`, or by sampling, for which `rng` gives the seed and counts are
        whole numbers.
    learn_doc_topic_prior, learn_topic_word_prior : {"vector", "symmetric"} or None
        Learn alpha, or eta, in global steps, from `doc_topic_prior` and `topic_word_prior` on. The
        latter is then a number; a "vector" is learned as a number in the first 20 steps, while
        topics are still alike. To learn eta costs a visit of q(beta) and is for steps on all data.
    tunes : bool
        Learn eta in :meth:`tune` alone, which stochastic inference calls after each epoch.
    known : LDAStats or None
        Statistics of documents seen before, which count as well: the priors are those that these
        gave, and bounds are of the other documents, given these. See :meth:`with_prior`.
    n_jobs : int or None
        Threads of the kernels, counted as in scikit-learn; None follows
        :func:`fastvb.set_num_threads`.

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
    collapsed: bool = False
    assignments: CVB0 | GibbsSweeps | None = None
    learn_doc_topic_prior: Learn | None = None
    learn_topic_word_prior: Learn | None = None
    tunes: bool = False
    known: LDAStats | None = None
    n_jobs: int | None = None

    carries_local = True
    state_types = (LDAGlobals, LDAStats, LDALocal, Priors, TopicPrior, WeightStats, TableStats)

    @property
    def n_topics(self) -> int:
        """Number of topics."""
        return len(self.doc_topic_prior)

    @cached_property
    def _first_priors(self) -> Priors:
        """Priors as given."""
        alpha = np.asarray(self.doc_topic_prior, self.dtype)
        eta = np.asarray(self.topic_word_prior, self.dtype)
        nobody = np.empty((0, self.n_topics))
        prior = TopicPrior(eta, self.n_topics, self.n_words)
        return Priors(alpha, prior, self._weights(nobody, alpha))

    def _weights(self, gamma: NDArray[Any], alpha: NDArray[Any]) -> WeightStats | TableStats | None:
        """What alpha is learned from, if it is."""
        if self.learn_doc_topic_prior is None:
            return None
        return TableStats.of(gamma, alpha) if self.collapsed else WeightStats.of(gamma)

    @property
    def _learns(self) -> bool:
        return not (self.learn_doc_topic_prior is None and self.learn_topic_word_prior is None)

    def eta(self, globals_: LDAGlobals) -> TopicPrior:
        """Prior of the topics, as given or learned so far.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        TopicPrior
            eta.
        """
        if globals_.priors is None or self.learn_topic_word_prior is None:
            return self._first_priors.eta
        return globals_.priors.eta

    def alpha(self, view: TopicView | LDAGlobals) -> NDArray[Any]:
        """Prior of the documents' topic weights, as given or learned so far.

        Parameters
        ----------
        view : TopicView
            The topics.

        Returns
        -------
        ndarray of shape (n_topics,)
            alpha.
        """
        if view.priors is None or self.learn_doc_topic_prior is None:
            return self._first_priors.alpha
        return view.priors.alpha

    def init_globals(self, batch: DocumentBatch | None, rng: Any) -> LDAGlobals:
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
        rows = _aligned.empty(
            (self.n_words, _aligned.padded_length(self.n_topics, self.dtype)), self.dtype
        )
        per_line = _aligned.padded_length(1, self.dtype)
        for k in range(0, self.n_topics, per_line):  # by cache lines of the rows
            some = min(per_line, self.n_topics - k)
            rows[:, k : k + some] = rng.gamma(100.0, 0.01, (some, self.n_words)).T
        rows[:, self.n_topics :] = 0
        return self._with_priors(LDAGlobals.of_rows(rows, self.n_topics))

    def expect(self, globals_: LDAGlobals) -> DirichletTopics:
        """Expectations that the local step reads.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        DirichletTopics
            exp(E[log beta]) by words, when these are asked for.
        """
        return DirichletTopics(
            globals_.with_all_words(self.n_words), self.n_jobs, mean=self.collapsed
        )

    def sample_view(self, globals_: LDAGlobals, rng: np.random.Generator) -> SampledTopics:
        """One draw of the topics, to be read in place of expectations.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).
        rng : Generator
            Gives the seed: one number of 64 bits.

        Returns
        -------
        SampledTopics
            beta of the words that are asked for, when they are.
        """
        seed = int(rng.integers(1 << 64, dtype=np.uint64))
        return SampledTopics(globals_.with_all_words(self.n_words), seed, self.n_jobs)

    def natural_stats(self, stats: LDAStats, view: SampledTopics) -> LDAStats:
        """Multiply statistics by the matrix V of structured inference.

        Parameters
        ----------
        stats : LDAStats
            Of a local step that read `view`.
        view : SampledTopics
            One draw of the topics.

        Returns
        -------
        LDAStats
            Of all words, whatever the batch had; some are negative.

        References
        ----------
        M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS.
        """
        return natural_stats(stats, view)

    def global_step(self, stats: LDAStats, globals_: LDAGlobals | None) -> LDAGlobals:
        """Set lambda to eta + expected counts (Blei et al. 2003, section 5.4).

        Priors that are learned become the best for q(theta) and q(beta) (appendix A.4.2), and then
        lambda the best for them; so the ELBO does not fall.

        Parameters
        ----------
        stats : LDAStats
            Of all documents; the result shares their memory where it can.
        globals_ : LDAGlobals or None
            Its learned priors are where to start; None starts from those of the statistics.

        Returns
        -------
        LDAGlobals
            The q(beta) that is best for the statistics.
        """
        if self.known is not None:
            stats = replace(self.known + stats, priors=stats.priors)
        if not self._learns:
            return self._posterior(stats, self._first_priors.eta)
        priors = (globals_ and globals_.priors) or stats.priors or self._first_priors
        if self.learn_topic_word_prior is None:
            priors = replace(priors, eta=self._first_priors.eta)  # not that of a former model
        elif not self.tunes and len(stats.words) > 0:
            now = self._posterior(stats, priors.eta).with_all_words(self.n_words)
            priors = priors.with_eta(now, self.learn_topic_word_prior, self.collapsed)
        priors = priors.with_alpha(stats.weights, self.learn_doc_topic_prior)
        return replace(self._posterior(stats, priors.eta), priors=priors)

    def _posterior(self, stats: LDAStats, eta: TopicPrior) -> LDAGlobals:
        all_words = len(stats.words) == self.n_words
        total = eta.total + stats.factor * column_sums(stats.counts)[: self.n_topics]
        words = None if all_words else stats.words
        return LDAGlobals(stats.counts, eta.rows, total, stats.factor, words)

    def with_prior(self, globals_: LDAGlobals) -> LDAModel:
        """Make the model whose prior of the topics is a posterior of this one.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta).

        Returns
        -------
        LDAModel
            The same but for `topic_word_prior`. A model that learns priors takes the posterior
            apart instead, into priors and statistics that are `known`, and learns on from all.
        """
        globals_ = globals_.with_all_words(self.n_words)
        if not self._learns:
            return replace(self, topic_word_prior=globals_.topic_word)
        eta, priors = self.eta(globals_), globals_.priors or self._first_priors
        words = np.arange(self.n_words, dtype=np.int32)
        counts = globals_.beyond(eta.rows)
        np.maximum(counts, 0, out=counts)  # less by rounding, or by a start below the prior
        known = LDAStats(words, counts, 1.0, priors.weights, priors)
        return replace(
            self, doc_topic_prior=self.alpha(globals_), topic_word_prior=eta.eta, known=known
        )

    @cached_property
    def _known_bound(self) -> float:
        """What :meth:`posterior_bound` is without other documents."""
        if self.known is None:
            return 0.0
        globals_ = self._posterior(self.known, self._first_priors.eta)
        weights, alpha = self.known.weights, self._first_priors.alpha
        bound = topics_evidence(globals_, self._first_priors.eta, self.n_jobs)
        return bound if weights is None else bound + weights.inner(alpha)

    def posterior_bound(self, globals_: LDAGlobals) -> float:
        """Return sum_k [log B(lambda_k) - log B(eta_k)], B the multivariate beta function.

        This is <stats, expect(globals)> + global_bound(globals), without a view, where the
        globals are the :meth:`global_step` of the stats. Where the prior of the documents' weights
        is learned, E[log p(theta)] is part of it.

        Parameters
        ----------
        globals_ : LDAGlobals
            q(beta), right after a global step.

        Returns
        -------
        float
            In nats.
        """
        bound = topics_evidence(
            globals_.with_all_words(self.n_words), self.eta(globals_), self.n_jobs
        )
        if globals_.priors is not None and globals_.priors.weights is not None:
            bound += globals_.priors.weights.inner(globals_.priors.alpha)
        return bound - self._known_bound

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
        globals_ = globals_.with_all_words(self.n_words)
        bound = topics_bound(globals_, self.eta(globals_), self.n_jobs)
        if self.known is None:
            return bound
        return bound + self.known.inner(self.expect(globals_)) - self._known_bound
