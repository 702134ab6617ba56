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
# # What does colour cost, and which loss gives most of it?
#
# A network trained on squared errors hedges: where a dress could be red or blue, it answers brown.
# Other losses hedge less, and a factor on the predicted chrominance, the saturation, makes any
# network vivid. Both cost PSNR. Losses and decoders were compared at one small budget
# (`python -m experiments.losses`); the shipped networks on photos never seen
# (`python -m evaluation.saturations`).
#
# Run time: a second. Needed: `losses.*` and `modes.*` in `results/`.

# %%
import os
from pathlib import Path

import pandas as pd
from IPython.display import Image

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
compared = pd.read_csv("results/losses.csv")
plain = compared[compared["saturation"] == 1].set_index("variant")
plain[["photos", "n", "psnr_db", "ssim", "colorfulness"]]

# %% [markdown]
# Each variant at every saturation. A curve that lies higher gives more PSNR for the same colour;
# the dots are the networks as they are:

# %%
Image("results/losses.png", width=800)

# %% [markdown]
# What each still reaches at 70 % and at 85 % of the originals' colorfulness:

# %%
truth = compared.set_index("variant").loc["ground truth", "colorfulness"]
reached = {}
for name, rows in compared.dropna(subset="saturation").groupby("variant", sort=False):
    for share in (0.7, 0.85):
        bright = rows[rows["colorfulness"] >= share * truth]
        reached.setdefault(f"at {share:.0%}", {})[name] = bright["psnr_db"].max()
pd.DataFrame(reached).round(2)

# %% [markdown]
# The shipped networks, and the two modes:

# %%
Image("results/modes.png", width=800)

# %% [markdown]
# The answer, on photos that no network has seen. The two saturations are picked on these very
# photos, so both gains flatter a little; the modes that are shipped were chosen on validation.

# %%
modes = pd.read_csv("results/modes.csv")
gray = modes.set_index("architecture").loc["gray", "psnr_db"]
curve = modes[modes["saturation"] > 0]
best = curve.loc[curve["psnr_db"].idxmax()]
bright = curve[curve["share"] >= 0.85]
print(f"Nearest: saturation {best.saturation:.1f}, {best.psnr_db - gray:+.2f} dB over gray,")
print(f"  with {best.share:.0%} of the originals' colorfulness.")
if len(bright):
    vivid = bright.loc[bright["psnr_db"].idxmax()]
    print(f"With 85 % of it: saturation {vivid.saturation:.1f}, {vivid.psnr_db - gray:+.2f} dB.")
