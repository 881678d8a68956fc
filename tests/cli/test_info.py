from __future__ import annotations

import subprocess
import sys

import pytest

import fastvb
from fastvb.cli import main


def test_prints_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    printed = capsys.readouterr().out
    fastvb.show_config()
    assert printed == capsys.readouterr().out


def test_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "fastvb", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"fastvb {fastvb.__version__}\n"


@pytest.mark.parametrize("command", [[], ["topics"], ["info"]])
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([*command, "--help"])
    assert leaving.value.code == 0
    assert "usage: fastvb" in capsys.readouterr().out
