# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What do well and badly coloured photos look like?
#
# Figs. 7 and 8 of the paper show well-coloured photos beside the truth, which always stands last
# here. Photos of the data set may not be passed on: `python -m evaluation.gallery` draws them into
# `runs/gallery/`, and only its figures stand here. The pictures are of photos in the public domain,
# from what routing gains most over gray to what it gains least (`python -m evaluation.showcase`):
#
# ![gray, universal, routed, a wrong category, ground truth](../results/grid.jpg)
#
# Run time: a second. Needed: `results/gallery.csv` and `results/showcase.csv`, which are in the
# repository.

# %%
import os
from pathlib import Path

import pandas as pd

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
shown = pd.read_csv("results/showcase.csv")
figures = ["gain_db", "colorfulness"]
shown.pivot(index="photo", columns="method", values=figures).round(1)

# %% [markdown]
# The best and the worst coloured test photos of each category, by what they gain over gray in PSNR,
# among those that came out with a colorfulness of 15 or more (`photo` is the name of a file below
# `data/packed/<category>/test/color/`):

# %%
gallery = pd.read_csv("results/gallery.csv", dtype={"photo": str})
first = gallery.groupby(["kind", "category"], sort=False).head(1)
first.set_index(["kind", "category"]).round(2)

# %%
gains = gallery.pivot_table(index="category", columns="kind", values="gain_db")
axis = gains.sort_values("best").plot.barh(
    figsize=(8, 6), xlabel="gain of PSNR over gray in dB", ylabel="", color=["tab:green", "tab:red"]
)
axis.axvline(0, color="black", lw=0.8)
axis.grid(axis="x", alpha=0.3)

# %% [markdown]
# What becomes of them hangs on the category that the router chose, and on how colourful the photo
# was:

# %%
is_right = gallery["chosen"] == gallery["category"]
about = gallery.assign(share_routed_right=is_right).groupby("kind")
columns = ["share_routed_right", "confidence", "gain_db", "colorfulness", "true_colorfulness"]
means = about[columns].mean()
means.round(2)

# %% [markdown]
# The answer:

# %%
from IPython.display import Markdown

Markdown(
    "\n".join(
        f"- {kind} photos: {one.gain_db:+.1f} dB over gray; the router was right in "
        f"{one.share_routed_right:.0%}; colorfulness {one.true_colorfulness:.0f} in truth, "
        f"{one.colorfulness:.0f} as coloured"
        for kind, one in means.iterrows()
    )
)
