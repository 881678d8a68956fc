"""The rules of the house, as tests: who may import whom, what is installed, how it is compiled."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import fastvb

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fastvb"
KERNELS = PACKAGE / "_kernels"

pytestmark = pytest.mark.skipif(not PACKAGE.is_dir(), reason="needs the project's sources")

# Who may import an optional dependency, and only inside functions.
OPTIONAL = {
    "sklearn": {"estimators", "datasets", "cli"},
    "matplotlib": {"plotting", "cli"},
    "pandas": {"estimators"},
    "polars": {"estimators"},
    "tqdm": {"inference", "estimators", "cli"},
    "torch": {"models", "inference"},
    "dask": {"inference"},
    "distributed": {"inference"},
}
ALWAYS_THERE = {"fastvb", "numpy", "scipy", *sys.stdlib_module_names}
KERNELS_MAY_CIMPORT = ("fastvb._kernels", "cython", "libc", "cpython", "numpy", "scipy.linalg")
KERNELS_MAY_IMPORT = ("fastvb._kernels", "numpy", *sys.stdlib_module_names)


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def is_below(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in packages)


def test_installed_package_is_tested() -> None:
    """Not the checkout, unless it was installed as editable."""
    installed = Path(str(distribution("fastvb").locate_file("fastvb")))
    is_editable = type(fastvb.__spec__.loader).__module__ == "_fastvb_editable_loader"
    assert is_editable or Path(fastvb.__file__).parent.samefile(installed)


def test_import_law() -> None:
    """The contracts of pyproject.toml hold for the sources, however fastvb is installed."""
    lint = (
        "import sys\n"
        "sys.meta_path[:] = [finder for finder in sys.meta_path\n"
        "    if type(finder).__module__ != '_fastvb_editable_loader']\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports(no_logo=True, cache_dir=None))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


def imports_at_load(body: list[ast.stmt]) -> list[str]:
    """Modules that are imported when the file is: not in functions, not for type checkers only."""
    found = []
    for node in body:
        found += imported_modules(node)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            found += imports_at_load(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            for part in ("body", "orelse", "finalbody"):
                found += imports_at_load(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                found += imports_at_load(handler.body)
    return found


@pytest.mark.parametrize("path", python_files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_optional_dependencies_stay_on_their_floor(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    floor = path.relative_to(PACKAGE).parts[0]
    at_load = {name.partition(".")[0] for name in imports_at_load(tree.body)}
    assert at_load <= ALWAYS_THERE
    anywhere = {
        name.partition(".")[0] for node in ast.walk(tree) for name in imported_modules(node)
    }
    allowed = {package for package, floors in OPTIONAL.items() if floor in floors}
    assert anywhere <= ALWAYS_THERE | allowed


@pytest.mark.parametrize("path", sorted(KERNELS.rglob("*.p[yx][xd]")), ids=lambda p: p.name)
def test_kernels_know_arrays_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    cimported = re.findall(
        r"^\s*(?:from\s+([\w.]+)\s+cimport|cimport\s+([\w.]+))", text, re.MULTILINE
    )
    for module in map("".join, cimported):
        assert is_below(module, KERNELS_MAY_CIMPORT)
    imported = re.findall(r"^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w.]+))", text, re.MULTILINE)
    for module in map("".join, imported):
        assert is_below(module, KERNELS_MAY_IMPORT)


@pytest.mark.parametrize("path", sorted(KERNELS.glob("*.pyx")), ids=lambda p: p.name)
def test_extension_has_stub_and_declarations(path: Path) -> None:
    assert path.with_suffix(".pyi").is_file()
    assert path.with_suffix(".pxd").is_file()


def test_every_module_is_installed() -> None:
    """Python files and public .pxd are listed in meson.build; meson checks the other direction."""
    lists = re.findall(
        r"'([\w/]*)': \[([^\]]*)\]", (PACKAGE / "meson.build").read_text(encoding="utf-8")
    )
    listed = {
        PACKAGE / folder / name for folder, names in lists for name in re.findall(r"'(.+?)'", names)
    }
    written = {
        path
        for pattern in ("*.py", "*.pxd", "py.typed")
        for path in PACKAGE.rglob(pattern)
        if path.parent != KERNELS
    }
    assert written == listed


def build_files() -> list[Path]:
    return [ROOT / "meson.build", *PACKAGE.rglob("meson.build"), ROOT / "pyproject.toml"]


@pytest.mark.parametrize("path", build_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_value_changing_flags(path: Path) -> None:
    """Such flags break the kernels' exp and flush denormals for the whole process."""
    code = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"-ffast|-O(?=fast)|-f(?=associative|unsafe|finite)|/fp:(?=fast)", code)


@pytest.mark.parametrize("suffix", ["py", "pyx", "c", "h"])
def test_files_stay_readable(suffix: str) -> None:
    lengths = {path: path.read_text("utf-8").count("\n") for path in PACKAGE.rglob(f"*.{suffix}")}
    assert not [path for path, length in lengths.items() if length > 500]


def tracked_text_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def test_no_machine_paths() -> None:
    files = [path for path in tracked_text_files() if path.is_file()]
    if not files:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"(?<![\w.])/(?=(?:home|root|work|Users|mnt)/)")
    hits = [
        path for path in files if pattern.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not hits


@pytest.mark.parametrize("package", ["scipy", *OPTIONAL])
def test_import_is_light(package: str) -> None:
    code = f"import sys, fastvb; sys.exit({package!r} in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"`import fastvb` loads {package}. {run.stderr}"
