"""Non-zero counts per second of online inference, beside how good the topics are.

Both sides make the same stochastic steps, of length (1 + t) ** -0.5 (gensim's default), on
mini-batches of as many documents, with as many inner iterations at most, until a document's topic
counts change by less than 0.001 on average. Ours are in single precision, as gensim's are. To be as
good as a rival, ours may also make the steps that are their default.
"""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import fastvb
from fastvb.datasets import make_lda_corpus
from versus import adapters
from versus.curves import (
    Contestant,
    Median,
    Points,
    Problem,
    curves,
    first_as_good,
    measure,
    problems,
    stored,
)

MINIBATCH = ("fastvb_online", "fastvb_online_default", "gensim", "gensim_multicore")  # adapters
OURS = "fastvb online"


class Setting(NamedTuple):
    """How a library makes its steps."""

    batch: int  # documents
    inner: int  # iterations of a document at most

    def __str__(self) -> str:
        return f"{self.batch} documents, {self.inner} iterations"


def report(options: argparse.Namespace) -> None:
    """Fit, score, print; points that the file of --json holds are not measured again."""
    points, offered = stored(options.json), contestants(options)
    for problem in problems(options, generated):
        print(f"\n{problem}", flush=True)
        for contestant in offered:
            measure(points, problem, contestant, options)
        for passes in options.passes:
            print(f"{passes} pass{'es' * (passes > 1)}")
            print(table(found(points, problem, offered, passes), problem.train.nnz * passes))


def generated() -> tuple[str, Any]:
    """50,000 documents of about 60 distinct words."""
    corpus, _, _ = make_lda_corpus(50_000, 20_000, 100, document_length=60, random_state=0)
    return "generated", corpus.counts


def contestants(options: argparse.Namespace) -> list[Contestant]:
    """Each library with each setting that is asked for."""
    rivals, _, _ = adapters.offering("lda", {"lda_curve"})
    settings = [Setting(batch, inner) for batch in options.batches for inner in options.inner]
    return [
        Contestant(
            f"{adapter.NAME}, {setting}", adapter, sorted(options.passes),
            adapter.stochastic_options(*setting),
        )
        for adapter in map(adapters.load, MINIBATCH)
        if adapter.NAME in rivals or adapter.NAME.startswith(OURS)
        for setting in settings
        if options.only in f"{adapter.NAME}, {setting}"
    ]  # fmt: skip


def found(
    points: Points, problem: Problem, offered: list[Contestant], passes: int
) -> dict[str, Median]:
    """Where each contestant is after so many passes."""
    names = [contestant.name for contestant in offered]
    measured = curves(points, problem.corpus, problem.topics, fastvb.get_num_threads())
    return {name: at for name in names for at in measured.get(name, ()) if at.budget == passes}


def table(medians: dict[str, Median], size: int) -> str:
    """Rates; beside a rival's, ours with the same setting and our fastest as good as its."""
    ours = {name: at for name, at in medians.items() if name.startswith(OURS)}
    head = f"{'':60} {'seconds':>8} {'million/s':>9} {'score':>8}"
    lines = [f"{head} | {'same':>5} {'ahead':>7} | {'as good':>7}"]
    for name, at in medians.items():
        line = f"{name:60} {at.seconds:8.3f} {size / at.seconds / 1e6:9.3f} {at.score:8.4f}"
        if name not in ours:
            line += beside(name, at, ours)
        lines.append(line)
    return "\n".join(lines)


def beside(rival: str, at: Median, ours: dict[str, Median]) -> str:
    """How many times faster we are with the same setting, and at a score as good."""
    line, same = " |", ours.get(f"{OURS}, {rival.partition(', ')[2]}")
    if same is not None:
        line += f" {at.seconds / same.seconds:5.1f} {same.score - at.score:+7.4f} |"
    as_good = first_as_good({name: [one] for name, one in ours.items()}, at.score)
    if as_good is None:
        return line + " not reached"
    name, first = as_good
    return line + f" {at.seconds / first.seconds:7.1f} {name.partition(', ')[2]}"
