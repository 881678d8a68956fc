"""Inference algorithms. They know the protocol of a model and no model."""

from fastvb.inference.cavi import cavi
from fastvb.inference.checking import check_model
from fastvb.inference.checkpoint import Checkpoint
from fastvb.inference.em import em
from fastvb.inference.f_function import f_function, h_function, q_function
from fastvb.inference.memoized import memoized
from fastvb.inference.monitor import FitState, Monitor
from fastvb.inference.schedule import ConstantRate, CosineRate, RobbinsMonro, Schedule
from fastvb.inference.streaming import streaming, streaming_step
from fastvb.inference.structured_svi import (
    structured_bound,
    structured_svi,
    structured_svi_step,
)
from fastvb.inference.svi import svi, svi_step

__all__ = [
    "Checkpoint", "ConstantRate", "CosineRate", "FitState", "Monitor", "RobbinsMonro", "Schedule",
    "cavi", "check_model", "em", "f_function", "h_function", "memoized", "q_function", "streaming",
    "streaming_step", "structured_bound", "structured_svi", "structured_svi_step", "svi",
    "svi_step",
]  # fmt: skip
