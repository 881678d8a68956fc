"""What ``fastvb mixture`` found, as it is printed and written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import fastvb

__all__ = ["Component", "MixtureResult"]

_SCHEMA = 1  # raised when a name or meaning in the JSON changes


@dataclass(frozen=True)
class Component:
    """One component; `index` is its row in the model's `means_`, and its name everywhere."""

    index: int
    weight: float
    means: list[float]
    standard_deviations: list[float]


@dataclass(frozen=True)
class MixtureResult:
    """Table, settings, components, and figures of one run."""

    source: str
    rows: int
    columns: list[str]
    n_components: int
    covariance_type: str
    inference: str  # "vb" or "em"
    weights: str | None  # of vb: "process" or "dirichlet"
    concentration: float | None  # of vb
    learning_method: str
    seed: int
    threads: int
    converged: bool
    lower_bounds: list[float]  # after each iteration: ELBO; of em, mean log-likelihood per row
    lower_bound: float  # of the result
    bic: float | None  # of em; lower is better
    aic: float | None
    components: list[Component]  # heaviest first
    components_with_rows: int  # those whose weight is at least that of one row
    rows_per_second: float  # rows x iterations / seconds of the iterations of the best start
    seconds: dict[str, float]  # read, fit

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON, with the version of fastvb and of the schema."""
        return {"fastvb": fastvb.__version__, "schema": _SCHEMA, **asdict(self)}
