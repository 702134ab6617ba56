"""A hundred test photos to be looked at one by one: python -m evaluation.looked_at

As many of each category, drawn by the hashes of the photos, so that nobody picks them. Writes,
below runs/looked_at/, for the photos may not be passed on, sheets of five: gray, each mode, ground
truth; and results/looked_at.csv, a row for each photo and mode, in which whoever looks writes a
verdict, "good", "passable" or "bad", and what is wrong. Verdicts that stand there stay; those on
another bundle go to the end. Given again, the command prints how many of each there are.
"""

import argparse
import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import DataError
from basics.files import write_all
from pipeline.engine.bundle import PRETRAINED_DIR

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.colorizer import Colorizer

log = logging.getLogger(__name__)

TABLE = "looked_at.csv"
VERDICTS = ("good", "passable", "bad")
KEYS = ["bundle", "photo", "category", "mode"]
COLUMNS = [*KEYS, "verdict", "fault"]
ON_A_SHEET = 5


def draw(packed_dir: Path, categories: Sequence[str], count: int) -> list[tuple[str, int, str]]:
    """Up to `count` test photos, as many of each category as of the others.

    Returns:
        (category, index in test.npy, first 12 digits of the sha256), those of a category by hash.
    """
    from evaluation.gallery import photo_names

    each = max(1, count // len(categories))
    found = []
    for category in categories:
        names = photo_names(packed_dir, category)
        found += [(category, names.index(name), name) for name in sorted(names)[:each]]
    return found


def with_verdicts(rows: "pd.DataFrame", path: Path) -> "pd.DataFrame":
    """The rows with the verdicts that a table has of them, then what it has of others.

    Raises:
        DataError: the table has another verdict than `VERDICTS`, or a photo twice.
    """
    import pandas as pd

    if not path.is_file():
        return rows.assign(verdict="", fault="")
    known = pd.read_csv(path, dtype=str, keep_default_na=False)
    wrong = [*known.loc[~known["verdict"].isin([*VERDICTS, ""]), "verdict"]]
    if wrong:
        raise DataError(f"verdict {wrong[0]!r}", path, f"write {' or '.join(VERDICTS)}")
    if known.duplicated(KEYS).any():
        raise DataError("a photo stands there twice in one mode", path, "remove one of the rows")
    judged = rows.merge(known, how="left", on=KEYS)[COLUMNS].fillna("")
    others = known[~known["bundle"].isin(rows["bundle"])]
    return pd.concat([judged, others[others["verdict"] != ""]], ignore_index=True)


def summarize(table: "pd.DataFrame") -> str:
    """How many photos got which verdict in each mode; of the bundle that comes first."""
    table = table[table["bundle"] == table["bundle"].iloc[0]]
    modes = dict.fromkeys(table["mode"])
    counts = {mode: table[table["mode"] == mode]["verdict"].value_counts() for mode in modes}
    return "\n".join(
        f"{mode}: " + ", ".join(f"{found.get(one, 0)} {one}" for one in VERDICTS)
        for mode, found in counts.items()
    )


def bundle_name(colorizer: "Colorizer") -> str:
    """Eight digits that change when any network of a bundle does, or how they are used."""
    text = (colorizer.bundle.folder / "bundle.json").read_bytes()
    return hashlib.sha256(text).hexdigest()[:8]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "evaluation.looked_at")
    add = parser.add_argument
    add("--count", type=cli.positive(int), default=100, help="photos")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--sheets-dir", type=Path, default=Path("runs/looked_at"), help="where the pictures go")
    add("--results-dir", type=Path, default=Path("results"), help="where the table goes")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    import numpy as np
    import pandas as pd

    from evaluation.encoded import encode_photo, gray_rgb, routed_rgb
    from evaluation.figures import photo_grid
    from evaluation.report.measure import modes_of
    from pipeline.colorizer import Colorizer
    from pipeline.engine.request import ColorRequest
    from preprocessing.packing import load_packed

    colorizer = Colorizer(args.models)
    modes, name = modes_of(colorizer), bundle_name(colorizer)
    drawn = draw(args.packed_dir, colorizer.bundle.categories, args.count)
    keys = [(name, photo, category, mode) for category, _, photo in drawn for mode in modes]
    table = with_verdicts(pd.DataFrame(keys, columns=KEYS), args.results_dir / TABLE)
    paths = write_all(args.results_dir, {TABLE: table})
    sheets = [drawn[start : start + ON_A_SHEET] for start in range(0, len(drawn), ON_A_SHEET)]
    for number, some in enumerate(cli.progress(sheets, "drawing sheets"), start=1):
        rows = []
        for category, index, photo_name in some:
            rgb = np.asarray(load_packed(args.packed_dir, category, "test")[index])
            photo = encode_photo(colorizer, rgb)
            ours = [routed_rgb(colorizer, photo, ColorRequest(mode=mode)) for mode in modes]
            rows.append((f"{photo_name}\n{category}", [gray_rgb(photo), *ours, photo.rgb]))
        figure = photo_grid(["gray", *modes, "ground truth"], rows)
        paths += write_all(args.sheets_dir, {f"{number:02d}.png": figure})
    cli.print_lines([*summarize(table).splitlines(), *paths])
    return cli.DONE


if __name__ == "__main__":
    raise SystemExit(main())
