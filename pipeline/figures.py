"""Functions that return a matplotlib Figure; they never show, never save."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

METHOD_COLORS = {  # one colour per method, in every figure
    "gray": "0.6",
    "constant tint": "0.45",
    "mean tint of the category": "tab:brown",
    "universal": "tab:blue",
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


def cross_figure(
    categories: Sequence[str], values: NDArray[np.float64], unit: str, *, is_gain: bool = False
) -> Figure:
    """A measure of each category's colorizer (row) on the photos of each category (column).

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
    note = " (box: the best colorizer for them)" if is_gain else ""
    axis.set(xlabel=f"category of the photos{note}", ylabel="category of the colorizer")
    for (row, column), value in np.ndenumerate(values):
        shade = "white" if shades[row, column] < 0.5 else "black"
        text = f"{value:z.2f}" if is_gain else f"{value:.0f}"
        axis.text(column, row, text, ha="center", va="center", color=shade, fontsize=7.5)
    for column, row in enumerate(values.argmax(axis=0) if is_gain else ()):
        box = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, linewidth=2)
        axis.add_patch(box)
    figure.colorbar(image, ax=axis, shrink=0.7, label=unit)
    return figure
