"""What ``fastvb topics`` found, as it is printed and written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import fastvb

__all__ = ["HeldOut", "Topic", "TopicsResult"]

_SCHEMA = 1  # raised when a name or meaning in the JSON changes


@dataclass(frozen=True)
class Topic:
    """One topic; `index` is its row in the model's `components_`, and its name everywhere."""

    index: int
    weight: float  # share of the training tokens
    words: list[str]  # most probable first
    probabilities: list[float]
    coherence: float | None  # mean NPMI of the ten most probable words; None for fewer than two


@dataclass(frozen=True)
class HeldOut:
    """Document completion: one half of each held-out document given the other.

    Where the documents leave no token to score, score and perplexity are None.
    """

    documents: int
    score: float | None  # nats per token
    perplexity: float | None


@dataclass(frozen=True)
class TopicsResult:
    """Corpus, settings, topics, and figures of one run."""

    source: str
    documents: int  # of the whole corpus, as words and tokens are
    words: int
    tokens: int
    training_tokens: int
    n_components: int
    learning_method: str
    doc_topic_prior: float | list[float]  # given or learned
    topic_word_prior: float | list[float]
    seed: int
    threads: int
    converged: bool
    lower_bounds: list[float]  # nats, after each iteration; for streaming, of each batch
    topics: list[Topic]  # heaviest first
    held_out: HeldOut | None
    coherence: float | None  # mean over topics
    passes: int  # over the training documents, in this run
    tokens_per_second: float  # training tokens x passes / seconds["fit"]
    seconds: dict[str, float]  # read, fit, score

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON, with the version of fastvb and of the schema."""
        return {"fastvb": fastvb.__version__, "schema": _SCHEMA, **asdict(self)}
