"""What the guide's table says can be combined can be, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastvb import LatentDirichletAllocation
from fastvb.datasets import CorpusFile

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "learning_methods.md"
X = np.random.default_rng(0).poisson(0.5, (24, 12)).astype(float)


def table() -> dict[tuple[str, str], str]:
    """Cells by method and column."""
    lines = (
        PAGE.read_text("utf-8").split("## What can be combined")[1].split("\n\n")[1].splitlines()
    )
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {
        (row[0].strip('`"'), column.strip("`")): cell
        for row in rows
        for column, cell in zip(head[1:], row[1:], strict=True)
    }


TABLE = table()


class Parts:
    """Matrices one after the other, whose number nobody knows."""

    def __iter__(self) -> Any:
        yield X[:10]
        yield X[10:]


def use(method: str, column: str, folder: Path) -> Any:
    priors: dict[str, Any] = {}
    if column == "learned alpha":
        priors = {"doc_topic_prior": "learn"}
    elif column == "learned eta":
        one_number = TABLE[method, column] == "one number"
        priors = {"topic_word_prior": "learn" if one_number else "learn-vector"}
    lda = LatentDirichletAllocation(
        2, learning_method=method, max_iter=3, batch_size=8, total_samples=24, random_state=0,
        **priors,
    )  # fmt: skip
    if column == "partial_fit":
        return lda.partial_fit(X)
    if column == "CorpusFile":
        with CorpusFile.write(folder / "x.fvb", X) as corpus:
            return lda.fit(corpus)
    if column == "iterable of CSR":
        return lda.fit(Parts())
    return lda.fit(X, checkpoint=folder / "state" if column == "checkpoint" else None)


def test_table_has_every_method() -> None:
    documented = re.search(
        r"learning_method : str\n(.*?)learning_decay", LatentDirichletAllocation.__doc__, re.DOTALL
    )
    assert {method for method, _ in TABLE} == set(re.findall(r'- "([\w-]+)"', documented[1]))


@pytest.mark.parametrize(("method", "column"), [key for key in TABLE if "bound" not in key[1]])
def test_combination(method: str, column: str, tmp_path: Path) -> None:
    if TABLE[method, column]:
        assert use(method, column, tmp_path).components_.shape == (2, 12)
    else:
        with pytest.raises(ValueError, match="Expected"):
            use(method, column, tmp_path)


@pytest.mark.parametrize("method", [method for method, column in TABLE if column == "exact bound"])
def test_exact_bound(method: str) -> None:
    """It is that of the topics and the documents' best weights, once all have settled."""
    lda = LatentDirichletAllocation(
        2, learning_method=method, max_iter=500, batch_size=8, tol=1e-12, mean_change_tol=1e-9,
        max_doc_update_iter=1000, random_state=0,
    ).fit(X)  # fmt: skip
    is_exact = abs(lda.lower_bound_ / lda.elbo(X) - 1) < 1e-8
    assert is_exact == (TABLE[method, "exact bound"] == "yes")
