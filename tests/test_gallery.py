"""The scripts of the gallery run as they stand: each prints something and draws one picture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(ROOT.glob("examples/plot_*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(script: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    (picture,) = tmp_path.iterdir()
    assert picture.name == f"{script.stem}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_all_scripts_are_shown() -> None:
    page = (ROOT / "docs" / "gallery" / "index.md").read_text("utf-8")
    for script in SCRIPTS:
        for shown in (f"../../examples/{script.name}", f"{script.stem}.txt", f"{script.stem}.png"):
            assert shown in page
