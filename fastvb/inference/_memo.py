"""What memoized inference remembers of each batch, in memory or on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from fastvb._state_file import Format, read_state, write_state

__all__ = ["Memo", "MemoInMemory", "MemoOnDisk"]

_FORMAT = Format("fastvb memo", 1)


class Memo(Protocol):
    """Statistics and local of each batch, by its number."""

    def get(self, number: int) -> tuple[Any, Any]:
        """Statistics and local of the batch's last visit."""
        ...

    def put(self, number: int, lap: int, stats: Any, local: Any) -> None:
        """Replace them by those of this lap."""
        ...

    def state(self) -> dict[int, Any]:
        """What a checkpoint needs."""
        ...

    def restore(self, state: dict[int, Any]) -> None:
        """Remember what a checkpoint knows."""
        ...

    def keep_for_checkpoint(self) -> None:
        """Note that the checkpoint relies on the present contents, no longer on older ones."""
        ...


class MemoInMemory:
    """Remembers objects."""

    def __init__(self) -> None:
        self._visits: dict[int, tuple[Any, Any]] = {}

    def get(self, number: int) -> tuple[Any, Any]:
        """Statistics and local of the batch's last visit."""
        return self._visits[number]

    def put(self, number: int, lap: int, stats: Any, local: Any) -> None:  # noqa: ARG002
        """Replace them."""
        self._visits[number] = stats, local

    def state(self) -> dict[int, Any]:
        """All of them."""
        return self._visits

    def restore(self, state: dict[int, Any]) -> None:
        """Remember what a checkpoint knows."""
        self._visits = state

    def keep_for_checkpoint(self) -> None:
        """Do nothing: a checkpoint holds copies."""


class MemoOnDisk:
    """Remembers files, one for each batch.

    A file's name holds the lap, so that those that a checkpoint relies on can stay beside newer
    ones until the next checkpoint.
    """

    def __init__(self, folder: str | os.PathLike[str], types: tuple[type, ...]) -> None:
        self._folder, self._types = Path(folder), types
        self._folder.mkdir(parents=True, exist_ok=True)
        self._laps: dict[int, int] = {}
        self._of_checkpoint: set[Path] = set()
        self._replaced: set[Path] = set()

    def get(self, number: int) -> tuple[Any, Any]:
        """Statistics and local of the batch's last visit."""
        path = self._path(number, self._laps[number])
        expected = f"what memoized inference has kept of batch {number}"
        state = read_state(path, _FORMAT, expected, lambda header: None, self._types)  # noqa: ARG005
        return state["stats"], state["local"]

    def put(self, number: int, lap: int, stats: Any, local: Any) -> None:
        """Write the file of this lap, and remove the last unless the checkpoint needs it."""
        state = {"stats": stats, "local": local}
        write_state(self._path(number, lap), _FORMAT, {}, state, self._types)
        if number in self._laps:
            last = self._path(number, self._laps[number])
            if last in self._of_checkpoint:
                self._replaced.add(last)
            else:
                last.unlink()
        self._laps[number] = lap

    def state(self) -> dict[int, Any]:
        """Laps of the files."""
        return self._laps

    def restore(self, state: dict[int, Any]) -> None:
        """Go on with the files that the checkpoint relies on, and remove others."""
        self._laps = state
        self.keep_for_checkpoint()
        for path in set(self._folder.glob("batch-*.lap-*.npz")) - self._of_checkpoint:
            path.unlink()

    def keep_for_checkpoint(self) -> None:
        """Remove files that only the last checkpoint relied on."""
        self._of_checkpoint = {self._path(*item) for item in self._laps.items()}
        for path in self._replaced:
            path.unlink()
        self._replaced.clear()

    def _path(self, number: int, lap: int) -> Path:
        return self._folder / f"batch-{number}.lap-{lap}.npz"
