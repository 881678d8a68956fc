"""scikit-learn's face of latent Dirichlet allocation."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np

from fastvb import _validation as check
from fastvb.estimators._documents import Documents, as_documents
from fastvb.estimators._incremental import Incremental
from fastvb.estimators._lda_methods import (
    LEARNING_METHODS,
    STOCHASTIC,
    Fit,
    checked_checkpoint,
)
from fastvb.estimators._lda_parameters import (
    check_document_parameters,
    check_parameters,
    check_priors,
    fitted_priors,
    learning_model,
)
from fastvb.estimators._seeds import seed_of
from fastvb.estimators._validation_score import ValidationScore
from fastvb.inference import FitState, structured_bound
from fastvb.models import DocumentBatch
from fastvb.models._lda_state import LDAGlobals
from fastvb.models.lda import DocInit, LDAModel

__all__ = ["LatentDirichletAllocation"]


class LatentDirichletAllocation(Incremental):
    """Latent Dirichlet allocation by variational Bayes.

    Parameters
    ----------
    n_components : int
        Number of topics.
    doc_topic_prior : float, array-like of shape (n_components,), "learn" or "learn-symmetric"
        Dirichlet prior of the documents' topic weights; 1 / n_components by default. "learn": start
        from there and fit a number for each topic, in each update of the topics ("collapsed": from
        the second pass on); "learn-symmetric": one for all topics.
    topic_word_prior : float, array-like, "learn" or "learn-vector"
        Dirichlet prior of the topics' words, also per word, shape (n_features,), or per topic and
        word, shape (n_components, n_features); 1 / n_components by default. "learn": start from
        there and fit one number, in each pass; "learn-vector": one for each word, after 20 passes
        with the same for all (not "memoized").
    learning_method : str
        - "batch": coordinate ascent over all documents.
        - "collapsed": the best topics in the least time, but no bound (CVB0).
        - "online": stochastic steps on mini-batches in random order.
        - "structured": the same, given a draw of the topics in each step in place of their
          expectation: less biased, and less sensitive to the priors.
        - "structured-full": with the gradient of "structured" corrected by the term that it leaves
          out. Each step visits all words; noisy, for small vocabularies.
        - "memoized": coordinate ascent that updates the topics after each batch, with the exact
          ELBO then.
        - "streaming": each batch in turn, with the posterior of those before as prior; one pass.

        The guide compares them.
    learning_decay : float
        Step t of stochastic methods and of :meth:`partial_fit` has the length
        ``(learning_offset + t) ** -learning_decay``; above 1/2 they converge.
    learning_offset : float
        Makes early steps shorter.
    max_iter : int
        Passes over the documents at most; for "streaming", over each batch. A pass of "collapsed"
        is four sweeps.
    batch_size : int
        Documents in a batch of the methods that have several.
    evaluate_every : int
        If positive, compute the training perplexity after this many passes and stop when it
        changes by less than `perp_tol`.
    total_samples : float or None
        Documents that mini-batches stand for: in `fit` those of `X`, in :meth:`partial_fit` those
        seen so far, unless a number is given.
    perp_tol : float
        See `evaluate_every`.
    mean_change_tol : float
        A document's inner iteration stops when the mean absolute change of its topic counts falls
        below this.
    max_doc_update_iter : int
        Inner iterations of a document at most.
    n_jobs : int or None
        Threads; None follows :func:`fastvb.set_num_threads`, -1 means all CPUs.
        The result does not depend on it, bit for bit.
    verbose : int
        If positive, as `progress`.
    random_state : int, RandomState, Generator or None
        Draws the topics to start from; an int gives the same start as in scikit-learn.
    tol : float
        Stop when a pass changes the ELBO by less than this fraction of it; for "streaming", the
        passes over a batch. Stochastic methods have estimates only, which are too noisy.
    doc_init : {"auto", "ones", "random", "warm"}
        Where a document's inner iteration starts in each pass. "warm": where the last pass left
        it. "ones": from equal weights. "random": afresh at random, as in scikit-learn. "auto": from
        equal weights in the first 20 passes, with at most 10 inner iterations, and "warm"
        afterwards, or as soon as a pass would lower the ELBO: early topics move too much to be
        worth more, and all of these iterations but the last are in single precision, also of
        float64 counts, if `mean_change_tol` is at least 1e-4. With "auto" and "warm" the ELBO never
        falls from pass to pass, up to rounding.
        Stochastic steps start from equal weights in any case.
    local_step : {"mean-field", "collapsed", "gibbs"}
        What "structured" does with a document, given a draw of the topics: coordinate ascent; its
        collapsed form, where no token sees its own share of the document's counts (CVB0): about
        as good, at twice the time; or Gibbs sampling of the topic of each token, which takes
        whole-number counts.
    memory_budget : float
        Bytes that "collapsed" may take for the topics of all words of all documents (two for each
        non-zero count and topic). Larger corpora are fitted by collapsed stochastic steps, with
        `batch_size`, `learning_decay` and `learning_offset`.
    forgetting : float
        With "streaming", how much of the topics' distance from their prior is given up before each
        batch, from 0 to 1: for data that drift.
    vocabulary : {"fixed", "grow"}
        Whether :meth:`partial_fit` takes words in that are new to it.
    warm_start : bool
        `fit` starts from the topics that are there, fitted by another method or given
        (:meth:`from_components`), and not from a draw. Not for "collapsed".
    callback : callable, optional
        Called with a :class:`fastvb.inference.FitState` after each pass.
    progress : bool
        Show a tqdm bar.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Parameters of the Dirichlet posteriors of the topics (pseudo-counts). Read-only: assign
        another array to change them; it is checked and copied.
    exp_dirichlet_component_ : ndarray of shape (n_components, n_features)
        exp(E[log beta]).
    seen_words_ : ndarray of bool, shape (n_features,)
        Words that some topic knows from data and not from the prior alone.
    topic_weights_ : ndarray of shape (n_components,)
        Share of the training tokens that is expected to come from each topic; None after
        :meth:`from_topics`.
    doc_topic_prior_, topic_word_prior_ : float or ndarray
        The priors in use, given or learned; the second is None after :meth:`from_topics`.
    lower_bound_ : float
        ELBO of the training documents, in nats, complete with all constants. Stochastic methods: an
        estimate from the mini-batches of the last pass. "streaming": of the last batch, given those
        before. "collapsed": no bound, but the log probability of the training words at the mean
        weights and topics.
    lower_bounds_ : ndarray of shape (n_iter,)
        ELBO after each pass, or of each batch.
    validation_scores_ : ndarray of shape (n_iter,)
        Completion score of the held-out documents after each pass, where `fit` was given some.
    n_iter_ : int
        Passes.
    n_batch_iter_ : int
        1 + updates of the topics, as scikit-learn counts.
    n_samples_seen_ : int
        Documents of `fit`, or of all calls of :meth:`partial_fit`.
    converged_ : bool
        Whether `tol` or `perp_tol` ended the fit.
    timings_ : dict
        Seconds per phase: "local", "global", "bound", and "total".
    n_features_in_ : int
        Number of words.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names, where X was a data frame.

    Notes
    -----
    Differences to scikit-learn: priors may be arrays, or learned; "online" visits documents in
    random order; ``doc_init="auto"`` gives other results by default ("random" is scikit-learn's
    behaviour); `tol` stops a fit early too (0 runs all passes); there is no `bound_` (there it is a
    perplexity); `score` and `perplexity` leave out the divergence of the topics from their prior,
    which belongs to the training corpus and not to the documents at hand, so `perplexity` has no
    `sub_sampling`; `total_samples` is taken from the data where it can be.

    References
    ----------
    D. Blei, A. Ng, M. Jordan (2003), Latent Dirichlet allocation, JMLR 3, section 5.4.
    M. Hoffman, D. Blei, F. Bach (2010), Online learning for latent Dirichlet allocation, NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from fastvb import LatentDirichletAllocation
    >>> X = np.array([[3, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]])
    >>> lda = LatentDirichletAllocation(2, random_state=0).fit(X)
    >>> lda.components_.shape
    (2, 4)
    >>> weights = lda.transform(X)
    >>> bool(weights[0].argmax() == weights[1].argmax() != weights[2].argmax())
    True
    """

    def __init__(
        self,
        n_components: int = 10,
        *,
        doc_topic_prior: Any = None,
        topic_word_prior: Any = None,
        learning_method: str = "batch",
        learning_decay: float = 0.7,
        learning_offset: float = 10.0,
        max_iter: int = 10,
        batch_size: int = 128,
        evaluate_every: int = -1,
        total_samples: float | None = None,
        perp_tol: float = 0.1,
        mean_change_tol: float = 1e-3,
        max_doc_update_iter: int = 100,
        n_jobs: int | None = None,
        verbose: int = 0,
        random_state: Any = None,
        tol: float = 1e-5,
        doc_init: DocInit = "auto",
        local_step: Literal["mean-field", "collapsed", "gibbs"] = "mean-field",
        memory_budget: float = 2**31,
        forgetting: float = 0.0,
        vocabulary: Literal["fixed", "grow"] = "fixed",
        warm_start: bool = False,
        callback: Callable[[FitState], Any] | None = None,
        progress: bool = False,
    ) -> None:
        self.n_components = n_components
        self.doc_topic_prior = doc_topic_prior
        self.topic_word_prior = topic_word_prior
        self.learning_method = learning_method
        self.learning_decay = learning_decay
        self.learning_offset = learning_offset
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.evaluate_every = evaluate_every
        self.total_samples = total_samples
        self.perp_tol = perp_tol
        self.mean_change_tol = mean_change_tol
        self.max_doc_update_iter = max_doc_update_iter
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state
        self.tol = tol
        self.doc_init = doc_init
        self.local_step = local_step
        self.memory_budget = memory_budget
        self.forgetting = forgetting
        self.vocabulary = vocabulary
        self.warm_start = warm_start
        self.callback = callback
        self.progress = progress

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
        resume: bool = False,
        validation: Any = None,
        patience: int | None = None,
        spill: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Fit the topics.

        Parameters
        ----------
        X : matrix, CorpusFile or iterable of matrices
            Word counts, not necessarily whole numbers: array-like or sparse of shape (n_samples,
            n_features), where CSR is used without a copy; or a
            :class:`fastvb.datasets.CorpusFile`, of which no more than a part is in memory; or
            sparse matrices of the same columns, one after the other, in a list or an object whose
            ``__iter__`` starts anew in each pass.
        y : object
            Ignored.
        checkpoint : str or path-like, optional
            A file where the state of the fit is kept, replaced as a whole; see `resume`.
        checkpoint_every : int
            Updates of the topics between two checkpoints: mini-batches, or passes for "batch".
        resume : bool
            Go on from the checkpoint if the file is there, with the same bits as a fit that was
            not interrupted. Parameters that matter to the result and `X` must be the same, with
            an int as `random_state`.
        validation : array-like or sparse matrix of shape (n_held_out, n_features), optional
            Held-out documents of whole-number counts: their completion score
            (:func:`fastvb.metrics.completion_score`) after each pass is kept in
            ``validation_scores_``.
        patience : int, optional
            Stop when so many passes have not improved on the best validation score.
        spill : str or path-like, optional
            A directory of this fit alone, where "memoized" keeps statistics and documents' weights
            of each batch instead of in memory: a number for each topic of each document and of each
            word of each batch.

        Returns
        -------
        LatentDirichletAllocation
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described, or the checkpoint is damaged or of another
            fit.
        FloatingPointError
            If the ELBO overflows. After any error the estimator is as it was.
        """
        check_parameters(self)
        user = f"{type(self).__name__}.fit"
        if spill is not None and self.learning_method != "memoized":
            raise ValueError(
                "Expected learning_method='memoized' for spill, got "
                f"learning_method={self.learning_method!r}."
            )
        documents = as_documents(X, user)
        n_words, dtype = documents.n_words, documents.dtype
        rng = check.check_random_state(self.random_state)
        alpha, eta = check_priors(self, n_words, dtype, may_learn=True)
        model = learning_model(self, self._new_model(alpha, eta, n_words, dtype))
        score = None
        if validation is not None:
            score = ValidationScore(
                validation, user, documents.seen_words(), model.doc_topic_prior,
                self.mean_change_tol, self.max_doc_update_iter,
            )  # fmt: skip
        fit = Fit(
            self, documents, model, rng, start=self._start(documents, model), score=score,
            patience=patience, spill=spill,
            checkpoint=checked_checkpoint(self, documents, checkpoint, checkpoint_every, resume),
        )  # fmt: skip
        topics = LEARNING_METHODS[self.learning_method](fit).with_all_words(n_words)
        topics.settle()
        seen = documents.seen_words() if self.learning_method in STOCHASTIC else None
        n_documents, monitor = documents.count(), fit.monitor

        self.doc_topic_prior_, self.topic_word_prior_ = fitted_priors(model, topics, alpha, eta)
        self._keep(replace(topics, priors=topics.priors and topics.priors.lean()), seen)
        self.lower_bounds_ = np.array(monitor.lower_bounds)
        self.lower_bound_ = monitor.lower_bounds[-1]
        self.n_iter_ = len(monitor.lower_bounds)
        self.n_batch_iter_ = monitor.n_updates + 1
        self.n_samples_seen_ = n_documents
        self.converged_ = monitor.converged
        self.timings_ = monitor.timings
        self.random_state_, self._seed = rng, seed_of(rng)
        self._keep_optional("validation_scores_", np.array(monitor.scores) if score else None)
        self._keep_optional("feature_names_in_", documents.names)
        return self

    def fit_transform(self, X: Any, y: Any = None, *, normalize: bool = True) -> Any:
        """Fit the topics and return the documents' topic weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        y : object
            Ignored.
        normalize : bool
            As in :meth:`transform`.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            The same as ``fit(X).transform(X)``.
        """
        return self.fit(X, y).transform(X, normalize=normalize)

    def structured_bound(
        self, X: Any, *, n_draws: int = 10, random_state: Any = 0
    ) -> tuple[float, float]:
        """Estimate the bound in which q(theta) and q(z) depend on the topics.

        It is the mean over draws of the topics of the documents' bound given the draw, less the
        divergence of the topics from their prior. The mean-field ELBO (:meth:`elbo`) is below it.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        n_draws : int
            At least 2.
        random_state : int, RandomState, Generator or None
            Of the draws; the same int gives the same draws.

        Returns
        -------
        estimate : float
            In nats.
        standard_error : float
            Of the estimate.

        References
        ----------
        M. Hoffman, D. Blei (2015), Structured stochastic variational inference, AISTATS.

        Examples
        --------
        >>> from fastvb import LatentDirichletAllocation
        >>> X = [[3, 2, 0, 0], [2, 4, 0, 0], [0, 0, 3, 2], [0, 0, 1, 4]]
        >>> lda = LatentDirichletAllocation(2, random_state=0).fit(X)
        >>> estimate, standard_error = lda.structured_bound(X)
        >>> estimate > lda.elbo(X)
        True
        """
        self._check_is_fitted()
        check_document_parameters(self)
        user = f"{type(self).__name__}.structured_bound"
        n_words = self.n_features_in_
        counts = check.check_counts(X, user, dtype=self._dtype, n_features=n_words)
        if self.topic_word_prior_ is None:
            raise ValueError("Expected topics with a distribution, got known topics. Use elbo.")
        seed = seed_of(check.check_random_state(random_state))
        model, globals_ = self._model()
        model = replace(
            model, doc_init="ones", mean_change_tol=self.mean_change_tol,
            max_doc_update_iter=self.max_doc_update_iter,
        )  # fmt: skip
        bound: tuple[float, float] = structured_bound(
            model, [DocumentBatch(counts)], globals_, n_draws=n_draws, seed=seed
        )
        return bound

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=["float64", "float32"]),
            input_tags=InputTags(sparse=True, positive_only=True),
        )

    def _start(self, documents: Documents, model: LDAModel) -> LDAGlobals | None:
        """Topics to start from if they are not to be drawn: a copy of those at hand."""
        if not (self.warm_start and self.__sklearn_is_fitted__()):
            return None
        if self.topic_word_prior_ is None:
            raise ValueError(
                "Expected topics with a distribution to start from, got known topics. "
                "Use from_components."
            )
        expected, topics = (self.n_components, documents.n_words), self.components_
        if topics.shape != expected:
            raise ValueError(
                "Expected components_ of shape (n_components, n_features) to start from, "
                f"{expected}, got components_.shape={topics.shape}."
            )
        known = getattr(self, "feature_names_in_", None)
        if not (known is None or documents.names is None or np.array_equal(known, documents.names)):
            raise ValueError(
                "Expected the columns of X to be those of the topics to start from, in their "
                "order, got other names."
            )
        return model.start_from(topics.astype(model.dtype, copy=False))

    def _new_model(self, alpha: Any, eta: Any, n_words: int, dtype: Any) -> LDAModel:
        return LDAModel(
            np.broadcast_to(np.asarray(alpha, dtype), self.n_components),
            eta,
            n_words,
            dtype=dtype,
            mean_change_tol=self.mean_change_tol,
            max_doc_update_iter=self.max_doc_update_iter,
            doc_init=self.doc_init,
            n_jobs=self.n_jobs,
        )
