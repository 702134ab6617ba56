"""Training the network of Fig. 3: photos per second, the usual way and ours, side by side.

    python -m benchmarks.training --size 256 --batch-size 8
    KERAS_BACKEND=jax python -m benchmarks.training --batch-size 64 --steps 25

on whatever device Keras' backend finds; the second line suits a GPU. Three fresh networks are
trained in turn, so that a busy machine is fair to all:

(a) the usual way: each photo flipped, turned, shifted and zoomed by SciPy on one thread, as Keras'
    ImageDataGenerator did, Lab by scikit-image per batch, a float32 network;
(b) ours, float32: uint8 batches; crops, Lab and loss in the compiled step;
(c) ours, mixed_bfloat16.

All photos lie in memory, those of (a) already at the size trained on: it pays for no decoding and
no resizing. Compiling and the first steps of each round are not counted; the median round is.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.parts.devices import bf16_matrix_rate, device_name, forward_flop
from benchmarks.parts.table import add_results_dir, conditions, publish
from benchmarks.parts.tables import TRAINING
from benchmarks.parts.timed_training import Variant, compare
from benchmarks.parts.training_photos import photos_in_memory, usual_batches
from preprocessing.square import SIDE_PX

if TYPE_CHECKING:
    from training.batches import PhotoSet

NETWORKS = ("encoder_decoder",)  # trained whole: a frozen encoder has no backward pass to count
SMALLEST_PX = 0.9 * SIDE_PX  # of our crops: as much zoom as (a) has
FLOP_PER_FORWARD = 3  # forward, gradients of the features, gradients of the weights


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--drawn", action="store_true", help="draw photos, as without --packed-dir's folder")
    add("--size", type=int, default=SIDE_PX, help="side of the training squares in px")
    add("--batch-size", type=int, default=8, help="photos per step")
    add("--steps", type=int, default=4, help="counted steps per round")
    add("--rounds", type=int, default=3, help="of all three in turn")
    add("--architecture", choices=NETWORKS, default=NETWORKS[0])
    add_results_dir(parser)
    args = parser.parse_args(argv)
    import keras  # after --help

    about = conditions(args, f"{keras.backend.backend()} on {device_name()}")
    drawn = args.drawn or not args.packed_dir.is_dir()
    photos = photos_in_memory(None if drawn else args.packed_dir)
    variants = build_variants(args.architecture, photos, args.size, args.batch_size)
    alone = [input_alone(one, args.steps) * args.batch_size for one in variants]
    rates = compare(variants, args.steps, args.rounds, args.batch_size)
    peak = bf16_matrix_rate()
    flop = FLOP_PER_FORWARD * forward_flop(variants[0].trainer, args.size)
    rows = [
        {
            "way": variant.name,
            "photos": len(photos),
            "which": "drawn" if drawn else "packed",
            "photos_per_s": rate,
            "ratio": rate / rates[0],
            "bf16_share": rate * flop / peak,
            "input_alone": feed,
            "gflop_per_photo": flop / 1e9,
            "bf16_tflop_per_s": peak / 1e12,
        }
        for variant, rate, feed in zip(variants, rates, alone, strict=True)
    ]
    publish(TRAINING, rows, about, args.results_dir)
    return 0


def build_variants(architecture: str, photos: "PhotoSet", size: int, batch_size: int) -> list:
    """The three ways to train, each with a fresh network."""
    import keras
    from keras import ops

    from colorizers.config import UNIVERSAL, ColorizerConfig
    from colorizers.models import ARCHITECTURES
    from colorizers.tasks.regression import Regression
    from training.augment import Augmentation, resize_crops, whole_crops
    from training.batches import training_batches
    from training.registry import find
    from training.task import NETWORK, TaskTrainer

    config = ColorizerConfig(
        category=UNIVERSAL,
        packed_dir=Path(),
        run_dir=Path(),
        size=size,
        run_px=size,
        smallest_px=SMALLEST_PX,
    )

    def ours(seed: int) -> Iterator:
        options = {"batch_size": batch_size, "seed": seed, "start_step": 0}
        augmentation = Augmentation(smallest_px=SMALLEST_PX)
        return training_batches(photos, **options, augmentation=augmentation)

    whole = resize_crops(photos.arrays[0], whole_crops(len(photos)), size)
    small = ops.convert_to_numpy(whole)  # float32, 0 to 255
    usual = find(ARCHITECTURES, architecture).build()
    usual.compile("adam", loss="mse")
    variants = [
        Variant("(a) usual, float32", usual, lambda seed: usual_batches(small, batch_size, seed))
    ]
    before = keras.config.dtype_policy()
    for name, policy in (("(b)", "float32"), ("(c)", "mixed_bfloat16")):
        keras.config.set_dtype_policy(policy)
        network = find(ARCHITECTURES, architecture).build()
        keras.config.set_dtype_policy(before)
        trainer = TaskTrainer(Regression(config, {NETWORK: network}))
        trainer.compile("adam")
        variants.append(Variant(f"{name} ours, {policy}", trainer, ours))
    return variants


def input_alone(variant: Variant, steps: int) -> float:
    """Batches per second that the generator makes when nothing is trained."""
    batches = variant.batches(0)
    next(batches)
    started = time.perf_counter()
    for _ in islice(batches, steps):
        pass
    return steps / (time.perf_counter() - started)


if __name__ == "__main__":
    raise SystemExit(main())
