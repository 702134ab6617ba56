"""Whether two checkouts colour alike: python -m benchmarks.same_pictures OTHER_CHECKOUT

Draws 60 photos in every format, mode and depth that is read, from those of scikit-image and, where
there are, from packed test photos, and colours each by the command of both checkouts, on one
thread, as it comes and as asked for (category, mode, blend, saturation, colorizer). Says how many
results are the same byte by byte, and how far the others are apart; then colours all as one folder,
and asks the API of both. A single photo's result must be the same, a folder's within 1 of 255.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyvips

from basics import cli
from benchmarks.parts.common import in_own_process
from benchmarks.parts.table import Row, add_results_dir, commit_of, conditions, publish
from benchmarks.parts.tables import SAME_PICTURES
from pipeline.media.demo_photos import demo_paths

HERE = Path(__file__).parents[1]
N_PHOTOS = 60
MOST_APART = 1  # levels of 255, of photos in a folder
SIZES = ((256, 256), (400, 300), (300, 467), (1200, 800), (64, 640), (33, 31))  # width, height, px
REQUESTS: tuple[tuple[str, ...], ...] = (
    (),
    ("--mode", "vivid"),
    ("--category", "sunset"),
    ("--top", "1"),
    ("--top", "5", "--saturation", "1.3"),
    ("--category", "bus", "--mode", "vivid"),
)
FORMS: tuple[dict[str, str], ...] = (  # what the API is asked for
    {}, {"mode": "vivid"}, {"category": "sunset", "top": "1"}, {"format": "png", "strip": "true"},
    {"saturation": "1.3", "quality": "60"}, {"keep_color": "true"}, {"category": "none"},
    {"pages": "all", "format": "tiff"}, {"saturation": "9"},
)  # fmt: skip
HEADERS = ("content-type", "x-colorized", "x-category", "x-ranking", "x-colorizer")
OTHER_SIZE = ("--colorizer", "encoder_decoder")  # a network that is run at another size


@dataclass(frozen=True)
class Kind:
    """One way in which a photo can come.

    Attributes:
        suffix: of its file.
        space: libvips' interpretation.
        alpha: whether some of it is transparent.
        turned: EXIF's orientation.
    """

    suffix: str
    space: str
    alpha: bool = False
    turned: int = 1


KINDS = (
    Kind(".jpg", "b-w"), Kind(".jpg", "srgb"), Kind(".jpg", "cmyk"), Kind(".jpg", "b-w", turned=6),
    Kind(".png", "b-w"), Kind(".png", "grey16"), Kind(".png", "srgb", alpha=True),
    Kind(".png", "rgb16"), Kind(".png", "b-w", alpha=True), Kind(".webp", "srgb"),
    Kind(".webp", "srgb", alpha=True), Kind(".tif", "b-w"), Kind(".tif", "grey16"),
    Kind(".tif", "lab"), Kind(".tif", "cmyk"), Kind(".gif", "srgb"), Kind(".heic", "srgb"),
)  # fmt: skip


def draw_photos(folder: Path, packed_dir: Path | None) -> list[Path]:
    """Write the photos; the same names and bytes in every run."""
    sources = itertools.cycle(_sources(packed_dir))
    paths = []
    for number in range(N_PHOTOS):
        kind, size = KINDS[number % len(KINDS)], SIZES[number % len(SIZES)]
        path = folder / f"{number:02}{kind.suffix}"
        _write(next(sources), kind, size, path)
        paths.append(path)
    return paths


def _sources(packed_dir: Path | None) -> Iterator[pyvips.Image]:
    """Photos in colour: scikit-image's, and a packed one of each category."""
    for path in demo_paths():
        yield pyvips.Image.new_from_file(str(path)).colourspace("srgb")
    if packed_dir is not None:
        from preprocessing.packing import load_packed, packed_categories

        for category in packed_categories(packed_dir):
            rgb = np.asarray(load_packed(packed_dir, category, "test")[0])
            yield pyvips.Image.new_from_array(rgb, interpretation="srgb")


def _write(source: pyvips.Image, kind: Kind, size: tuple[int, int], path: Path) -> None:
    opaque = source[:3] if source.bands > 3 else source
    image = opaque.thumbnail_image(size[0], height=size[1], size="force")
    image = image.colourspace(kind.space)
    if kind.alpha:
        slope = (
            pyvips.Image.identity().bandsplit()[0].resize(image.width / 256, vscale=image.height)
        )
        image = image.bandjoin(slope.crop(0, 0, image.width, image.height).cast("uchar"))
    if kind.turned > 1:
        image = image.copy()
        image.set_type(pyvips.GValue.gint_type, "orientation", kind.turned)
    if path.suffix == ".heic":
        _write_heic(image, path)
    else:
        image.write_to_file(str(path))


def _write_heic(image: pyvips.Image, path: Path) -> None:
    """Libvips' wheel has no encoder of HEVC."""
    import pillow_heif
    from PIL import Image

    pillow_heif.from_pillow(Image.fromarray(image.numpy())).save(path)


def colorize(checkout: Path, photos: Sequence[Path], output: Path, options: Sequence[str]) -> str:
    """Colour photos by the command of a checkout; returns what it says of each."""
    command = [sys.executable, "-m", "pipeline.colorize", *map(str, photos), "-o", str(output)]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(
        [*command, *options], cwd=checkout, env=environment, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{checkout} cannot colour {photos[0]}: {done.stderr}")
    return done.stdout


def distance(one: Path, other: Path) -> int:
    """The largest difference of any sample, in levels of 255; 255 if the sizes differ."""
    first, second = (pyvips.Image.new_from_file(str(path)) for path in (one, other))
    if (first.width, first.height, first.bands) != (second.width, second.height, second.bands):
        return 255
    scale = 257 if first.format == "ushort" else 1
    return int(np.ceil(np.abs((first - second).numpy()).max() / scale))


def compare_one_by_one(
    checkouts: Sequence[Path], photos: Sequence[Path], folder: Path
) -> dict[str, list[int]]:
    """Colour each photo in both; the distances, by what was asked for."""
    found: dict[str, list[int]] = {}
    for number, photo in enumerate(cli.progress(photos, "colouring")):
        requests = [REQUESTS[number % len(REQUESTS)]]
        requests += [OTHER_SIZE] if number % 10 == 0 else []
        for options in requests:
            results = [folder / f"{name}{_suffix(photo)}" for name in ("one", "other")]
            for checkout, result in zip(checkouts, results, strict=True):
                colorize(checkout, [photo], result, [*options, "--threads", "1", "--force"])
            is_same = results[0].read_bytes() == results[1].read_bytes()
            found.setdefault(" ".join(options) or "as it comes", []).append(
                0 if is_same else max(1, distance(*results))
            )
    return found


def compare_folders(checkouts: Sequence[Path], photos: Path, folder: Path) -> tuple[int, int]:
    """Colour all as one folder in both: the largest distance, and in how many categories differ."""
    message = []
    for name, checkout in zip(("one", "other"), checkouts, strict=True):
        lines = colorize(checkout, [photos], folder / name, ["--json", "--force"])
        message.append(_categories(lines))
    pairs = [(folder / "one" / name, folder / "other" / name) for name in _names(folder / "one")]
    differ = sum(message[1].get(name) != category for name, category in message[0].items())
    return max(distance(*pair) for pair in pairs), differ


def api_answers(checkout: Path, photos: Sequence[Path]) -> list[tuple[object, ...]]:
    """What the API of a checkout answers: status, headers of its own, sha256 of the body."""
    import httpx

    from benchmarks.parts.web_clients import serving

    os.chdir(checkout)  # where `python -m pipeline.web` finds its packages
    found: list[tuple[object, ...]] = []
    with serving() as server, httpx.Client(base_url=server.url, timeout=60) as api:
        for number, photo in enumerate(photos):
            form = FORMS[number % len(FORMS)]
            answer = api.post("/v1/colorize", files={"file": photo.read_bytes()}, data=form)
            headers = [answer.headers.get(name, "") for name in HEADERS]
            found.append((answer.status_code, *headers, sha256(answer.content).hexdigest()))
        found.append((api.get("/v1/categories").text,))
    return found


def _categories(lines: str) -> dict[str, str]:
    return {Path(one["input"]).name: one["category"] for one in map(json.loads, lines.splitlines())}


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _suffix(photo: Path) -> str:
    return ".png" if photo.suffix in (".gif", ".heic") else photo.suffix


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "benchmarks.same_pictures")
    parser.add_argument("other", type=Path, help="a checkout to compare with")
    parser.add_argument("--packed-dir", type=Path, help="packed photos to colour, too")
    add_results_dir(parser)
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    about, rows = conditions(args), []

    def told(asked: str, answers: int, same: int | None, largest: int | None) -> Row:
        before = commit_of(args.other)
        return {"asked": asked, "answers": answers, "same": same, "largest": largest,
                "before": before}  # fmt: skip

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn, results, both = folder / "photos", folder / "results", folder / "folders"
        for one in (drawn, results, both):
            one.mkdir()
        photos = draw_photos(drawn, args.packed_dir)
        checkouts = (args.other.resolve(), HERE)
        found = compare_one_by_one(checkouts, photos, results)
        for asked, distances in found.items():
            same = sum(one == 0 for one in distances)
            rows.append(told(asked, len(distances), same, max(distances)))
        largest, differ = compare_folders(checkouts, drawn, both)
        rows.append(told("in one folder", len(photos), None, largest))
        rows.append(told("categories, in one folder", len(photos), len(photos) - differ, None))
        was, now = (in_own_process(api_answers, one, photos) for one in checkouts)
        alike = sum(one == other for one, other in zip(was, now, strict=True))
        rows.append(told("answers of the API", len(was), alike, None))
    publish(SAME_PICTURES, rows, about, args.results_dir)
    asked_alike = [one for asked, all_ in found.items() if asked != " ".join(OTHER_SIZE)
                   for one in all_]  # fmt: skip
    is_same = not any(asked_alike) and largest <= MOST_APART and not differ and alike == len(was)
    return cli.DONE if is_same else cli.FAILED


if __name__ == "__main__":
    raise SystemExit(main())
