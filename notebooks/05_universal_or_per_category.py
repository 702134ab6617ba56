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
# # Universal or per category: does the paper's claim hold?
#
# The paper holds that a network per category colours better than one for all. A fair comparison
# gives both the same compute: here each arm was shown the same number of photos in all
# (`python -m experiments.universal_vs_category`). From scratch, each category gets its share of
# that budget;
# fine-tuned, half of it goes into one universal network, from which each category's goes on.
#
# Run time: a second. Needed: `results/universal_vs_category_*.csv`, which are in the repository.

# %%
import os
from pathlib import Path

import pandas as pd

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
paths = sorted(Path("results").glob("universal_vs_category_*_gains.csv"))
names = [path.stem.removeprefix("universal_vs_category_").removesuffix("_gains") for path in paths]
gains, levels = (
    pd.concat(
        {one: pd.read_csv(f"results/universal_vs_category_{one}{end}") for one in names},
        names=["network"],
    )
    for end in ("_gains.csv", ".csv")
)

# %%
over_all = levels[(levels["category"] == "all") & (levels["seed"] == 0)]
costs = ["networks", "photos_per_network", "photos_in_all", "size"]
measures = ["psnr_db", "psnr_db_low", "psnr_db_high", "ssim", "colorfulness"]
over_all.reset_index(0).set_index(["network", "method"])[[*costs, *measures]].round(3)

# %% [markdown]
# Paired differences: what a method gains over another on the very same photos, with 95 % bootstrap
# intervals over photos. An interval that contains 0 decides nothing.

# %%
paired = gains[(gains["category"] == "all") & (gains["seed"].astype(str) == "0")]
paired = paired.reset_index(0).set_index(["network", "method", "reference"])
paired[["n", "gain_db", "low", "high"]].round(3)

# %% [markdown]
# Per category (the figures that the command drew):

# %%
from IPython.display import Image, display

for name in names:
    display(Image(f"results/universal_vs_category_{name}.png", width=900))

# %% [markdown]
# One category was trained with several seeds: `spread_db` is the standard deviation between them.
# Beside it, what a network of its own gains from the *whole* budget, at many times the compute:

# %%
several = gains["seed"].astype(str) == "mean"
each = (gains["method"] == "from scratch, N each") & (gains["seed"].astype(str) == "0")
seeds = gains[several | each].reset_index(0)
seeds = seeds.set_index(["network", "category", "method", "reference"])
seeds[["seed", "n", "gain_db", "low", "high", "spread_db"]].round(3)

# %% [markdown]
# What the router costs: its first choice, right or wrong, against the true category; and the rule
# of the bundle, which falls back on the universal network where the router is unsure:

# %%
routed = paired[paired.index.isin(["fine-tuned"], level="reference")]
routed[["gain_db", "low", "high"]].round(3)

# %% [markdown]
# The answer, at equal compute:

# %%
first = gains[(gains["category"] != "all") & (gains["seed"].astype(str) == "0")]
for (name, method, reference), row in paired.iterrows():
    if reference.startswith("universal") and not method.startswith("universal"):
        verdict = "better" if row.low > 0 else "worse" if row.high < 0 else "not surely different"
        parts = first.loc[name].query("method == @method and reference == @reference")
        n, better, worse = len(parts), (parts["low"] > 0).sum(), (parts["high"] < 0).sum()
        print(f"{name}: {method!r} against {reference!r}: {verdict},")
        print(f"  {row.gain_db:+.2f} dB ({row.low:+.2f} to {row.high:+.2f}), surely better on")
        print(f"  {better} of {n} categories, surely worse on {worse}")
