"""Fits of growing length: what each cost, and how good its topics are.

Every contestant fits the same training documents with the same number of topics, symmetric priors
of 0.1 and the same threads, from several seeds, to a growing number of passes. Its topics are then
scored by one yardstick, document completion, on held-out documents without the words that training
has not seen. Fits are timed, conversions and scores are not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import fastvb
from fastvb.datasets import read_corpus
from fastvb.metrics import completion_score

PRIOR = 0.1  # of documents and of topics
HELD_OUT = 0.1  # of the documents
SHORT, REPEATS = 1.0, 5  # fits of less than a second are repeated: the median counts
STEPS = "lda_curve_by_steps"  # for fits that go on where a shorter one stopped


class Contestant(NamedTuple):
    """A library and how it is used."""

    name: str
    adapter: Any
    budgets: Sequence[int]  # passes or sweeps, rising
    options: dict[str, Any]  # for the adapter's function


class Problem(NamedTuple):
    """What is to be fitted."""

    corpus: str
    topics: int
    train: Any  # (n_docs, n_words) CSR
    test: Any

    def __str__(self) -> str:
        size = f"{self.train.shape[0]:,} documents, {self.train.nnz:,} non-zeros"
        return f"{self.corpus}, {self.topics} topics, {fastvb.get_num_threads()} threads: {size}"


@dataclass(frozen=True)
class Point:
    """One fit."""

    corpus: str
    topics: int
    threads: int
    library: str
    budget: int  # passes or sweeps
    seed: int
    seconds: float
    score: float  # nats per token


class Median(NamedTuple):
    """Of one budget over the seeds."""

    budget: int
    seconds: float
    score: float
    spread: float  # standard deviation of the scores


Points = dict[tuple[Any, ...], Point]  # by all of a point but seconds and score


def problems(options: Any, otherwise: Callable[[], tuple[str, Any]]) -> Iterator[Problem]:
    """The given files; without them, one corpus by its name and counts."""
    files = options.data or [None]
    topics = options.topics * len(files) if len(options.topics) == 1 else options.topics
    if len(topics) != len(files):
        raise SystemExit(f"Expected --topics to be one number or {len(files)}, got {topics}.")
    for file, k in zip(files, topics, strict=True):
        if file is None:
            name, counts = otherwise()
        else:
            name, counts = file.name, read_corpus(file).counts
        k, counts = (5, counts[:200]) if options.quick else (k, counts)
        yield Problem(name, k, *split(counts))


def split(counts: Any) -> tuple[Any, Any]:
    """Training and held-out documents, of the words that training has seen."""
    order = np.random.default_rng(0).permutation(counts.shape[0])
    n_test = round(HELD_OUT * len(order))
    train, test = counts[np.sort(order[n_test:])], counts[np.sort(order[:n_test])]
    seen = np.unique(train.indices)
    return train[:, seen], test[:, seen]


def measure(points: Points, problem: Problem, contestant: Contestant, options: Any) -> None:
    """Add what is missing of a contestant's points, from the smallest budget upwards.

    A fit that would take longer than `options.cap`, by what the one before it took, is left out.
    """
    train, key = problem.train, key_of(problem, contestant.name)
    budgets = contestant.budgets[: 2 if options.quick else None]
    warm = False
    for seed in range(1 if options.quick else options.seeds):
        while (budget := next_budget(points, key, budgets, seed, options.cap)) is not None:
            if not warm:  # processes are started, libraries loaded
                next(timed_fits(contestant, train[:50], problem.topics, budgets[:1], 0))
                warm = True
            rising = budgets if STEPS in contestant.adapter.TASKS else (budget,)
            for at, seconds, topics in fits(contestant, train, problem.topics, rising, seed):
                score = completion_score(topics, problem.test, doc_topic_prior=PRIOR)
                points[*key, at, seed] = Point(*key, at, seed, seconds, score)
                store(options.json, points)
                if next_budget(points, key, budgets, seed, options.cap) is None:
                    break


def fits(*arguments: Any) -> Iterator[tuple[int, float, np.ndarray]]:
    """:func:`timed_fits`, several times where they are short."""
    for at, seconds, topics in timed_fits(*arguments):
        taken = [seconds]
        while seconds < SHORT and len(taken) < REPEATS and len(arguments[3]) == 1:
            taken.append(next(timed_fits(*arguments))[1])
        yield at, float(np.median(taken)), topics


def key_of(problem: Problem, library: str) -> tuple[Any, ...]:
    return problem.corpus, problem.topics, fastvb.get_num_threads(), library


def next_budget(
    points: Points, key: tuple[Any, ...], budgets: Sequence[int], seed: int, cap: float
) -> int | None:
    """The smallest without a point, None where there is none or it would take too long."""
    last = None
    for budget in budgets:
        if (found := points.get((*key, budget, seed))) is None:
            too_long = last is not None and last.seconds * budget / last.budget > cap
            return None if too_long else budget
        last = found
    return None


def timed_fits(
    contestant: Contestant, train: Any, topics: int, budgets: Sequence[int], seed: int
) -> Iterator[tuple[int, float, np.ndarray]]:
    """A fit of one budget; or one that goes on from budget to budget, where there are several.

    What the caller does between two budgets is not timed.
    """
    task, budget = (STEPS, budgets) if len(budgets) > 1 else ("lda_curve", budgets[0])
    data: tuple[Any, ...] = (train, topics, PRIOR, PRIOR, budget, seed)
    prepare = getattr(contestant.adapter, "PREPARE", {}).get(task)
    if prepare is not None:
        data = prepare(*data)
    seconds, start = 0.0, time.perf_counter()
    result = contestant.adapter.TASKS[task](*data, **contestant.options)
    for at, found in zip(budgets, result if task == STEPS else [result], strict=True):
        seconds += time.perf_counter() - start
        yield at, seconds, found
        start = time.perf_counter()


def stored(file: Path | None) -> Points:
    if file is None or not file.exists():
        return {}
    rows = json.loads(file.read_text(encoding="utf-8"))["points"]
    return {astuple(point)[:6]: point for point in (Point(**row) for row in rows)}


def store(file: Path | None, points: Points) -> None:
    if file is not None:
        text = json.dumps({"points": [asdict(point) for point in points.values()]}, indent=1)
        file.write_text(text + "\n", encoding="utf-8")


def curves(points: Points, corpus: str, topics: int, threads: int) -> dict[str, list[Median]]:
    """Each library's medians, by rising budget."""
    wanted = (corpus, topics, threads)
    chosen = [p for p in points.values() if (p.corpus, p.topics, p.threads) == wanted]
    found: dict[str, list[Median]] = {}
    for library, budget in sorted({(p.library, p.budget) for p in chosen}):
        fits = [p for p in chosen if (p.library, p.budget) == (library, budget)]
        scores = [p.score for p in fits]
        seconds = float(np.median([p.seconds for p in fits]))
        median = Median(budget, seconds, float(np.median(scores)), float(np.std(scores)))
        found.setdefault(library, []).append(median)
    return found


def first_as_good(found: dict[str, list[Median]], score: float) -> tuple[str, Median] | None:
    """Who is first at a score, and where; nothing is interpolated."""
    reached = [(name, at) for name, curve in found.items() for at in curve if at.score >= score]
    return min(reached, key=lambda pair: pair[1].seconds, default=None)
