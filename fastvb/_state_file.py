"""State as a file: an ``.npz`` archive of arrays with a JSON header.

Nothing in a file is executed on loading. What a header holds beside plain JSON is tagged by a
dictionary of one entry, for example ``{"array": "components_"}`` for a member of the archive.
Arrays that share their memory are stored once, and share it again when they are read.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastvb._atomic import atomic_file

__all__ = ["Format", "read_state", "write_state"]

_BIT_GENERATORS = ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64")
# what zipfile, NumPy and the decoder raise on bytes that no save has written
_DAMAGE = (
    zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError,
    OverflowError, IndexError,
)  # fmt: skip


class Format(NamedTuple):
    """What kind of state a file holds."""

    name: str
    version: int


def write_state(
    path: str | os.PathLike[str],
    format_: Format,
    about: dict[str, Any],
    state: dict[str, Any],
    types: tuple[type, ...] = (),
) -> None:
    """Write a state, so that a file `path` holds either what it held before or all of it.

    `about` is plain JSON that the header holds beside the state; `types` are the dataclasses that
    may occur in the state.
    """
    encoder = _Encoder(types)
    header = {
        "format": format_.name,
        "format_version": format_.version,
        "fastvb": version("fastvb"),
        **about,
        "state": {name: encoder.encoded(value, name) for name, value in state.items()},
    }
    arrays = encoder.arrays
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
    with atomic_file(path) as file:
        np.savez(file, **arrays)


def read_state(
    path: str | os.PathLike[str],
    format_: Format,
    expected: str,
    problem_with: Callable[[dict[str, Any]], str | None],
    types: tuple[type, ...] = (),
) -> dict[str, Any]:
    """Read what :func:`write_state` has written.

    `expected` says in errors what the file should be; `problem_with` says what keeps a header of
    the right format from being read, if anything.
    """
    with Path(path).open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise zipfile.BadZipFile(f"bad checksum of {damaged}")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                header = json.loads(arrays["header"].tobytes())
                problem = _format_problem(header, format_) or problem_with(header)
                state = None if problem else _Decoder(arrays, types).state(header["state"])
        except (*_DAMAGE, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.EINVAL:
                raise  # not the file's contents, but its disk
            problem = f"a damaged file or one of another kind ({type(error).__name__}: {error})"
    if problem or state is None:
        raise ValueError(f"Expected {path} to be {expected}, got {problem}.")
    return state


def _format_problem(header: dict[str, Any], format_: Format) -> str | None:
    if header["format"] != format_.name:
        return f"a file of format {header['format']!r}"
    if header["format_version"] != format_.version:
        return (
            f"format version {header['format_version']}, written by fastvb {header['fastvb']}, "
            f"while this fastvb reads version {format_.version}"
        )
    return None


class _Encoder:
    """Turns values into JSON, and gathers their arrays."""

    def __init__(self, types: tuple[type, ...]) -> None:
        self.arrays: dict[str, Any] = {}
        self._types = types
        self._members: dict[Any, str] = {}  # of memory that is stored already

    def encoded(self, value: Any, name: str) -> Any:
        """JSON for a value that is called `name` in errors and in the archive."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) in self._types:
            names = (field.name for field in dataclasses.fields(value) if field.init)
            fields = {field: getattr(value, field) for field in names}
            return {"dataclass": [type(value).__name__, self._entries(fields, name)]}
        if callable(value):  # a callback is no data
            return None
        if isinstance(value, np.random.RandomState):
            return {"RandomState": self.encoded(value.get_state(legacy=False), name)}
        if isinstance(value, np.random.Generator):
            return {"Generator": self.encoded(dict(value.bit_generator.state), name)}
        if isinstance(value, list):
            return [self.encoded(item, f"{name}.{i}") for i, item in enumerate(value)]
        if isinstance(value, tuple):
            return {"tuple": self.encoded(list(value), name)}
        if isinstance(value, dict):
            if all(type(key) is str for key in value):
                return {"dict": self._entries(value, name)}
            items = [[key, self.encoded(item, f"{name}.{key}")] for key, item in value.items()]
            return {"items": items}
        return self._encoded_array(value, name)

    def _entries(self, values: dict[str, Any], name: str) -> dict[str, Any]:
        return {key: self.encoded(item, f"{name}.{key}") for key, item in values.items()}

    def _encoded_array(self, value: Any, name: str) -> Any:
        array = np.asarray(value)
        if array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat):
            return {"strings": array.tolist()}
        if array.dtype.kind not in "biufcU":
            raise TypeError(
                f"Expected {name} to be numbers, strings or None, which can be saved, "
                f"got {name}={value!r}."
            )
        address = array.__array_interface__["data"][0]
        memory = (address, array.dtype.str, array.shape, array.strides) if array.size else name
        if memory not in self._members:
            while name in self.arrays or name in ("header", "file", "allow_pickle"):
                name += "_"  # of another member, or an argument of savez
            self.arrays[name] = array
            self._members[memory] = name
        return {"scalar" if isinstance(value, np.generic) else "array": self._members[memory]}


class _Decoder:
    """Turns JSON into values again."""

    def __init__(self, arrays: Any, types: tuple[type, ...]) -> None:
        self._arrays = arrays
        self._read: dict[str, NDArray[Any]] = {}
        self._types = {cls.__name__: cls for cls in types}

    def state(self, entries: dict[str, Any]) -> dict[str, Any]:
        """Values of a dictionary."""
        return {name: self._decoded(value) for name, value in entries.items()}

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._decoded(item) for item in value]
        if not isinstance(value, dict):
            return value
        ((tag, content),) = value.items()
        if tag == "array":
            return self._array(content)
        if tag == "scalar":
            return self._array(content)[()]
        if tag == "strings":
            return np.array(content, dtype=object)
        if tag == "tuple":
            return tuple(self._decoded(content))
        if tag == "dict":
            return self.state(content)
        if tag == "items":
            return {key: self._decoded(item) for key, item in content}
        if tag == "dataclass":
            name, fields = content
            return self._types[name](**self.state(fields))
        return _generator(tag, self._decoded(content))

    def _array(self, name: str) -> NDArray[Any]:
        if name not in self._read:
            array = self._arrays[name]
            if not isinstance(array, np.ndarray):  # NumPy's answer to what is no .npy
                raise ValueError(f"{name} is no array")
            self._read[name] = array
        return self._read[name]


def _generator(tag: str, state: dict[str, Any]) -> Any:
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
