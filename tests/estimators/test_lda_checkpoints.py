"""Checkpoints of LatentDirichletAllocation: fits that are interrupted, and go on."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest
import scipy.sparse as sp
from reference.toy_lda import CORPUS, METHODS, lda

from fastvb.datasets import CorpusFile


@pytest.mark.parametrize("method", METHODS)
def test_resuming_what_is_done_changes_nothing(method, tmp_path):
    path = tmp_path / "fit.npz"
    made = lda(method).fit(CORPUS, checkpoint=path)
    again = lda(method).fit(CORPUS, checkpoint=path, resume=True)
    np.testing.assert_array_equal(again.components_, made.components_)
    assert again.n_batch_iter_ == made.n_batch_iter_


def test_resuming_with_other_data_or_a_score_that_was_not_there(tmp_path):
    path = tmp_path / "fit.npz"
    X = sp.csr_matrix(([1.0, 2.0, 3.0], [0, 1, 2], [0, 1, 3]), shape=(2, 3))
    lda("batch").fit(X, checkpoint=path)
    other = sp.csr_matrix((X.data, X.indices, [0, 2, 3]), shape=(2, 3))
    with pytest.raises(ValueError, match=r"X\.indptr"):
        lda("batch").fit(other, checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="validation"):
        lda("batch").fit(X, checkpoint=path, resume=True, validation=X)
    files = [CorpusFile.write(tmp_path / f"{n}.fvb", [n * CORPUS]) for n in (1, 2)]
    lda("online").fit(files[0], checkpoint=path)
    with pytest.raises(ValueError, match=r"X\.checksum"):
        lda("online").fit(files[1], checkpoint=path, resume=True)


class InterruptError(Exception):
    pass


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("method", ["batch", "collapsed", "online", "structured", "memoized"])
def test_resumed_fit_has_the_same_bits(method, dtype, tmp_path):
    X = CORPUS.astype(dtype)

    def interrupt(state):
        if state.n_iter == 3:
            raise InterruptError

    options = {"tol": 0}
    whole = lda(method, **options).fit(X)
    path = tmp_path / "state"
    with pytest.raises(InterruptError):
        lda(method, callback=interrupt, **options).fit(X, checkpoint=path, checkpoint_every=2)
    resumed = lda(method, **options).fit(X, checkpoint=path, resume=True)
    np.testing.assert_array_equal(resumed.components_, whole.components_)
    np.testing.assert_array_equal(resumed.lower_bounds_, whole.lower_bounds_)
    assert resumed.n_batch_iter_ == whole.n_batch_iter_
    with pytest.raises(ValueError, match="doc_topic_prior"):
        lda(method, doc_topic_prior=0.7, **options).fit(X, checkpoint=path, resume=True)
    with pytest.raises(ValueError, match="checkpoint to resume from"):
        lda(method).fit(X, resume=True)


KILLED = """
import sys
import numpy as np
from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus
method, path, result = sys.argv[1:]
X = make_lda_corpus(400, 300, 4, random_state=0)[0].counts
lda = LatentDirichletAllocation(
    4, learning_method=method, max_iter=40, batch_size=50, tol=0, random_state=0, n_jobs=1)
options = {"checkpoint": path, "resume": True} if path else {}
np.save(result, lda.fit(X, **options).components_)
"""


@pytest.mark.parametrize("method", ["collapsed", "online"])
def test_killed_again_and_again(method, tmp_path):
    def run(path, result):
        return subprocess.Popen([sys.executable, "-c", KILLED, method, path, result])

    whole, path, result = str(tmp_path / "whole.npy"), tmp_path / "state", tmp_path / "result.npy"
    assert run("", whole).wait(timeout=120) == 0
    rng, n_killed = np.random.default_rng(0), 0
    for _ in range(6):
        process = run(str(path), str(result))
        began = time.monotonic()
        while not path.exists() and process.poll() is None and time.monotonic() < began + 60:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.3) if n_killed else 0.05)
        if process.poll() is not None:
            break
        process.kill()
        process.wait()
        n_killed += 1
    assert n_killed > 0
    assert run(str(path), str(result)).wait(timeout=120) == 0
    np.testing.assert_array_equal(np.load(result), np.load(whole))


def test_checkpoint_in_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="Expected checkpoint"):
        lda("batch").fit(CORPUS, checkpoint=tmp_path / "nowhere" / "state")
