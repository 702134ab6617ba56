"""int8 against float32 of the colorizers: milliseconds, megabytes, and what it costs in PSNR.

    python -m benchmarks.int8 --limit 5

Writes the universal colorizers of `pretrained/training/` in both precisions, quantized as
`release.export` does. Times are medians over one photo of 256 x 384 px, all
cores; PSNR is the mean over validation photos, each coloured with its network alone. Without packed
photos, scikit-image's set the ranges of int8, and measure it.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from basics import cli
from benchmarks.parts.photos import IN_COLOR, drawn, square_photos
from benchmarks.parts.table import Row, add_results_dir, conditions, publish
from benchmarks.parts.tables import INT8
from evaluation.encoded import colored_by, encode_photo
from evaluation.metrics import psnr_db
from pipeline.colorizer import Colorizer
from pipeline.engine.bundle import PRETRAINED_DIR, UNIVERSAL, ModelEntry
from pipeline.engine.bundle_file import file_sha256, read_bundle
from pipeline.engine.inputs import inputs_of
from pipeline.engine.session import OnnxModel
from release.precision import CALIBRATION_PHOTOS

ARCHITECTURES = ("shared_encoder", "encoder_decoder")
WIDTH_PX, HEIGHT_PX = 384, 256  # of the photo that is timed
RUNS = 5  # of a network before the other one has its turn

Photos = Sequence[NDArray[np.uint8]]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One precision of a network: median ms of a run, MB (10**6 bytes) of its file, mean PSNR."""

    ms: float
    mb: float
    psnr_db: float


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--packed", type=Path, default=Path("data/packed"), help="packed photos")
    parser.add_argument("--limit", type=int, default=5, help="photos per category, for PSNR")
    parser.add_argument("--rounds", type=int, default=10, help=f"of {RUNS} timed runs each")
    add_results_dir(parser)
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    about = conditions(args)
    photos = square_photos(args.packed, "val", args.limit)
    publish(INT8, measured(photos, args.packed, args.rounds), about, args.results_dir)
    return cli.DONE


def measured(photos: Photos, packed_dir: Path, rounds: int) -> Iterator[Row]:
    """Measure network by network."""
    for architecture in ARCHITECTURES:
        with tempfile.TemporaryDirectory() as folder:
            colorizer = colorizer_in(Path(folder))
            files = write_both(colorizer, architecture, packed_dir)
            exact, small = measure(colorizer, files, photos, rounds)
            yield {
                "network": architecture,
                "float32_ms": exact.ms,
                "int8_ms": small.ms,
                "speedup": exact.ms / small.ms,
                "float32_mb": exact.mb,
                "int8_mb": small.mb,
                "photos": len(photos),
                "float32_db": exact.psnr_db,
                "int8_db": small.psnr_db,
                "lost_db": exact.psnr_db - small.psnr_db,
            }


def colorizer_in(folder: Path) -> Colorizer:
    """The shipped router in a folder of its own, to which colorizers can be added."""
    bundle = read_bundle(PRETRAINED_DIR)
    shutil.copy(bundle.folder / bundle.router.file, folder / bundle.router.file)
    return Colorizer(replace(bundle, folder=folder))


def write_both(colorizer: Colorizer, architecture: str, packed_dir: Path) -> list[ModelEntry]:
    """Export a universal colorizer in float32, and quantize it."""
    from release.packaging import write_colorizer
    from release.starting_weights import open_start
    from release.to_onnx import write_int8

    folder = colorizer.bundle.folder
    start = colorizer.bundle.find_initial(architecture, UNIVERSAL)
    network = open_start(read_bundle(PRETRAINED_DIR), start)
    facts = {
        **start.training,
        "architecture": architecture,
        "category": UNIVERSAL,
        "init": start.training["start"],
        "run_px": start.inference_px,
        "encoder_sha256": start.encoder_sha256,
    }
    exact = write_colorizer(network, facts, folder)
    name = exact.file.replace(".onnx", ".int8.onnx")
    per_category = CALIBRATION_PHOTOS // len(colorizer.bundle.categories)
    photos = square_photos(packed_dir, "train", per_category)
    write_int8(folder / exact.file, folder / name, calibration(colorizer, exact, photos))
    small = replace(exact, file=name, sha256=file_sha256(folder / name), precision="int8")
    return [exact, small]


def calibration(
    colorizer: Colorizer, file: ModelEntry, photos: Photos
) -> Iterator[dict[str, NDArray[np.float32]]]:
    """What a colorizer takes for each photo, by the names of its inputs."""
    for rgb in photos:
        inputs = inputs_of(file, encode_photo(colorizer, rgb).encoded.views)
        yield {f"input_{index}": one for index, one in enumerate(inputs)}


def measure(
    colorizer: Colorizer, files: Sequence[ModelEntry], photos: Photos, rounds: int
) -> list[Measured]:
    """Time the networks in turn, and colour photos with each."""
    scores = mean_psnr_db(colorizer, files, photos)
    networks = [colorizer.engine.models.open(file) for file in files]
    inputs = timed_inputs(colorizer, files[0])
    return [
        Measured(ms=ms, mb=(colorizer.bundle.folder / file.file).stat().st_size / 1e6, psnr_db=db)
        for file, ms, db in zip(files, median_ms(networks, inputs, rounds), scores, strict=True)
    ]


def mean_psnr_db(colorizer: Colorizer, files: Sequence[ModelEntry], photos: Photos) -> list[float]:
    """Mean PSNR in dB of the photos coloured by each network alone."""
    scores = []
    for rgb in photos:
        photo = encode_photo(colorizer, rgb)
        scores.append([psnr_db(colored_by(colorizer, photo, file), rgb) for file in files])
    return np.mean(scores, axis=0).tolist()


def timed_inputs(colorizer: Colorizer, file: ModelEntry) -> list[NDArray[np.float32]]:
    """What a network takes for a photo of 256 x 384 px."""
    gray = drawn(IN_COLOR[0], WIDTH_PX, HEIGHT_PX).cast("uchar").numpy()
    return inputs_of(file, colorizer.encode(gray).views)


def median_ms(
    networks: Sequence[OnnxModel], inputs: Sequence[NDArray[np.float32]], rounds: int
) -> list[float]:
    """Median milliseconds of a run of each network."""
    taken: list[list[float]] = [[] for _ in networks]
    for _ in range(rounds):
        for network, own in zip(networks, taken, strict=True):
            network(inputs)  # another one's threads may still be busy: not counted
            for _ in range(RUNS):
                started = time.perf_counter()
                network(inputs)
                own.append(1000 * (time.perf_counter() - started))
    return [statistics.median(own) for own in taken]


if __name__ == "__main__":
    raise SystemExit(main())
