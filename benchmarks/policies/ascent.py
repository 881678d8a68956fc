"""Batch coordinate ascent for LDA under a policy, with an account of what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastvb.metrics import completion_score
from fastvb.models import DocumentBatch, LDAModel
from fastvb.models._lda_state import LDAGlobals

REFERENCE = "ones"
BUDGETS = (10, 30, 100)  # passes of the reference
END = 100  # inner iterations at most: to the end
FLAT = 2e-6  # relative change of the ELBO in a pass at which a warm run has converged


@dataclass(frozen=True)
class Policy:
    """Passes from equal weights and their caps; how it goes on; the inner tolerances."""

    fresh: tuple[int, ...] = ()
    then: str = "warm"
    cap: int = END  # after the fresh passes
    tol: tuple[float, ...] = (1e-3,)  # of the first passes; the last one stays
    seeding: int = 0  # documents whose words are added to each topic at the start
    refresh: int = 0  # after the fresh passes, each so many passes one from equal weights

    def visit(self, n: int) -> tuple[str, int]:
        """Start and cap of pass n, counted from 0."""
        if n < len(self.fresh):
            return "ones", self.fresh[n]
        later = n - len(self.fresh) + 1
        if self.refresh and later % self.refresh == 0:
            return "ones", END
        return self.then, self.cap


RAMP = (5, 10) + 18 * (20,)
POLICIES = {
    "ones": Policy(then="ones"),
    "random": Policy(then="random"),
    "warm": Policy(),
    **{f"warm, {cap} inner": Policy(cap=cap) for cap in (1, 2, 3)},
    **{f"delayed {n}": Policy(n * (END,)) for n in (2, 4, 8, 16)},
    "delayed 16, loose": Policy(16 * (END,), tol=8 * (1e-1,) + 8 * (1e-2,) + (1e-3,)),
    "5 10 20x18": Policy(RAMP),
    "5 10 20x38": Policy(RAMP + 20 * (20,)),
    "5 10 20x18, refresh 10": Policy(RAMP, refresh=10),
    **{f"{cap}x{n}": Policy(n * (cap,)) for cap, n in ((5, 20), (10, 20), (20, 20), (10, 40))},
    "10x10 20x10": Policy(10 * (10,) + 10 * (20,)),
    "15x20": Policy(20 * (15,)),
    "10x20, then 5": Policy(20 * (10,), cap=5),
    "10 always": Policy(then="ones", cap=10),
    **{
        f"tol {tol:g} x20": Policy(20 * (END,), tol=20 * (tol,) + (1e-3,))
        for tol in (0.3, 0.1, 0.03)
    },
    **{f"{cap}x20, tol 0.1": Policy(20 * (cap,), tol=20 * (0.1,) + (1e-3,)) for cap in (10, 20)},
    "ones, seeded": Policy(then="ones", seeding=1),
    "10x20, seeded": Policy(20 * (10,), seeding=1),
    "tol 0.1 x20, seeded": Policy(20 * (END,), tol=20 * (0.1,) + (1e-3,), seeding=1),
}


@dataclass(frozen=True)
class Problem:
    """A corpus in two parts, and the model."""

    corpus: str
    train: Any
    test: Any
    n_topics: int
    prior: float

    def key(self) -> dict[str, Any]:
        return {"corpus": self.corpus, "n_topics": self.n_topics, "prior": self.prior}

    def score(self, topics: NDArray[Any]) -> float:
        """Held-out completion score on the words of the training part."""
        seen = np.bincount(self.train.indices, minlength=self.train.shape[1]) > 0
        topics, test = topics[:, seen], self.test[:, seen]
        return completion_score(topics, test, doc_topic_prior=self.prior)


class Ascent:
    """Coordinate ascent under a policy, which counts what it costs."""

    def __init__(self, problem: Problem, policy: Policy, seed: int) -> None:
        n_topics, prior = problem.n_topics, problem.prior
        self.policy, self.rng = policy, np.random.RandomState(seed)
        self.model = LDAModel(np.full(n_topics, prior), prior, problem.train.shape[1])
        self.batch = DocumentBatch(problem.train)
        self.lengths = np.diff(problem.train.indptr)
        self.globals_ = self.model.init_globals(self.batch, self.rng)
        if policy.seeding:
            drawn = self.rng.randint(0, self.batch.n_docs, (n_topics, policy.seeding))
            counts = np.vstack([problem.train[rows].sum(axis=0) for rows in drawn])
            self.globals_ = LDAGlobals.from_topics(self.globals_.topic_word + np.asarray(counts))
        self.view = self.model.expect(self.globals_)
        self.gamma: NDArray[Any] | None = None
        self.bound, self.is_warm = -np.inf, False
        self.n_next, self.n_passes, self.sweeps = 0, 0, 0.0

    def advance(self) -> None:
        """Do the policy's next pass; a restart that lowers the ELBO is taken back."""
        policy, n = self.policy, self.n_next
        start, cap = policy.visit(n)
        kept = self.step(start, cap, policy.tol[min(n, len(policy.tol) - 1)])
        if not kept:
            n = max(n, len(policy.fresh))
            self.step(policy.then, policy.cap, policy.tol[-1])
        self.n_next, self.is_warm = n + 1, start == "warm" or not kept

    def step(self, start: str, cap: int, tol: float) -> bool:
        """Do one pass; False if it lowered the ELBO, though the policy does not go on like it."""
        gamma = None if start == "ones" else self.gamma
        if start == "random":
            gamma = self.rng.gamma(100.0, 0.01, (self.batch.n_docs, self.model.n_topics))
        documents = self.model.posteriors(self.batch, self.view, gamma)
        stats = documents.run_and_count(tol, cap)
        h = float(documents.bound.sum()) - stats.inner(self.view)
        globals_ = self.model.global_step(stats, self.globals_)
        view = self.model.expect(globals_)
        bound = stats.inner(view) + h + self.model.global_bound(globals_)
        self.n_passes += 1
        self.sweeps += float(documents.n_iter @ self.lengths) / len(self.batch.indices)
        if bound < self.bound and start != self.policy.then:
            return False
        self.globals_, self.view, self.bound = globals_, view, bound
        self.gamma = documents.gamma
        return True


def run(
    problem: Problem, policy: Policy, seed: int, pass_cost: float, limit: float | None
) -> dict[str, Any]:
    """Trace of one fit up to a cost of `limit` or convergence; without a limit, of 100 passes."""
    ascent, scored_at = Ascent(problem, policy, seed), 0.0
    trace: dict[str, list[float]] = {"sweeps": [], "passes": [], "elbo": [], "score": []}
    done = False
    while not done:
        done = ascent.is_warm and is_flat(trace["elbo"])
        ascent.advance()
        cost, n = ascent.sweeps + pass_cost * ascent.n_passes, len(trace["elbo"]) + 1
        done = done or (cost >= limit if limit else n == BUDGETS[-1])
        score = float("nan")  # takes time: now and then
        if done or n in BUDGETS or cost > 1.2 * scored_at:
            score, scored_at = problem.score(ascent.globals_.topic_word), cost
        values = (ascent.sweeps, ascent.n_passes, ascent.bound, score)
        for name, value in zip(trace, values, strict=True):
            trace[name].append(round(value, 5))
    return {"n_tokens": ascent.batch.n_tokens, "trace": trace}


def is_flat(bounds: list[float]) -> bool:
    """Whether the last of more than 40 passes have hardly raised the ELBO."""
    return len(bounds) > 40 and bounds[-1] - bounds[-6] < 5 * FLAT * abs(bounds[-1])


def seconds(problem: Problem) -> tuple[float, float]:
    """Of a sweep, and of a pass besides its sweeps, on this machine; topics after five passes."""
    ascent = Ascent(problem, Policy(then="ones"), seed=0)
    for _ in range(5):
        ascent.advance()
    best = {}
    for cap in (4, 24):
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            ascent.step("ones", cap, 0.0)
            times.append(time.perf_counter() - begin)
        best[cap] = min(times)
    sweep = (best[24] - best[4]) / 20
    return sweep, best[4] - 4 * sweep
