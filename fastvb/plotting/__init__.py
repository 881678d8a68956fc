"""Pictures of fitted models, by matplotlib: topics over words and time, mixtures, bounds, BIC.

The functions return what they have drawn and neither show it nor touch pyplot's state, so that they
work without a display. matplotlib is imported when a function is called.
"""

from fastvb.plotting.bic import plot_bic
from fastvb.plotting.bound import plot_bound
from fastvb.plotting.mixture import plot_mixture
from fastvb.plotting.prevalence import plot_topic_prevalence
from fastvb.plotting.topics import plot_topics

__all__ = ["plot_bic", "plot_bound", "plot_mixture", "plot_topic_prevalence", "plot_topics"]
