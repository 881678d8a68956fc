"""The Cython face: examples/cython_api compiles against the installed package and is right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import dirichlet

from fastvb import special

EXAMPLE = Path(__file__).parents[1] / "examples" / "cython_api"

pytestmark = [
    pytest.mark.skipif(not EXAMPLE.is_dir(), reason="needs the project's examples"),
    pytest.mark.skipif(
        not any(shutil.which(name) for name in ("cc", "gcc", "clang")), reason="no C compiler"
    ),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cython_api")
    tools = str(Path(sys.executable).parent)  # cython and ninja, also when nothing is activated
    env = {**os.environ, "PATH": tools + os.pathsep + os.environ["PATH"]}
    for command in ["setup", str(folder), str(EXAMPLE)], ["compile", "-C", str(folder)]:
        meson = [sys.executable, "-m", "mesonbuild.mesonmain", *command]
        run = subprocess.run(meson, env=env, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    return folder


def load(folder: Path, name: str) -> ModuleType:
    path = next(folder / (name + s) for s in EXTENSION_SUFFIXES if (folder / (name + s)).is_file())
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_scalars_agree_with_the_ufuncs(build: Path) -> None:
    scalars = load(build, "scalars")
    for x in (0.01, 0.5, 1.4616, 3.0, 250.0):
        for name, value in scalars.evaluate(x).items():
            expected = getattr(special, name)(x)
            assert_allclose(value, expected, rtol=1e-13, atol=1e-15, err_msg=name)
        assert_allclose(scalars.evaluate_single(x), special.digamma(np.float32(x)), rtol=1e-6)


def test_loop_over_scalars(build: Path) -> None:
    alpha = [0.3, 1.0, 2.5, 40.0]
    assert_allclose(load(build, "mixing").entropy(alpha), dirichlet(alpha).entropy(), rtol=1e-12)
