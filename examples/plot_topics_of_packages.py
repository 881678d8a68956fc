"""Which topics the packages of the standard library are about.

Documents have labels here: the package whose documentation string they are. A heat map shows the
mean weight of topics in the largest packages. The topic of every single word shows which words have
two meanings.
"""

import numpy as np

from fastvb import LatentDirichletAllocation
from fastvb.datasets import load_python_docs
from fastvb.plotting import plot_topic_prevalence

corpus = load_python_docs()
lda = LatentDirichletAllocation(
    n_components=20, doc_topic_prior=0.1, topic_word_prior=0.05, max_iter=60, random_state=0
).fit(corpus.counts)

table = lda.topics_table(vocabulary=corpus.vocabulary, n_words=5)
print("topic  weight  words  exclusivity")
for k in np.argsort(-table["weight"])[:10]:
    row = f"{k:>5}  {table['weight'][k]:>6.1%}  {table['effective_words'][k]:>5.0f}"
    print(f"{row}  {table['exclusivity'][k]:>11.2f}  {table['top_words'][k]}")

topics = lda.word_topics(corpus.counts)  # of each count, in the order of corpus.counts.data
shares = np.zeros((20, corpus.n_words))
np.add.at(shares, (topics, corpus.counts.indices), corpus.counts.data)
second = np.sort(shares, axis=0)[-2]
print("\nwords of two topics")
for word in np.argsort(-second, kind="stable")[:8]:
    first, other = np.argsort(-shares[:, word])[:2]
    print(
        f"{corpus.vocabulary[word]:<12} {shares[first, word]:>4.0f} times topic {first}, "
        f"{shares[other, word]:.0f} times topic {other}"
    )

packages = np.array([name.partition(".")[0] for name in corpus.names])
names, sizes = np.unique(packages, return_counts=True)
largest = np.isin(packages, names[np.argsort(-sizes, kind="stable")[:8]])
ax = plot_topic_prevalence(
    lda,
    corpus.counts[largest],
    labels=packages[largest],
    n_topics=12,
    vocabulary=corpus.vocabulary,
)
ax.figure.savefig("plot_topics_of_packages.png", dpi=100)
