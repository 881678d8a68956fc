"""Work done ahead, in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["prefetched"]

_Item = TypeVar("_Item")
_DEPTH = 2


def prefetched(items: Iterator[_Item]) -> Iterator[_Item]:
    """Yield the items, while a thread makes the next two.

    Their order is theirs; what goes wrong in the thread is raised where the item is asked for. The
    thread ends with the items, or when this generator is closed or forgotten.
    """
    end = object()
    pool = ThreadPoolExecutor(1, thread_name_prefix="fastvb-read")
    try:
        waiting = deque(pool.submit(next, items, end) for _ in range(_DEPTH))
        while (item := waiting.popleft().result()) is not end:
            waiting.append(pool.submit(next, items, end))
            yield item  # type: ignore[misc]
    finally:
        pool.shutdown(cancel_futures=True)
