"""Scoring another library's topics.

Bounds and perplexities of different libraries do not compare: each leaves out its own constants.
Two scores do, since they take any matrix of topics. Document completion predicts one half of the
words of unseen documents from the other half; coherence asks whether a topic's top words occur in
the same documents. Here both judge scikit-learn's LDA and NMF and the LDA of this library, and a
matrix without any topics for comparison.
"""

from time import perf_counter

import numpy as np
from matplotlib.figure import Figure
from sklearn.decomposition import NMF
from sklearn.decomposition import LatentDirichletAllocation as SklearnLDA

from fastvb import LatentDirichletAllocation
from fastvb.datasets import load_python_docs
from fastvb.metrics import coherence_npmi, completion_score

corpus = load_python_docs()
is_held_out = np.random.default_rng(0).random(corpus.n_documents) < 0.1
training, held_out = corpus.counts[~is_held_out], corpus.counts[is_held_out]

priors = {"doc_topic_prior": 0.1, "topic_word_prior": 0.05}
models = {
    "NMF (scikit-learn)": NMF(20, init="nndsvda", max_iter=400, random_state=0),
    "LDA (scikit-learn)": SklearnLDA(20, **priors, max_iter=10, random_state=0),
    "LDA (fastvb)": LatentDirichletAllocation(20, **priors, max_iter=10, random_state=0),
}
frequencies = training.sum(axis=0)
yardstick = {"doc_topic_prior": 0.1, "seen_words": frequencies > 0}  # the same for all
topics = {"one topic": frequencies.reshape(1, -1)}
seconds = {"one topic": 0.0}
for name, model in models.items():
    begin = perf_counter()
    topics[name] = model.fit(training).components_
    seconds[name] = perf_counter() - begin

completion, coherence = {}, {}
print("                    completion  coherence  seconds")
for name, matrix in topics.items():
    completion[name] = completion_score(matrix, held_out, **yardstick)
    coherence[name] = coherence_npmi(matrix, corpus.counts)
    mean = coherence[name].mean()
    print(f"{name:<18} {completion[name]:>11.3f} {mean:>10.3f} {seconds[name]:>8.2f}")

figure = Figure(figsize=(8, 2.6), layout="constrained")
left, right = figure.subplots(1, 2, sharey=True)
for row, name in enumerate(topics):
    left.plot(completion[name], row, "o", color="#1f6fb4")
    right.plot(coherence[name], np.full(len(coherence[name]), row), "o", color="#1f6fb4", alpha=0.3)
    right.plot(coherence[name].mean(), row, "|", color="#1b1f24", markersize=18)
left.set_yticks(range(len(topics)), list(topics))
left.set_ylim(len(topics) - 0.5, -0.5)
left.set_xlabel("completion score (nats per token)")
right.set_xlabel("coherence (NPMI) of each topic, and mean")
figure.savefig("plot_score_other_library.png", dpi=100)
