"""The whole method for a new word: python -m release.add_category castle --count 1000

Scrapes photos of each word, packs them, trains its decoder from the bundle's universal one,
measures it on the test split and adds it to the bundle; then the router learns the new categories,
where the photos of all the others are there too. Each step goes on where it was if the command is
given again.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from basics import cli
from basics.errors import ConfigError, DataError, ProjectError
from basics.files import lock
from pipeline.engine.bundle_file import read_bundle
from preprocessing.categories import CATEGORIES, category_name
from release.addition import add_category, find_start, require_photos
from release.config import CategoryConfig

log = logging.getLogger(__name__)

DEFAULTS = CategoryConfig()


def require_raw(raw_dirs: Sequence[Path], packed_dir: Path) -> None:
    """Check that packing will remove no photos: it keeps only those that are in `raw_dirs`.

    Raises:
        DataError: a packed category is not there, or photos of more folders were packed.
    """
    from preprocessing.inventory import read_rows
    from preprocessing.sources import list_photos

    rows = read_rows(packed_dir / "photos.csv")
    other = f"another --packed-dir than {packed_dir}"
    n_packed = 1 + max((row.source for row in rows), default=0)
    if n_packed > len(raw_dirs):
        what = f"photos of {n_packed} folders were packed, {len(raw_dirs)} are given"
        fix = f"give the --raw-dir that were packed, in their order, or {other}"
        raise DataError(what, packed_dir / "photos.csv", fix)
    in_shards = any(row.shard for row in rows)
    shards = {photo.row.category for photo in list_photos(raw_dirs)} if in_shards else set()
    packed = sorted(path.parent.name for path in packed_dir.glob("*/train.npy"))
    found = {path.name for folder in raw_dirs for path in folder.glob("*") if path.is_dir()}
    gone = [one for one in packed if one not in found | shards]
    if gone:
        raise DataError(
            f"photos were packed of categories that are not there: {', '.join(gone)}",
            ", ".join(map(str, raw_dirs)),
            f"give the --raw-dir that was packed, or {other}",
        )


def scrape_photos(args: argparse.Namespace, categories: Sequence[str]) -> list[str]:
    """Fill the categories' folders; returns those that were filled as far as the source goes.

    Raises:
        ConfigError: an option of the scraper is out of its range.
        ScrapeError: the folder cannot be used.
    """
    from scraper.__main__ import config_from
    from scraper.collect import scrape
    from scraper.tally import summary

    tallies = scrape(config_from(args, args.raw_dir[0]), categories)
    log.info("%s", summary(tallies))
    return [tally.category for tally in tallies if tally.error is None]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    from scraper.__main__ import add_options

    parser = cli.parser(__doc__, "release.add_category")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("words", nargs="*", default=[], metavar="NAME", help="search words")
    which.add_argument("--all", action="store_true", help="the twenty categories of the paper")
    add = parser.add_argument
    add(
        "--raw-dir",
        type=Path,
        nargs="+",
        default=DEFAULTS.raw_dirs,
        help="photos, a folder per category; the first gets what is scraped",
    )
    add("--packed-dir", type=Path, default=DEFAULTS.packed_dir, help="packed photos")
    add("--splits", type=Path, metavar="FILE", help="take these assignments as given")
    add("--runs-dir", type=Path, default=DEFAULTS.runs_dir, help="run folders go below it")
    add("--bundle-dir", type=Path, default=DEFAULTS.bundle_dir, help="the bundle that grows")
    add("--results-dir", type=Path, default=DEFAULTS.results_dir, help="where the tables go")
    add("--no-scrape", action="store_true", help="take the photos that are in RAW_DIR")
    add("--no-router", action="store_true", help="leave the router as it is")
    above = cli.positive(int)
    add("--epochs", type=above, default=DEFAULTS.epochs, help="epochs of a decoder")
    add("--steps-per-epoch", type=above, default=DEFAULTS.steps_per_epoch, help="batches")
    add("--batch-size", type=above, default=DEFAULTS.batch_size, help="photos per batch")
    add("--train-size", type=above, default=DEFAULTS.size, help="side of the squares, px")
    add("--policy", default=DEFAULTS.policy, help="float32 or mixed_bfloat16")
    add("--head-epochs", type=above, default=DEFAULTS.head_epochs, help="of the router's head")
    add_options(parser)
    return cli.run(_job, parser.parse_args(argv))


def _job(args: argparse.Namespace) -> int:
    words = CATEGORIES if args.all else args.words
    categories = list(dict.fromkeys(category_name(word, where="NAME") for word in words))
    config = CategoryConfig(
        raw_dirs=tuple(args.raw_dir),
        packed_dir=args.packed_dir,
        splits=args.splits,
        runs_dir=args.runs_dir,
        bundle_dir=args.bundle_dir,
        results_dir=args.results_dir,
        epochs=args.epochs,
        steps_per_epoch=args.steps_per_epoch,
        batch_size=args.batch_size,
        size=args.train_size,
        policy=args.policy,
        head_epochs=args.head_epochs,
    )
    find_start(read_bundle(config.bundle_dir))  # what would fail after hours of scraping
    require_raw(config.raw_dirs, config.packed_dir)
    refusal = ConfigError(
        "another release.add_category is at work here", config.runs_dir, "wait for it, or stop it"
    )
    with lock(config.runs_dir / ".category.lock", refusal):
        scraped = categories if args.no_scrape else scrape_photos(args, categories)
        tables = _add_each(scraped, config) if scraped else {}
        is_taught = args.no_router or not tables or _teach(config)
    failed = [one for one in categories if one not in tables]
    log.info("added: %s; failed: %s", ", ".join(tables) or "none", ", ".join(failed) or "none")
    cli.print_lines([*tables.values(), config.bundle_dir / "bundle.json"] if tables else [])
    return cli.FAILED if failed or not is_taught else cli.DONE


def _add_each(categories: Sequence[str], config: CategoryConfig) -> dict[str, Path]:
    """Pack all photos, then add one category after the other; those that succeed, with tables."""
    from preprocessing.inventory import summary
    from preprocessing.packing import pack

    rows = pack(config.raw_dirs, config.packed_dir, config.splits)
    log.info("%s", summary([row for row in rows if row.file.split("/")[0] in categories]))
    tables = {}
    for category in categories:
        log.info("%s", category)
        try:
            require_photos(rows, category, config.raw_dirs[0])
            tables[category] = add_category(category, config)
        except ProjectError as error:
            cli.print_error(error)
    return tables


def _teach(config: CategoryConfig) -> bool:
    """Retrain the router where that is possible; False if it failed."""
    from release.retraining import retrain_router

    try:
        retrain_router(
            config.bundle_dir, config.packed_dir, config.runs_dir, head_epochs=config.head_epochs
        )
    except ProjectError as error:
        cli.print_error(error)
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
