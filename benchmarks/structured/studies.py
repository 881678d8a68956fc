"""The fits of each study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

from fastvb import LatentDirichletAllocation
from fastvb.metrics import completion_score

ALPHA = 0.1
ETA = 0.1  # where it is not the subject
ETAS = (0.01, 0.1, 0.3, 1.0)
STEPS = {"learning_decay": 0.5, "learning_offset": 1.0}  # long steps, which forget the start soon
FEW_ITERATIONS = 20  # of a document given a draw: the next draw is another one

Record = dict[str, Any]
Fits = Iterator[tuple[Record, Callable[[], Record]]]  # what tells a record from others; its fit


@dataclass(frozen=True)
class Problem:
    """A corpus in two parts and the number of topics; how far fits go."""

    corpus: str
    train: Any
    test: Any
    n_topics: int
    clock: Callable[[], float] = perf_counter
    passes: tuple[int, ...] = (2, 5, 12, 30)  # of mini-batches
    ascent: int = 100  # passes of coordinate ascent, with those of the start

    def key(self) -> Record:
        return {"corpus": self.corpus, "topics": self.n_topics}

    def score(self, topics: Any) -> float:
        return completion_score(topics, self.test, doc_topic_prior=ALPHA)

    def fit(self, method: str, eta: float, seed: int, **options: Any) -> LatentDirichletAllocation:
        return LatentDirichletAllocation(
            self.n_topics, doc_topic_prior=ALPHA, topic_word_prior=eta, learning_method=method,
            tol=0.0, random_state=seed, **options,
        ).fit(self.train)  # fmt: skip

    def curve(self, *args: Any, **options: Any) -> Record:
        """Seconds and score of a fit to each number of passes."""
        seconds, scores = [], []
        for passes in self.passes:
            start = self.clock()
            lda = self.fit(*args, max_iter=passes, **options)
            seconds.append(self.clock() - start)
            scores.append(self.score(lda.topic_word_distribution()))
        return {"passes": self.passes, "seconds": seconds, "scores": scores}


def priors(problem: Problem, seed: int) -> Fits:
    """Structured beside mean-field steps of the same lengths, on the same mini-batches."""
    for eta in ETAS:
        for batch_size in (128, 512):
            for method in ("online", "structured"):
                key = {"method": method, "eta": eta, "batch_size": batch_size}
                options = {"batch_size": batch_size, **STEPS}
                yield key, partial(problem.curve, method, eta, seed, **options)


def restart(problem: Problem, seed: int) -> Fits:
    """Both ends of mean field, and the structured one between."""
    for eta in ETAS:
        yield {"eta": eta}, partial(both_starts, problem, eta, seed)


def both_starts(problem: Problem, eta: float, seed: int) -> Record:
    """ELBO per token after each pass, and scores at the ends."""
    n_tokens, n_first = float(problem.train.sum(dtype=float)), problem.ascent // 5
    own = problem.fit("batch", eta, seed, max_iter=problem.ascent)
    first = problem.fit("structured", eta, seed, max_iter=n_first, batch_size=128, **STEPS)
    second = LatentDirichletAllocation.from_components(
        first.components_, doc_topic_prior=ALPHA, topic_word_prior=eta, warm_start=True,
        max_iter=problem.ascent - n_first, tol=0.0,
    ).fit(problem.train)  # fmt: skip
    bounds = [first.elbo(problem.train), *second.lower_bounds_]
    fits = {"own start": own, "structured": first, "restarted": second}
    return {
        "own": [bound / n_tokens for bound in own.lower_bounds_],
        "restarted": [bound / n_tokens for bound in bounds],
        "scores": {
            name: problem.score(lda.topic_word_distribution()) for name, lda in fits.items()
        },
    }


def sampling(problem: Problem, seed: int) -> Fits:
    """Structured steps, of each kind that a document can make, and tomotopy."""
    for local_step in ("mean-field", "collapsed", "gibbs"):
        options = {"local_step": local_step, "max_doc_update_iter": FEW_ITERATIONS, **STEPS}
        run = partial(problem.curve, "structured", ETA, seed, **options)
        yield {"library": f"fastvb, {local_step}"}, run
    try:
        from versus.adapters import tomotopy
    except ImportError:
        return
    yield {"library": "tomotopy"}, partial(sampled, tomotopy, problem, seed)


def sampled(adapter: Any, problem: Problem, seed: int) -> Record:
    """Seconds and score of one chain after each number of sweeps."""
    data = adapter.corpus(problem.train, problem.n_topics, ALPHA, ETA, adapter.BUDGETS, seed)
    seconds, scores, passed = [], [], 0.0
    start = problem.clock()
    for topics in adapter.lda_curve_by_steps(*data):
        passed += problem.clock() - start
        seconds.append(passed)
        scores.append(problem.score(topics))
        start = problem.clock()
    return {"passes": adapter.BUDGETS, "seconds": seconds, "scores": scores}


STUDIES: dict[str, Callable[[Problem, int], Fits]] = {
    "priors": priors,
    "restart": restart,
    "sampling": sampling,
}
