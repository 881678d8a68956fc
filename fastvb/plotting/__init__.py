"""Pictures of fitted models, by matplotlib: topics as bars of words or over time, the bound.

The functions return what they have drawn and neither show it nor touch pyplot's state, so that they
work without a display. matplotlib is imported when a function is called.
"""

from fastvb.plotting.bound import plot_bound
from fastvb.plotting.prevalence import plot_topic_prevalence
from fastvb.plotting.topics import plot_topics

__all__ = ["plot_bound", "plot_topic_prevalence", "plot_topics"]
