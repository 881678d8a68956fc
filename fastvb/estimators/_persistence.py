"""Estimators as files."""

from __future__ import annotations

import os
from typing import Any

from fastvb import _state_file

__all__ = ["read_state", "write_state"]

_FORMAT = _state_file.Format("fastvb estimator", 1)


def write_state(
    path: str | os.PathLike[str], estimator: str, state: dict[str, Any], types: tuple[type, ...]
) -> None:
    """Write the state of an estimator of this name, which may hold dataclasses of these types."""
    _state_file.write_state(path, _FORMAT, {"estimator": estimator}, state, types)


def read_state(
    path: str | os.PathLike[str], estimator: str, types: tuple[type, ...]
) -> dict[str, Any]:
    """Read what :func:`write_state` has written for an estimator of the same name."""

    def problem_with(header: dict[str, Any]) -> str | None:
        saved = header["estimator"]
        return None if saved == estimator else f"a saved {saved}"

    return _state_file.read_state(path, _FORMAT, f"a saved {estimator}", problem_with, types)
