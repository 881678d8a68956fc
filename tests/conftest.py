from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The suite runs in two processes, whose waiting threads would take the cores from each other.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A test that starts Python means the installed package, too, not the sources in its folder.
os.environ["PYTHONSAFEPATH"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite in two processes, where pytest-xdist is there and -n says nothing."""
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    may_spread = config.pluginmanager.hasplugin("xdist") and not hasattr(config, "workerinput")
    if is_whole and may_spread and config.option.numprocesses is None:
        config.option.numprocesses = 2


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a file in the real-data folder; skips the test where it is absent."""
    default = Path(__file__).parents[2] / "shared" / "data"
    root = Path(os.environ.get("FASTVB_SHARED_DATA", default))

    def find(name: str) -> Path:
        path = root / name
        if not path.exists():
            pytest.skip(f"no {name} in {root} (FASTVB_SHARED_DATA gives another folder)")
        return path

    return find


@functools.cache
def documents_of(read: Callable[[Path], Iterator[tuple[str, str]]], root: Path) -> list[object]:
    return list(read(root))


@pytest.fixture(scope="module")
def python_docs_read_once() -> Iterator[None]:
    """For tests that only use the corpus of the standard library: it takes seconds to parse."""
    from fastvb.datasets import python_docs

    with pytest.MonkeyPatch.context() as patch:
        read = functools.partial(documents_of, python_docs._documents)
        patch.setattr(python_docs, "_documents", read)
        yield
