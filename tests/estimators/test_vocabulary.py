"""Batches whose columns are other words than the model's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from fastvb.estimators._vocabulary import align_features

KNOWN = np.array(["ant", "bee", "cow"], dtype=object)


def test_the_same_words_are_left_where_they_are():
    X = sp.csr_matrix([[1.0, 0, 2], [0, 3, 0]])
    found, new = align_features(X, ["ant", "bee", "cow"], KNOWN, grow=False)
    assert found is X
    assert len(new) == 0


def test_words_in_another_order_and_missing():
    X = sp.csr_matrix([[1.0, 2], [0, 3]])
    before = X.copy()
    found, new = align_features(X, ["cow", "ant"], KNOWN, grow=False)
    np.testing.assert_array_equal(found.toarray(), [[2, 0, 1], [3, 0, 0]])
    assert found.indices.tolist() == [0, 2, 0]
    assert len(new) == 0
    np.testing.assert_array_equal(X.data, before.data)
    np.testing.assert_array_equal(X.indices, before.indices)


def test_new_words_come_after_the_known_ones():
    X = sp.csr_matrix([[1.0, 2, 4, 0], [0, 3, 0, 0]])
    found, new = align_features(X, ["eel", "bee", "dog", "fox"], KNOWN, grow=True)
    assert new.tolist() == ["eel", "dog", "fox"]
    np.testing.assert_array_equal(found.toarray(), [[0, 2, 0, 1, 4, 0], [0, 3, 0, 0, 0, 0]])


def test_new_words_of_a_fixed_vocabulary():
    X = sp.csr_matrix((1, 8))
    names = ["ant", *"stuvwxy"]
    with pytest.raises(
        ValueError, match=r"got 7 new: 's', 't', 'u', 'v', 'w', \.\.\.\. vocabulary=\"grow\" takes"
    ):
        align_features(X, names, KNOWN, grow=False)


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["ant"], ValueError, r"each of the 2 columns of X, got feature_names of shape \(1,\)"),
        (["ant", 1], TypeError, "strings, got 1"),
        (["ant", "ant"], ValueError, "to differ, got 'ant' repeated"),
    ],
)
def test_bad_names(names, error, message):
    with pytest.raises(error, match=message):
        align_features(sp.csr_matrix((1, 2)), names, KNOWN, grow=True)


@given(
    names=st.lists(st.text(max_size=2), unique=True, min_size=1, max_size=9),
    known=st.lists(st.text(max_size=2), unique=True, min_size=1, max_size=9),
    seed=st.integers(0, 99),
    kind=st.sampled_from([np.int32, np.int64]),
)
def test_counts_keep_their_words(names, known, seed, kind):
    dense = np.random.default_rng(seed).poisson(0.6, (5, len(names))).astype(float)
    X = sp.csr_matrix(dense)
    X.indices, X.indptr = X.indices.astype(kind), X.indptr.astype(kind)
    found, new = align_features(X, names, np.array(known, dtype=object), grow=True)
    assert found.has_canonical_format
    found.check_format(full_check=True)
    assert found.indices.dtype == found.indptr.dtype
    every = [*known, *new]
    assert found.shape == (5, len(every))
    assert len(set(every)) == len(every)
    result = found.toarray()
    for j, word in enumerate(every):
        column = dense[:, names.index(word)] if word in names else np.zeros(5)
        np.testing.assert_array_equal(result[:, j], column)
