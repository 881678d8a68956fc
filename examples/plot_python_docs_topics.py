"""Topics of Python's own documentation.

The corpus needs no download: it is the documentation strings of the standard library that belongs
to the running Python. Twenty topics are fitted; beside each one's words stands the document that
it describes best.
"""

from fastvb import LatentDirichletAllocation
from fastvb.datasets import load_python_docs
from fastvb.plotting import plot_topics

corpus = load_python_docs()
lda = LatentDirichletAllocation(
    n_components=20, doc_topic_prior=0.1, topic_word_prior=0.05, max_iter=60, random_state=0
).fit(corpus.counts)
print(f"{corpus}: bound {lda.lower_bound_ / corpus.n_tokens:.3f} nats per token")

weights = lda.transform(corpus.counts)
best_documents = corpus.names[weights.argmax(axis=0)]
for k, topic in enumerate(lda.components_):
    words = corpus.vocabulary[(-topic).argsort()[:5]]
    print(f"{k:>2}  {' '.join(words):<45}  {best_documents[k]}")

figure = plot_topics(lda, corpus.vocabulary, n_top_words=8)
figure.savefig("plot_python_docs_topics.png", dpi=100)
