"""The smallest task of two networks: one colours, one tells its pictures from real ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from colorizers.config import ColorizerConfig
from training.augment import Augmentation, resize_crops
from training.batches import load_splits
from training.job import Job, Step, train
from training.lab_ops import split_lab
from training.phase import Phase
from training.task import NETWORK, Parts, Tensors

JUDGE = "discriminator"
TERMS = ("fooled", "told_apart")  # what the network makes small, what the judge does
SIDE_PX = 16


def build_parts() -> Parts:
    """Two networks of one convolution, whose weights no backend draws."""
    parts = {NETWORK: _convolution(1, 2), JUDGE: _convolution(2, 1)}
    rng = np.random.default_rng(0)
    for part in parts.values():
        part.set_weights([rng.normal(0, 0.2, weight.shape) for weight in part.get_weights()])
    return parts


class Adversary:
    """Least squares, one term for each network; Mao et al. 2017, equation 2."""

    columns: tuple[str, ...] = ("loss", *TERMS, "val_loss", *(f"val_{one}" for one in TERMS))
    augmentation = Augmentation(smallest_px=128)

    def __init__(self, parts: Parts, terms: Sequence[str] = TERMS) -> None:
        self.parts, self.terms = parts, terms

    def forward(self, batch: Mapping[str, KerasTensor], training: bool) -> Tensors:
        judge = self.parts[JUDGE]
        lightness, ab = split_lab(resize_crops(batch["rgb"], batch["crops"], SIDE_PX))
        painted = self.parts[NETWORK](lightness, training=training)
        frozen = [ops.stop_gradient(weight) for weight in judge.trainable_variables]
        of_painted, _ = judge.stateless_call(frozen, judge.non_trainable_variables, painted)
        return {
            "painted": of_painted,  # moves the network alone
            "held": judge(ops.stop_gradient(painted)),  # these two the judge alone
            "real": judge(ab),
        }

    def losses(self, outputs: Tensors) -> Tensors:
        fooled = ops.mean(ops.square(outputs["painted"] - 1))
        told_apart = ops.mean(ops.square(outputs["real"] - 1) + ops.square(outputs["held"]))
        both = {"fooled": fooled, "told_apart": told_apart}
        return {name: float(name in self.terms) * term for name, term in both.items()}

    def metrics(self, outputs: Tensors) -> Tensors:
        return {}


def train_adversary(packed_dir: Path, run_dir: Path, terms: Sequence[str] = TERMS) -> Path:
    """Three epochs of two steps, each kept."""
    config = ColorizerConfig(
        category="universal",
        packed_dir=packed_dir,
        run_dir=run_dir,
        epochs=3,
        steps_per_epoch=2,
        batch_size=4,
        checkpoint_every=1,
        size=32,
        run_px=32,
    )
    job = Job(
        config=config,
        photos=load_splits(packed_dir, ["beach", "fruit"]),
        build=build_parts,
        task=lambda parts: Adversary(parts, terms),
        steps=(Step(phase=Phase(last=config.epochs, learning_rate=0.01)),),
    )
    return train(job)


def _convolution(channels: int, filters: int) -> keras.Model:
    given = keras.Input((None, None, channels))
    return keras.Model(given, layers.Conv2D(filters, 3, padding="same")(given))
