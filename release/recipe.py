"""Train the shipped models, in a few hours on two cores: python -m release.recipe data/raw

Packs the photos, trains the encoder, the router, the universal colorizers, then one colorizer per
category, and exports the bundle. Each step goes on where it was if the command is given again.
"""

import argparse
import csv
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from basics import cli
from basics.files import atomic_write
from classifier.config import ClassifierConfig
from colorizers.config import UNIVERSAL, ColorizerConfig

log = logging.getLogger(__name__)

FIGURES = ("loss", "val_loss", "val_psnr_db", "val_top_1", "val_top_3")  # of the log
FIRST_ROUTER, FIRST_UNIVERSAL = "start/mobilenet_v2", "start/shared_encoder"  # not shipped
FIG_3_CATEGORIES = ("fruit", "sunset", "forest")  # as far as an hour goes


def iter_steps(
    packed_dir: Path, runs_dir: Path, weights: str, categories: Sequence[str]
) -> Iterator[ClassifierConfig | ColorizerConfig]:
    """All trainings in their order: each starts from what those before it left.

    The encoder learns to classify, then to colour; only then the router's head and the decoders of
    the categories are trained, for they all share it.
    """
    yield first_router_config(packed_dir, runs_dir, weights)
    yield first_universal_config(packed_dir, runs_dir)
    yield shared_encoder_config(packed_dir, runs_dir, UNIVERSAL)
    yield router_config(packed_dir, runs_dir)
    for category in categories:
        yield shared_encoder_config(packed_dir, runs_dir, category)
    for category in (UNIVERSAL, *(one for one in FIG_3_CATEGORIES if one in categories)):
        yield encoder_decoder_config(packed_dir, runs_dir, category)


def first_router_config(packed_dir: Path, runs_dir: Path, weights: str) -> ClassifierConfig:
    """A classifier whose encoder knows the photos: two epochs of the head, four of all layers."""
    return ClassifierConfig(
        packed_dir=packed_dir,
        run_dir=runs_dir / FIRST_ROUTER,
        backbone="mobilenet_v2",
        weights=weights,
        head_epochs=2,
        epochs=4,
        learning_rate=5e-5,
    )


def first_universal_config(packed_dir: Path, runs_dir: Path) -> ColorizerConfig:
    """A decoder of all categories on that encoder, by squared errors: 72 x 25 x 32 photos."""
    return ColorizerConfig(
        category=UNIVERSAL,
        packed_dir=packed_dir,
        run_dir=runs_dir / FIRST_UNIVERSAL,
        architecture="shared_encoder",
        encoder=runs_dir / FIRST_ROUTER,
        epochs=72,
        steps_per_epoch=25,
        batch_size=32,
        decay="cosine",
        size=160,
        smallest_px=128,
        policy="mixed_bfloat16",
        validate_every=12,
    )


def router_config(packed_dir: Path, runs_dir: Path) -> ClassifierConfig:
    """The router that is shipped: a new head on the encoder of the universal colorizer."""
    return ClassifierConfig(
        packed_dir=packed_dir,
        run_dir=runs_dir / "classifier" / "mobilenet_v2",
        backbone="mobilenet_v2",
        encoder=runs_dir / "colorizers" / "shared_encoder" / UNIVERSAL,
        head_epochs=12,
        epochs=0,
    )


def shared_encoder_config(packed_dir: Path, runs_dir: Path, category: str) -> ColorizerConfig:
    """Encoder and universal decoder together, 100 x 25 x 32 photos; decoders of categories alone.

    Trained for PSNR, on windows from 96 px and on other films: 7,500 photos are few.
    """
    folder = runs_dir / "colorizers" / "shared_encoder"
    is_universal = category == UNIVERSAL
    return ColorizerConfig(
        category=category,
        packed_dir=packed_dir,
        run_dir=folder / category,
        architecture="shared_encoder",
        encoder=None if is_universal else runs_dir / "classifier" / "mobilenet_v2",
        init=runs_dir / FIRST_UNIVERSAL if is_universal else folder / UNIVERSAL,
        train_encoder=is_universal,
        loss="psnr",
        epochs=100 if is_universal else 8,
        steps_per_epoch=25 if is_universal else 10,
        batch_size=32 if is_universal else 25,
        learning_rate=1.5e-4 if is_universal else 3e-4,
        weight_decay=0.05,
        decay="cosine",
        size=160,
        smallest_px=96 if is_universal else 128,
        tone_spread=0.3,
        policy="mixed_bfloat16",
        keep_best=True,
        validate_every=10 if is_universal else 1,
    )


def encoder_decoder_config(packed_dir: Path, runs_dir: Path, category: str) -> ColorizerConfig:
    """The network of Fig. 3 at 128 px: 40 x 25 x 25 photos, 8 x 25 x 25 more for a category."""
    folder = runs_dir / "colorizers" / "encoder_decoder"
    is_universal = category == UNIVERSAL
    return ColorizerConfig(
        category=category,
        packed_dir=packed_dir,
        run_dir=folder / category,
        init=None if is_universal else folder / UNIVERSAL,
        epochs=40 if is_universal else 8,
        learning_rate=1e-3 if is_universal else 3e-4,
        decay="cosine",
        size=128,
        run_px=128,
        smallest_px=176,
        policy="mixed_bfloat16",
        keep_best=not is_universal,
        validate_every=5 if is_universal else 1,
    )


def run_recipe(
    raw_dir: Path, packed_dir: Path, runs_dir: Path, bundle_dir: Path, weights: str
) -> None:
    """Do every step that is not done yet."""
    from preprocessing.packing import pack, packed_categories
    from release.export import export

    pack(raw_dir, packed_dir)
    for config in iter_steps(packed_dir, runs_dir, weights, packed_categories(packed_dir)):
        train(config)
    export(runs_dir, bundle_dir, packed_dir)


def train(config: ClassifierConfig | ColorizerConfig) -> Path:
    """Train one step, or go on with it; returns its last checkpoint."""
    import keras

    from classifier.train import train as train_classifier
    from colorizers.train import train as train_colorizer

    keras.backend.clear_session()
    log.info("%s", config.run_dir)
    if isinstance(config, ClassifierConfig):
        return train_classifier(config)
    return train_colorizer(config)


def write_log(runs_dir: Path, path: Path) -> None:
    """One CSV with the history of every run: run, epoch, seconds, losses, hits."""
    columns = ["run", "epoch", "seconds", *FIGURES]
    with atomic_write(path) as side, side.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        for history in sorted(runs_dir.glob("**/history.csv")):
            run = history.parent.relative_to(runs_dir).as_posix()
            with history.open(newline="") as lines:
                writer.writerows({"run": run, **row} for row in csv.DictReader(lines))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "release.recipe")
    add = parser.add_argument
    add("raw_dir", type=Path, help="folder with one folder of photos per category")
    add("--weights", default="imagenet", help="of the encoder: imagenet, none or a path")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--runs-dir", type=Path, default=Path("runs"), help="run folders")
    add("--bundle-dir", type=Path, default=Path("pretrained"), help="where the bundle goes")
    add("--log", type=Path, default=Path("results/train_quick.csv"), help="figures of all runs")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    run_recipe(args.raw_dir, args.packed_dir, args.runs_dir, args.bundle_dir, args.weights)
    write_log(args.runs_dir, args.log)
    cli.print_lines([args.bundle_dir / "bundle.json", args.log])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
