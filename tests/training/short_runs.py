"""A few steps of both trainers, on networks that lie in RUNS_DIR as epoch 0:

    KERAS_BACKEND=jax python -m tests.training.short_runs PACKED_DIR RUNS_DIR

They go the usual way, `train` and `fit`: what differs between two calls is Keras' backend alone,
for photos and crops are drawn by NumPy.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from basics.errors import CheckpointError
from classifier import train as classifiers
from classifier.config import ClassifierConfig
from colorizers import train as colorizers
from colorizers.config import ColorizerConfig
from tests.training.adversary import TERMS, train_adversary

COLORIZERS = ("small", "encoder_decoder", "shared_encoder")
CLASSIFIER, LOWER, RESUMED, ADVERSARY = "classifier", "bfloat16", "resumed", "adversary"
ASTRAY = "astray"  # at the end of a run's name
EPOCHS, HALF = 4, 2  # of one step, so that history.csv holds each step's loss


def colorizer_config(name: str, packed_dir: Path, runs_dir: Path) -> ColorizerConfig:
    """The settings of a colorizer's run."""
    return ColorizerConfig(
        category="universal",
        packed_dir=packed_dir,
        run_dir=runs_dir / name,
        epochs=EPOCHS,
        steps_per_epoch=1,
        batch_size=4,
        save_at=(HALF,),
        learning_rate=1e-4,
        size=32,
        smallest_px=128,
        run_px=32,
        policy="mixed_bfloat16" if name == LOWER else "float32",
        old_prints=0.5 if name == "small" else 0,
    )


def classifier_config(packed_dir: Path, runs_dir: Path) -> ClassifierConfig:
    """The settings of the classifier's run, all its layers at once."""
    return ClassifierConfig(
        packed_dir=packed_dir,
        run_dir=runs_dir / CLASSIFIER,
        weights="none",
        head_epochs=0,
        epochs=EPOCHS,
        steps_per_epoch=1,
        batch_size=8,
        learning_rate=3e-5,
        size=32,
    )


def main() -> None:
    """Train each network; go on with the small one from half of its epochs once more.

    Then let bfloat16 go astray, at a learning rate beyond all numbers.
    """
    packed_dir, runs_dir = (Path(text) for text in sys.argv[1:])
    for name in (*COLORIZERS, LOWER):
        colorizers.train(colorizer_config(name, packed_dir, runs_dir))
    classifiers.train(classifier_config(packed_dir, runs_dir))
    for term in TERMS:
        train_adversary(packed_dir, runs_dir / term, [term])
    train_adversary(packed_dir, runs_dir / ADVERSARY)
    small = colorizer_config("small", packed_dir, runs_dir)
    shutil.copytree(small.run_dir, runs_dir / RESUMED)
    (runs_dir / RESUMED / f"epoch_{EPOCHS:04d}.keras").unlink()
    colorizers.train(replace(small, run_dir=runs_dir / RESUMED))
    lower = colorizer_config(LOWER, packed_dir, runs_dir)
    run_dir = runs_dir / f"{LOWER}-{ASTRAY}"
    shutil.copytree(lower.run_dir, run_dir)
    for path in [run_dir / "config.json", *run_dir.glob("epoch_000[!0]*")]:
        path.unlink()
    try:
        colorizers.train(replace(lower, run_dir=run_dir, learning_rate=1e30))
    except CheckpointError as error:
        (run_dir / "error.txt").write_text(str(error))


if __name__ == "__main__":
    main()
