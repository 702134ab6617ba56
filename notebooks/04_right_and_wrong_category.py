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
# # Does the right category colour better than the wrong one?
#
# Fig. 9 of the paper shows photos coloured by the network of another category. Here each test photo
# was coloured by the universal network, by that of the category which the router chose, of its true
# category, and of a wrong one drawn at random (`python -m evaluation.evaluate`). Then the photos of
# each category were coloured by the network of each (`python -m evaluation.category_matrix`).
#
# Run time: a second. Needed: `results/evaluation.csv`, `category_matrix.csv` and
# `category_matrix_own.csv`, which are in the repository.

# %%
import os
from pathlib import Path

import pandas as pd

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
table = pd.read_csv("results/evaluation.csv")
over_all = table[table["category"] == "all"].set_index("method")
over_all[["n", "psnr_db", "psnr_db_low", "psnr_db_high", "ssim", "colorfulness"]].round(3)

# %% [markdown]
# What the true category gains over a wrong one, and over the universal network, in dB of PSNR:

# %%
by_category = table[table["category"] != "all"].pivot(
    index="category", columns="method", values="psnr_db"
)
gains = pd.DataFrame(
    {
        "over a wrong category": by_category["true category"] - by_category["wrong category"],
        "over the universal network": by_category["true category"] - by_category["universal"],
    }
).sort_values("over a wrong category")
gains.round(2)

# %%
axis = gains.plot.barh(figsize=(8, 6), xlabel="gain of the true category in dB", ylabel="")
axis.axvline(0, color="black", lw=0.8)
axis.grid(axis="x", alpha=0.3)

# %% [markdown]
# Every colorizer (row) on the photos of every category (column): what it gains over the universal
# network, in dB of PSNR. If the right category always coloured best, the boxes would lie on the
# diagonal.

# %%
from evaluation.figures import category_matrix_figure

cross = pd.read_csv("results/category_matrix.csv")
order = list(cross["category"].unique())
matrix = cross.pivot(index="colorizer", columns="category", values="gain_db").loc[order, order]
unit = "PSNR gain over the universal network in dB"
category_matrix_figure(order, matrix.to_numpy(), unit, is_gain=True)

# %% [markdown]
# Where it does not win: each category's own colorizer against the best of the others on the same
# photos (`rival`, chosen among all of them by these very photos, which favours it), with a 95 %
# interval of the paired difference. "undecided": the interval holds 0.

# %%
own = pd.read_csv("results/category_matrix_own.csv").set_index("category")
own.sort_values("margin_db")

# %% [markdown]
# The answer, over all photos:

# %%
right, wrong = over_all.loc["true category"], over_all.loc["wrong category"]
leads, verdicts = (own["margin_db"] >= 0).sum(), own["verdict"].value_counts()
counts = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.items())
print(f"true category {right.psnr_db:.2f} dB, wrong category {wrong.psnr_db:.2f} dB")
print(f"the own colorizer leads on {leads} of {len(own)} categories ({counts})")
