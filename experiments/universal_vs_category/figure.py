"""The figure of `experiments.universal_vs_category`; it is returned, never shown, never saved."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from experiments.universal_vs_category.runs import CONTINUED, FINE_TUNED, FOR_ALL, SCRATCH
from experiments.universal_vs_category.scores import METHODS
from experiments.universal_vs_category.tables import ALL

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DRAWN = (  # method, reference, colour, marker
    (SCRATCH, FOR_ALL, "tab:red", "s"),
    (FINE_TUNED, FOR_ALL, "tab:green", "o"),
    (FINE_TUNED, CONTINUED, "tab:blue", "D"),
)


def comparison_figure(table: "pd.DataFrame", gains: "pd.DataFrame") -> Figure:
    """Gains per category beside the means over all photos, both with 95 % intervals.

    Args:
        table: as `tables.levels` makes it.
        gains: as `tables.gains` makes it.
    """
    n_rows = gains["category"].nunique()
    figure = Figure(figsize=(14, max(4, 2.2 + 0.3 * n_rows)), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    _draw_gains(left, gains)
    _draw_levels(right, table)
    return figure


def _draw_gains(axis: "Axes", gains: "pd.DataFrame") -> None:
    """Rows are categories, the greatest gain on top, and "all" above them."""
    first = gains[gains["seed"].astype(str) == "0"]
    of = {pair: rows.set_index("category") for pair, rows in first.groupby(["method", "reference"])}
    order = [*of[FINE_TUNED, FOR_ALL].drop(ALL)["gain_db"].sort_values().index, ALL]
    places = np.arange(len(order))
    for shift, (method, reference, color, marker) in enumerate(DRAWN):
        rows = of[method, reference].loc[order]
        spread = np.abs(rows[["low", "high"]].to_numpy().T - rows["gain_db"].to_numpy())
        axis.errorbar(
            rows["gain_db"],
            places + 0.22 * (1 - shift),
            xerr=spread,
            fmt=marker,
            ms=4,
            lw=1.2,
            color=color,
            label=f"{method} over {reference!r}",
        )
    axis.axvline(0, color="black", lw=0.8)
    axis.axhspan(len(order) - 1.5, len(order) - 0.5, color="0.93", zorder=0)
    axis.set_yticks(places, [f"{one} photos" if one == ALL else one for one in order])
    axis.set(ylim=(-0.6, len(order) - 0.5), xlabel="gain of a network per category: PSNR in dB")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False, fontsize=9)


def _draw_levels(axis: "Axes", table: "pd.DataFrame") -> None:
    """The means of each method over the photos of all categories, the first method on top."""
    rows = table[(table["category"] == ALL) & (table["seed"] == 0)].set_index("method")
    methods = [one for one in reversed(METHODS) if one in rows.index]
    rows, places = rows.loc[methods], np.arange(len(methods))
    middle = rows["psnr_db"].to_numpy()
    spread = np.abs(rows[["psnr_db_low", "psnr_db_high"]].to_numpy().T - middle)
    axis.errorbar(middle, places, xerr=spread, fmt="o", color="black", ms=5)
    axis.set_yticks(places, methods)
    axis.set(ylim=(-0.5, len(methods) - 0.5), xlabel="PSNR in dB, mean over all test photos")
    axis.grid(axis="x", alpha=0.3)
    figures = zip(middle, rows["colorfulness"], strict=True)
    texts = [f"{psnr:.2f} dB, colorfulness {spread:.0f}" for psnr, spread in figures]
    beside = axis.twinx()
    beside.set_ylim(axis.get_ylim())
    beside.set_yticks(places, texts)
    beside.tick_params(length=0)
