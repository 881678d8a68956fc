"""Check what a wheel and its sdist contain: python check_wheel.py WHEEL SDIST."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

LARGEST = 4_000_000  # bytes

wheel, sdist = map(Path, sys.argv[1:])
faults = []

names = zipfile.ZipFile(wheel).namelist()
if wheel.stat().st_size > LARGEST:
    faults.append(f"Expected at most {LARGEST} bytes, got {wheel.stat().st_size}.")
for name in names:
    top, _, rest = name.partition("/")
    if top not in ("fastvb", "fastvb.libs") and not top.endswith(".dist-info"):
        faults.append(f"{name} is outside of the package.")
    if Path(rest).suffix in (".c", ".pyx", ".build", ".md") and top == "fastvb":
        faults.append(f"{name} is not needed at run time.")
for wanted in "fastvb/py.typed", "fastvb/special/__init__.pxd":
    if wanted not in names:
        faults.append(f"{wanted} is missing.")
for suffix in ".so", ".pyi", ".h":
    if not any(name.startswith("fastvb/_kernels/") and name.endswith(suffix) for name in names):
        faults.append(f"There is no {suffix} file in fastvb/_kernels.")

with tarfile.open(sdist) as archive:
    sources = {name.partition("/")[2] for name in archive.getnames()}
for wanted in (
    "tests/test_config.py",
    "docs/conf.py",
    "README.md",
    "LICENSE",
    "fastvb/_kernels/meson.build",
):
    if wanted not in sources:
        faults.append(f"{wanted} is missing in the sdist.")

print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size:,} bytes")
sys.exit("\n".join(faults) or 0)
