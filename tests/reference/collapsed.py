"""Plain NumPy twin of the collapsed kernels: CVB0, one entry after the other."""

from __future__ import annotations

import numpy as np


def sweep(entries, phi, doc_counts, word_counts, alpha, eta, relaxation=0.0):
    """One sweep in place, in the kernel's order; phi (nnz, n_topics) holds half precision.

    The totals of the topics are taken when a round begins.
    """
    n_blocks = entries.n_blocks
    eta = np.broadcast_to(eta, word_counts.shape)
    for r in range(n_blocks):
        totals = word_counts.sum(axis=0) + eta.sum(axis=0)
        for p in range(n_blocks):
            task = p * n_blocks + (p + r) % n_blocks
            for i in range(entries.starts[task], entries.starts[task + 1]):
                d, w, count = entries.docs[i], entries.words[i], float(entries.counts[i])
                token = min(count, 1.0) * phi[i]
                joint = (doc_counts[d] - token + alpha) * (word_counts[w] - token + eta[w])
                joint /= totals - token
                new = (1 + relaxation) * joint / joint.sum() - relaxation * phi[i]
                new = np.maximum(new, 0).astype(np.float16).astype(float)
                doc_counts[d] += count * (new - phi[i])
                word_counts[w] += count * (new - phi[i])
                phi[i] = new


def counts(entries, phi, n_docs, n_words):
    """Expected counts of topics by documents and by words."""
    doc_counts, word_counts = np.zeros((n_docs, phi.shape[1])), np.zeros((n_words, phi.shape[1]))
    weighted = entries.counts[:, None] * phi.astype(float)
    np.add.at(doc_counts, entries.docs, weighted)
    np.add.at(word_counts, entries.words, weighted)
    return doc_counts, word_counts


def log_likelihood(entries, doc_counts, word_counts, alpha, eta):
    """Of the tokens, at the mean parameters given the counts."""
    theta = doc_counts + alpha
    theta /= theta.sum(axis=1, keepdims=True)
    beta = word_counts + eta
    beta /= beta.sum(axis=0)
    joint = (theta[entries.docs] * beta[entries.words]).sum(axis=1)
    return (entries.counts * np.log(joint)).sum()
