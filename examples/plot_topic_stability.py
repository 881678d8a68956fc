"""Which topics come again with another seed?

The bound has many maxima, and a fit ends in the one that its start leads to. Five fits that differ
by their seed only are matched topic by topic: some topics are found every time, others are ways to
share out what is left.
"""

import numpy as np
from matplotlib.figure import Figure

from fastvb import LatentDirichletAllocation
from fastvb.datasets import load_python_docs
from fastvb.metrics import match_topics

corpus = load_python_docs()
fits = [
    LatentDirichletAllocation(
        n_components=20, doc_topic_prior=0.1, topic_word_prior=0.05, max_iter=60, random_state=seed
    ).fit(corpus.counts)
    for seed in range(5)
]
first, others = fits[0], fits[1:]
similarity = np.array([match_topics(first, other)[1] for other in others])  # (4, n_components)

order = similarity.mean(axis=0).argsort()
names = [" ".join(corpus.vocabulary[(-topic).argsort()[:3]]) for topic in first.components_]
print("similarity to the matching topic of four other fits (1: the same, 0: no common word)")
for k in order[::-1]:
    low, mean, high = similarity[:, k].min(), similarity[:, k].mean(), similarity[:, k].max()
    print(f"{names[k]:<32} {mean:.2f}  ({low:.2f} to {high:.2f})")

figure = Figure(figsize=(7, 5.5), layout="constrained")
ax = figure.add_subplot()
rows = np.arange(len(order))
ax.hlines(rows, similarity[:, order].min(axis=0), similarity[:, order].max(axis=0), color="#a9cbe8")
ax.plot(similarity[:, order].T, rows, ".", color="#1f6fb4")
ax.set_yticks(rows, [names[k] for k in order])
ax.set_xlim(right=1)
ax.set_xlabel("similarity (Bhattacharyya coefficient) to the topic of another seed")
figure.savefig("plot_topic_stability.png", dpi=100)
