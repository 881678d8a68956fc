"""Checkpoints: a fit that was interrupted ends with the bits of one that was not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from reference import toy_fits
from reference.bernoulli_mixture import BernoulliMixture, Terms, random_data
from reference.damage import damaged
from reference.toy_fits import DRIVERS, MODEL, DrawingMixture, fit, outcome

from fastvb.inference import (
    Checkpoint,
    Monitor,
    RobbinsMonro,
    cavi,
    memoized,
    structured_svi,
    svi,
)
from fastvb.models import DocumentBatch, LDAModel, MatrixMinibatches

N_ITER = 3


class GaveUpError(Exception):
    pass


class Interrupted(DrawingMixture):
    """Gives up at one of the local steps."""

    def __init__(self, prior, n_steps):
        super().__init__(prior)
        object.__setattr__(self, "left", [n_steps])

    def local_step(self, batch, view, local=None, rng=None):
        self.left[0] -= 1
        if self.left[0] < 0:
            raise GaveUpError
        return super().local_step(batch, view, local, rng)

    def with_prior(self, globals_):
        renewed = Interrupted(globals_, 0)
        object.__setattr__(renewed, "left", self.left)
        return renewed


Interrupted.__name__ = "DrawingMixture"  # which checkpoints keep


@pytest.fixture(params=DRIVERS)
def driver(request):
    return request.param


def uninterrupted(driver, tmp_path):
    folder = tmp_path / "whole" if driver == "spilled" else None
    if folder is None:
        return outcome(*fit(driver, None, n_iter=N_ITER))
    folder.mkdir()
    return outcome(*fit(driver, folder, n_iter=N_ITER))


def test_resumed_is_uninterrupted(driver, tmp_path):
    """Interrupted after each number of local steps, again and again."""
    expected = uninterrupted(driver, tmp_path)
    for n_steps, every in ((8, 1), (9, 1), (11, 3), (13, 3)):
        every = 1 if driver == "cavi" else every  # its updates are passes over all batches
        folder = tmp_path / str(n_steps)
        folder.mkdir()
        for _ in range(30):
            try:
                model = Interrupted(MODEL.prior, n_steps)
                result = fit(driver, folder, model=model, n_iter=N_ITER, every=every)
                break
            except GaveUpError:
                continue
        assert outcome(*result) == expected
        leftovers = [name for name in os.listdir(folder) if name.startswith(".")]
        assert leftovers == []
        if driver == "spilled":
            assert len(os.listdir(folder / "memo")) == len(toy_fits.BATCHES)


def test_checkpoints_do_not_change_the_result(driver, tmp_path):
    assert outcome(*fit(driver, tmp_path, n_iter=N_ITER)) == uninterrupted(driver, tmp_path)


def test_a_finished_fit_goes_on_with_more_iterations(driver, tmp_path):
    expected = uninterrupted(driver, tmp_path)
    for n_iter in (1, 2, N_ITER, N_ITER):
        result = fit(driver, tmp_path, n_iter=n_iter)
    assert outcome(*result) == expected


def test_without_resume_it_starts_afresh(tmp_path):
    path = tmp_path / "fit"
    model = BernoulliMixture.flat(2, 5)
    for _ in range(2):
        monitor = Monitor(2)
        cavi(
            model,
            [random_data()],
            monitor,
            rng=np.random.default_rng(0),
            checkpoint=Checkpoint(path),
        )
        assert len(monitor.lower_bounds) == 2


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("driver", [cavi, svi, structured_svi, memoized])
def test_topics_go_on_to_the_same_bits(driver, dtype, tmp_path):
    """Lazily scaled, padded and shared rows survive the file."""
    X = sp.csr_matrix(np.random.default_rng(0).poisson(0.3, (40, 50)).astype(dtype))
    model = LDAModel(np.full(3, 0.5, dtype), 0.1, 50, dtype=dtype)
    stochastic = driver in (svi, structured_svi)
    parts = [DocumentBatch(X[:25]), DocumentBatch(X[25:])]
    data = MatrixMinibatches(X, 7, seed=0) if stochastic else parts
    options = {"schedule": RobbinsMonro(0.7, 2)} if stochastic else {}

    def topics(n_iter, checkpoint):
        rng, monitor = np.random.default_rng(1), Monitor(n_iter)
        got = driver(model, data, monitor, rng=rng, checkpoint=checkpoint, **options)
        return got.topic_word, monitor.lower_bounds

    topics(2, Checkpoint(tmp_path / "fit", every=4))
    resumed, bounds = topics(5, Checkpoint(tmp_path / "fit", every=4, resume=True))
    expected, expected_bounds = topics(5, None)
    np.testing.assert_array_equal(resumed, expected)
    assert bounds == expected_bounds


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("driver", ["svi", "spilled"])
def test_killed_again_and_again(driver, tmp_path):
    tests, n_iter = Path(toy_fits.__file__).parents[1], 5
    command = [sys.executable, "-m", "reference.toy_fits", driver, str(tmp_path), str(n_iter)]
    env = {**os.environ, "PYTHONPATH": str(tests)}
    run = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    n_killed, reached = run.stdout.split()
    other = tmp_path / "other"
    other.mkdir()
    assert reached == outcome(*fit(driver, other, n_iter=n_iter))
    assert int(n_killed) >= 5
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == []


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"driver": "svi"}, "a checkpoint of this fit by svi, got one by cavi"),
        ({"settings": {"n": 3, "prior": np.ones(2)}}, "got one with n=2 where this fit has n=3"),
        ({"settings": {"n": 2, "prior": np.zeros(2)}}, "with prior=array.float64, shape=.2,., sha"),
        ({"settings": {"n": 2}}, "with prior=array.* where this fit has prior=nothing"),
        ({"settings": {"n": 2, "prior": np.ones(2), "tau": 1}}, "tau=nothing where .* tau=1"),
        ({"model": BernoulliMixture(MODEL.prior)}, "model='DrawingMixture' where .*'BernoulliM"),
    ],
)
def test_checkpoints_of_other_fits_are_refused(other, message, tmp_path):
    fit("cavi", tmp_path, settings={"n": np.int64(2), "prior": np.ones(2)})
    arguments = {"driver": "cavi", "settings": {"n": 2, "prior": np.ones(2)}} | other
    if "driver" in other:
        arguments["settings"] = {}
    with pytest.raises(ValueError, match=message):
        fit(arguments.pop("driver"), tmp_path, **arguments)


def test_the_drivers_own_settings_count(tmp_path):
    path, model, rng = tmp_path / "fit", BernoulliMixture.flat(2, 5), np.random.default_rng(0)
    checkpoint = Checkpoint(path, resume=True)
    cavi(model, [random_data()], Monitor(1), rng=rng, checkpoint=checkpoint)
    with pytest.raises(ValueError, match=r"rng='Generator.PCG64.' where .* rng='RandomState.MT19"):
        cavi(
            model, [random_data()], Monitor(1), rng=np.random.RandomState(0), checkpoint=checkpoint
        )


def test_damaged_files_are_refused(tmp_path):
    fit("cavi", tmp_path)
    path = tmp_path / "checkpoint.npz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="a checkpoint of this fit by cavi, got a damaged file"):
        fit("cavi", tmp_path)
    np.savez(path, x=np.ones(3))
    with pytest.raises(ValueError, match="got a damaged file or one of another kind"):
        fit("cavi", tmp_path)


@pytest.mark.parametrize("driver", ["svi", "memoized"])
def test_damage_anywhere_is_found_or_harmless(driver, tmp_path):
    path, n_refused, n_harmless = tmp_path / "checkpoint.npz", 0, 0
    expected = outcome(*fit(driver, tmp_path, n_iter=1))
    content = path.read_bytes()
    directory = content.index(b"PK\1\2")
    for wrong in damaged(content, [(0, directory), (directory, len(content))], 200):
        path.write_bytes(wrong)
        try:
            result = fit(driver, tmp_path, n_iter=1)
        except ValueError as error:
            n_refused += f"{path} to be a checkpoint of this fit by {driver}, got" in str(error)
            continue
        assert outcome(*result) == expected
        n_harmless += 1
    assert n_refused + n_harmless == 200
    assert n_refused > 150


def test_damaged_files_of_spilled_statistics_are_refused(tmp_path):
    fit("spilled", tmp_path, n_iter=1)
    path = tmp_path / "memo" / "batch-3.lap-1.npz"
    content = path.read_bytes()
    path.write_bytes(content[:-300] + bytes(40) + content[-260:])
    with pytest.raises(ValueError, match="to be what memoized inference has kept of batch 3, got"):
        fit("spilled", tmp_path, n_iter=2)


def test_bad_input(tmp_path):
    with pytest.raises(ValueError, match="every to be at least 1, got every=0"):
        Checkpoint(tmp_path / "fit", every=0)

    class Unnamed(BernoulliMixture):
        state_types = property()

    model = Unnamed(BernoulliMixture.flat(2, 5).prior)
    with pytest.raises(TypeError, match="a model with state_types, which a checkpoint needs"):
        cavi(model, [random_data()], Monitor(1), checkpoint=Checkpoint(tmp_path / "fit"))
    with pytest.raises(FileNotFoundError):
        fit("cavi", tmp_path / "absent")
    assert isinstance(MODEL.prior, Terms)
