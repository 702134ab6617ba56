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
# # How many epochs?
#
# Fig. 6 of the paper shows a mountain coloured after 10, 50, 100, 200, 350 and 400 epochs, and
# finds muted colours early and too sharp ones late. Here the network of Fig. 3 was trained on one
# category and measured at the same epochs (`python -m experiments.epochs mountain`): on
# one photo, and on the whole validation and test splits, where one photo's luck does not count.
#
# Run time: a second. Needed: a `results/epochs_*.csv`, which is in the repository. The pictures
# themselves are not, for the photos may not be passed on; the command leaves them below `runs/`.

# %%
import os
from pathlib import Path

import pandas as pd

os.chdir(Path.cwd() if Path("results").is_dir() else Path.cwd().parent)
path = min(Path("results").glob("epochs_*.csv"), key=lambda one: ("mountain" not in one.stem, one))
table = pd.read_csv(path)
rows = table.set_index("epoch")
figures = ["psnr_db", "ssim", "colorfulness"]
rows[[f"{of}_{one}" for of in ("val", "test", "photo") for one in figures]].round(3)

# %% [markdown]
# An epoch of the paper is 25 batches of 25 photos at 256 px. This schedule was:

# %%
trained = rows[rows.index.str.isdigit()]
schedule = trained.iloc[-1]
shown = schedule.steps_per_epoch * schedule.batch_size
f"{path.stem}: an epoch shows {shown:.0f} photos at {schedule['size']:.0f} px ({schedule.policy})"

# %% [markdown]
# The figure that the command drew:

# %%
from IPython.display import Image

Image(path.with_suffix(".png"), width=900)

# %% [markdown]
# Colorfulness of the test photos, as a share of the originals', and the gap between the validation
# split and the photos of training (a loss that grows on the one while that of the other falls is
# overfitting):

# %%
share = trained["test_colorfulness"] / rows.loc["ground truth", "test_colorfulness"]
test_db = rows["test_psnr_db"]
pd.DataFrame(
    {
        "share of the true colorfulness": share,
        "loss: validation / training": trained["val_loss"] / trained["train_loss"],
        "PSNR over the mean tint, dB": trained["test_psnr_db"] - test_db["mean tint"],
        "PSNR over gray, dB": trained["test_psnr_db"] - test_db["gray"],
    }
).round(3)

# %% [markdown]
# The answer. The best epoch is chosen on the validation split and judged on the test split:

# %%
best, last = trained[trained["is_best"]].iloc[0], trained.iloc[-1]
others = sorted([test_db["gray"], test_db["mean tint"]])
place = "below both" if best.test_psnr_db < others[0] else "between them"
place = "above both" if best.test_psnr_db > others[1] else place
print(f"""Best on validation: epoch {best.name}; on the test split {best.test_psnr_db:.2f} dB.
The last, epoch {last.name}: {last.test_psnr_db:.2f} dB there.
Gray has {test_db["gray"]:.2f} dB, the category's mean tint {test_db["mean tint"]:.2f}: \
the best epoch is {place}.""")
