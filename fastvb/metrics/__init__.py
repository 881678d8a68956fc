"""Scores of topics, of any library."""

from fastvb.metrics._coherence import coherence_npmi
from fastvb.metrics._completion import completion_score
from fastvb.metrics._diversity import topic_diversity
from fastvb.metrics._matching import match_topics

__all__ = ["coherence_npmi", "completion_score", "match_topics", "topic_diversity"]
