"""Twins of the kernels in _random.pyx."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def words(
    seed: int, stream: int, step: int, blocks: NDArray[np.uint64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Philox4x32-10 of counters (block, block >> 32, stream, step): two words of 64 bits each."""
    a, b = blocks & _LOW, blocks >> _32
    c, d = np.full_like(blocks, stream), np.full_like(blocks, step)
    for i in range(10):
        key_0 = np.uint64((seed + i * 0x9E3779B9) & 0xFFFFFFFF)
        key_1 = np.uint64(((seed >> 32) + i * 0xBB67AE85) & 0xFFFFFFFF)
        from_a, from_c = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, b = (from_c >> _32) ^ b ^ key_0, from_c & _LOW
        c, d = (from_a >> _32) ^ d ^ key_1, from_a & _LOW
    return a | b << _32, c | d << _32


def uniforms(x: NDArray[np.uint64], size: int, n_bits: int) -> NDArray[np.float64]:
    """In (0, 1), from the upper `n_bits` of words of `size` bits."""
    k: NDArray[np.uint64] = x >> np.uint64(size - n_bits)
    return (k + 0.5) * 0.5**n_bits


def normal_pairs(
    word: NDArray[np.uint64], other: NDArray[np.uint64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n_bits = 52 if size == 64 else 31
    radius = np.sqrt(-2 * np.log(uniforms(word, size, n_bits)))
    negative = (other >> np.uint64(size - 1)) % np.uint64(2) == 1
    swap = (other >> np.uint64(size - 2)) % np.uint64(2) == 1
    angle = uniforms(other << np.uint64(2) + np.uint64(64 - size), 64, 52) * 2 - 1
    if size == 32:  # there the rest is a signed number
        angle = (angle + 2) % 2 - 1
    cosine, sine = np.cos(np.pi / 4 * angle), np.sin(np.pi / 4 * angle)
    radius = np.where(negative, -radius, radius)
    return radius * np.where(swap, sine, cosine), radius * np.where(swap, cosine, sine)


def log_gamma_draws(shape: NDArray[Any], seed: int, stream: int, start: int) -> NDArray[np.float64]:
    """log g, g ~ Gamma(shape, 1), as the kernel of shape's type draws it."""
    size = 8 * shape.dtype.itemsize
    begin = start // 2 * 2
    end = start + len(shape) + (start + len(shape)) % 2
    a = np.ones(end - begin)
    a[start - begin :][: len(shape)] = shape
    numbers = np.arange(begin, end, dtype=np.uint64)
    if size == 64:
        first, second = words(seed, stream, 0, numbers)
    else:
        wide, wide_second = words(seed, stream, 0, numbers[::2] // np.uint64(2))
        first = np.stack([wide & _LOW, wide >> _32], 1).ravel()
        second = np.stack([wide_second & _LOW, wide_second >> _32], 1).ravel()
    x = np.stack(normal_pairs(first[::2], first[1::2], size), 1).ravel()
    spare = 12 if size == 64 else 8
    u = uniforms(words(seed, stream, 1, numbers)[0], 64, 52 if size == 64 else 31)
    u = (second % np.uint64(2**spare) + u) / 2**spare

    d = a + 2 / 3
    log_g = np.full(len(a), np.nan)
    step = 2
    while np.isnan(log_g).any():
        y = x / (3 * np.sqrt(d))
        with np.errstate(invalid="ignore", divide="ignore"):
            t = x**2 / 2 + d - d * (1 + y) ** 3 + 3 * d * np.log1p(y)
            accepted = np.isnan(log_g) & (y > -1) & (np.log(u) < t)
        log_g[accepted] = (np.log(d) + 3 * np.log1p(np.maximum(y, -0.99999999)))[accepted]
        word, other = words(seed, stream, step, numbers)
        accept, _ = words(seed, stream, step + 1, numbers)
        if size == 32:
            word, other, accept = word >> _32, other >> _32, accept >> _32
        x, _ = normal_pairs(word, other, size)
        u = uniforms(accept, size, 52 if size == 64 else 31)
        step += 2
    log_g += np.log(uniforms(second, size, 52 if size == 64 else 24)) / a
    return log_g[start - begin :][: len(shape)]
