from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fastvb
from fastvb._kernels import _dispatch

USABLE = [level for level in _dispatch.built() if level in _dispatch.found()]


def run(code: str, simd: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FASTVB_SIMD": simd},
        capture_output=True,
        text=True,
        check=False,
    )


def test_show_config_as_dicts() -> None:
    config = fastvb.show_config("dicts")
    assert config["fastvb"] == fastvb.__version__
    assert config["threads"] == fastvb.get_num_threads()
    assert config["simd_in_use"] in config["simd_built"]
    assert config["simd_in_use"] in config["simd_found"]
    assert config["simd_built"][0] == config["simd_found"][0] == "base"


def test_show_config_prints_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert fastvb.show_config() is None
    printed = capsys.readouterr().out
    for key in fastvb.show_config("dicts"):
        assert key in printed
    assert fastvb.__version__ in printed


def test_show_config_rejects_other_modes() -> None:
    with pytest.raises(ValueError, match="Expected mode to be 'stdout' or 'dicts', got mode='x'"):
        fastvb.show_config("x")


def test_include_folder_has_the_headers_of_the_scalars() -> None:
    headers = {path.name for path in Path(fastvb.get_include()).iterdir()}
    assert {"fvb_digamma.h", "fvb_trigamma.h", "fvb_gammaln.h", "fvb_exp_digamma.h"} <= headers


@pytest.mark.parametrize("level", USABLE)
def test_each_level_can_be_forced(level: str) -> None:
    done = run("import fastvb; print(fastvb.show_config('dicts')['simd_in_use'])", level)
    assert done.stdout.strip() == level, done.stderr


def test_highest_level_is_the_default() -> None:
    done = run("import fastvb; print(fastvb.show_config('dicts')['simd_in_use'])", "")
    assert done.stdout.strip() == USABLE[-1], done.stderr


@pytest.mark.parametrize("level", ["avx2", "V3", "v9"])
def test_unknown_level_is_refused_by_name(level: str) -> None:
    done = run("import fastvb.special", level)
    assert done.returncode != 0
    assert f"Expected FASTVB_SIMD to be one of {USABLE}" in done.stderr
    assert f"got FASTVB_SIMD={level!r}" in done.stderr


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'fastvb' has no attribute 'nothing'"):
        fastvb.nothing  # noqa: B018


def test_dir_lists_public_names() -> None:
    assert set(fastvb.__all__) <= set(dir(fastvb))


def test_source_folder_says_what_to_do(tmp_path: Path) -> None:
    """Python started in a clone finds the sources first, which have no kernels."""
    source = Path(__file__).parents[1] / "fastvb"
    if not source.is_dir():
        pytest.skip("needs the project's sources")
    shutil.copytree(source, tmp_path / "fastvb", ignore=shutil.ignore_patterns("*.so"))
    code = (
        "import sys\n"
        "sys.meta_path[:] = [finder for finder in sys.meta_path\n"
        "    if type(finder).__module__ != '_fastvb_editable_loader']\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import fastvb\n"
    )
    done = run(code, "")
    assert "Expected an installed fastvb, got its source folder" in done.stderr
