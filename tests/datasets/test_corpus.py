from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import sparse

from fastvb.datasets import Corpus


@pytest.fixture
def corpus() -> Corpus:
    #                            ant bee cow dog
    counts = sparse.csr_array([[2, 1, 0, 0], [1, 0, 4, 0], [3, 1, 0, 0], [1, 0, 0, 0]])
    return Corpus(counts, ["ant", "bee", "cow", "dog"], ["d0", "d1", "d2", "d3"])


def test_sizes_and_repr(corpus: Corpus) -> None:
    assert (corpus.n_documents, corpus.n_words, corpus.n_tokens) == (4, 4, 13)
    assert repr(corpus) == "Corpus(4 documents, 4 words, 13 tokens)"


def test_n_tokens_does_not_overflow() -> None:
    counts = sparse.csr_array(np.array([[2**31 - 1, 2**31 - 1]], dtype=np.int32))
    assert Corpus(counts).n_tokens == 2 * (2**31 - 1)


def test_record_is_frozen(corpus: Corpus) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        corpus.counts = None


@pytest.mark.parametrize("name", ["vocabulary", "names", "labels"])
def test_axis_of_wrong_length(name: str) -> None:
    with pytest.raises(ValueError, match=rf"Expected {name} to have shape"):
        Corpus(sparse.csr_array((2, 3)), **{name: ["a"] * 5})


@pytest.mark.parametrize("counts", [np.ones((2, 2)), sparse.csc_array((2, 2))])
def test_counts_of_another_kind(counts: object) -> None:
    with pytest.raises(TypeError, match="Expected counts to be a SciPy CSR array"):
        Corpus(counts)


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({}, "ant bee cow dog"),
        ({"min_df": 1}, "ant bee cow"),
        ({"min_df": 2}, "ant bee"),
        ({"min_df": 0.5}, "ant bee"),
        ({"max_df": 2}, "bee cow dog"),
        ({"max_df": 0.5, "min_df": 1}, "bee cow"),
        ({"stop_words": {"bee", "emu"}}, "ant cow dog"),
    ],
)
def test_prune(corpus: Corpus, kwargs: dict[str, object], words: str) -> None:
    kwargs = {"min_df": 0, **kwargs}
    pruned = corpus.prune(**kwargs)
    assert list(pruned.vocabulary) == words.split()
    columns = [list(corpus.vocabulary).index(word) for word in words.split()]
    np.testing.assert_array_equal(pruned.counts.toarray(), corpus.counts.toarray()[:, columns])
    assert pruned.counts.has_canonical_format
    assert list(pruned.names) == list(corpus.names)


def test_prune_leaves_out_words_that_never_occur_by_default(corpus: Corpus) -> None:
    assert list(corpus.prune().vocabulary) == ["ant", "bee", "cow"]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"min_df": 5}, ValueError, "lower min_df or raise max_df"),
        ({"min_df": -1}, ValueError, "Expected min_df to be at least 0, got min_df=-1"),
        ({"max_df": 1.5}, ValueError, "Expected max_df to be in"),
        ({"max_df": "all"}, TypeError, "Expected max_df to be an int or a float"),
    ],
)
def test_prune_refuses(
    corpus: Corpus, kwargs: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        corpus.prune(**kwargs)


def test_stop_words_need_a_vocabulary(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="Expected a corpus with a vocabulary"):
        Corpus(corpus.counts).prune(stop_words={"ant"})
