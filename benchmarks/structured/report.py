"""Tables and pictures of the three studies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = dict[str, Any]
NEAR = 0.01  # nats per token: as good as the best


def tables(records: list[Record]) -> dict[str, str]:
    """Of each study; means over the seeds and their standard deviations, in nats per token."""
    found = {}
    for study, table in TABLES.items():
        part = [record for record in records if record["study"] == study]
        if part:
            seeds = {record["seed"] for record in part}
            head = f"{part[0]['corpus']}, {part[0]['topics']} topics, {len(seeds)} seeds"
            found[study] = "\n".join((head, *table(part)))
    return found


def groups(records: list[Record], *names: str) -> dict[tuple[Any, ...], list[Record]]:
    """Records that differ in their seeds alone."""
    found: dict[tuple[Any, ...], list[Record]] = {}
    for record in records:
        found.setdefault(tuple(record[name] for name in names), []).append(record)
    return found


def mean(records: list[Record], name: str) -> NDArray[np.float64]:
    return np.mean([record[name] for record in records], axis=0)


def spread(values: Any) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"


def priors_table(records: list[Record]) -> Iterator[str]:
    passes = "".join(f"{n:>9}" for n in records[0]["passes"])
    yield f"{'eta':6}{'batch':>6}  {'method':12}{'score after passes:':>20}{passes}{'seconds':>9}"
    for (eta, size, method), fits in sorted(groups(records, "eta", "batch_size", "method").items()):
        scores = "".join(f"{score:9.3f}" for score in mean(fits, "scores"))
        sd = np.std([fit["scores"][-1] for fit in fits])
        seconds = mean(fits, "seconds")[-1]
        yield f"{eta:<6g}{size:6}  {method:12}{'':20}{scores}{seconds:9.2f}   ± {sd:.3f}"


def restart_table(records: list[Record]) -> Iterator[str]:
    yield f"{'':6}{'mean-field ELBO per token':^50}{'held-out score':^48}"
    ends = ("own start", "structured", "restarted")
    names = (*ends, "gain", *ends)
    yield f"{'eta':6}" + "".join(f"{name:>{10 if name == 'gain' else 17}}" for name in names)
    for (eta,), fits in groups(records, "eta").items():
        own, last = (np.array([fit[name][-1] for fit in fits]) for name in ("own", "restarted"))
        first = [fit["restarted"][0] for fit in fits]
        scores = ([fit["scores"][end] for fit in fits] for end in ends)
        columns = "".join(f"{spread(x):>17}" for x in (own, first, last))
        gain = f"{np.mean(last - own):+10.3f}"
        yield f"{eta:<6g}{columns}{gain}" + "".join(f"{spread(x):>17}" for x in scores)


def sampling_table(records: list[Record]) -> Iterator[str]:
    """Who takes how long to its best, and to `NEAR` below the best of tomotopy."""
    libraries = groups(records, "library")
    rival = libraries.get(("tomotopy",))
    yield f"{'library':22}{'best score':>17}{'seconds':>9}{'to near':>9}{'ratio':>7}"
    for (library,), fits in libraries.items():
        scores, seconds = mean(fits, "scores"), mean(fits, "seconds")
        best = int(scores.argmax())
        line = (
            f"{library:22}{spread([fit['scores'][best] for fit in fits]):>17}{seconds[best]:9.2f}"
        )
        if rival is not None:
            theirs = mean(rival, "scores")
            near = np.flatnonzero(scores >= theirs.max() - NEAR)
            if near.size > 0:
                ratio = mean(rival, "seconds")[theirs.argmax()] / seconds[near[0]]
                line += f"{seconds[near[0]]:9.2f}{ratio:7.1f}"
        yield line


TABLES: dict[str, Callable[[list[Record]], Iterator[str]]] = {
    "priors": priors_table,
    "restart": restart_table,
    "sampling": sampling_table,
}


def draw(records: list[Record], prefix: str) -> None:
    """A picture of each of the first two studies: a panel for each prior of the topics."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    panels = {"priors": priors_panel, "restart": restart_panel}
    for study, panel in panels.items():
        etas = groups([record for record in records if record["study"] == study], "eta")
        if not etas:
            continue
        figure = Figure(figsize=(11, 3.4), layout="constrained")
        axes = figure.subplots(1, len(etas), squeeze=False)[0]
        for ax, ((eta,), part) in zip(axes, etas.items(), strict=True):
            panel(ax, part)
            ax.set_title(f"eta = {eta:g}")
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
        with mpl.rc_context({"svg.hashsalt": study, "svg.fonttype": "none"}):
            figure.savefig(f"{prefix}_{study}.svg", metadata={"Date": None})


def priors_panel(ax: Any, records: list[Record]) -> None:
    colors = {"online": "C1", "structured": "C0"}
    for (method, size), fits in groups(records, "method", "batch_size").items():
        dashes = "-" if size == 128 else "--"
        label, color = f"{method}, batches of {size}", colors[method]
        seconds, scores = mean(fits, "seconds"), mean(fits, "scores")
        ax.plot(seconds, scores, dashes, marker="o", markersize=3, color=color, label=label)
    ax.set(xscale="log", xlabel="seconds")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    if ax.get_subplotspec().is_first_col():
        ax.set_ylabel("held-out score")


def restart_panel(ax: Any, records: list[Record]) -> None:
    """The start by structured steps has taken as many passes as the restart lacks."""
    for record in records:
        n_own, n_restarted = len(record["own"]), len(record["restarted"])
        labels = ("own start", "restarted from structured") if record is records[0] else ("", "")
        passes = np.arange(1, n_own + 1)
        ax.plot(passes, record["own"], color="C1", linewidth=1, label=labels[0] or None)
        ax.plot(
            passes[n_own - n_restarted :], record["restarted"], color="C0", linewidth=1,
            label=labels[1] or None,
        )  # fmt: skip
    low = min(bounds[len(bounds) // 8] for r in records for bounds in (r["own"], r["restarted"]))
    high = max(bounds[-1] for r in records for bounds in (r["own"], r["restarted"]))
    margin = 0.05 * (high - low) or 1e-3
    ax.set(xlabel="passes over the documents", ylim=(low - margin, high + margin))
    if ax.get_subplotspec().is_first_col():
        ax.set_ylabel("mean-field ELBO per token")
