"""Saved estimators: bit for bit what they were, or one clear error."""

from __future__ import annotations

import json
import os
import pickle
import zipfile

import numpy as np
import pytest
import scipy.sparse as sp
from reference.damage import damaged

from fastvb import LatentDirichletAllocation
from fastvb.datasets import make_lda_corpus


def corpus(dtype=np.float64):
    X, _, _ = make_lda_corpus(50, 40, 3, document_length=30, random_state=0)
    return sp.csr_matrix(X.counts.astype(dtype))


def fitted(dtype=np.float64, **parameters):
    parameters = {"random_state": 0, "max_iter": 5} | parameters
    return LatentDirichletAllocation(3, **parameters).fit(corpus(dtype))


def assert_same(a, b):
    """The same value of the same type, arrays bit for bit."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, np.random.RandomState):
        np.testing.assert_equal(a.get_state(legacy=False), b.get_state(legacy=False))
    elif isinstance(a, np.random.Generator):
        np.testing.assert_equal(a.bit_generator.state, b.bit_generator.state)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key, value in a.items():
            assert_same(value, b[key])
    elif isinstance(a, (list, tuple)):
        for x, y in zip(a, b, strict=True):
            assert_same(x, y)
    else:
        assert a == b


def round_trip(lda, tmp_path):
    lda.save(tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]  # the name as given, and nothing else
    again = type(lda).load(tmp_path / "model")
    assert_same(again.__getstate__(), lda.__getstate__())
    return again


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"doc_topic_prior": [0.1, 0.2, 0.3], "topic_word_prior": np.full(40, 0.1), "tol": 0},
        {"topic_word_prior": np.full((3, 40), 0.1, np.float32), "doc_topic_prior": (1, 0.5, 2.0)},
        {"max_iter": np.int64(4), "tol": np.float32(0.1), "n_jobs": 2, "doc_init": "warm"},
        {"random_state": None, "verbose": 0, "evaluate_every": 1, "perp_tol": 0.0},
        {"random_state": np.random.RandomState(3)},
        {"random_state": np.random.default_rng(3)},
        {"random_state": np.random.Generator(np.random.MT19937(3))},
        {"random_state": np.random.Generator(np.random.Philox(3))},
        {"random_state": np.random.RandomState(np.random.PCG64(3))},
    ],
)
def test_round_trip(parameters, dtype, tmp_path):
    X, lda = corpus(dtype), fitted(dtype, **parameters)
    again = round_trip(lda, tmp_path)
    np.testing.assert_array_equal(again.transform(X), lda.transform(X))
    np.testing.assert_array_equal(again.document_bound(X), lda.document_bound(X))
    np.testing.assert_array_equal(again.topic_word_distribution(), lda.topic_word_distribution())
    assert again.elbo(X) == lda.elbo(X)
    assert not again.components_.flags.writeable
    assert_same(again.random_state_.normal(size=3), lda.random_state_.normal(size=3))


def test_estimators_that_were_not_fitted_to_documents(tmp_path):
    X, lda = corpus(), fitted()
    for made in (
        LatentDirichletAllocation.from_components(lda.components_, doc_topic_prior=0.2, n_jobs=1),
        LatentDirichletAllocation.from_topics(lda.topic_word_distribution(), doc_topic_prior=0.2),
        LatentDirichletAllocation.from_topics(np.array([[0.3, 0.7, 0], [0.1, 0.9, 0]], np.float32)),
    ):
        again = round_trip(made, tmp_path)
        documents = X[:, : made.n_features_in_].toarray()
        documents[:, -1] = 0
        np.testing.assert_array_equal(again.transform(documents), made.transform(documents))
        assert again.score(documents) == made.score(documents)


def test_column_names(tmp_path):
    pd = pytest.importorskip("pandas", reason="needs pandas")
    frame = pd.DataFrame(corpus().toarray(), columns=[f"wört{i}" for i in range(40)])
    lda = LatentDirichletAllocation(2, max_iter=2).fit(frame).set_output(transform="pandas")
    again = round_trip(lda, tmp_path)
    pd.testing.assert_frame_equal(again.transform(frame), lda.transform(frame))


def test_callback_is_left_out(tmp_path):
    lda = fitted(callback=lambda state: None)
    lda.save(tmp_path / "model.npz")
    assert LatentDirichletAllocation.load(tmp_path / "model.npz").callback is None


def test_what_cannot_be_saved(tmp_path):
    lda = fitted()
    lda.set_params(verbose=np.array([object()]))
    with pytest.raises(TypeError, match="Expected verbose to be numbers, strings or None"):
        lda.save(tmp_path / "model")
    with pytest.raises(ValueError, match="Call fit first"):
        LatentDirichletAllocation().save(tmp_path / "model")
    with pytest.raises(FileNotFoundError):
        fitted().save(tmp_path / "absent" / "model")
    assert os.listdir(tmp_path) == []


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    lda = fitted()
    lda.save(path)
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space"):
        fitted(max_iter=2).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.npz"]


@pytest.mark.skipif(os.name != "posix", reason="open files keep their place in the folder")
def test_who_reads_the_old_file_reads_on(tmp_path):
    path = tmp_path / "model.npz"
    fitted().save(path)
    before = path.read_bytes()
    with path.open("rb") as reader:
        fitted(max_iter=2).save(path)
        assert reader.read() == before
    assert path.read_bytes() != before


def test_a_damaged_shape_asks_for_no_memory(tmp_path):
    path = tmp_path / "model.npz"
    fitted().save(path)
    shape, huge = b"'shape': (3, 40), }", b"'shape': (3, 4" + 14 * b"0" + b"), }"
    content = path.read_bytes()
    assert content.count(shape.ljust(len(huge))) == 1
    path.write_bytes(content.replace(shape.ljust(len(huge)), huge))
    check_refused(path, "bad checksum of components_.npy")


def test_a_link_keeps_its_place(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "model")
    fitted().save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert LatentDirichletAllocation.load(tmp_path / "model").n_components == 3


def check_refused(path, message=""):
    with pytest.raises(ValueError, match=f"Expected .*{path.name} to be a saved Latent.*{message}"):
        LatentDirichletAllocation.load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_stays_a_pipe(tmp_path):
    """As must a device: root may replace /dev/null."""
    pipe, copy = tmp_path / "pipe", tmp_path / "copy.npz"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    lda = fitted()
    lda.save(pipe)
    copy.write_bytes(os.read(reader, 1 << 20))
    os.close(reader)
    assert pipe.is_fifo()
    assert_same(LatentDirichletAllocation.load(copy).components_, lda.components_)


def test_foreign_files(tmp_path):
    path = tmp_path / "file"
    foreign = {
        "nothing": b"",
        "text": b"not a model\n" * 10,
        "pickle": pickle.dumps(fitted()),
        "zip start": b"PK\x03\x04" + bytes(100),
    }
    for content in foreign.values():
        path.write_bytes(content)
        check_refused(path, "another kind")
    np.save(path.with_suffix(".npy"), np.ones(3))
    check_refused(path.with_suffix(".npy"), "another kind")
    np.savez(path.with_suffix(".npz"), x=np.ones(3))
    check_refused(path.with_suffix(".npz"), "another kind")
    with pytest.raises(FileNotFoundError):
        LatentDirichletAllocation.load(tmp_path / "absent")


def test_truncated_and_flipped(tmp_path):
    path = tmp_path / "model.npz"
    lda = fitted(max_iter=1)
    lda.save(path)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for length in [*range(0, 200, 7), *rng.integers(200, len(content), 40)]:
        path.write_bytes(content[:length])
        check_refused(path)
        path.write_bytes(content[length:])  # the directory stands at the end
        if length > 0:
            check_refused(path)
    n_refused = 0
    for position in rng.integers(0, len(content), 400):
        flipped = bytearray(content)
        flipped[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(flipped)
        try:
            again = LatentDirichletAllocation.load(path)
        except ValueError as error:
            n_refused += "to be a saved" in str(error)
        else:  # a bit without meaning, such as a date
            assert_same(again.__getstate__(), lda.__getstate__())
            n_refused += 1
    assert n_refused == 400


def test_damage_anywhere_is_found_or_harmless(tmp_path):
    path, lda = tmp_path / "model.npz", fitted()
    n_refused = n_harmless = 0
    lda.save(path)
    content = path.read_bytes()
    directory = content.index(b"PK\1\2")
    for wrong in damaged(content, [(0, directory), (directory, len(content))], 400):
        path.write_bytes(wrong)
        try:
            again = LatentDirichletAllocation.load(path)
        except ValueError as error:
            n_refused += f"{path} to be a saved LatentDirichletAllocation, got" in str(error)
            continue
        assert_same(again.__getstate__(), lda.__getstate__())
        n_harmless += 1
    assert n_refused + n_harmless == 400
    assert n_refused > 300


def with_header(path, **changes):
    """Rewrite the header of a saved model."""
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes()) | changes
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"estimator": "GaussianMixture"}, "got a saved GaussianMixture."),
        ({"format": "other"}, "format 'other'"),
        ({"format_version": 2, "fastvb": "9.1"}, "version 2, written by fastvb 9.1, while .* 1"),
        ({"state": {}}, "no parameters"),
        ({"state": {"tol": {"array": "absent"}}}, "KeyError"),
        ({"state": {"tol": {"execute": "absent"}}}, "TypeError|ValueError"),
        ({"state": []}, ""),
        ({"state": None}, ""),
    ],
)
def test_other_headers(changes, message, tmp_path):
    path = tmp_path / "model.npz"
    fitted().save(path)
    with_header(path, **changes)
    check_refused(path, message)


def test_values_are_checked_too(tmp_path):
    path = tmp_path / "model.npz"
    fitted().save(path)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["components_"] = -arrays["components_"]
    np.savez(path, **arrays)
    check_refused(path, "components_ to be positive")
    fitted().save(path)
    with np.load(path) as file:
        state = json.loads(file["header"].tobytes())["state"]
    with_header(path, state=state | {"doc_topic_prior_": -1.0})
    check_refused(path, "doc_topic_prior_ to be")
    del state["components_"]
    with_header(path, state=state)
    check_refused(path, "before fit")


def test_the_header_can_be_read_without_fastvb(tmp_path):
    path = tmp_path / "model.npz"
    lda = fitted()
    lda.save(path)
    with np.load(path, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["components_"], lda.components_)
        header = json.loads(file["header"].tobytes())
    assert header["format_version"] == 1
    assert header["estimator"] == "LatentDirichletAllocation"
    assert header["state"]["n_components"] == 3
    assert zipfile.ZipFile(path).testzip() is None
