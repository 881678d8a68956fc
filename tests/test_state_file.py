"""State in files: what comes back is what went in, bit for bit, or nothing does."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, field

import numpy as np
import pytest

from fastvb._state_file import Format, read_state, write_state

FORMAT = Format("a test", 3)


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    scale: float = 1.0


@dataclass
class Outer:
    inner: Inner
    words: np.ndarray | None
    derived: int = field(init=False, default=0)

    def __post_init__(self):
        self.derived = len(self.inner.values)


@dataclass
class Stranger:
    values: np.ndarray


def round_trip(path, state, types=(Inner, Outer)):
    write_state(path, FORMAT, {"owner": "me"}, state, types)
    return read_state(path, FORMAT, "a test", lambda header: None, types)


def test_dataclasses(tmp_path):
    state = {"x": Outer(Inner(np.arange(4.0), np.float32(0.5)), None), "y": [Inner(np.ones(2))]}
    got = round_trip(tmp_path / "file", state)
    assert type(got["x"]) is Outer
    np.testing.assert_array_equal(got["x"].inner.values, np.arange(4.0))
    assert type(got["x"].inner.scale) is np.float32
    assert got["x"].inner.scale == 0.5
    assert got["x"].words is None
    assert got["x"].derived == 4
    np.testing.assert_array_equal(got["y"][0].values, np.ones(2))


def test_plain_values(tmp_path):
    state = {
        "none": None, "flag": True, "inf": -np.inf, "third": 1 / 3, "big": 2**70, "text": "wört",
        "by_number": {0: {3: np.int64(7)}, 10: None}, "by_name": {"a": {}, "": (1, [2.5])},
    }  # fmt: skip
    assert round_trip(tmp_path / "file", state) == state
    assert np.isnan(round_trip(tmp_path / "file", {"x": np.nan})["x"])


def test_names_of_members_do_not_clash(tmp_path):
    values = iter(range(20))
    state = {
        "a.b": np.array([next(values)]), "a": {"b": np.array([next(values)])},
        "header": np.array([next(values)]), "file": np.array([next(values)]),
        "allow_pickle": np.array([next(values)]), "a.b_": np.array([next(values)]),
    }  # fmt: skip
    got = round_trip(tmp_path / "file", state)
    numbers = [got["a.b"], got["a"]["b"], *(got[k] for k in list(state)[2:])]
    assert [int(x[0]) for x in numbers] == list(range(6))


def test_shared_memory_is_stored_once_and_shared_again(tmp_path):
    rows = np.random.default_rng(0).random((300, 40))
    state = {
        "a": Inner(rows), "b": Inner(rows[:]), "part": rows[:, :20], "turned": rows.T,
        "empty": [rows[:0], rows[:, :0]],
    }  # fmt: skip
    got = round_trip(tmp_path / "file", state)
    assert got["a"].values is got["b"].values
    assert got["part"] is not got["a"].values
    assert got["turned"].shape == (40, 300)
    assert [x.shape for x in got["empty"]] == [(0, 40), (300, 0)]
    np.testing.assert_array_equal(got["turned"], rows.T)
    assert os.path.getsize(tmp_path / "file") < 2.6 * rows.nbytes


def test_types_that_were_not_named(tmp_path):
    with pytest.raises(TypeError, match=r"Expected x\.words to be numbers, strings or None"):
        round_trip(tmp_path / "file", {"x": Outer(Inner(np.ones(1)), Stranger(np.ones(1)))})
    assert not (tmp_path / "file").exists()
    write_state(tmp_path / "file", FORMAT, {}, {"x": Stranger(np.ones(2))}, (Stranger,))
    with pytest.raises(ValueError, match=r"got a damaged file .*KeyError: 'Stranger'"):
        read_state(tmp_path / "file", FORMAT, "a test", lambda header: None, (Inner,))


def test_members_that_are_no_arrays(tmp_path):
    """A member of no bytes, whose checksum is 0, is what zeros in the directory make of any."""
    path = tmp_path / "file"
    write_state(path, FORMAT, {}, {"x": np.ones(2)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (members | {"x.npy": b""}).items():
            archive.writestr(name, content)
    with pytest.raises(ValueError, match=r"got a damaged file .*x is no array"):
        read_state(path, FORMAT, "a test", lambda header: None)


def test_headers(tmp_path):
    path = tmp_path / "file"
    round_trip(path, {})
    for format_, message in (
        (Format("another", 3), "got a file of format 'a test'"),
        (Format("a test", 4), "got format version 3, .* reads version 4"),
    ):
        with pytest.raises(ValueError, match=message):
            read_state(path, format_, "another", lambda header: None)
    with pytest.raises(ValueError, match=r"Expected .*file to be mine, got one of me"):
        read_state(path, FORMAT, "mine", lambda header: f"one of {header['owner']}")
