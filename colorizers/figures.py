"""Functions that return a matplotlib Figure; they never show, never save."""

from collections.abc import Mapping, Sequence
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
    """Curves against epochs, from the table of `colorizers.benchmark_epochs`.

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
