"""How a fit on the command line says how far it is."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from fastvb.cli.progress import Trace, choose_mode, progress


def test_mode_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_mode(wanted=False, quiet=False) == "lines"  # captured: no terminal
    assert choose_mode(wanted=True, quiet=False) == "bar"
    assert choose_mode(wanted=True, quiet=True) == "none"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert choose_mode(wanted=False, quiet=False) == "bar"
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert choose_mode(wanted=True, quiet=False) == "lines"


def test_bar_shows_the_bound(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("bar", Trace(7, 100)) as show:
        show(SimpleNamespace(n_iter=1, max_iter=7, lower_bound=-512.0, seconds=0.1))
    out, err = capsys.readouterr()
    assert out == ""
    assert "bound -5.1200 per token" in err
    assert "1/7" in err
