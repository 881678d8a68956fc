"""`fastvb mixture`: what it fits, prints and writes, and what it says of wrong input."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

import fastvb
from fastvb.cli import main, mixture_picture
from fastvb.cli.mixture_report import report
from fastvb.cli.mixture_result import Component, MixtureResult
from fastvb.datasets import make_mixture

QUICK = ["--components", "3", "--iterations", "30", "--quiet"]
NAMES = ["first", "second", "third"]


def rows() -> np.ndarray:
    return make_mixture(300, 3, 3, separation=6.0, random_state=2)[0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    lines = [",".join(map(repr, row)) for row in rows().tolist()]
    path.write_text("\n".join([",".join(NAMES), *lines]))
    return path


def run(path: Path, *options: object) -> int:
    return main(["mixture", str(path), *QUICK, *map(str, options)])


def run_json(path: Path, *options: object, capsys: pytest.CaptureFixture[str]) -> dict:
    assert run(path, *options, "--json", "-") == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_report(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(table) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("3 components of ")
    assert "300 rows, 3 columns, full covariance" in lines
    assert all(len(line) <= 80 for line in lines if str(table) not in line)
    for text in ("component  weight", *NAMES, "bound (ELBO, nats)", "ELBO", "rows/s", "seconds"):
        assert text in out
    assert "BIC" not in out
    assert run(table, "--inference", "em") == 0
    out = capsys.readouterr().out
    assert "log likelihood (nats per row) before the update of iteration" in out
    assert "BIC" in out


def test_json_is_what_the_estimator_finds(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(table, "--seed", 4, "--threads", 2, capsys=capsys)
    assert set(result) == {
        "fastvb", "schema", "source", "rows", "columns", "n_components", "covariance_type",
        "inference", "weights", "concentration", "learning_method", "seed", "threads", "converged",
        "lower_bounds", "lower_bound", "bic", "aic", "components", "components_with_rows",
        "rows_per_second", "seconds",
    }  # fmt: skip
    bgm = fastvb.BayesianGaussianMixture(n_components=3, max_iter=30, random_state=4).fit(rows())
    assert result["lower_bounds"] == list(bgm.lower_bounds_)
    assert result["lower_bound"] == bgm.lower_bound_
    assert (result["bic"], result["aic"]) == (None, None)
    assert (result["rows"], result["columns"], result["threads"]) == (300, NAMES, 2)
    assert (result["weights"], result["concentration"]) == ("process", 1 / 3)
    weights = [component["weight"] for component in result["components"]]
    assert weights == sorted(bgm.weights_, reverse=True)
    for component in result["components"]:
        k = component["index"]
        assert component["means"] == list(bgm.means_[k])
        deviations = np.sqrt(bgm.covariances_[k].diagonal())
        assert component["standard_deviations"] == pytest.approx(deviations)
    assert set(result["seconds"]) == {"read", "fit"}


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_em(covariance: str, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--inference", "em", "--covariance", covariance, "--n-init", 2)
    result = run_json(table, *options, capsys=capsys)
    gm = fastvb.GaussianMixture(
        3, covariance_type=covariance, max_iter=30, n_init=2, random_state=0
    ).fit(rows())
    assert result["lower_bound"] == gm.lower_bound_
    assert (result["bic"], result["aic"]) == (gm.bic(rows()), gm.aic(rows()))
    assert (result["weights"], result["concentration"]) == (None, None)
    assert len(result["components"][0]["standard_deviations"]) == 3


@pytest.mark.parametrize("method", ["online", "memoized"])
def test_methods_and_priors_are_passed_on(
    method: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--method", method, "--batch-size", 100, "--weights", "dirichlet")
    result = run_json(table, *options, "--concentration", 2.5, capsys=capsys)
    bgm = fastvb.BayesianGaussianMixture(
        n_components=3, max_iter=30, learning_method=method, batch_size=100, random_state=0,
        weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=2.5,
    ).fit(rows())  # fmt: skip
    assert result["lower_bounds"] == list(bgm.lower_bounds_)
    assert (result["weights"], result["concentration"]) == ("dirichlet", 2.5)


def test_chosen_columns(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run_json(table, "--columns", "third, 0", capsys=capsys)
    assert result["columns"] == ["third", "first"]
    bgm = fastvb.BayesianGaussianMixture(n_components=3, max_iter=30, random_state=0)
    bgm.fit(np.ascontiguousarray(rows()[:, [2, 0]]))
    assert result["lower_bound"] == bgm.lower_bound_


def test_compressed_and_delimited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.gz"
    lines = ["größe|b", *("|".join(map(repr, row)) for row in rows()[:, :2].tolist())]
    path.write_bytes(gzip.compress("\n".join(lines).encode("latin-1")))
    result = run_json(path, "--delimiter", "|", "--encoding", "latin-1", capsys=capsys)
    assert (result["rows"], result["columns"]) == (300, ["größe", "b"])


def test_built_in_example_finds_its_components(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mixture", "--quiet", "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n_components"], result["components_with_rows"]) == (8, 5)
    assert result["converged"]


def test_files(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, picture = tmp_path / "model.npz", tmp_path / "picture.png"
    written = tmp_path / "result.json"
    assert run(table, "--save", model, "--plot", picture, "--json", written) == 0
    out, err = capsys.readouterr()
    assert "ELBO" in out
    assert err == ""
    bgm = fastvb.BayesianGaussianMixture.load(model)
    assert list(bgm.feature_names_in_) == NAMES
    assert json.loads(written.read_text())["lower_bound"] == bgm.lower_bound_
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(table, "--inference", "em", "--save", model) == 0
    assert fastvb.GaussianMixture.load(model).means_.shape == (3, 3)


def test_picture_shows_the_features_that_tell_components_apart(table: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 4)) * [1, 9, 1, 1]
    X[:200, [0, 3]] += 8
    gm = fastvb.GaussianMixture(2, means_init=X[[0, -1]], random_state=0).fit(X)
    upper, lower = mixture_picture.picture(gm, made(columns=list("abcd")), X).axes
    assert (upper.get_xlabel(), upper.get_ylabel()) == ("x0", "x3")
    assert lower.lines[0].get_ydata() == pytest.approx(gm.lower_bounds_)
    gm = fastvb.GaussianMixture(2, random_state=0).fit(X[:, :1])
    assert mixture_picture.picture(gm, made(), X[:, :1]).axes[0].get_ylabel() == "density"


def test_progress_and_warnings(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mixture", str(table), "--components", "2", "--iterations", "3"]) == 0
    err = capsys.readouterr().err.splitlines()
    assert err[0].endswith("300 rows, 3 columns")
    assert err[1].startswith("iteration 1/3  bound ")
    table.write_text("a\n" + "1\n" * 20 + "2\n" * 20)
    options = ["--inference", "em", "--components", "3"]
    assert main(["mixture", str(table), *options]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "fastvb mixture:" in line]
    assert len(notes) == 1
    assert "component" in notes[0]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,kind\n1,x\n", (), "line 2: expected a number in column 1 ('kind'), got 'x': read o"),
        ("a,b\n1,\n", (), "line 2: expected a number in column 1 ('b'), got a missing value"),
        ("a,b\n1,2\n", ("--columns", "c"), "expected a column named 'c' for --columns, got 2"),
        ("a,b\n1,2\n", (), "expected at least 3 rows for --components 3, got 1"),
        ("", (), "expected at least one row, got an empty file"),
        ("a,b\n1,2\n", ("--encoding", "utf-99"), "unknown encoding: utf-99"),
        ("a,b\n1,2\n", ("--covariance", "half"), "argument --covariance: expected full, tied, "),
        ("a,b\n1,2\n", ("--inference", "em", "--weights", "process"), "argument --weights: exp"),
        ("a,b\n1,2\n", ("--components", "0"), "argument --components: expected an integer from 1"),
        ("a,b\n1,2\n", ("--plot", "x.gif"), "argument --plot: expected a name that ends in .png"),
    ],
)  # fmt: skip
def test_wrong_usage_and_unreadable_input(
    text: str,
    options: tuple[str, ...],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert run(path, *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fastvb mixture: ")
    assert message in err
    assert err.count("\n") == 1


def test_missing_file_and_options_without_one(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.csv") == 2
    assert capsys.readouterr().err.endswith("none.csv: No such file or directory\n")
    assert main(["mixture", "--columns", "a"]) == 2
    assert "argument --columns: expected a FILE that it belongs to" in capsys.readouterr().err
    assert run(table, "--save", table) == 2
    assert "expected a file of its own, got the input" in capsys.readouterr().err


def made(
    columns: list[str] | None = None, means: float = 0.0, deviation: float = 1.0
) -> MixtureResult:
    names = columns or ["a"]
    components = [
        Component(k, weight, [means + k] * len(names), [deviation] * len(names))
        for k, weight in ((1, 0.75), (0, 0.25), (2, 1e-9))
    ]
    return MixtureResult(
        source="a\x07.csv", rows=1000, columns=names, n_components=3, covariance_type="diag",
        inference="vb", weights="process", concentration=0.5, learning_method="online", seed=0,
        threads=2, converged=False, lower_bounds=[-4000.0, -3000.0], lower_bound=-3000.0, bic=None,
        aic=None, components=components, components_with_rows=2, rows_per_second=123456.0,
        seconds={"read": 0.5, "fit": 1.0},
    )  # fmt: skip


def test_table_of_the_report() -> None:
    lines = report(made(["eruptions", "\x1b[2Jname of very many letters"], 100.0, 0.0416), 80)
    assert lines[0] == "3 components of a?.csv"
    start = lines.index("") + 1
    assert lines[start : start + 4] == [
        "component  weight                 eruptions  ?[2Jname of very ...",
        "        1   75.0% ████████  101.000 ± 0.042       101.000 ± 0.042",
        "        0   25.0% ██▋       100.000 ± 0.042       100.000 ± 0.042",
        "           and 1 component without rows",
    ]
    assert "estimated bound (ELBO, nats) after iteration" in lines
    assert "ELBO     -3,000.0  -3.0000 nats per row; stopped after 2 iterations" in lines
    assert "rows/s    123,000  1,000 rows x 2 iterations, without the start" in lines


@pytest.mark.parametrize(
    ("means", "deviation", "cell"),
    [(0.0, 30.0, "1 +- 30"), (2e9, 1.0, "2e+09 +- 1"), (0.0, 1e-9, "1 +- 1e-09"),
     (0.0, 0.0, "1.000000 +- 0.000000")],
)  # fmt: skip
def test_numbers_of_all_sizes(means: float, deviation: float, cell: str) -> None:
    lines = report(made(means=means, deviation=deviation), 80, letters=False)
    row = next(line for line in lines if line.startswith("        1"))
    assert row.split("========")[1].strip() == cell


def test_only_columns_that_fit() -> None:
    lines = report(made([f"column{j}" for j in range(30)]), 60)
    assert all(len(line) <= 60 for line in lines)
    assert any("columns (see --json)" in line for line in lines)
    wide = report(made([f"column{j}" for j in range(30)]), 100)
    assert len(wide[3]) > len(lines[3])
