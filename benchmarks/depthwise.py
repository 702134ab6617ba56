"""Depthwise gradients as TensorFlow has them, and as `training/depthwise.py` puts them together.

    python -m benchmarks.depthwise

A colorizer on each encoder, all layers of both learning, in mixed_bfloat16; the two trained in
turn, so that a busy machine is fair to both. Compiling is not counted; the median round is.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import DEPTHWISE
from benchmarks.parts.timed_training import Variant, compare
from benchmarks.parts.training_photos import photos_in_memory
from training.encoders.table import NAMES

if TYPE_CHECKING:
    from training.batches import PhotoSet

SMALLEST_PX = 150.0  # of the crops, as in the long trainings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--size", type=int, default=128, help="side of the training squares in px")
    add("--batch-size", type=int, default=32, help="photos per step")
    add("--steps", type=int, default=8, help="counted steps per round")
    add("--rounds", type=int, default=3, help="of both in turn")
    add("--backbones", nargs="+", choices=NAMES, default=list(NAMES))
    add_results_dir(parser)
    args = parser.parse_args(argv)
    import keras  # after --help

    from benchmarks.parts.devices import device_name

    about = conditions(args, f"{keras.backend.backend()} on {device_name()}")
    publish(DEPTHWISE, measured(args), about, args.results_dir)
    return 0


def measured(args: argparse.Namespace) -> Iterator[Row]:
    """Measure encoder by encoder."""
    import keras

    photos = photos_in_memory(None)
    for backbone in args.backbones:
        both = [
            build(backbone, quick, photos, args.size, args.batch_size) for quick in (False, True)
        ]
        usual, ours = compare(both, args.steps, args.rounds, args.batch_size)
        yield {
            "encoder": backbone,
            "usual_photos_per_s": usual,
            "ours_photos_per_s": ours,
            "ratio": ours / usual,
        }
        keras.backend.clear_session()


def build(backbone: str, quick: bool, photos: "PhotoSet", size: int, batch_size: int) -> Variant:
    """A colorizer on an encoder with random weights, and the batches that it is fed."""
    import keras

    from colorizers.config import UNIVERSAL, ColorizerConfig
    from colorizers.models.quarter_encoder import build as build_network
    from colorizers.tasks.regression import Regression
    from training.batches import training_batches
    from training.depthwise import quicken_gradients
    from training.encoders import ENCODER
    from training.task import NETWORK, TaskTrainer

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    network = build_network(backbone=backbone)
    keras.config.set_dtype_policy(before)
    network.get_layer(ENCODER).trainable = True
    if quick:
        quicken_gradients(network)
    config = ColorizerConfig(
        category=UNIVERSAL,
        packed_dir=Path(),
        run_dir=Path(),
        loss="psnr",
        size=size,
        smallest_px=SMALLEST_PX,
    )
    task = Regression(config, {NETWORK: network})
    trainer = TaskTrainer(task)
    trainer.compile("adam")

    def batches(seed: int) -> Iterator:
        options = {"batch_size": batch_size, "seed": seed, "start_step": 0}
        return training_batches(photos, **options, augmentation=task.augmentation)

    return Variant(backbone, trainer, batches)


if __name__ == "__main__":
    raise SystemExit(main())
