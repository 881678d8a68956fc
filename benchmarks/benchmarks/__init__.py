"""The asv suite. What it compares with, and how, is shared with benchmarks/versus."""

import sys
from pathlib import Path

# asv imports this folder alone; `versus` is next door, the accuracy tables are among the tests.
sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "tests")]
