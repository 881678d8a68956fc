"""Every public name is documented in numpydoc's form, and its examples run as they stand."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from typing import Any

import numpy as np
import pytest

import fastvb


def public_modules() -> list[str]:
    """fastvb and its public packages: what deeper modules export is for the package alone."""
    found = pkgutil.iter_modules(fastvb.__path__, "fastvb.")
    return ["fastvb", *(module.name for module in found if not module.name.startswith("fastvb._"))]


def public_objects() -> dict[str, Any]:
    """Functions, ufuncs and classes of every `__all__`, each once."""
    found: dict[int, tuple[str, Any]] = {}
    for module_name in public_modules():
        module = importlib.import_module(module_name)
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            if callable(value):
                found.setdefault(id(value), (f"{module_name}.{name}", value))
    return dict(found.values())


def public_methods(cls: type) -> dict[str, Any]:
    return {
        name: value
        for name, value in inspect.getmembers(cls)
        if not name.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and any(name in vars(base) for base in cls.__mro__ if base.__module__.startswith("fastvb"))
    }


OBJECTS = public_objects()
METHODS = {
    f"{name}.{method}": value
    for name, cls in OBJECTS.items()
    if inspect.isclass(cls)
    for method, value in public_methods(cls).items()
}


def sections(docstring: str) -> set[str]:
    return set(re.findall(r"^ *(\S[^\n]*)\n *-{3,} *$", docstring, re.MULTILINE))


def parameter_names(obj: Any) -> list[str]:
    if isinstance(obj, np.ufunc) or getattr(obj, "_is_protocol", False):  # is never called
        return []
    names = list(inspect.signature(obj).parameters)
    return [name for name in names if name != "self"]


@pytest.mark.parametrize("name", OBJECTS)
def test_public_docstring(name: str) -> None:
    doc = inspect.getdoc(OBJECTS[name])
    assert doc, f"{name} has no docstring"
    assert "Examples" in sections(doc)
    assert ">>>" in doc
    for parameter in parameter_names(OBJECTS[name]):
        assert sections(doc) & {"Parameters", "Attributes"}  # the latter for records
        assert re.search(rf"^[*\w, ]*\b{parameter}\b[*\w, ]* ?:", doc, re.MULTILINE), parameter


@pytest.mark.parametrize("name", METHODS)
def test_method_docstring(name: str) -> None:
    method = METHODS[name]
    doc = inspect.getdoc(method)
    assert doc, f"{name} has no docstring"
    if not isinstance(method, property):
        for parameter in parameter_names(method):
            assert re.search(rf"\b{parameter}\b", doc), parameter


@pytest.mark.usefixtures("python_docs_read_once")
@pytest.mark.parametrize("name", [*OBJECTS, *METHODS])
def test_examples_run(name: str) -> None:
    doc = inspect.getdoc(OBJECTS.get(name, METHODS.get(name))) or ""
    example = doctest.DocTestParser().get_doctest(doc, {}, name, None, None)
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    report: list[str] = []
    runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)
