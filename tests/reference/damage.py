"""What happens to files: bits that flip, pieces that are lost, overwritten, or put behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def damaged(content: bytes, parts: Sequence[tuple[int, int]], n: int) -> Iterator[bytes]:
    """Yield `n` versions of a file, each one different from it at one random place.

    Places are as often in each of the `parts` (start, stop) as in any other, however small.
    """
    for seed in range(n):
        rng = np.random.default_rng(seed)
        start, stop = parts[seed % len(parts)]
        yield _damaged_at(int(rng.integers(start, stop)), content, rng)


def _damaged_at(place: int, content: bytes, rng: np.random.Generator) -> bytes:
    behind = min(place + int(rng.integers(1, 100)), len(content))
    match rng.integers(8):
        case 0 | 1 | 2:
            flipped = bytes([content[place] ^ (1 << int(rng.integers(8)))])
            return content[:place] + flipped + content[place + 1 :]
        case 3:
            other = bytes([content[place] ^ int(rng.integers(1, 256))])
            return content[:place] + other + content[place + 1 :]
        case 4:
            return content[:place] + rng.bytes(behind - place) + content[behind:]
        case 5:
            return content[:place] + bytes(behind - place) + content[behind:]
        case 6:
            return content[:place] if rng.random() < 0.5 else content[:place] + content[behind:]
        case _:
            more = rng.bytes(int(rng.integers(1, 100)))
            at = place if rng.random() < 0.5 else len(content)
            return content[:at] + more + content[at:]
