"""How much data, how small steps, how long: python -m experiments.sweep --table settings.csv

Each row of the table is a training: photos, batch_size, learning_rate, epochs; it is measured on
so many test_photos, and further columns, such as the figures that a paper gives, are kept.
Writes sweep.csv: the rows with accuracy, PSNR, colorfulness and seconds. Rows that were trained and
measured are not again, and a killed command goes on where it was. experiments/fusion_paper.csv has
the four rows of the fusion network's paper; `--scale 0.1` takes a tenth of its photos and epochs.
"""

import argparse
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.errors import DataError
from basics.files import atomic_write, write_all
from colorizers.config import UNIVERSAL, ColorizerConfig
from experiments.arms import Arm, train_arm
from imaging.lab import AB_SCALE
from training.config import POLICIES

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

WHOLE = ("photos", "batch_size", "epochs", "test_photos")
NEEDED = (*WHOLE, "learning_rate")
SCALED = ("photos", "epochs", "test_photos")  # by --scale
MOST_ROWS = 1_000
FARTHEST = math.sqrt(2) * AB_SCALE  # 181 units of a*, b*: what no accuracy is left of
MEASURED = "measured.csv"


@dataclass(frozen=True, kw_only=True)
class Setting(Arm):
    """A row of the table.

    Attributes:
        training: as it says.
        test_photos: on which it is measured.
        row: the whole row, as it stands there.
    """

    training: ColorizerConfig
    test_photos: int
    row: dict[str, Any]


def read_settings(path: Path) -> list[dict[str, Any]]:
    """The rows of a table of settings.

    Raises:
        DataError: it is missing or no table, has too many rows, or a cell is no number above 0.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        fix = f"give a CSV file with the columns {', '.join(NEEDED)}"
        raise DataError(f"no table of settings: {str(error)[:200]}", path, fix) from error
    missing = [name for name in NEEDED if name not in table]
    if missing:
        raise DataError(f"no column {', '.join(missing)}", path, "add it")
    if not 0 < len(table) <= MOST_ROWS:
        raise DataError(f"{len(table)} rows", path, f"give 1 to {MOST_ROWS}")
    for number, row in enumerate(table.to_dict("records"), start=2):
        for name in NEEDED:
            value = pd.to_numeric(row[name], errors="coerce")
            if not value > 0 or (name in WHOLE and value != int(value)) or value > 1e9:
                kind = "a whole number" if name in WHOLE else "a number"
                raise DataError(
                    f"{name} {row[name]!r}", f"{path}, line {number}", f"give {kind} above 0"
                )
    return table.to_dict("records")


def plan(args: argparse.Namespace) -> list[Setting]:
    """One training per row, each in a folder of its own that its numbers name."""
    found = []
    for row in read_settings(args.table):
        scaled = {name: max(1, round(row[name] * args.scale)) for name in SCALED}
        photos, batch_size = scaled["photos"], int(row["batch_size"])
        epochs, rate = scaled["epochs"], float(row["learning_rate"])
        name = f"{photos}_{batch_size}_{rate:g}_{epochs}"
        steps = math.ceil(photos / batch_size)
        training = ColorizerConfig(
            category=UNIVERSAL,
            packed_dir=args.packed_dir,
            run_dir=args.runs_dir / args.architecture / name,
            architecture=args.architecture,
            loss=args.loss,
            most_photos=photos,
            epochs=epochs,
            steps_per_epoch=steps,
            batch_size=batch_size,
            learning_rate=rate,
            size=args.size,
            run_px=args.size,
            policy=args.policy,
            validate_every=epochs,
            checkpoint_every=epochs,
        )
        counts = {"photos": epochs * steps * batch_size, "test_photos": scaled["test_photos"]}
        found.append(Setting(name=name, training=training, row=row, **counts))
    return found


def accuracy(ab: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """100 (1 - mean distance / 181), of (..., 2) ab: what remains of the farthest two colours.

    Source: ours. The paper tells of a Euclidean distance and gives no formula.
    """
    away = np.linalg.norm((ab - truth) * AB_SCALE, axis=-1)
    return 100 * (1 - float(away.mean(dtype=np.float64)) / FARTHEST)


def measure(setting: Setting) -> "pd.DataFrame":
    """One row: the settings, then how near a trained network comes to some test photos."""
    import pandas as pd

    from experiments.measure import open_network, predict, score, shrink
    from imaging.lab import split_lab
    from preprocessing.packing import load_packed, packed_categories
    from training.checkpoints import chosen_checkpoint
    from training.runs import History

    config = setting.training
    path = config.run_dir / MEASURED
    if path.is_file():
        return pd.read_csv(path)
    categories = packed_categories(config.packed_dir)
    every = np.concatenate([load_packed(config.packed_dir, one, "test") for one in categories])
    places = np.unique(np.linspace(0, len(every) - 1, setting.test_photos).astype(np.int64))
    rgb = shrink(every[places], config.run_px)
    network = open_network(config.architecture, chosen_checkpoint(config.run_dir), None)
    ab = predict(network, rgb)
    scores = [score(*pair) for pair in zip(rgb, ab, strict=True)]
    figures = {name: float(np.mean([one[name] for one in scores])) for name in scores[0]}
    row = {
        **setting.row,
        "trained_photos": config.most_photos,
        "trained_epochs": config.epochs,
        "tested_photos": len(rgb),
        "accuracy": accuracy(ab, split_lab(rgb)[1]),
        **figures,
        "seconds": History(config.run_dir / "history.csv", ()).seconds,
    }
    with atomic_write(path) as side:
        pd.DataFrame([row]).round(4).to_csv(side, index=False)
    return pd.read_csv(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "experiments.sweep")
    add, above, real = parser.add_argument, cli.positive(int), cli.positive(float)
    add("--table", type=Path, required=True, metavar="CSV", help="a training per row")
    add("--scale", type=real, default=1.0, help="factor of photos, epochs and test photos")
    add("--architecture", default="fusion", help="of the network")
    add("--loss", default="joint", help="by which it learns")
    add("--size", type=above, default=128, help="side of the squares, px")
    add("--policy", default="mixed_bfloat16", help=" or ".join(POLICIES))
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--runs-dir", type=Path, default=Path("runs/sweep"), help="run folders go below it")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    import pandas as pd

    tables: list[pd.DataFrame] = []
    paths: list[Path] = []
    settings = plan(args)
    for number, setting in enumerate(settings, start=1):
        log.info("row %d of %d: %s", number, len(settings), setting.name)
        if not (setting.training.run_dir / MEASURED).is_file():
            train_arm(setting)
        tables.append(measure(setting))
        paths = write_all(args.results_dir, {"sweep.csv": pd.concat(tables, ignore_index=True)})
    cli.print_lines(paths)
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
