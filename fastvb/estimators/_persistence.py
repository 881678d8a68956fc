"""Estimators as files: an ``.npz`` archive of arrays with a JSON header.

Nothing in a file is executed on loading. What a header holds beside plain JSON is tagged by a
dictionary of one entry, for example ``{"array": "components_"}`` for a member of the archive.
"""

from __future__ import annotations

import errno
import json
import os
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from fastvb._atomic import atomic_file

__all__ = ["read_state", "write_state"]

_FORMAT, _FORMAT_VERSION = "fastvb estimator", 1
_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
# what zipfile, NumPy and the decoder raise on bytes that no save has written
_DAMAGE = (
    zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError,
    OverflowError, IndexError,
)  # fmt: skip


def write_state(path: str | os.PathLike[str], estimator: str, state: dict[str, Any]) -> None:
    """Write a state, so that a file `path` holds either what it held before or all of it."""
    arrays: dict[str, Any] = {}
    header = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "fastvb": version("fastvb"),
        "estimator": estimator,
        "state": {name: _encoded(value, name, arrays) for name, value in state.items()},
    }
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with atomic_file(path) as file:
        np.savez(file, **arrays)


def read_state(path: str | os.PathLike[str], estimator: str) -> dict[str, Any]:
    """Read what :func:`write_state` has written for an estimator of the same name."""
    with Path(path).open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"bad checksum of {damaged}")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                header = json.loads(arrays["header"].tobytes())
                problem = _problem(header, estimator)
                state = None if problem else _decoded_state(header["state"], arrays)
        except (*_DAMAGE, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise  # not the file's contents, but its disk
            problem = f"a damaged file or one of another kind ({type(error).__name__}: {error})"
    if problem or state is None:
        raise ValueError(f"Expected {path} to be a saved {estimator}, got {problem}.")
    return state


def _problem(header: dict[str, Any], estimator: str) -> str | None:
    """What keeps the file from being read, if anything."""
    if header["format"] != _FORMAT:
        return f"a file of format {header['format']!r}"
    if header["format_version"] != _FORMAT_VERSION:
        return (
            f"format version {header['format_version']}, written by fastvb {header['fastvb']}, "
            f"while this fastvb reads version {_FORMAT_VERSION}"
        )
    if header["estimator"] != estimator:
        return f"a saved {header['estimator']}"
    return None


def _decoded_state(state: dict[str, Any], arrays: Any) -> dict[str, Any]:
    return {name: _decoded(value, arrays) for name, value in state.items()}


def _encoded(value: Any, name: str, arrays: dict[str, Any]) -> Any:
    """JSON for a value; its arrays are added to `arrays`, under its name."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if callable(value):  # a callback is no data
        return None
    if isinstance(value, np.random.RandomState):
        return {"RandomState": _encoded(value.get_state(legacy=False), name, arrays)}
    if isinstance(value, np.random.Generator):
        return {"Generator": _encoded(dict(value.bit_generator.state), name, arrays)}
    if isinstance(value, list):
        return [_encoded(item, f"{name}.{i}", arrays) for i, item in enumerate(value)]
    if isinstance(value, tuple):
        return {"tuple": _encoded(list(value), name, arrays)}
    if isinstance(value, dict):
        items = {key: _encoded(item, f"{name}.{key}", arrays) for key, item in value.items()}
        return {"dict": items}
    array = np.asarray(value)
    if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat):
        return {"strings": array.tolist()}
    if array.dtype.kind not in "biufcU":
        raise TypeError(
            f"Expected {name} to be numbers, strings or None, which can be saved, "
            f"got {name}={value!r}."
        )
    arrays[name] = array
    return {"scalar" if isinstance(value, np.generic) else "array": name}


def _decoded(value: Any, arrays: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    if tag == "array":
        return arrays[content]
    if tag == "scalar":
        return arrays[content][()]
    if tag == "strings":
        return np.array(content, dtype=object)
    if tag == "tuple":
        return tuple(_decoded(content, arrays))
    if tag == "dict":
        return {key: _decoded(item, arrays) for key, item in content.items()}
    return _decoded_generator(tag, _decoded(content, arrays))


def _decoded_generator(tag: str, state: dict[str, Any]) -> Any:
    """A source of random numbers that goes on where the saved one stood."""
    name = state["bit_generator"]
    if name not in _BIT_GENERATORS or tag not in ("RandomState", "Generator"):
        raise ValueError(f"unknown source of random numbers {tag}({name})")
    bit_generator = getattr(np.random, name)()
    if tag == "Generator":
        bit_generator.state = state
        return np.random.Generator(bit_generator)
    source = np.random.RandomState(bit_generator)
    source.set_state(state)
    return source
