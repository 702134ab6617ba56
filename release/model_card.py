"""What the shipped networks are, and how good: python -m release.model_card

Writes pretrained/MODEL_CARD.md from bundle.json, the tables below results/, and the prose below.
Run it after `release.export`, `evaluation.evaluate` and `evaluation.showcase`.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from basics import cli
from basics.errors import DataError
from basics.files import atomic_write
from pipeline.engine.bundle import PRETRAINED_DIR, Bundle
from pipeline.engine.bundle_file import read_bundle
from release import card_tables as tables

if TYPE_CHECKING:
    import pandas as pd

EVALUATE, SHOWCASE = "python -m evaluation.evaluate", "python -m evaluation.showcase"
SCORES = ("method", "category", "n", "psnr_db", "psnr_db_low", "psnr_db_high", "ssim")
SHOWN = ("photo", "method", "category", "gain_db", "colorfulness")
CARD = """# Model card

Written by `python -m release.model_card` from [bundle.json](bundle.json) and the tables in
[results]({results}); after a new training or measurement, run it again.

## What it does

A black-and-white photo goes through a router, which gives each of {n_categories} categories a
confidence, and then through {blending}.
Only chrominance is predicted: the photo keeps its own luminance. `{default}` colours unless
another is asked for. {modes}.

{architectures}

## Intended use

For old or black-and-white photos of everyday things, to look at: albums, illustration, teaching,
research on colorization.

The colours are guesses. They say what such a scene often looks like, not what it looked like that
day. So they are no evidence: not for identifying persons or things, not for skin, hair or eye
colour, not for medicine, science, forensics or the news, and a coloured photo that is passed on
should be called so. Nothing was done to find out whether people of different skin colours are
coloured equally well; expect that they are not.

## Data

{total:,} colour photos in {n_categories} categories{without},
squares of 256 px, split into training, validation and test by the content of the file;
near-duplicates share a split, so that no test photo was seen in training. The photos' licences are
mixed and mostly unclear: none is included here, not in figures either.

{data}

Gray versions are made from the colour photos' luminance. Real old photos differ: grain, scratches,
faded prints, films that were blind to red.

## Where the weights come from

The encoder, which router and `{default}` have in common, started from the ImageNet weights of
{encoder}, and was changed: every layer of it was trained further on the gray
photos above, together with the universal decoder. Everything else started from random weights.
`release/recipe/` has the whole chain; teachers, if there were any, are not shipped and not in the
table below.

## How they were trained

{schedule}

Adam, with weight decay for `{default}`; loss of the colorizers: {losses}; flips and random
windows; "photos shown" counts repetitions.
"universal" saw all categories and is what a category's own network starts from. Minutes are those
of the machine that trained it. A colorizer is stored in int8 where that costs less than 0.1 dB on
validation, what the router in int8 costs included. Versions: {versions}.

## How good they are

Over {n_test} test photos, 256 x 256. PSNR rewards dull colours, so colorfulness (Hasler & Süsstrunk
2003) stands beside it. Intervals are bootstrap intervals over photos.

{overall}

Per category: PSNR in dB of gray, of the mean tint of the true category, of the universal colorizer
and of the routed one, which `pipeline.colorize` uses; colorfulness as a share of the originals';
and how often the true category is the router's first, or one of its first three.

{by_category}

{router}{calibration}## Known failures

![Public-domain photos: gray, universal, routed, a wrong category, ground truth]({grid})

Photos in the public domain, from scikit-image; ordered by what routing gains over gray, the worst
last: {failures}.

- What can have any colour (a car, a dress, a cup, a wall) comes out brownish or gray.
- A scene taken for another gets that one's colours: a sunset that is not recognised becomes blue,
  autumn leaves become green.
- The worst categories, by gain over gray: {weakest}.
- Two things of one brightness and texture get one colour; its edges may be off by some pixels.
- Strong colours are rarer than in the originals, at {kept:.0f} % of their colorfulness.
- What is none of the categories (a retina, a galaxy, a document) gets colours all the same.

## Licence

The networks and the code: MIT ([LICENSE]({licence})). The encoder derives from weights under
Apache-2.0: keep the credit above.

## Train them again

`make train-quick ARGS="data/raw --weights FOLDER"`, with photos of yours in `data/raw/<category>/`;
every step alone, and longer schedules: [training]({recipes}). Then `make results`, which writes
this card, too.
"""


def write_card(
    bundle: Bundle, packed_dir: Path, results_dir: Path, histories: Sequence[Path]
) -> Path:
    """Write MODEL_CARD.md into the bundle's folder.

    Args:
        bundle: what is shipped.
        packed_dir: the photos it was trained on.
        results_dir: what was measured of it.
        histories: training logs, as `release.recipe` writes them.

    Raises:
        DataError: a table or picture is missing.
    """
    grid = results_dir / "grid.jpg"
    if not grid.is_file():
        raise DataError("no pictures of failures", grid, f"run: {SHOWCASE}")
    path = bundle.folder / "MODEL_CARD.md"
    links = {"results": results_dir, "grid": grid}
    links |= {"licence": PRETRAINED_DIR.parent / "LICENSE"}
    links |= {"recipes": PRETRAINED_DIR.parent / "docs" / "training.md"}
    parts = {name: _link(target, bundle.folder) for name, target in links.items()}
    parts |= _about(bundle, packed_dir, histories) | _measured(results_dir)
    with atomic_write(path) as side:
        side.write_text(CARD.format(**parts))
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = cli.parser(__doc__, "release.model_card")
    add = parser.add_argument
    add("--models", type=Path, default=PRETRAINED_DIR, metavar="DIR", help="bundle of models")
    add("--packed-dir", type=Path, default=Path("data/packed"), help="packed photos")
    add("--results-dir", type=Path, default=Path("results"), help="what was measured")
    logs = [Path("results/train_quick.csv")]
    add("--history", type=Path, nargs="+", default=logs, metavar="CSV", help="training logs")
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    bundle = read_bundle(args.models)
    cli.print_lines([write_card(bundle, args.packed_dir, args.results_dir, args.history)])
    return cli.DONE


def _about(bundle: Bundle, packed_dir: Path, histories: Sequence[Path]) -> dict[str, object]:
    """What the card says of data, networks and training."""
    data, totals = tables.data_table(packed_dir)
    without = tables.without_category(packed_dir)
    seconds: dict[str, float] = {}
    for path in histories:
        log = tables.read_table(path, ("run", "seconds"), "python -m release.recipe data/raw")
        seconds |= log.groupby("run")["seconds"].max().to_dict()
    facts = bundle.router.training.get("versions", {})
    losses = {
        str(one.training.get("loss", "mse"))
        for table in bundle.colorizers.values()
        for one in table.values()
    }
    return {
        "n_categories": len(bundle.categories),
        "blending": tables.blending(bundle),
        "default": bundle.default,
        "modes": tables.mode_list(bundle),
        "encoder": tables.ENCODERS.get(bundle.router.architecture, bundle.router.architecture),
        "router": tables.router_facts(bundle),
        "architectures": tables.architecture_table(bundle),
        "total": sum(totals.values()) - without,
        "without": f" and {without:,} of none, for training only" if without else "",
        "data": data,
        "schedule": tables.schedule_table(bundle, seconds),
        "losses": ", ".join(sorted(losses)),
        "versions": ", ".join(f"{name} {version}" for name, version in facts.items()) or "not told",
    }


def _measured(results_dir: Path) -> dict[str, object]:
    """What the card says of how good the networks are."""
    scores = tables.read_table(results_dir / "evaluation.csv", SCORES, EVALUATE)
    router = tables.read_table(results_dir / "router.csv", ("category", "top_1", "top_3"), EVALUATE)
    shown = tables.read_table(results_dir / "showcase.csv", SHOWN, SHOWCASE)
    by_category = tables.category_table(scores, router)  # refuses scores without a method
    ours, gray, truth = (
        scores[scores["method"] == one].set_index("category")
        for one in ("routed", "gray", "ground truth")
    )
    gains = (ours["psnr_db"] - gray["psnr_db"]).drop("all").nsmallest(4)
    kept = ours.loc["all", "colorfulness"] / truth.loc["all", "colorfulness"]
    routed = shown[shown["method"] == "routed"].sort_values("gain_db", ascending=False)
    facts = [
        f"{one['photo'].replace('_', ' ')} {one['gain_db']:+.1f} dB"
        for one in routed.to_dict("records")
    ]
    return {
        "n_test": int(ours.loc["all", "n"]),
        "overall": tables.overall_table(scores),
        "by_category": by_category,
        "calibration": _calibration(results_dir / "reliability.csv"),
        "failures": ", ".join(facts),
        "weakest": ", ".join(f"{name} {gain:+.1f} dB" for name, gain in gains.items()),
        "kept": 100 * kept,
    }


def _calibration(path: Path) -> str:
    """A paragraph on how far the router's confidences can be believed; none if not measured."""
    if not path.is_file():
        return ""
    columns = ("stage", "n", "confidence", "accuracy", "calibration_error", "nll")
    over_all = tables.read_table(path, columns, EVALUATE).dropna(subset="calibration_error")
    row: pd.Series = over_all[over_all["stage"] == "after"].iloc[0]
    return (
        f"The router's confidences are calibrated: on these photos it is {row['confidence']:.0%} "
        f"sure\non average and right in {row['accuracy']:.0%} of cases (expected calibration error "
        f"{row['calibration_error']:.3f}).\n\n"
    )


def _link(target: Path, folder: Path) -> str:
    """A relative link from a folder to a file."""
    return Path(os.path.relpath(target.resolve(), folder.resolve())).as_posix()


if __name__ == "__main__":
    raise SystemExit(main())
