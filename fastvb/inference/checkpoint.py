"""Files from which an interrupted fit goes on."""

from __future__ import annotations

import os
from typing import Any

from fastvb._validation import check_integer

__all__ = ["Checkpoint"]


class Checkpoint:
    """Where a driver keeps its state, and how often it does.

    The file is replaced as a whole, so it is whole at any moment: what is killed, even while it
    writes, loses the work since the last checkpoint and nothing else. A resumed fit ends with the
    same bits as one that was never interrupted, given the same data. Nothing in the file is
    executed on loading.

    Parameters
    ----------
    path : str or path-like
        The file; nothing is appended to the name.
    every : int
        A checkpoint is written after this many updates (of a mini-batch, a batch, or in coordinate
        ascent all data), and when the fit ends.
    settings : dict or None
        What makes this fit differ from others, by name: arrays, or anything with a ``repr``. A file
        with other settings is refused. Leave out what may change, such as the number of iterations.
    resume : bool
        Go on from the file; start from the beginning if there is none. Otherwise the first
        checkpoint replaces it.

    Raises
    ------
    TypeError, ValueError
        If `every` is not a positive integer.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from fastvb.inference import Checkpoint
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "fit.npz"
    >>> checkpoint = Checkpoint(path, every=10, settings={"prior": np.ones(3)}, resume=True)
    >>> checkpoint.every
    10
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: int = 1,
        *,
        settings: dict[str, Any] | None = None,
        resume: bool = False,
    ) -> None:
        self.path, self.every = path, check_integer("every", every, 1)
        self.settings, self.resume = settings or {}, resume
