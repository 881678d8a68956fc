"""Latent Dirichlet allocation: the E-step, whole fits, and topic weights of given topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus, read_corpus
from versus.problems import Problem

ETA = 0.1
# topics, documents, words of the vocabulary, tokens of a document: 90, 60, 315, 16 and 165 words
GENERATED = (
    (10, 1000, 5000, 100),
    (20, 1000, 5000, 65),
    (100, 200, 10000, 330),
    (50, 2000, 5000, 16),
    (200, 200, 10000, 170),
)


class Topics(NamedTuple):
    """Documents and the topics to treat them with."""

    counts: Any  # (n_docs, n_words) CSR
    components: NDArray[Any]  # (K, n_words)
    alpha: float
    tol: float = 1e-3  # scikit-learn's mean_change_tol
    max_iter: int = 100  # and max_doc_update_iter


class Fit(NamedTuple):
    """A corpus and what to fit to it."""

    counts: Any
    n_components: int
    max_iter: int
    alpha: float = 0.1
    eta: float = ETA


def largest_share(_topics: Topics, ours: Any, theirs: Any) -> float:
    """Largest difference between two counts of a topic, relative to the document's length."""
    return float(np.max(np.abs(ours - theirs) / theirs.sum(axis=1, keepdims=True)))


def moved_tokens(_topics: Topics, ours: Any, theirs: Any) -> float:
    """Share of all tokens that are in another topic."""
    return float(np.abs(ours - theirs).sum() / (2 * theirs.sum()))


# In single precision some documents stop an iteration earlier or later, some take another way.
GAMMA_AGREEMENT = {"float64": (1e-6, largest_share), "float32": (0.01, moved_tokens)}


def corpora(files: Sequence[Path], quick: bool) -> Iterator[tuple[str, int, Any]]:
    """Name, topics and counts: generated corpora, then each given one with 10 and 100 topics."""
    for k, n_documents, n_words, length in GENERATED[: 3 if quick else None]:
        corpus, _, _ = make_lda_corpus(
            n_documents // (10 if quick else 1),
            n_words,
            k,
            document_length=length,
            random_state=0,
        )
        counts = corpus.counts
        yield f"{counts.nnz / counts.shape[0]:.0f} words", k, counts
    for file in files:
        counts = read_corpus(file).counts
        for k in (10, 100):
            yield file.name.removesuffix(".gz"), k, counts


def lda_problems(files: Sequence[Path] = (), quick: bool = False) -> Iterator[Problem]:
    for name, k, counts in corpora(files, quick):
        for alpha in (1 / k, 0.1)[: 1 if k == 10 or quick else 2]:
            for dtype, (tolerance, difference) in GAMMA_AGREEMENT.items():
                yield Problem(
                    "lda_e_step",
                    f"K={k}, {name}, prior {alpha:g}, {dtype}",
                    counts.nnz,
                    partial(fitted_topics, counts, k, alpha, dtype),
                    tolerance,
                    unit="non-zero",
                    difference=difference,
                    threads=1,
                    scaling=True,
                )
    yield from corpus_problems(files, quick)


def corpus_problems(files: Sequence[Path], quick: bool) -> Iterator[Problem]:
    """Whole fits and transforms: of the given corpora, or of a generated one of AP's size."""
    k, passes = (10 if quick else 100), 10
    if files:
        named = [(file.name.removesuffix(".gz"), read_corpus(file).counts) for file in files]
    else:
        sizes = (200, 2000) if quick else (2246, 10473)
        made = make_lda_corpus(*sizes, k, document_length=194, random_state=0)[0].counts
        named = [(f"{sizes[0]:,} documents", made)]
    for name, counts in named:
        yield Problem(
            "lda_fit",
            f"K={k}, {name}, {passes} passes",
            counts.nnz * passes,
            partial(Fit, counts, k, passes),
            0.03,
            unit="non-zero",
            difference=bound_shortfall,
            threads=2,
        )
        for task, difference, tolerance in (
            ("lda_transform", largest_weight_difference, 1e-6),
            ("lda_transform_other", fit_shortfall, 0.3),
        ):
            yield Problem(
                task,
                f"K={k}, {name}",
                counts.shape[0],
                partial(fitted_topics, counts, k, 0.1, "float64"),
                tolerance,
                unit="document",
                difference=difference,
                threads=1,
            )


def fitted_topics(counts: Any, k: int, alpha: float, dtype: str) -> Topics:
    """Topics as they are after some passes, when documents take the most iterations."""
    lda = LatentDirichletAllocation(
        k, doc_topic_prior=alpha, topic_word_prior=ETA, max_iter=10, random_state=0
    )
    counts = counts.astype(np.float64)
    return Topics(counts.astype(dtype), lda.fit(counts).components_.astype(dtype), alpha)


def bound_shortfall(fit: Fit, ours: Any, theirs: Any) -> float:
    """How much lower our ELBO is, relative; negative where ours is the better one."""
    a, b = (elbo(fit, components) for components in (ours, theirs))
    return (b - a) / abs(b)


def elbo(fit: Fit, components: NDArray[Any]) -> float:
    """ELBO at given topics, by one implementation whoever found them."""
    lda = LatentDirichletAllocation.from_components(
        components, doc_topic_prior=fit.alpha, topic_word_prior=fit.eta,
        mean_change_tol=1e-5, max_doc_update_iter=1000,
    )  # fmt: skip
    return lda.elbo(fit.counts)


def largest_weight_difference(_topics: Topics, ours: Any, theirs: Any) -> float:
    return float(np.max(np.abs(ours[0] - theirs[0])))


def fit_shortfall(topics: Topics, ours: Any, theirs: Any) -> float:
    """Nats per token that our weights and topics explain the documents worse than theirs."""
    a, b = (mean_log_probability(topics.counts, *result) for result in (ours, theirs))
    return b - a


def mean_log_probability(counts: Any, weights: NDArray[Any], topics: NDArray[Any]) -> float:
    entries, total = counts.tocoo(), 0.0
    for start in range(0, entries.nnz, 2**15):
        part = slice(start, start + 2**15)
        probability = np.einsum(
            "ik,ki->i", weights[entries.row[part]], topics[:, entries.col[part]]
        )
        total += float(entries.data[part] @ np.log(probability))
    return total / float(counts.sum())
