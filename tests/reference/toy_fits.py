"""A fit of the toy model by each driver, to be interrupted and resumed.

As a program it fits in child processes, which it kills again and again, until one comes to its end:
``python toy_fits.py DRIVER FOLDER`` prints how many it has killed and what the last has reached.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
from reference.bernoulli_mixture import BernoulliMixture, Blocks, random_data

from fastvb.inference import (
    Checkpoint,
    Monitor,
    RobbinsMonro,
    cavi,
    memoized,
    streaming,
    structured_svi,
    svi,
)

DATA = random_data(48)
BATCHES = [DATA[i : i + 7] for i in range(0, 48, 7)]
DRIVERS = ("cavi", "svi", "structured", "memoized", "spilled", "streaming")


class DrawingMixture(BernoulliMixture):
    """Local steps depend on random numbers and on where the last visit ended."""

    def local_step(self, batch, view, local=None, rng=None):
        stats, h, r = super().local_step(batch, view, local, rng)
        r = 0.9 * r + 0.1 * rng.random(r.shape) if local is None else 0.5 * (r + local)
        pairs = np.stack([r.T @ batch, r.T @ (1 - batch)], axis=-1)
        return type(stats)(r.sum(axis=0), pairs), h, r


MODEL = DrawingMixture(BernoulliMixture.flat(3, 5).prior)


def fit(driver, folder, *, model=MODEL, n_iter=6, monitor=None, every=1, settings=None):
    """Fit, resuming from a checkpoint in `folder`; None makes none."""
    monitor = monitor or Monitor(n_iter)
    checkpoint = None
    if folder is not None:
        path = Path(folder) / "checkpoint.npz"
        checkpoint = Checkpoint(path, every, settings=settings, resume=True)
    rng = np.random.RandomState(5)
    common = {"checkpoint": checkpoint, "rng": rng}
    if driver == "cavi":
        globals_ = cavi(model, BATCHES, monitor, **common)
    elif driver == "svi":
        globals_ = svi(model, Blocks(DATA, 7), monitor, schedule=RobbinsMonro(), **common)
    elif driver == "structured":
        schedule = RobbinsMonro(0.75, 0)
        globals_ = structured_svi(
            model, Blocks(DATA, 7), monitor, schedule=schedule, full=True, ramp=True, **common
        )
    elif driver == "streaming":
        stream = BATCHES * n_iter
        monitor.max_iter = None
        globals_ = streaming(
            model, iter(stream), monitor, forgetting=0.1, max_iter=3, tol=0, **common
        )
    else:
        spill = None if driver == "memoized" else Path(folder or ".") / "memo"
        globals_ = memoized(model, BATCHES, monitor, spill=spill, **common)
    return globals_, monitor, rng


def outcome(globals_, monitor, rng):
    """All bits that a fit has produced."""
    state = rng.get_state(legacy=True) if rng is not None else None
    parts = [x.tobytes() for x in vars(globals_).values()]
    parts += [values.tobytes() for values in monitor.trace().values()]
    return hashlib.sha256(pickle.dumps((parts, state[1].tobytes(), state[2]))).hexdigest()


def fit_in_child(driver, folder, n_iter):
    """Fit in a child process, which is killed after a few checkpoints; its outcome if it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, outcome(*fit(driver, folder, n_iter=n_iter)).encode())
        os._exit(0)
    os.close(writing)
    if not has_ended(child, Path(folder) / "checkpoint.npz", random.randint(0, 5)):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def has_ended(child, path, n_checkpoints):
    """Wait for a child's end or its checkpoints, and into the next one."""
    last = None
    while n_checkpoints > 0:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        present = path.stat().st_mtime_ns if path.exists() else None
        n_checkpoints -= present != last
        last = present
        time.sleep(2e-4)
    time.sleep(random.uniform(0, 4e-3))
    return False


def main():
    driver, folder, n_iter = sys.argv[1], sys.argv[2], int(sys.argv[3])
    n_killed, reached = 0, ""
    while not reached:
        reached = fit_in_child(driver, folder, n_iter)
        n_killed += not reached
    print(n_killed, reached)


if __name__ == "__main__":
    main()
