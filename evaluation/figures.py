"""Functions that return a matplotlib Figure; they never show, never save."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

METHOD_COLORS = {  # one colour per method, in every figure
    "gray": "0.6",
    "constant tint": "0.45",
    "mean tint of the category": "tab:brown",
    "universal": "tab:blue",
    "best category": "tab:pink",
    "three best": "tab:purple",
    "routed": "tab:orange",
    "true category": "tab:green",
    "wrong category": "tab:red",
}


def photo_grid(
    columns: Sequence[str], rows: Sequence[tuple[str, Sequence[NDArray[np.uint8]]]]
) -> Figure:
    """A grid of photos: one row per photo, one column per method, the ground truth last.

    Args:
        columns: heads.
        rows: (label, one (H, W, 3) uint8 sRGB image per column).
    """
    size = (2.2 * len(columns) + 0.4, 2.25 * len(rows) + 0.3)
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for row, (label, images) in zip(axes, rows, strict=True):
        for axis, image in zip(row, images, strict=True):
            axis.imshow(image)
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        row[0].set_ylabel(label)
    for axis, column in zip(axes[0], columns, strict=True):
        axis.set_title(column, fontsize=11)
    return figure


def category_scores(
    categories: Sequence[str],
    scores: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    unit: str,
) -> Figure:
    """One line of points per method over the categories, with bootstrap intervals.

    Args:
        categories: labels of the horizontal axis.
        scores: method -> (means (n,), (n, 2) low and high).
        unit: label of the vertical axis.
    """
    figure = Figure(figsize=(10, 4), dpi=100, layout="constrained")
    axis = figure.subplots()
    places = np.arange(len(categories))
    for shift, (method, (means, interval)) in enumerate(scores.items()):
        offset = (shift - (len(scores) - 1) / 2) * 0.12
        spread = np.abs(interval.T - means)
        color = METHOD_COLORS[method]
        axis.errorbar(places + offset, means, spread, fmt="o", ms=4, color=color, label=method)
    axis.set_xticks(places, categories, rotation=40, ha="right")
    axis.set_ylabel(unit)
    axis.grid(axis="y", alpha=0.3)
    axis.legend(ncols=len(scores), loc="upper center", bbox_to_anchor=(0.5, 1.12), frameon=False)
    return figure


def confusion_figure(categories: Sequence[str], matrix: NDArray[np.int64]) -> Figure:
    """Shares of each true category (row) that the router called each category (column)."""
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(8, 7.2), dpi=100, layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axis.set_xticks(range(len(categories)), categories, rotation=60, ha="right")
    axis.set_yticks(range(len(categories)), categories)
    axis.set(xlabel="category chosen by the router", ylabel="true category")
    for row, column in np.argwhere(shares >= 0.05):
        shade = "white" if shares[row, column] > 0.5 else "black"
        text = f"{shares[row, column]:.2f}".removeprefix("0")
        axis.text(column, row, text, ha="center", va="center", color=shade, fontsize=7)
    figure.colorbar(image, ax=axis, shrink=0.7, label="share of the row")
    return figure


def category_matrix_figure(
    categories: Sequence[str], values: NDArray[np.float64], unit: str, *, is_gain: bool = False
) -> Figure:
    """A measure of each category's colorizer (row) on the photos of each category (column).

    Dashes mark the diagonal, where colorizer and photos belong together.

    Args:
        categories: labels of both axes, n of them.
        values: (n, n) means over photos.
        unit: label of the colour bar.
        is_gain: colours diverge from 0, and a box marks the highest value of each column.
    """
    figure = Figure(figsize=(10.5, 9), dpi=100, layout="constrained")
    axis = figure.subplots()
    high = max(np.abs(values).max(), 1e-9)
    low, colors = (-high, "RdBu") if is_gain else (values.min(), "viridis")
    image = axis.imshow(values, cmap=colors, vmin=low, vmax=high)
    shades = image.to_rgba(values)[..., :3] @ (0.299, 0.587, 0.114)  # brightness of each cell
    axis.set_xticks(range(len(categories)), categories, rotation=60, ha="right")
    axis.set_yticks(range(len(categories)), categories)
    note = " (box: the best colorizer for them; dashes: their own)" if is_gain else ""
    axis.set(xlabel=f"category of the photos{note}", ylabel="category of the colorizer")
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if shades[row, column] < 0.5 else "black"
        text = f"{value:z.2f}" if is_gain else f"{value:.0f}"
        axis.text(column, row, text, ha="center", va="center", color=shade, fontsize=7.5)
    for place in range(len(categories)):
        _mark(axis, place, place, 0.42, linewidth=1, linestyle="--")
    for column, row in enumerate(values.argmax(axis=0) if is_gain else ()):
        _mark(axis, column, row, 0.5, linewidth=2)
    figure.colorbar(image, ax=axis, shrink=0.7, label=unit)
    return figure


def _mark(axis: Axes, column: int, row: int, half: float, **line: Any) -> None:
    """Draw a square of twice `half` around a cell."""
    corner = (column - half, row - half)
    axis.add_patch(Rectangle(corner, 2 * half, 2 * half, fill=False, **line))


def reliability_figure(table: "pd.DataFrame") -> Figure:
    """How often the router is right against how sure it is, before and after calibration.

    Args:
        table: as `evaluation.reliability.reliability_table` makes it.
    """
    figure = Figure(figsize=(9, 5.2), dpi=100, layout="constrained")
    columns = figure.subplots(2, 2, sharex=True, sharey="row", height_ratios=(3, 1))
    for (axis, below), (stage, rows) in zip(
        columns.T, table.groupby("stage", sort=False), strict=True
    ):
        over_all, bins = rows.iloc[0], rows.iloc[1:]
        _draw_reliability(axis, bins)
        error, nll = over_all["calibration_error"], over_all["nll"]
        axis.set_title(f"{stage} calibration\ncalibration error {error:.3f}, NLL {nll:.3f}")
        widths = bins["high"] - bins["low"]
        bars = below.bar(bins["low"], bins["n"], 0.94 * widths, align="edge", color="0.6")
        below.bar_label(bars, fontsize=8)
        below.margins(y=0.22)
        below.set_xlabel("confidence in the best category")
    columns[0, 0].set_ylabel("share that is right")
    columns[1, 0].set_ylabel("photos")
    columns[0, 1].legend(loc="upper left", frameon=False)
    return figure


def _draw_reliability(axis: Axes, bins: "pd.DataFrame") -> None:
    """Bars of accuracy, a point for the mean confidence of each, the diagonal of honesty."""
    filled = bins[bins["n"] > 0]
    widths = filled["high"] - filled["low"]
    axis.bar(filled["low"], filled["accuracy"], 0.94 * widths, align="edge", color="tab:orange")
    axis.plot([0, 1], [0, 1], color="black", lw=1, ls="--", label="as sure as right")
    points = (filled["confidence"], filled["accuracy"])
    axis.plot(*points, "o", color="black", ms=4, label="mean confidence of the photos")
    axis.set(xlim=(0, 1), ylim=(0, 1.02))
    axis.grid(axis="y", alpha=0.3)


def blends_figure(table: "pd.DataFrame") -> Figure:
    """What blending gains over the best category alone, and what colour it costs.

    Args:
        table: as `evaluation.blends.summarize` makes it.
    """
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2)
    blends = table[table["top"] > 0]
    for is_with, rows in blends.groupby("universal_rest"):
        label = "universal takes the rest" if is_with else "the best categories only"
        color = METHOD_COLORS["universal" if is_with else "routed"]
        places = rows["top"] + (0.06 if is_with else -0.06)
        style = {"fmt": "o-", "ms": 4, "capsize": 3, "color": color, "label": label}
        left.errorbar(places, rows["gain_db"], 1.96 * rows["standard_error_db"], **style)
        right.plot(places, rows["colorfulness"], "o-", ms=4, color=color)
    chosen = blends[blends["is_chosen"]].iloc[0]
    place = chosen["top"] + (0.06 if chosen["universal_rest"] else -0.06)
    ring = {"s": 130, "facecolors": "none", "edgecolors": "black", "zorder": 3}
    left.scatter(place, chosen["gain_db"], label="chosen", **ring)
    right.scatter(place, chosen["colorfulness"], **ring)
    left.axhline(0, color="0.5", lw=1)
    left.set_ylabel("PSNR gain over the best category in dB")
    right.set_ylabel("colorfulness (no unit)")
    for axis in (left, right):
        axis.set(xlabel="categories blended", xticks=range(1, int(blends["top"].max()) + 1))
        axis.grid(axis="y", alpha=0.3)
    figure.legend(ncols=3, loc="outside upper center", frameon=False)
    return figure


def vividness(
    table: "pd.DataFrame",
    by: str = "variant",
    marks: Mapping[str, tuple[str, float]] | None = None,
) -> Figure:
    """PSNR against colorfulness, a curve over saturations per variant; dots where it is 1.

    Args:
        table: rows of (`by`, saturation, psnr_db, colorfulness); those named "gray" and "ground
            truth" give the lines to compare with.
        by: the column that names the curves.
        marks: label -> (curve, saturation) of points to name.
    """
    figure = Figure(figsize=(8, 5), dpi=100, layout="constrained")
    axis = figure.subplots()
    curves = table[table["saturation"] > 0]
    for label, (name, saturation) in (marks or {}).items():
        (point,) = curves[(curves[by] == name) & np.isclose(curves["saturation"], saturation)].iloc
        place = (point["colorfulness"], point["psnr_db"])
        axis.plot(*place, "s", ms=8, mfc="none", color="black")
        axis.annotate(label, place, xytext=(8, 4), textcoords="offset points")
    for name, rows in curves.groupby(by, sort=False):
        (line,) = axis.plot(rows["colorfulness"], rows["psnr_db"], lw=1.5, label=str(name))
        plain = rows[rows["saturation"] == 1]
        axis.plot(plain["colorfulness"], plain["psnr_db"], "o", color=line.get_color())
    first = table.set_index(by)
    axis.axhline(first.loc["gray", "psnr_db"], color="0.6", lw=1, ls="--", label="gray")
    truth = first.loc["ground truth", "colorfulness"]
    for share in (0.7, 0.85, 1.0):
        axis.axvline(share * truth, color="0.85", lw=1, zorder=0)
        place = (share * truth, 1)
        axis.annotate(
            f"{share:.0%}",
            place,
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color="0.4",
        )
    axis.set_title("lines: share of the originals' colorfulness", fontsize=8, color="0.4", pad=16)
    axis.set(xlabel="colorfulness (no unit)", ylabel="PSNR in dB")
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=9)
    return figure
