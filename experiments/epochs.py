"""A photo coloured after 10, 50, 100 ... epochs: python -m experiments.epochs mountain

Fig. 6 of the paper. Trains the network of one category and keeps its checkpoints at those epochs,
then measures each on one photo and on the validation and the test split. Writes, below results/:
epochs_CATEGORY.csv and a figure of it; `is_best` marks the epoch with the highest PSNR on the
validation split. The coloured pictures stay below runs/, for most photos may not be passed on.

The paper's epoch is 25 batches of 25 photos at 256 px, which takes hours without a GPU. In 20
minutes on two cores, as many epochs of less:
`--steps-per-epoch 4 --size 128 --policy mixed_bfloat16`.
"""

import argparse
import csv
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.errors import ConfigError, DataError
from basics.files import write_all, write_table_and_figure
from colorizers.config import UNIVERSAL, ColorizerConfig
from colorizers.models import NAMES
from experiments.arms import Arm, add_options, train_arms

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

EPOCHS = (10, 50, 100, 200, 350, 400)  # Fig. 6
GRAY, TINT = "gray", "mean tint"  # rows to compare with; the tint is the training split's
TRUTH = "ground truth"  # its colorfulness is the one to reach


@dataclass(frozen=True, kw_only=True)
class Photos:
    """What every checkpoint is measured on, shrunk to the size at which the network runs.

    Attributes:
        train, val, test: (n, size, size, 3) uint8 sRGB.
        shown: (size, size, 3) uint8, the photo of the strip.
    """

    train: NDArray[np.uint8]
    val: NDArray[np.uint8]
    test: NDArray[np.uint8]
    shown: NDArray[np.uint8]


def load_photos(config: ColorizerConfig, photo: Path | None) -> Photos:
    """The photos of the category, and the one to show: `photo`, or the first of the test split.

    Raises:
        DataError: a split is empty, or the photo cannot be read.
    """
    from experiments.measure import shrink
    from preprocessing.packing import load_packed
    from preprocessing.square import MIN_CHROMA, read_square

    found = {}
    for split in ("train", "val", "test"):
        packed = load_packed(config.packed_dir, config.category, split)
        if not len(packed):
            raise DataError(
                f"no {split} photo of {config.category!r}",
                config.packed_dir / config.category / f"{split}.npy",
                "add photos of it to RAW_DIR, then run: python -m preprocessing RAW_DIR PACKED_DIR",
            )
        found[split] = shrink(packed, config.run_px)
    if photo is None:
        return Photos(**found, shown=found["test"][0])
    square = read_square(photo) if photo.is_file() else None
    if square is None:
        raise DataError("the photo cannot be read", photo, "give --photo another file")
    if square.chroma < MIN_CHROMA:
        log.warning("%s is gray: its figures say how colourful it became, not how well", photo)
    return Photos(**found, shown=shrink(square.rgb[None], config.run_px)[0])


def measure_epochs(
    config: ColorizerConfig, epochs: Sequence[int], photos: Photos
) -> tuple["pd.DataFrame", list[NDArray[np.uint8]]]:
    """Measure the checkpoints of a trained run, and the two baselines.

    Returns:
        table: rows gray, mean tint, ground truth, then one per epoch; PSNR in dB, SSIM,
            colorfulness and loss of the photo and the splits, training loss and seconds so far,
            `is_best`, the schedule.
        pictures: the photo (size, size, 3) uint8 as coloured after each epoch.

    Raises:
        CheckpointError: the run lacks a checkpoint.
    """
    import pandas as pd

    from evaluation.metrics import colorfulness
    from experiments.measure import mean_ab, open_network, predict, score_all
    from imaging.lab import join_lab, split_lab
    from training.checkpoints import EPOCH_NAME

    sets = {"photo": photos.shown[None], "val": photos.val, "test": photos.test}
    rows = []
    for name, tint in {GRAY: np.zeros(2), TINT: mean_ab(photos.train)}.items():
        rows.append(
            {"epoch": name, **_means({of: score_all(rgb, tint) for of, rgb in sets.items()})}
        )
    true = {of: [{"colorfulness": colorfulness(one)} for one in rgb] for of, rgb in sets.items()}
    rows.append({"epoch": TRUTH, **_means(true)})
    learnt, pictures = _history(config.run_dir / "history.csv"), []
    for epoch in cli.progress(epochs, "measuring"):
        path = config.run_dir / EPOCH_NAME.format(epoch)
        network = open_network(config.architecture, path, photos.train)
        predicted = {of: predict(network, rgb) for of, rgb in sets.items()}
        scores = {of: score_all(sets[of], ab) for of, ab in predicted.items()}
        rows.append({"epoch": epoch, **_means(scores), **learnt[epoch]})
        pictures.append(join_lab(split_lab(photos.shown)[0], predicted["photo"][0]))
    table = pd.DataFrame(rows).round(5)
    judged = table.loc[table["epoch"].isin(epochs), "val_psnr_db"]
    table["is_best"] = table.index == judged.idxmax()
    for name in ("steps_per_epoch", "batch_size", "size", "policy"):
        table[name] = getattr(config, name)
    return table, pictures


def write_results(table: "pd.DataFrame", results_dir: Path, stem: str) -> list[Path]:
    """Write the table and the figure of it; returns their paths."""
    from experiments.figures import epoch_curves

    return write_table_and_figure(results_dir, stem, table, epoch_curves(table))


def write_strip(
    pictures: Sequence[NDArray[np.uint8]], epochs: Sequence[int], photos: Photos, path: Path
) -> None:
    """Write the photo as coloured after each epoch, in gray before and in its own colours after."""
    from experiments.figures import picture_strip
    from imaging.lab import gray_from_lightness, split_lab

    gray = np.repeat(gray_from_lightness(split_lab(photos.shown)[0])[..., None], 3, axis=-1)
    titles = ["gray", *(f"epoch {epoch}" for epoch in epochs), "ground truth"]
    strip = picture_strip(titles, [gray, *pictures, photos.shown])
    write_all(path.parent, {path.name: strip})


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.benchmark_epochs")
    add, above, whole = parser.add_argument, cli.positive(int), cli.positive(int, zero=True)
    add("category", help="a packed category")
    add("--architecture", default="encoder_decoder", help=", ".join(NAMES))
    add("--encoder", type=Path, help="the router's run folder or checkpoint, for shared_encoder")
    add("--epochs", type=above, nargs="+", default=EPOCHS, help="epochs to measure")
    add("--photo", type=Path, help="a photo of yours to colour [the first test photo]")
    add("--steps-per-epoch", type=above, default=25, help="batches")
    add("--size", type=above, default=256, help="side of the squares in training and when run, px")
    add("--seed", type=whole, default=0, help="of everything random")
    add_options(parser, runs_dir="runs/epochs", batch_size=25, policy="float32")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    if args.category == UNIVERSAL:
        raise ConfigError("Fig. 6 is of one category", "CATEGORY", "name one that is packed")
    epochs, config = sorted(set(args.epochs)), _config(args)
    shown = config.epochs * config.steps_per_epoch * config.batch_size
    arm = Arm(name=args.category, training=config, photos=shown)
    photos = load_photos(config, args.photo)  # what would fail after hours of training
    train_arms([arm])
    table, pictures = measure_epochs(config, epochs, photos)
    is_house = args.architecture == "encoder_decoder"
    stem = f"epochs_{args.category}" + ("" if is_house else f"_{args.architecture}")
    strip = config.run_dir / f"{args.photo.stem if args.photo else 'photo'}_epochs.png"
    write_strip(pictures, epochs, photos, strip)
    best = table[table["is_best"]].iloc[0]
    log.info("best on validation: epoch %s, %.2f dB", best["epoch"], best["val_psnr_db"])
    cli.print_lines([*write_results(table, args.results_dir, stem), strip])
    return cli.DONE


def _config(args: argparse.Namespace) -> ColorizerConfig:
    """The run: its last epoch is the last to measure; the splits are measured afterwards."""
    last = max(args.epochs)
    return ColorizerConfig(
        category=args.category,
        packed_dir=args.packed_dir,
        run_dir=args.runs_dir / args.architecture / f"{args.category}_{args.size}px",
        architecture=args.architecture,
        encoder=args.encoder,
        epochs=last,
        steps_per_epoch=args.steps_per_epoch,
        batch_size=args.batch_size,
        checkpoint_every=last,
        save_at=tuple(args.epochs),
        size=args.size,
        run_px=args.size,
        policy=args.policy,
        seed=args.seed,
        validate_every=last,
    )


def _means(scores: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """{"val": scores of its photos} -> {"val_psnr_db": their mean, ...}."""
    return {
        f"{of}_{measure}": float(np.mean([one[measure] for one in rows]))
        for of, rows in scores.items()
        for measure in rows[0]
    }


def _history(path: Path) -> dict[int, dict[str, float]]:
    """Training loss and seconds so far after each epoch, as history.csv holds them."""
    with path.open(newline="") as file:
        return {
            int(row["epoch"]): {
                "train_loss": float(row["loss"] or "nan"),
                "seconds": float(row["seconds"]),
            }
            for row in csv.DictReader(file)
        }


if __name__ == "__main__":
    raise SystemExit(main())
