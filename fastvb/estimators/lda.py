"""scikit-learn's face of latent Dirichlet allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self, overload

import numpy as np
from numpy.typing import NDArray

from fastvb import _validation as check
from fastvb._threads import effective_n_threads
from fastvb.estimators._base import Transformer
from fastvb.estimators._feature_names import check_feature_names, feature_names
from fastvb.inference import FitState, Monitor, cavi
from fastvb.models._documents import DocumentBatch
from fastvb.models._lda_local import DirichletTopics, DocumentPosteriors
from fastvb.models._lda_state import LDAGlobals
from fastvb.models._lda_terms import elbo_terms
from fastvb.models.lda import DocInit, LDAModel
from fastvb.special import digamma

__all__ = ["LatentDirichletAllocation"]


class LatentDirichletAllocation(Transformer):
    """Latent Dirichlet allocation by variational Bayes.

    Parameters
    ----------
    n_components : int
        Number of topics.
    doc_topic_prior : float or array-like of shape (n_components,), optional
        Dirichlet prior of the documents' topic weights; 1 / n_components by default.
    topic_word_prior : float or array-like, optional
        Dirichlet prior of the topics' words, also per word, shape (n_features,), or per topic and
        word, shape (n_components, n_features); 1 / n_components by default.
    learning_method : {"batch"}
        Coordinate ascent over all documents.
    learning_decay, learning_offset, batch_size, total_samples : float, float, int, float or None
        Of methods that use mini-batches; "batch" has no use for them.
    max_iter : int
        Passes over the documents at most.
    evaluate_every : int
        If positive, compute the training perplexity after this many passes and stop when it
        changes by less than `perp_tol`.
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
        Stop when a pass changes the ELBO by less than this fraction of it.
    doc_init : {"auto", "ones", "random", "warm"}
        Where a document's inner iteration starts in each pass. "warm": where the last pass left
        it. "ones": from equal weights. "random": afresh at random, as in scikit-learn. "auto": from
        equal weights in the first 20 passes, with at most 5, 10 and then 20 inner iterations, and
        "warm" afterwards, or as soon as a pass would lower the ELBO: early topics move too much to
        be worth more. With "auto" and "warm" the ELBO never falls from pass to pass,
        up to rounding.
    callback : callable, optional
        Called with a :class:`fastvb.inference.FitState` after each pass.
    progress : bool
        Show a tqdm bar.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Parameters of the Dirichlet posteriors of the topics (pseudo-counts). Read-only: assign
        another array to change them.
    exp_dirichlet_component_ : ndarray of shape (n_components, n_features)
        exp(E[log beta]).
    doc_topic_prior_, topic_word_prior_ : float or ndarray
        The priors in use.
    lower_bound_ : float
        ELBO of the training documents, in nats, complete with all constants.
    lower_bounds_ : ndarray of shape (n_iter,)
        ELBO after each pass.
    n_iter_ : int
        Passes.
    n_batch_iter_ : int
        1 + updates of the topics, as scikit-learn counts.
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
    Differences to scikit-learn: so far there is no `partial_fit`, and "batch" is the only
    `learning_method`; priors may be arrays; ``doc_init="auto"`` gives other results by default
    ("random" is scikit-learn's behaviour); `tol` stops a fit early too (0 runs all passes); there
    is no `bound_` (there it is a perplexity); `score` and `perplexity` leave out the divergence of
    the topics from their prior, which belongs to the training corpus and not to the documents at
    hand, so `perplexity` has no `sub_sampling`; `total_samples` is taken from the data.

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

    _fitted_attribute = "components_"

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
        self.callback = callback
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the topics.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts, not necessarily whole numbers. CSR is used without a copy.
        y : object
            Ignored.

        Returns
        -------
        LatentDirichletAllocation
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or `X` is not as described.
        FloatingPointError
            If the ELBO overflows. After any error the estimator is as it was.
        """
        self._check_parameters()
        names = feature_names(X)
        counts = check.check_counts(X, f"{type(self).__name__}.fit")
        rng = check.check_random_state(self.random_state)
        alpha, eta = self._priors(counts.shape[1], counts.dtype)
        model = self._model(alpha, eta, (self.n_components, counts.shape[1]), counts.dtype)
        batch = DocumentBatch(counts)
        monitor = self._monitor(batch.n_tokens)
        globals_ = cavi(model, [batch], monitor, rng=rng)

        components, view = globals_.topic_word, model.expect(globals_)
        components.flags.writeable = False  # the view is of these values
        self.components_, self._cached_view = components, (components, view)
        self.doc_topic_prior_, self.topic_word_prior_ = alpha, eta
        self.lower_bounds_ = np.array(monitor.lower_bounds)
        self.lower_bound_ = monitor.lower_bounds[-1]
        self.n_iter_ = len(monitor.lower_bounds)
        self.n_batch_iter_ = self.n_iter_ + 1
        self.converged_ = monitor.converged
        self.timings_ = monitor.timings
        self.random_state_ = rng
        self.n_features_in_ = counts.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return self

    def transform(self, X: Any, *, normalize: bool = True) -> Any:
        """Topic weights of documents, given the fitted topics.

        Every document is treated on its own and starts from equal weights: the result does not
        depend on the other rows of `X`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        normalize : bool
            Return the posterior mean, rows summing to one; otherwise the parameters of the
            Dirichlet posterior.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            Weights; another container if :meth:`set_output` asked for it.

        Raises
        ------
        ValueError
            If the estimator is not fitted or `X` is not as in :meth:`fit`.
        """
        gamma = self._posteriors(X, "transform").gamma
        if normalize:
            gamma /= gamma.sum(axis=1, keepdims=True)
        return self._in_container(gamma, X)

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

    def document_bound(self, X: Any) -> NDArray[np.float64]:
        """Lower bound of the log probability of each document, given the fitted topics.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        ndarray of shape (n_samples,)
            In nats; 0 for an empty document.
        """
        return self._posteriors(X, "document_bound").bound

    def score(self, X: Any, y: Any = None) -> float:
        """Sum of the document bounds.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        y : object
            Ignored.

        Returns
        -------
        float
            In nats, higher is better.
        """
        return float(self._posteriors(X, "score").bound.sum())

    def perplexity(self, X: Any) -> float:
        """exp(-score(X) / number of tokens).

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.

        Returns
        -------
        float
            Lower is better. The divergence of the topics from their prior is not in it.
        """
        documents = self._posteriors(X, "perplexity")
        if documents.batch.n_tokens == 0:
            raise ValueError("Expected X to hold at least one token, got X.sum()=0.")
        return float(np.exp(-documents.bound.sum() / documents.batch.n_tokens))

    @overload
    def elbo(self, X: Any, terms: Literal[False] = False) -> float: ...
    @overload
    def elbo(self, X: Any, terms: Literal[True]) -> dict[str, float]: ...
    def elbo(self, X: Any, terms: bool = False) -> float | dict[str, float]:
        """ELBO of documents at the fitted topics, as if they were the training corpus.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Word counts.
        terms : bool
            Return the seven expectations whose sum it is.

        Returns
        -------
        float or dict of float
            In nats. The terms: ``log_p_theta``, ``log_p_beta``, ``log_p_z``, ``log_p_w`` (expected
            log densities) and ``entropy_beta``, ``entropy_theta``, ``entropy_z``.
        """
        documents = self._posteriors(X, "elbo")
        model, globals_ = self._fitted_model(), LDAGlobals.from_topics(self.components_)
        if terms:
            return elbo_terms(model, documents.batch, globals_, documents.gamma)
        return float(documents.bound.sum()) + model.global_bound(globals_)

    def topic_word_distribution(self) -> NDArray[Any]:
        """Return the posterior mean of the topics.

        Returns
        -------
        ndarray of shape (n_components, n_features)
            Word probabilities, rows summing to one.
        """
        self._check_is_fitted()
        total = self.components_.sum(axis=1, dtype=np.float64, keepdims=True)
        mean: NDArray[Any] = (self.components_ / total).astype(self.components_.dtype)
        return mean

    @property
    def exp_dirichlet_component_(self) -> NDArray[Any]:
        """exp(E[log beta]) of shape (n_components, n_features)."""
        self._check_is_fitted()
        total = self.components_.sum(axis=1, dtype=np.float64, keepdims=True)
        elog = digamma(self.components_.astype(np.float64)) - digamma(total)
        rows: NDArray[Any] = np.exp(elog).astype(self.components_.dtype)
        return rows

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=["float64", "float32"]),
            input_tags=InputTags(sparse=True, positive_only=True),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_cached_view"}

    def _check_parameters(self) -> None:
        if self.learning_method != "batch":
            raise ValueError(
                "Expected learning_method to be 'batch', the only one of this version, "
                f"got learning_method={self.learning_method!r}."
            )
        check.check_integer("n_components", self.n_components, 1)
        check.check_integer("max_iter", self.max_iter, 1)
        check.check_integer("batch_size", self.batch_size, 1)
        check.check_integer("evaluate_every", self.evaluate_every, -1)
        check.check_real("learning_decay", self.learning_decay, 0.0, 1.0)
        check.check_real("learning_offset", self.learning_offset, 1.0)
        if self.total_samples is not None:
            check.check_real("total_samples", self.total_samples, 0.0, above=True)
        check.check_real("perp_tol", self.perp_tol, 0.0)
        check.check_real("tol", self.tol, 0.0)
        if self.callback is not None and not callable(self.callback):
            raise TypeError(f"Expected callback to be callable, got callback={self.callback!r}.")
        self._check_document_parameters()

    def _check_document_parameters(self) -> None:
        """Parameters that matter after fit too, when they may have been changed."""
        check.check_integer("max_doc_update_iter", self.max_doc_update_iter, 1)
        check.check_real("mean_change_tol", self.mean_change_tol, 0.0)
        check.check_choice("doc_init", self.doc_init, ("auto", "ones", "random", "warm"))
        effective_n_threads(self.n_jobs)

    def _priors(
        self, n_words: int, dtype: Any
    ) -> tuple[float | NDArray[np.float64], float | NDArray[np.float64]]:
        n_topics = self.n_components
        return (
            check.check_prior(
                "doc_topic_prior", self.doc_topic_prior, 1.0 / n_topics, ((n_topics,),), dtype
            ),
            check.check_prior(
                "topic_word_prior",
                self.topic_word_prior,
                1.0 / n_topics,
                ((n_words,), (n_topics, n_words)),
                dtype,
            ),
        )

    def _model(
        self,
        alpha: float | NDArray[Any],
        eta: float | NDArray[Any],
        shape: tuple[int, int],
        dtype: Any,
    ) -> LDAModel:
        n_topics, n_words = shape
        return LDAModel(
            np.broadcast_to(np.asarray(alpha, dtype=dtype), n_topics),
            eta,
            n_words,
            dtype=dtype,
            mean_change_tol=self.mean_change_tol,
            max_doc_update_iter=self.max_doc_update_iter,
            doc_init=self.doc_init,
            n_jobs=self.n_jobs,
        )

    def _monitor(self, n_tokens: float) -> Monitor:
        stop = None
        if self.evaluate_every > 0 and n_tokens > 0:
            stop = _PerplexityRule(self.evaluate_every, self.perp_tol, n_tokens)
        return Monitor(
            self.max_iter,
            self.tol,
            stop=stop,
            callback=self.callback,
            progress=bool(self.progress or self.verbose),
        )

    def _fitted_model(self) -> LDAModel:
        topics, alpha, eta = self.components_, self.doc_topic_prior_, self.topic_word_prior_
        return self._model(alpha, eta, topics.shape, topics.dtype)

    def _posteriors(self, X: Any, method: str) -> DocumentPosteriors:
        self._check_is_fitted()
        self._check_document_parameters()
        check_feature_names(self, X)
        counts = check.check_counts(
            X,
            f"{type(self).__name__}.{method}",
            dtype=self.components_.dtype,
            n_features=self.components_.shape[1],
        )
        model = self._fitted_model()
        documents = model.posteriors(DocumentBatch(counts), self._view(model))
        documents.run(self.mean_change_tol, self.max_doc_update_iter)
        return documents

    def _view(self, model: LDAModel) -> DirichletTopics:
        """Expectations under the fitted topics, kept from fit while `components_` is the same."""
        cached: tuple[Any, DirichletTopics] | None = getattr(self, "_cached_view", None)
        if cached is not None and cached[0] is self.components_:
            return cached[1]
        return model.expect(LDAGlobals.from_topics(self.components_))


class _PerplexityRule:
    """Stop when the training perplexity changes by less than `tol` between two looks."""

    def __init__(self, every: int, tol: float, n_tokens: float) -> None:
        self._every, self._tol, self._n_tokens = every, tol, n_tokens
        self._last = np.inf

    def __call__(self, state: FitState) -> bool:
        if state.n_iter % self._every:
            return False
        perplexity = float(np.exp(-state.lower_bound / self._n_tokens))
        change, self._last = abs(perplexity - self._last), perplexity
        return change < self._tol
