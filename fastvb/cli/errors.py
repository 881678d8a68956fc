"""What the user can put right."""

from __future__ import annotations

__all__ = ["UsageError"]


class UsageError(Exception):
    """Wrong usage or unreadable input; prints as one line, ``command: message``."""

    def __init__(self, message: str, command: str) -> None:
        super().__init__(message)
        self._command = command

    def __str__(self) -> str:
        return f"{self._command}: {' '.join(super().__str__().split())}"
