"""Functions that return a matplotlib Figure; they never show, never save."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (  # what the panels show: measure, label
    ("psnr_db", "PSNR in dB"),
    ("ssim", "SSIM (no unit)"),
    ("colorfulness", "colorfulness (no unit)"),
    ("loss", "loss: mean squared error of ab"),
)
LINES = (  # column, label, colour, line style
    ("val", "validation split", "tab:blue", "-"),
    ("test", "test split", "tab:orange", "-"),
    ("photo", "the one photo", "tab:green", ":"),
)
COMPARED = (("gray", "--"), ("mean tint", "-."), ("ground truth", (0, (1, 1))))  # name, dashes


def epoch_curves(table: "pd.DataFrame") -> Figure:
    """Curves against epochs, from the table of `experiments.epochs`.

    Gray and the mean tint are horizontal lines, in the colour of the split on which they fare so.
    """
    figure = Figure(figsize=(10, 7), dpi=100, layout="constrained")
    is_trained = table["epoch"].astype(str).str.isdigit()
    others, trained = table[~is_trained].set_index("epoch"), table[is_trained]
    epochs = trained["epoch"].astype(int).to_numpy()
    best = int(trained.loc[trained["is_best"], "epoch"].iloc[0])
    for axis, (measure, label) in zip(figure.subplots(2, 2).flat, SHOWN, strict=True):
        axis.axvline(best, color="0.85", lw=6, label=f"best on validation: epoch {best}")
        for of, about, color, _ in LINES[:2]:
            for name, dashes in COMPARED:
                height = others.loc[name, f"{of}_{measure}"]
                if np.isfinite(height):
                    axis.axhline(height, color=color, ls=dashes, lw=1, label=f"{name}, {about}")
        for of, about, color, style in LINES:
            values = trained[f"{of}_{measure}"].to_numpy()
            axis.plot(epochs, values, style, marker="o", ms=4, color=color, label=about)
        if measure == "loss":
            values = trained["train_loss"].to_numpy()
            axis.plot(epochs, values, "-", marker="s", ms=4, color="black", label="training")
        axis.set_xticks(epochs, [str(epoch) for epoch in epochs])
        axis.set(xlabel="epochs of training", ylabel=label)
        axis.grid(axis="y", alpha=0.3)
    found = [axis.get_legend_handles_labels() for axis in figure.axes]
    named = {
        label: line for lines, labels in found for label, line in zip(labels, lines, strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside upper center", ncols=3, frameon=False)
    return figure


def picture_strip(titles: Sequence[str], pictures: Sequence[NDArray[np.uint8]]) -> Figure:
    """A row of (H, W, 3) uint8 sRGB pictures, each under its title."""
    figure = Figure(figsize=(1.9 * len(pictures), 2.2), dpi=130, layout="constrained")
    row = figure.subplots(1, len(pictures), squeeze=False)[0]
    for axis, title, picture in zip(row, titles, pictures, strict=True):
        axis.imshow(picture)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    return figure


def screening_bars(table: "pd.DataFrame") -> Figure:
    """Gain over gray of each arm at the smallest size, as it is and at 70 % of the true colour.

    The band is what lies between the arms `base` and `second_seed`: what chance does.
    """
    rows = table[table["size"] == table["size"].min()].set_index("arm")
    places = np.arange(len(rows))
    figure = Figure(figsize=(8, 1.2 + 0.4 * len(rows)), dpi=100, layout="constrained")
    axis = figure.subplots()
    shown = (
        ("gain_db", "as predicted", -0.2),
        ("gain_at_70_db", "at 70 % of the true colour", 0.2),
    )
    for column, label, offset in shown:
        axis.barh(places + offset, rows[column], height=0.38, label=label)
    chance = rows.loc[rows.index.isin(["base", "second_seed"]), "gain_db"]
    if len(chance):
        axis.axvspan(chance.min(), chance.max(), color="0.85", zorder=0, label="two seeds")
    axis.set_yticks(places, list(rows.index))
    axis.invert_yaxis()
    axis.set(xlabel="PSNR over gray in dB, mean over validation photos")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(frameon=False, fontsize=8)
    return figure
