"""The Python examples of README and of the guide run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

import fastvb

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
WITH_CODE = [page for page in PAGES if page.is_file() and "```python" in page.read_text("utf-8")]


@pytest.mark.usefixtures("python_docs_read_once")
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_examples_run_in_order(page: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    namespace: dict[str, object] = {}
    with fastvb.threads(None):
        for block in blocks:
            exec(compile(block, page.name, "exec"), namespace)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_public_name_has_a_page() -> None:
    api = (ROOT / "docs" / "api" / "index.md").read_text("utf-8")
    listed = set(re.findall(r"^   (\w+)$", api, re.MULTILINE))
    modules = [fastvb, *(getattr(fastvb, name) for name in fastvb.__all__)]
    public = {name for m in modules if isinstance(m, ModuleType) for name in m.__all__}
    packages = {name for name in fastvb.__all__ if isinstance(getattr(fastvb, name), ModuleType)}
    assert public - packages == listed
