"""Functions that return a matplotlib Figure; they never show, never save."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "resnet50": "ResNet50",
    "vgg19": "VGG19",
    "inception_v3": "InceptionV3",
    "mobilenet_v2": "MobileNetV2",
}
OURS, PAPERS = "top_3_error", "paper_top_3_error"  # columns of the table
SUMMARIES = {"mean": "mean", "all": "all photos"}  # the last rows of a panel


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """Cells of one measure: categories by trainings."""

    title: str
    rows: "pd.DataFrame"
    measure: str

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Backbone and start of each training."""
        pairs = self.rows[["backbone", "start"]].drop_duplicates()
        return list(pairs.itertuples(index=False, name=None))

    @property
    def categories(self) -> list[str]:
        """Categories in the order of the table, then the summaries."""
        found = list(self.rows["category"].unique())
        return [one for one in found if one not in SUMMARIES] + [
            one for one in SUMMARIES if one in found
        ]


def table_1_figure(table: "pd.DataFrame") -> Figure:
    """Top-3 errors, categories by backbones, one panel per set of categories and the paper's.

    Blue is better than chance, red worse. A line parts what started from ImageNet.

    Args:
        table: as `experiments.backbones` writes it.
    """
    panels = _panels(table)
    left, right = panels[:-1], panels[-1]
    n_left = max((len(one.columns) for one in left), default=0)
    height = max(len(right.categories), sum(len(one.categories) + 3 for one in left) - 3)
    width = n_left + len(right.columns) + (1.6 if left else 0) + 1.8
    figure = Figure(figsize=(1.05 * width, 0.29 * height + 1.8), dpi=110, layout="constrained")
    grid = figure.add_gridspec(1, 2 if left else 1, width_ratios=_ratios(n_left, right))
    _draw_panel(figure.add_subplot(grid[-1]), right, len(right.columns))
    if left:
        stack = grid[0].subgridspec(len(left), 1, height_ratios=[len(p.categories) for p in left])
        for place, panel in enumerate(left):
            _draw_panel(figure.add_subplot(stack[place]), panel, n_left)
    one = table.iloc[0]
    figure.supxlabel(
        f"Top-3 error on the test split (photos in brackets) after {one['steps']} steps of"
        f" {one['batch_size']} photos at {one['px']} px;\nblue is better than chance, red worse;"
        " a training from ImageNet has seen far more than one from scratch",
        fontsize=9,
    )
    return figure


def _ratios(n_left: int, right: _Panel) -> list[int]:
    """Columns of the two halves, and one more each for the names of the rows."""
    return [n_left + 1, len(right.columns) + 1] if n_left else [1]


def _panels(table: "pd.DataFrame") -> list[_Panel]:
    """The paper's figures, where its categories are there, then each set of ours."""
    panels = [
        _Panel(title=f"here, {rows['n_categories'].iloc[0]} categories", rows=rows, measure=OURS)
        for _, rows in table.groupby("set", sort=False)
    ]
    paper = table[table[PAPERS].notna() & (table["start"] == "scratch")]
    if len(paper):  # the start is ours; the paper's networks were pretrained
        of_paper = paper.assign(start="pretrained")
        title = "the paper, Table I"
        panels.insert(0, _Panel(title=title, rows=of_paper, measure=PAPERS))
    return panels


def _draw_panel(axis: Axes, panel: _Panel, n_columns: int) -> None:
    """One panel of cells, in room for `n_columns` of them."""
    rows, columns, categories = panel.rows, panel.columns, panel.categories
    cells = rows.pivot(index="category", columns=["backbone", "start"], values=panel.measure)
    values = cells.loc[categories, columns].to_numpy()
    level = rows["chance_top_3_error"].iloc[0]
    norm = TwoSlopeNorm(min(max(level, 1e-3), 1 - 1e-3), 0, 1)  # it wants a middle between the ends
    shown = ScalarMappable(norm, "RdBu_r").to_rgba(values)
    axis.imshow(shown, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        dark = shown[row, column, :3] @ (0.299, 0.587, 0.114) < 0.5
        color = "white" if dark else "black"
        axis.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9, color=color)
    n_own = sum(one not in SUMMARIES for one in categories)
    axis.plot([-0.5, len(columns) - 0.5], [n_own - 0.5] * 2, color="black", lw=1.5)
    for column, (_, start) in enumerate(columns):
        if start == "ImageNet":
            axis.plot([column - 0.5] * 2, [-0.5, len(categories) - 0.5], color="black", lw=1.5)
    _label(axis, panel, f"{panel.title} (chance {level:.2f})")
    axis.set(xlim=(-0.5, n_columns - 0.5), ylim=(len(categories) - 0.5, -0.5))


def _label(axis: Axes, panel: _Panel, title: str) -> None:
    """Names of rows and columns, the columns' above."""
    heads = [
        f"{NAMES.get(one, one)}\n{start if start == 'pretrained' else f'from {start}'}"
        for one, start in panel.columns
    ]
    axis.set_xticks(range(len(heads)), heads, fontsize=8)
    counts = panel.rows.drop_duplicates("category").set_index("category")["n"]
    names = [SUMMARIES.get(one, one) for one in panel.categories]
    if panel.measure == OURS:
        pairs = zip(names, panel.categories, strict=True)
        names = [name if one == "mean" else f"{name} ({counts[one]})" for name, one in pairs]
    axis.set_yticks(range(len(names)), names, fontsize=9)
    axis.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axis.set_title(title, fontsize=11, loc="left")
    axis.spines[:].set_visible(False)
