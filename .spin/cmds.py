"""spin's commands for this project; they work on the installed package (`spin install` first)."""

import os
import sys

import click
from spin.cmds.util import run


@click.command()
@click.option("--simd", type=click.Choice(["base", "v3", "v4"]), help="Force a SIMD level.")
@click.argument("pytest_args", nargs=-1)
def test(simd, pytest_args):
    """🔬 Run the tests; what follows -- goes to pytest."""
    if simd:
        os.environ["FASTVB_SIMD"] = simd
    run(["pytest", *pytest_args])


@click.command()
@click.option("--fix", is_flag=True, help="Repair and format what can be.")
def lint(fix):
    """🧹 ruff, cython-lint, mypy and the architecture tests."""
    run(["ruff", "check", *(["--fix"] if fix else [])])
    run(["ruff", "format", *([] if fix else ["--check"])])
    run(["cython-lint", "fastvb", "examples"])
    run(["mypy"])
    run(["pytest", "-q", "tests/test_architecture.py"])


@click.command()
def docs():
    """📖 Build the documentation into docs/_build/html, warnings as errors."""
    run(["sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html"])


@click.command()
@click.option("--compare", metavar="COMMIT", help="Against this commit instead of measuring once.")
@click.option("--quick", is_flag=True, help="One cold sample per benchmark: a smoke test.")
@click.option("-b", "--bench", "pattern", help="Only benchmarks that match this pattern.")
def bench(compare, quick, pattern):
    """⏱ Run the asv benchmarks."""
    chosen = [*(["--quick"] if quick else []), *(["--bench", pattern] if pattern else [])]
    os.chdir("benchmarks")
    if compare:
        run(["asv", "continuous", compare, "HEAD", *chosen])
    else:
        run(["asv", "run", "--python=same", "--show-stderr", *chosen])


@click.command()
@click.argument("args", nargs=-1)
def versus(args):
    """🏁 Compare with other libraries; arguments after -- go to benchmarks/versus."""
    run([sys.executable, "benchmarks/versus", *args])
