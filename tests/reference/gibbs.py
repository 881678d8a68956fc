"""Twins of the kernels in _gibbs.pyx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference.random import words


def uniform(seed: int, stream: int, document: int, token: int, sweep: int) -> float:
    """One word of 32 bits holds for each sweep: four sweeps to a counter."""
    block = np.array([document << 32 | token], np.uint64)
    pair = words(seed, stream, sweep // 4, block)[sweep % 4 // 2]
    word = int(pair[0]) >> (32 if sweep % 2 else 0) & 0xFFFFFFFF
    return ((word >> 8) + 0.5) / 2**24


def document(
    tokens: NDArray[Any],  # (n_tokens,) rows of the words
    rows: NDArray[Any],  # (n_words, n_topics)
    alpha: NDArray[Any],
    sweeps: tuple[int, int],
    line: int,
    *key: int,
) -> NDArray[np.int64]:
    """Topics of tokens after each of the kept sweeps, shape (n_tokens, n_kept)."""
    n_topics, (n_burn_in, n_kept) = len(alpha), sweeps
    # topics in the order of their sum: by their place in a line, then by lines
    order = sorted(range(n_topics), key=lambda k: (k % line, k // line))
    now, count = [-1] * len(tokens), np.zeros(n_topics)
    kept = np.empty((len(tokens), n_kept), np.int64)
    for sweep in range(n_burn_in + n_kept):
        for t, word in enumerate(tokens):
            if now[t] >= 0:
                count[now[t]] -= 1
            cumulative = np.cumsum(((alpha + count) * np.maximum(rows[word], 0.0))[order])
            u = uniform(*key, t, sweep)
            now[t] = order[int(np.searchsorted(cumulative, u * cumulative[-1]))]
            count[now[t]] += 1
            if sweep >= n_burn_in:
                kept[t, sweep - n_burn_in] = now[t]
    return kept
