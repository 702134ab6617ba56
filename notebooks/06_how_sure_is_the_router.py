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
# # How sure is the router, and does blending the best k pay?
#
# A sunset behind mountains is both: the colorizers of several categories can be blended, weighted
# by the router's confidences, if these mean what they say. A temperature (Guo et al. 2017), fitted
# on the validation split, corrects them; whether it holds on photos never seen is measured on the
# test split (`python -m evaluation.evaluate`). How many colorizers to blend was measured on the
# validation split (`python -m evaluation.blends`).
#
# Run time: a second. Needed: `reliability.csv`, `blends.csv` and `evaluation.csv` in
# `results/`.

# %%
# %matplotlib inline
import os
from pathlib import Path

import pandas as pd

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
from evaluation import figures

reliability = pd.read_csv("results/reliability.csv")
over_all = reliability.groupby("stage", sort=False).first()
over_all[["n", "confidence", "accuracy", "calibration_error", "nll"]]

# %% [markdown]
# The share of photos that are right, by how sure the router is of them: on the dashed line it is as
# sure as it is right. Below, how many photos there are.

# %%
figures.reliability_figure(reliability)

# %% [markdown]
# Blends of the k best categories on the validation photos, against the best category's colorizer
# alone; each category counts the same, the bars are 95 % intervals. These photos also chose the
# epoch of each colorizer and how many are blended, so this is no gain on photos never seen:

# %%
blends = pd.read_csv("results/blends.csv")
figures.blends_figure(blends)

# %% [markdown]
# The same on photos never seen: `routed` is what `python -m pipeline.colorize` does.

# %%
methods = pd.read_csv("results/evaluation.csv").query("category == 'all'").set_index("method")
ways = ["universal", "best category", "three best", "routed", "true category"]
methods.loc[ways, ["n", "psnr_db", "psnr_db_low", "psnr_db_high", "ssim", "colorfulness"]]

# %% [markdown]
# The answer:

# %%
after, chosen = over_all.loc["after"], blends[blends["is_chosen"]].iloc[0]
alone, three, universal = methods.loc[["best category", "three best", "universal"], "psnr_db"]
print(f"The router says {after.confidence:.1%} and is right in {after.accuracy:.1%} of the photos.")
print(f"The choice on validation was to blend {chosen.top}. On photos never seen, three pay")
print(
    f"{three - alone:+.3f} dB over the best alone, {three - universal:+.3f} over the universal one."
)
