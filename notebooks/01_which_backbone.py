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
# # Which backbone routes best at equal budget, and what do ImageNet weights buy?
#
# Table I of the paper gives the top-3 error of ResNet50, VGG19 and Inception on six categories.
# Here these three and MobileNetV2 were trained on gray photos, each for the same steps, from random
# weights; where ImageNet weights were at hand, from those as well
# (`python -m experiments.backbones`).
# A training from ImageNet is no equal of one from scratch: it has seen a million photos more. The
# paper's networks were pretrained (Keras' weights, so ImageNet's), then trained for 500 epochs.
#
# Run time: a second. Needed: `results/table_1.csv` and `results/table_1.png`.

# %%
import os
from pathlib import Path

import pandas as pd
from IPython.display import Image

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
table = pd.read_csv("results/table_1.csv")
trained = table[table["category"] == "mean"].set_index(["set", "backbone", "start"])
trained[["learns", "parameters", "px", "steps", "batch_size", "learning_rate", "seconds"]]

# %% [markdown]
# Top-3 errors. The paper does not say how many test photos it had; ours stand in brackets, and some
# categories have few. Rows below the line: the mean over categories, and over all photos.

# %%
Image("results/table_1.png", width=1000)

# %% [markdown]
# The means over categories, and how far each lies from chance. The paper's stand beside them for
# reference: other photos, a longer training, and another start than the rows "scratch":

# %%
errors = trained[["top_3_error", "top_1_error", "chance_top_3_error", "paper_top_3_error"]]
errors.assign(below_chance=errors["chance_top_3_error"] - errors["top_3_error"]).round(3)

# %% [markdown]
# Over all photos, with 95 % intervals: where two overlap widely, the photos do not tell which of
# the two backbones is better.

# %%
over_photos = table[table["category"] == "all"].set_index(["set", "backbone", "start"])
over_photos[["n", "top_3_error", "low", "high"]].round(3)

# %% [markdown]
# The answer, by the mean over categories:

# %%
answers = []
for _, rows in trained.reset_index().groupby("set", sort=False):
    scratch = rows[rows["start"] == "scratch"].sort_values("top_3_error")
    best, n = scratch.iloc[0], scratch["n_categories"].iloc[0]
    answers.append(f"{n} categories, from scratch: {best.backbone} {best.top_3_error:.3f}")
    for row in rows[rows["start"] == "ImageNet"].itertuples():
        before = scratch.set_index("backbone").loc[row.backbone, "top_3_error"]
        gain = before - row.top_3_error
        answers.append(f"ImageNet lowers {row.backbone} by {gain:.3f} to {row.top_3_error:.3f}")
answers
