"""What teachers predict of the training photos: python -m colorizers.teach RUN [RUN ...]

The mean ab of all of them, of each whole training photo, at a quarter of its side: from it and the
truth `python -m colorizers.train --taught` trains a student. A killed command goes on where it was
when it is given again.
"""

import argparse
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from basics import cli
from basics.errors import CheckpointError, ConfigError, Setting
from basics.files import atomic_write
from colorizers.taught_ab import (
    CATEGORIES,
    MAP_PX,
    RECIPE,
    TABLE,
    fingerprint,
    map_path,
    read_table,
)
from preprocessing.square import SIDE_PX

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

Runs = Sequence[tuple[int, "keras.Model"]]  # side in px, network
CHUNK = 128  # photos between two files; 100 MB of memory at 256 px


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """How teachers are run.

    Attributes:
        px: sides at which a photo passes each of them; the mean is taken.
        mirror: whether it passes them mirrored, too.
        batch_size: photos at a time.
    """

    px: tuple[int, ...] = (SIDE_PX,)
    mirror: bool = False
    batch_size: int = 16

    def __post_init__(self) -> None:
        """Check the sides.

        Raises:
            ConfigError: one is no multiple of 32.
        """
        for side in self.px:
            if side % 32 or side <= 0:
                what = f"px {side} is no multiple of 32"
                raise ConfigError(what, Setting("px"), "give 128, 192 or 256")


def teach(teachers: Sequence[Path], packed_dir: Path, taught_dir: Path, lesson: Lesson) -> Path:
    """Write the mean of what teachers predict of every packed training photo.

    Args:
        teachers: run folders or checkpoints.
        packed_dir: what `python -m preprocessing` wrote.
        taught_dir: where it goes; see `colorizers.taught_ab`.
        lesson: how they are run.

    Returns:
        The path of taught.json.

    Raises:
        CheckpointError: a teacher cannot be loaded, or the folder is of others.
        DataError: there are no packed photos.
    """
    from preprocessing.packing import (
        has_any,
        load_packed,
        packed_categories,
        training_folders,
    )
    from training.checkpoints import chosen_checkpoint, load_checkpoint, weights_sha256

    paths = [chosen_checkpoint(one) if one.is_dir() else one for one in teachers]
    networks = [load_checkpoint(path, with_optimizer=False) for path in paths]
    recipe = {
        "teachers": [weights_sha256(network) for network in networks],
        "px": list(lesson.px),
        "mirror": lesson.mirror,
    }
    table = _open_table(taught_dir, recipe)
    runs = at_sizes(networks, lesson.px)
    categories = packed_categories(packed_dir)
    for category in training_folders(categories, with_any=has_any(packed_dir)):
        photos = load_packed(packed_dir, category, "train")
        of, path = fingerprint(photos), map_path(taught_dir, category)
        if table[CATEGORIES].get(category) == of and path.is_file():
            log.info("%s: done already", category)
            continue
        _teach_category(runs, photos, path, of, lesson)
        table[CATEGORIES][category] = of
        _write_table(taught_dir, table)
    return taught_dir / TABLE


def at_sizes(networks: Sequence["keras.Model"], px: Sequence[int]) -> Runs:
    """Each network at each side: (side, network), compiled for it once.

    Of sizes that change, TensorFlow makes an unknown one, which no upsampling takes.
    """
    import keras

    given = {side: keras.Input((side, side, 1)) for side in px}
    return [(side, keras.Model(one, net(one))) for side, one in given.items() for net in networks]


def mean_map(runs: Runs, rgb: NDArray[np.uint8], lesson: Lesson) -> NDArray[np.int8]:
    """The mean of what networks predict of whole photos.

    Args:
        runs: as `at_sizes` gives them; each network maps lightness to ab.
        rgb: (n, 256, 256, 3) uint8.
        lesson: how they are run.

    Returns:
        (n, 64, 64, 2) int8 a*, b*.
    """
    from keras import ops

    from imaging.lab import AB_SCALE
    from training.augment import resize_crops, whole_crops
    from training.lab_ops import split_lab

    whole = ops.convert_to_tensor(whole_crops(len(rgb)))
    total, n_predictions = np.zeros((len(rgb), MAP_PX, MAP_PX, 2), np.float32), 0
    for px, network in runs:
        lightness, _ = split_lab(resize_crops(ops.convert_to_tensor(rgb), whole, px))
        seen = ops.convert_to_numpy(lightness)
        for step in (1, -1) if lesson.mirror else (1,):
            ab = network.predict(seen[:, :, ::step], lesson.batch_size, verbose=0)
            small = resize_crops(ops.convert_to_tensor(ab[:, :, ::step]), whole, MAP_PX)
            total += ops.convert_to_numpy(small)
            n_predictions += 1
    return np.rint(np.clip(total / n_predictions * AB_SCALE, -127, 127)).astype(np.int8)


def _teach_category(
    runs: Runs,
    photos: NDArray[np.uint8],
    path: Path,
    of: str,
    lesson: Lesson,
) -> None:
    """Write the maps of one category: chunk by chunk into a folder, at last into one file."""
    chunks_dir = path.with_name(f"{path.stem}-{of[:12]}.partial")
    starts = range(0, len(photos), CHUNK)
    for start in cli.progress(starts, path.stem):
        chunk = chunks_dir / f"{start:07d}.npy"
        if not chunk.is_file():
            maps = mean_map(runs, photos[start : start + CHUNK], lesson)
            with atomic_write(chunk) as side:
                np.save(side, maps)
    with atomic_write(path) as side:
        shape = (len(photos), MAP_PX, MAP_PX, 2)
        whole = np.lib.format.open_memmap(side, mode="w+", dtype=np.int8, shape=shape)
        for start in starts:
            whole[start : start + CHUNK] = np.load(chunks_dir / f"{start:07d}.npy")
        whole.flush()
    log.info("%s: %d photos", path.stem, len(photos))
    shutil.rmtree(chunks_dir, ignore_errors=True)


def _open_table(taught_dir: Path, recipe: dict) -> dict:
    """taught.json of these teachers, new or of an earlier call."""
    table = read_table(taught_dir)
    if not table:
        table = {RECIPE: recipe, CATEGORIES: {}}
        _write_table(taught_dir, table)
    if table.get(RECIPE) != recipe:
        what = "the folder holds what other teachers predict, or these run in another way"
        raise CheckpointError(what, taught_dir, "give another --taught-dir, or remove that folder")
    return table


def _write_table(taught_dir: Path, table: dict) -> None:
    with atomic_write(taught_dir / TABLE) as side:
        side.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "colorizers.teach")
    add, whole = parser.add_argument, cli.positive(int)
    add("teachers", type=Path, nargs="+", metavar="RUN", help="run folders or checkpoints")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--taught-dir", type=Path, default=Path("data/taught"), help="where it goes")
    add("--px", type=whole, nargs="+", default=[SIDE_PX], help="sides at which they run, px")
    add("--mirror", action="store_true", help="let them see each photo mirrored too")
    add("--batch-size", type=whole, default=Lesson.batch_size, help="photos at a time")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    lesson = Lesson(px=tuple(args.px), mirror=args.mirror, batch_size=args.batch_size)
    cli.print_lines([teach(args.teachers, args.packed_dir, args.taught_dir, lesson)])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
