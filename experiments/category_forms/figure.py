"""The figure of `experiments.category_forms`; it is returned, never shown, never saved."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from colorizers.config import UNIVERSAL
from experiments.category_forms.scores import TEST
from experiments.category_forms.tables import METHODS
from experiments.universal_vs_category.tables import ALL, BALANCED, MEAN

if TYPE_CHECKING:
    import pandas as pd

DRAWN = ((ALL, "mean over photos", "tab:blue", "o"), (BALANCED, BALANCED, "tab:orange", "s"))


def forms_figure(gains: "pd.DataFrame") -> Figure:
    """The gain of each form and way over the universal network, on test photos.

    Args:
        gains: as `tables.tables_of` makes it; bars are 95 % intervals, points beside them seeds.
    """
    rows = gains[(gains["split"] == TEST) & (gains["reference"] == UNIVERSAL)]
    methods = [one for one in METHODS if one in set(rows["method"])]
    figure = Figure(figsize=(8, 1.6 + 0.4 * len(methods)), dpi=100, layout="constrained")
    axis = figure.subplots()
    places = np.arange(len(methods))
    for offset, (category, label, color, marker) in zip((-0.15, 0.15), DRAWN, strict=True):
        own = rows[rows["category"] == category]
        seeds = own["seed"].astype(str)
        whole = own[seeds == (MEAN if (seeds == MEAN).any() else "0")]
        whole = whole.set_index("method").loc[methods]
        middle = whole["gain_db"].to_numpy()
        spread = np.abs(whole[["low", "high"]].to_numpy().T - middle)
        style = {"fmt": marker, "ms": 5, "lw": 1.4, "color": color, "label": label}
        axis.errorbar(middle, places + offset, xerr=spread, **style)
        single = own[seeds != MEAN]
        heights = [methods.index(one) + offset for one in single["method"]]
        axis.plot(single["gain_db"], heights, "|", ms=7, color=color, alpha=0.6)
    axis.axvline(0, color="black", lw=0.8)
    axis.set_yticks(places, methods)
    axis.invert_yaxis()
    axis.set(xlabel="PSNR over the universal network trained on, in dB, on test photos")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(frameon=False, fontsize=8)
    return figure
